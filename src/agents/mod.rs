//! The agents: one definition each (data, `config::AgentDefinition`) and, for Claude Code, what data cannot say.
//!
//! | part | answers |
//! |---|---|
//! | `catalogue` | which agents are there? |
//! | `launch` | with which argument vector, environment and files does one start? |
//! | `screen`, `pattern`, `keys` | what do its title and screen say, and which keys answer what it asks? |
//! | `claude` | Claude Code's settings file and hooks |
//! | `signals` | hooks and observations disagree: what is its state? |
//! | `delivery`, `prompt` | a prompt gets into its composer exactly once |
//! | `transcript` | a headless run, readable |
//!
//! Nothing here starts a program, reads a clock or writes a file: launch plans say what is to be written.

mod catalogue;
mod claude;
pub mod delivery;
mod keys;
mod launch;
mod pattern;
pub mod prompt;
mod screen;
pub mod signals;
pub mod transcript;
pub mod usage;

pub use catalogue::{Agent, Catalogue, HookNews, ProgramName};
pub use launch::{LaunchContext, LaunchPlan, prompt_file};
pub use screen::{DIALOG_SETTLE, anchor};
