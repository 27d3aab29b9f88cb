//! What a start depends on: all that an adapter may look at when it says how its agent starts.

use std::path::Path;

use crate::model::{SessionId, SessionMode};

/// Everything that a start depends on.
#[derive(Debug, Clone, Copy)]
pub struct LaunchContext<'a> {
    /// The versioned copy of our own program that hooks and reports call.
    pub qd: &'a Path,
    /// The agent's program as found.
    pub program: &'a Path,
    /// The session.
    pub session: &'a SessionId,
    /// Where its files go.
    pub session_directory: &'a Path,
    /// Where it works.
    pub worktree: &'a Path,
    /// Full screen or headless.
    pub mode: SessionMode,
    /// What it is to do; empty for a plain pane.
    pub prompt: &'a str,
    /// The model, if not its own default.
    pub model: Option<&'a str>,
    /// Its own id of a conversation to go on with.
    pub resume: Option<&'a str>,
    /// Not with that conversation itself, but with a copy of it.
    pub forks: bool,
    /// The command of a shell task.
    pub run: Option<&'a str>,
    /// The person agreed once that this agent may trust the project's worktrees.
    pub trusted: bool,
    /// The person's own checkout of the project, which the agent's own rules are to keep it out of.
    pub checkout: Option<&'a Path>,
    /// Those rules also forbid reading there.
    pub hides_checkout: bool,
    /// The person configured that this agent asks for no permissions.
    pub bypass: bool,
}

impl<'a> LaunchContext<'a> {
    /// The checkout that the agent is kept out of: none where it works in it, or somewhere below it.
    pub(super) fn fenced_off(&self) -> Option<&'a Path> {
        self.checkout.filter(|checkout| !self.worktree.starts_with(checkout))
    }
}
