//! Quarterdeck: a full-screen terminal command center for AI coding agents.
pub mod cli;
pub mod client;
pub mod config;
pub mod engine;
pub mod model;
pub mod protocol;
