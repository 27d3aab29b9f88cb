//! A worker: a numbered, coloured seat in the cockpit that runs one session at a time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{NotANumber, SessionId, TaskId};

/// A worker's number within its project, from 1. Its colour follows from it (the theme's `worker.N`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkerNumber(pub u16);

impl WorkerNumber {
    /// The highest that there can be.
    pub const MOST: u16 = 64;

    /// Whether a worker can have this number.
    pub fn is_possible(self) -> bool {
        (1..=Self::MOST).contains(&self.0)
    }
}

impl fmt::Display for WorkerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for WorkerNumber {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_start_matches('@');
        let number: Option<u16> = digits.parse().ok();
        match number.map(Self).filter(|number| number.is_possible()) {
            Some(number) => Ok(number),
            None if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err(NotANumber::Beyond { text: digits.to_owned(), most: Self::MOST })
            }
            None => Err(NotANumber::Words { what: "worker", text: text.to_owned() }),
        }
    }
}

/// One seat. It is free when it has no session; it keeps its last session on show until the next one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worker {
    /// Its number.
    pub number: WorkerNumber,
    /// What the person calls it; never changed by an agent.
    pub name: Option<String>,
    /// The session that it shows: the live one, else the last one.
    pub session: Option<SessionId>,
    /// The task that it works on now. A worker with a task is taken.
    pub task: Option<TaskId>,
    /// Whether the live session was opened by the person as a plain pane (no task): such a worker is taken too.
    pub manual: bool,
    /// How many of its sessions failed in a row (crashed, or could not be started).
    #[serde(default)]
    pub failures: u32,
    /// Why it takes no more tasks until it is reset: too many failures in a row.
    #[serde(default)]
    pub offline: Option<String>,
    /// It was added because much was waiting, and goes again when nothing is.
    #[serde(default)]
    pub extra: bool,
}

impl Worker {
    /// An empty seat.
    pub fn new(number: WorkerNumber) -> Self {
        Self { number, name: None, session: None, task: None, manual: false, failures: 0, offline: None, extra: false }
    }

    /// Whether a ready task may be given to it.
    pub fn is_free(&self) -> bool {
        self.task.is_none() && !self.manual && self.offline.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_worker_can_have_are_refused_in_words() {
        assert_eq!("@64".parse(), Ok(WorkerNumber(64)));
        let refused = |text: &str| text.parse::<WorkerNumber>().unwrap_err().to_string();
        assert_eq!(refused("99"), "`99` is no worker number: they go from 1 to 64");
        assert_eq!(refused("0"), "`0` is no worker number: they go from 1 to 64");
        assert_eq!(refused("two"), "`two` is no worker number");
        assert_eq!("abc".parse::<crate::model::TaskId>().unwrap_err().to_string(), "`abc` is no task number");
    }
}
