//! `qd demo`: the whole machine on a throw-away repository, with scripted agents and without a key. Only the
//! agents are made up, and say so: planning, worktrees, terminals, checks, permissions and landings are the
//! real ones. Everything lives below one temporary directory, and ends with the command.
//!
//! - `agent`, `script`, `terminal`: the demo agent (`qd demo-agent`), a small full program in its pane
//! - `repository`: the project that it works on
//! - `place`: the temporary directory, and what ends with it
//! - `machine`: the daemon in this process, and the four tasks
//! - `person`: who answers in `--headless`
//! - `summary`: what it prints at the end

mod agent;
mod error;
mod machine;
mod person;
mod place;
mod repository;
mod script;
mod summary;
mod terminal;
#[cfg(test)]
mod tests;

pub use agent::run as run_agent;
pub use error::DemoError;
pub use machine::run;
pub use place::sweep;

/// How the demo is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DemoOptions {
    /// Without a cockpit: the person is played.
    pub headless: bool,
    /// The summary as JSON.
    pub json: bool,
    /// Keep repository and home for a look afterwards.
    pub keep: bool,
}

/// What the demo asks its orchestrator for: four tasks that do not meet in the same files.
const REQUEST: &str = "\
- Fix `trim`, which leaves tabs at the ends of a text
- Add a `title_case` function with a test
- Add a --version flag to bin/inkwell
- Write docs/functions.md with one line for every function
";

/// How many tasks that is.
const TASKS: usize = 4;

/// The name of the scripted agent in the catalogue.
const AGENT: &str = "demo";
