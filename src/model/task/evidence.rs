//! What is kept of checks that ran and of attempts that failed.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// One run of one check: the evidence that is kept with a landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// The check's name.
    pub name: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The exit code; `None` when a signal or our time limit ended it.
    pub exit_code: Option<i32>,
    /// How long it ran.
    pub duration_ms: u64,
    /// The tree it ran on (hex).
    pub tree: String,
    /// The last lines of its output, sanitized, at most 8 KiB.
    pub log: String,
}

impl CheckRun {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.exit_code == Some(0)
    }
}

/// What a failed attempt leaves for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailure {
    /// Which attempt, from 1.
    pub attempt: u32,
    /// What went wrong, in words for an agent.
    pub summary: String,
    /// When.
    pub at: Timestamp,
}
