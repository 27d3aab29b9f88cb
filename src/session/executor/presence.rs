//! Whether a session's process is where it was started. Three answers and one of them is "nobody knows": an engine
//! that does not answer is no proof of anything, and on no proof nothing is removed, restarted or called over.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use serde::{Deserialize, Serialize};

use crate::model::{Exit, HostIdentity, Timestamp};
use crate::session::SessionError;
use crate::session::files::{read_json, replace_json};
use crate::session::say::say;

/// Exit code when the process there is gone without a word, as shells have it for SIGKILL.
pub(super) const GONE: u8 = 137;
/// Exit code when nothing could be started.
pub(super) const NOT_STARTED: u8 = 127;

/// What is known of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It runs.
    Here,
    /// It ended there, and how it did can be fetched.
    Over,
    /// There is proof that nothing of it is left.
    Gone,
    /// Who knows does not answer; in words who and why.
    Unknown(String),
}

/// What the process in a window of tmux writes down of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inside {
    /// Itself: the window's first process.
    pub(super) run: HostIdentity,
    /// The server of tmux that it is in.
    pub(super) server: Option<HostIdentity>,
}

impl Inside {
    /// The one of a session, if it got that far.
    pub(super) fn of(directory: &Path) -> Option<Self> {
        read_json(&inside_file(directory)).ok().flatten()
    }

    /// Puts it on record.
    pub(super) fn record(&self, directory: &Path) -> Result<(), SessionError> {
        replace_json(&inside_file(directory), self)
    }
}

fn inside_file(directory: &Path) -> PathBuf {
    directory.join("elsewhere-run.json")
}

fn exit_file(directory: &Path) -> PathBuf {
    directory.join("elsewhere-exit.json")
}

/// How the session's own command ended, once it did.
pub(super) fn exit_of(directory: &Path) -> Option<Exit> {
    read_json(&exit_file(directory)).ok().flatten()
}

/// Puts on record how it ended. One that was never started is never started then.
pub(super) fn record_exit(directory: &Path, code: u8) -> Result<(), SessionError> {
    let exit = Exit { code: Some(i32::from(code)), signal: None, at: Timestamp(0), tail: String::new() };
    replace_json(&exit_file(directory), &exit)
}

/// The code on record.
pub(super) fn code_of(exit: &Exit) -> u8 {
    exit.code.and_then(|code| u8::try_from(code).ok()).unwrap_or(GONE)
}

/// An exit status as shells have it.
pub(super) fn code_of_status(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let signalled = status.signal().and_then(|signal| u8::try_from(signal).ok()).map(|signal| 128 + signal);
    status.code().and_then(|code| u8::try_from(code).ok()).or(signalled).unwrap_or(GONE)
}

/// Grows between tries at something that does not answer, and says a reason once.
#[derive(Default)]
pub(super) struct Patience {
    tries: u32,
    said: String,
}

impl Patience {
    /// The longest pause, in milliseconds.
    const LONGEST: u64 = 5_000;

    /// Waits before the next try; says why, unless that was the last thing it said.
    pub(super) fn wait(&mut self, why: &str) {
        if self.said != why {
            say!("{why}; looking again");
            why.clone_into(&mut self.said);
        }
        let pause = 100_u64.saturating_mul(1 << self.tries.min(10)).min(Self::LONGEST);
        self.tries = self.tries.saturating_add(1);
        std::thread::sleep(std::time::Duration::from_millis(pause));
    }

    /// It answered.
    pub(super) fn renew(&mut self) {
        *self = Self::default();
    }
}
