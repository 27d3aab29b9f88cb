//! What a session is started with, and what is known of it afterwards.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::executor::{Elsewhere, FarSession, Place};
use super::files::read_json;
use crate::model::{Exit, HostIdentity, SessionId};

/// Everything a host needs; written to `launch.json` before the host starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// The session.
    pub session: SessionId,
    /// The agent's program and arguments.
    pub argv: Vec<String>,
    /// Environment variables to set.
    pub env: Vec<(String, String)>,
    /// Environment variables to take away.
    pub remove_env: Vec<String>,
    /// Where the agent starts.
    pub cwd: PathBuf,
    /// Rows of the PTY until a viewer says otherwise.
    pub rows: u16,
    /// Columns of the PTY until a viewer says otherwise.
    pub cols: u16,
    /// Lines of history.
    pub scrollback: u32,
    /// The host's socket.
    pub socket: PathBuf,
    /// The most bytes of `stream.log`.
    pub log_limit: u64,
    /// Where the agent runs, as far as the host has to know.
    #[serde(default)]
    pub place: Place,
}

impl Launch {
    /// The session on another machine, if it is on one.
    pub(super) fn far(&self) -> Option<&FarSession> {
        self.place.elsewhere.as_ref().and_then(Elsewhere::far)
    }
}

/// Whether the session in a directory is on another machine.
pub fn is_far(directory: &Path) -> bool {
    let launch: Option<Launch> = read_json(&Directory(directory).launch()).ok().flatten();
    launch.is_some_and(|launch| launch.far().is_some())
}

/// A running session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// The agent's process.
    pub pid: u32,
    /// The host's process.
    pub host: HostIdentity,
}

/// What became of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Its host is there.
    Running(Started),
    /// The agent ended and that is on record.
    Ended(Exit),
    /// The host died without a record. What it showed may go on, where that is no child of it (`adopt`).
    Lost,
    /// There never was a host.
    NeverStarted,
}

/// `host.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HostRecord {
    pub(super) pid: u32,
    pub(super) started_ticks: u64,
    /// Missing between the host's start and the agent's.
    #[serde(default)]
    pub(super) agent_pid: Option<u32>,
    /// When the agent started, so that its number is not taken for somebody else's later.
    #[serde(default)]
    pub(super) agent_started_ticks: Option<u64>,
}

impl HostRecord {
    pub(super) fn identity(&self) -> HostIdentity {
        HostIdentity { pid: self.pid, started_ticks: self.started_ticks }
    }

    /// The agent's process.
    pub(super) fn agent(&self) -> Option<HostIdentity> {
        Some(HostIdentity { pid: self.agent_pid?, started_ticks: self.agent_started_ticks? })
    }
}

/// The record of a session's host; of the one that was lost while there is no other.
pub(super) fn last_host(directory: &Path) -> Option<HostRecord> {
    let names = Directory(directory);
    let read = |path: PathBuf| read_json::<HostRecord>(&path).ok().flatten();
    read(names.host()).or_else(|| read(names.host_before()))
}

/// The host on record in a session's directory, alive or not.
pub fn host_of(directory: &Path) -> Option<HostIdentity> {
    read_json::<HostRecord>(&Directory(directory).host()).ok()?.map(|record| record.identity())
}

/// The agent's program and arguments as it was started; empty when it was not.
pub fn arguments_of(directory: &Path) -> Vec<String> {
    let launch: Option<Launch> = read_json(&Directory(directory).launch()).ok().flatten();
    launch.map(|launch| launch.argv).unwrap_or_default()
}

/// What the session's fence allows, in words, if it has one that says so.
pub fn fence_of(directory: &Path) -> Option<String> {
    let launch: Launch = read_json(&Directory(directory).launch()).ok()??;
    launch.place.fence
}

/// Rows and columns that the PTY was started with.
pub fn size_of(directory: &Path) -> Option<(u16, u16)> {
    let launch: Launch = read_json(&Directory(directory).launch()).ok()??;
    Some((launch.rows, launch.cols))
}

/// Names in a session's directory.
pub(super) struct Directory<'a>(pub(super) &'a Path);

impl Directory<'_> {
    pub(super) fn launch(&self) -> PathBuf {
        self.0.join("launch.json")
    }

    pub(super) fn host(&self) -> PathBuf {
        self.0.join("host.json")
    }

    /// The record of a host that was lost while its session lived on.
    pub(super) fn host_before(&self) -> PathBuf {
        self.0.join("host-before.json")
    }

    pub(super) fn exit(&self) -> PathBuf {
        self.0.join("exit.json")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.0.join("journal.jsonl")
    }

    pub(super) fn reports(&self) -> PathBuf {
        self.0.join("reports.jsonl")
    }

    pub(super) fn stream_log(&self) -> PathBuf {
        self.0.join("stream.log")
    }

    pub(super) fn host_log(&self) -> PathBuf {
        self.0.join("host.log")
    }
}
