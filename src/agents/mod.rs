//! The agents: one definition each (data, `config::AgentDefinition`) and, for some, a file with what data cannot say.
//!
//! | part | answers |
//! |---|---|
//! | `catalogue` | which agents are there? |
//! | `launch` | with which argument vector, environment and files does one start? |
//! | `screen`, `composer`, `pattern`, `keys` | what do its title and screen say, and which keys answer what it asks? |
//! | `claude`, `codex`, `gemini`, `opencode`, `qwen` | what one session is given (settings, hooks, policy, plugin), and what comes back |
//! | `exact` | which command or change, exactly, does it ask for? |
//! | `signals` | hooks and observations disagree: what is its state? |
//! | `delivery`, `prompt`, `handing` | a prompt gets into its composer exactly once, a long one as a file |
//! | `explain`, `replay` | how sure is a verdict? which states does a recording show? |
//! | `transcript` | a headless run, readable |
//!
//! Nothing here starts a program, reads a clock or writes a file: launch plans say what is to be written.

mod catalogue;
mod claude;
mod codex;
mod composer;
mod context;
pub mod delivery;
mod exact;
pub mod explain;
mod gemini;
mod handing;
mod keys;
mod launch;
mod opencode;
mod pattern;
pub mod prompt;
mod qwen;
pub mod replay;
mod screen;
pub mod signals;
pub mod transcript;
pub mod usage;
mod words;
pub mod writes;

pub use catalogue::{Agent, Catalogue, HookNews, ProgramName};
pub use context::LaunchContext;
pub use exact::Requests;
pub use handing::Handing;
pub use launch::{LaunchPlan, prompt_file};
pub use screen::{DIALOG_SETTLE, guard};
