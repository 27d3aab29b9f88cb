//! What the host's threads share.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::MasterPty;

use crate::model::Exit;
use crate::protocol::pane::FromHost;
use crate::session::launch::Launch;
use crate::session::reports::Reports;
use crate::term::{Frame, Terminal};

/// How long a synchronized update may keep viewers waiting (what other terminals allow, too).
pub(super) const SYNCHRONIZED_AT_MOST: Duration = Duration::from_millis(150);

/// Names a connection within this host.
pub(super) type PeerId = u64;

/// Everything shared.
pub(super) struct Shared {
    pub(super) directory: PathBuf,
    pub(super) launch: Launch,
    pub(super) agent_pid: u32,
    pub(super) reports: Mutex<Reports>,
    state: Mutex<State>,
    /// Something for the PTY was queued, or the session is over.
    pub(super) input_ready: Condvar,
    /// The queue for the PTY, or a peer's queue, got shorter.
    pub(super) room: Condvar,
    /// The agent ended, the PTY was drained, a watcher came or went, or the session was buried.
    pub(super) turned: Condvar,
}

impl Shared {
    pub(super) fn new(
        directory: &Path,
        launch: Launch,
        agent_pid: u32,
        master: Box<dyn MasterPty + Send>,
        reports: Reports,
    ) -> Self {
        let history = usize::try_from(launch.scrollback).unwrap_or(usize::MAX);
        let terminal = Terminal::new(launch.rows, launch.cols, history);
        Self {
            directory: directory.to_path_buf(),
            launch,
            agent_pid,
            reports: Mutex::new(reports),
            state: Mutex::new(State::new(terminal, master)),
            input_ready: Condvar::new(),
            room: Condvar::new(),
            turned: Condvar::new(),
        }
    }

    /// The state; a thread that panicked while it held the lock does not take the session with it.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reports; to be locked before the state.
    pub(super) fn reports(&self) -> MutexGuard<'_, Reports> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits on a condition variable, with or without an end.
pub(super) fn wait<'a>(
    condition: &Condvar,
    state: MutexGuard<'a, State>,
    until: Option<Instant>,
) -> MutexGuard<'a, State> {
    match until {
        None => condition.wait(state).unwrap_or_else(PoisonError::into_inner),
        Some(until) => {
            let patience = until.saturating_duration_since(Instant::now());
            condition.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

/// Something to be written to the PTY.
pub(super) enum Input {
    /// Keys, pastes, answers.
    Bytes(Vec<u8>),
    /// A journalled write.
    Once(Once),
}

/// A write that must not happen twice.
pub(super) struct Once {
    pub(super) peer: PeerId,
    pub(super) key: String,
    pub(super) bytes: Vec<u8>,
    pub(super) paste: bool,
    pub(super) only_if: String,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It has not said.
    Unknown,
    /// Shows the screen. `resizes`: its size may become the PTY's.
    Viewer { rows: u16, cols: u16, resizes: bool, active_at: u64 },
    /// The daemon.
    Watcher,
}

/// A connection.
pub(super) struct Peer {
    pub(super) waker: Arc<Condvar>,
    pub(super) outgoing: VecDeque<FromHost>,
    pub(super) role: Role,
    /// It was sent something a moment ago and waits for its next turn: output need not wake it.
    pub(super) pacing: bool,
    /// A key came from it: the next change goes out at once.
    pub(super) expects_echo: bool,
}

/// What changes.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each learned by another thread")]
pub(super) struct State {
    pub(super) terminal: Terminal,
    pub(super) master: Box<dyn MasterPty + Send>,
    /// Counts changes of what viewers see.
    pub(super) generation: u64,
    pub(super) bytes: u64,
    pub(super) last_output: Instant,
    pub(super) synchronizing_since: Option<Instant>,
    frame: Option<(u64, Arc<Frame>)>,
    pub(super) settled: Option<(u64, Arc<Frame>)>,
    pub(super) peers: BTreeMap<PeerId, Peer>,
    pub(super) next_peer: PeerId,
    pub(super) activity: u64,
    pub(super) input: VecDeque<Input>,
    pub(super) input_bytes: usize,
    pub(super) locked: bool,
    pub(super) drained: bool,
    pub(super) agent_ended: bool,
    pub(super) exit: Option<Exit>,
    pub(super) buried: bool,
}

impl State {
    fn new(terminal: Terminal, master: Box<dyn MasterPty + Send>) -> Self {
        Self {
            terminal,
            master,
            generation: 1,
            bytes: 0,
            last_output: Instant::now(),
            synchronizing_since: None,
            frame: None,
            settled: None,
            peers: BTreeMap::new(),
            next_peer: 1,
            activity: 0,
            input: VecDeque::new(),
            input_bytes: 0,
            locked: false,
            drained: false,
            agent_ended: false,
            exit: None,
            buried: false,
        }
    }

    /// The screen for somebody who has seen `seen`, or when to look again: no half-drawn frames.
    pub(super) fn frame(&mut self, seen: u64) -> Result<(u64, Arc<Frame>), Instant> {
        if let Some(since) = self.synchronizing_since.filter(|_| self.exit.is_none()) {
            if let Some((generation, frame)) = self.settled.as_ref().filter(|(generation, _)| *generation > seen) {
                return Ok((*generation, Arc::clone(frame)));
            }
            let until = since + SYNCHRONIZED_AT_MOST;
            if Instant::now() < until {
                self.terminal.keep_settled();
                return Err(until);
            }
            self.terminal.end_synchronizing();
            self.synchronizing_since = None;
        }
        if let Some((generation, frame)) = self.frame.as_ref().filter(|(generation, _)| *generation == self.generation)
        {
            return Ok((*generation, Arc::clone(frame)));
        }
        let frame = Arc::new(self.terminal.frame());
        self.frame = Some((self.generation, Arc::clone(&frame)));
        Ok((self.generation, frame))
    }

    /// Marks a change and wakes those who wait for one.
    pub(super) fn changed(&mut self) {
        self.generation += 1;
        for peer in self.peers.values() {
            if peer.role != Role::Unknown && (!peer.pacing || peer.expects_echo) {
                peer.waker.notify_one();
            }
        }
    }

    /// Queues a message for one peer.
    pub(super) fn send(&mut self, to: PeerId, message: FromHost) {
        if let Some(peer) = self.peers.get_mut(&to) {
            peer.outgoing.push_back(message);
            peer.waker.notify_one();
        }
    }

    /// Queues input for the PTY, without waiting.
    pub(super) fn type_bytes(&mut self, shared: &Shared, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.input_bytes += bytes.len();
            self.input.push_back(Input::Bytes(bytes));
            shared.input_ready.notify_one();
        }
    }

    /// Whether the process group of this process is in the foreground of the terminal.
    pub(super) fn has_foreground(&self, pid: u32) -> bool {
        self.exit.is_none() && self.master.process_group_leader().is_some_and(|group| u32::try_from(group) == Ok(pid))
    }

    /// Whether the daemon is connected.
    pub(super) fn is_watched(&self) -> bool {
        self.peers.values().any(|peer| peer.role == Role::Watcher)
    }
}
