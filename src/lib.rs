//! Quarterdeck: a full-screen terminal command center for AI coding agents.
pub mod config;
pub mod engine;
pub mod model;
pub mod protocol;
pub mod tui;
