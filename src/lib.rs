//! Quarterdeck: a full-screen terminal command center for AI coding agents.
pub mod agents;
pub mod config;
pub mod engine;
pub mod git;
pub mod model;
pub mod process;
pub mod planning;
pub mod protocol;
pub mod store;
pub mod session;
pub mod term;
