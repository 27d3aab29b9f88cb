//! What the host's threads share.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::MasterPty;

use super::bell::Bell;
use super::outgoing::Outgoing;
use super::places::Places;
use super::sender::{self, Sender};
use crate::model::Exit;
use crate::protocol::pane::FromHost;
use crate::session::launch::Launch;
use crate::session::reports::Reports;
use crate::session::sizes::SizesLog;
use crate::term::{Frame, Terminal};

/// How long a synchronized update may keep viewers waiting (what other terminals allow, too).
pub(super) const SYNCHRONIZED_AT_MOST: Duration = Duration::from_millis(150);

/// Input up to this length is written by whoever brings it, if the PTY takes it at once: one thread less
/// between a key and its echo.
const SHORT: usize = 1024;

/// Names a connection within this host.
pub(super) type PeerId = u64;

/// Everything shared.
pub(super) struct Shared {
    pub(super) directory: PathBuf,
    pub(super) launch: Launch,
    pub(super) agent_pid: u32,
    pub(super) reports: Mutex<Reports>,
    /// Held while one waits for the state: who floods cannot take it twice before who came in between.
    gate: Mutex<()>,
    state: Mutex<State>,
    /// Who may connect.
    pub(super) places: Places,
    /// Something for the PTY was queued, or the session is over.
    pub(super) input_ready: Bell,
    /// The queue for the PTY, or a peer's queue, got shorter.
    pub(super) room: Bell,
    /// The agent ended, the PTY was drained, a watcher came or went, or the session was buried.
    pub(super) turned: Bell,
}

impl Shared {
    /// `before` is how much output earlier hosts of the session wrote to its log.
    pub(super) fn new(
        directory: &Path,
        launch: Launch,
        (agent_pid, pty): (u32, Pty),
        reports: Reports,
        before: u64,
    ) -> Self {
        let history = usize::try_from(launch.scrollback).unwrap_or(usize::MAX);
        let terminal = Terminal::new(launch.rows, launch.cols, history);
        Self {
            directory: directory.to_path_buf(),
            launch,
            agent_pid,
            reports: Mutex::new(reports),
            gate: Mutex::new(()),
            state: Mutex::new(State::new(terminal, pty, SizesLog::open(directory), before)),
            places: Places::default(),
            input_ready: Bell::default(),
            room: Bell::default(),
            turned: Bell::default(),
        }
    }

    /// The state; a thread that panicked while it held the lock does not take the session with it.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        let _turn = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reports; to be locked before the state.
    pub(super) fn reports(&self) -> MutexGuard<'_, Reports> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the state up until the bell rings, with or without an end, and takes it again.
pub(super) fn wait<'a>(
    shared: &'a Shared,
    bell: &Bell,
    state: MutexGuard<'a, State>,
    until: Option<Instant>,
) -> MutexGuard<'a, State> {
    let heard = bell.rings();
    drop(state);
    bell.wait(heard, until);
    shared.state()
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
    pub(super) waker: Arc<Bell>,
    pub(super) outgoing: Outgoing,
    pub(super) role: Role,
    /// It was sent something a moment ago and waits for its next turn: output need not wake it.
    pub(super) pacing: bool,
    /// A key came from it: the next change goes out at once.
    pub(super) expects_echo: bool,
    /// What was sent to it; who has an echo for it sends it at once, unless the sender is busy.
    pub(super) sender: Arc<Mutex<Sender>>,
}

/// The master's side of the PTY, as far as it belongs to the state.
pub(super) struct Pty {
    /// For its size.
    pub(super) master: Box<dyn MasterPty + Send>,
    /// For keys; never blocks.
    pub(super) direct: File,
}

/// What changes.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each learned by another thread")]
pub(super) struct State {
    pub(super) terminal: Terminal,
    pub(super) pty: Pty,
    pub(super) sizes: SizesLog,
    /// The input thread is writing what it took off the queue: nobody may overtake it.
    pub(super) writing: bool,
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
    /// The agent was asked to end.
    pub(super) stopping: bool,
    pub(super) agent_ended: bool,
    pub(super) exit: Option<Exit>,
    pub(super) buried: bool,
}

impl State {
    fn new(terminal: Terminal, pty: Pty, mut sizes: SizesLog, before: u64) -> Self {
        sizes.note(before, terminal.size());
        Self {
            terminal,
            pty,
            sizes,
            writing: false,
            generation: 1,
            bytes: before,
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
            stopping: false,
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
        let frame = self.terminal.latest();
        self.frame = Some((self.generation, Arc::clone(&frame)));
        Ok((self.generation, frame))
    }

    /// Marks a change and wakes those who wait for one. Who waits for the echo of a key gets it here and now.
    pub(super) fn changed(&mut self) {
        self.generation += 1;
        let echoes = self.peers.iter().filter(|(_, peer)| peer.expects_echo && peer.role != Role::Unknown);
        let echoes: Vec<_> = echoes.map(|(id, peer)| (*id, Arc::clone(&peer.sender))).collect();
        let told: Vec<PeerId> =
            echoes.iter().filter(|(_, sender)| sender::echo(sender, self)).map(|(id, _)| *id).collect();
        for (id, peer) in &self.peers {
            if peer.role != Role::Unknown && (!peer.pacing || peer.expects_echo) && !told.contains(id) {
                peer.waker.ring();
            }
        }
    }

    /// Whether somebody waits for the echo of a key.
    pub(super) fn expects_echo(&self) -> bool {
        self.peers.values().any(|peer| peer.expects_echo)
    }

    /// Queues a message for one peer.
    pub(super) fn send(&mut self, to: PeerId, message: FromHost) {
        if let Some(peer) = self.peers.get_mut(&to) {
            peer.outgoing.push(message);
            peer.waker.ring();
        }
    }

    /// Hands input to the PTY, without waiting: what does not go at once is queued.
    pub(super) fn type_bytes(&mut self, shared: &Shared, mut bytes: Vec<u8>) {
        if !bytes.is_empty() && self.input.is_empty() && !self.writing && bytes.len() <= SHORT {
            // a PTY that takes nothing, or is gone, is the input thread's business
            let written = self.pty.direct.write(&bytes).unwrap_or(0);
            bytes.drain(..written.min(bytes.len()));
        }
        if !bytes.is_empty() {
            self.input_bytes += bytes.len();
            self.input.push_back(Input::Bytes(bytes));
            shared.input_ready.ring();
        }
    }

    /// Whether the process group of this process is in the foreground of the terminal.
    pub(super) fn has_foreground(&self, pid: u32) -> bool {
        self.exit.is_none()
            && self.pty.master.process_group_leader().is_some_and(|group| u32::try_from(group) == Ok(pid))
    }

    /// Whether the daemon is connected.
    pub(super) fn is_watched(&self) -> bool {
        self.peers.values().any(|peer| peer.role == Role::Watcher)
    }
}
