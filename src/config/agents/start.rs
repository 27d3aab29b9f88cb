//! Signing in, command lines and environment: what an agent's start depends on.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How it is known whether somebody is signed in: any variable or any file is enough. Nothing is read.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignIn {
    /// Variables that hold a key.
    pub variables: Vec<String>,
    /// Files that a sign-in leaves; `~` is the home directory, `$NAME` a variable (or nothing).
    pub files: Vec<String>,
    /// What to do, for the person.
    pub hint: Option<String>,
}

/// Command lines.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Arguments {
    /// First of all, for a new conversation.
    pub start: Vec<String>,
    /// First of all instead of `start`, to resume one.
    pub resume: Vec<String>,
    /// First of all instead of `start`, for a new conversation that begins as a copy of one (`{resume}`).
    pub fork: Vec<String>,
    /// Then, full screen.
    pub interactive: Vec<String>,
    /// Then, headless; `None` when it has no such mode (it is then run full screen).
    pub autonomous: Option<Vec<String>>,
    /// Before all of them, where the person agreed that this agent may trust the project's worktrees.
    pub trusted: Vec<String>,
    /// Before all of them, where the person configured `bypass` for this agent: it asks for no permissions then.
    pub bypass: Vec<String>,
    /// Options that are left out then, each with its value.
    pub bypass_drops: Vec<String>,
    /// Headless and resuming: these alone. Without any: `resume`, then `autonomous`.
    pub autonomous_resume: Vec<String>,
}

/// Environment of the agent's process.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentChanges {
    /// Set.
    pub set: BTreeMap<String, String>,
    /// Removed.
    pub remove: Vec<String>,
}
