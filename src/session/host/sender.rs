//! What goes out on one connection: answers first, then the screen (viewers) or observations (the
//! daemon), at the connection's own pace. Writing blocks only this thread.

use std::io::Write as _;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar};
use std::time::{Duration, Instant};

use super::state::{PeerId, Role, Shared, State, wait};
use crate::protocol::pane::{FromHost, Observation, ScreenUpdate, encode};
use crate::session::convert;
use crate::term::{Frame, Line};

/// Between two frames to one viewer, except after a key.
const FRAME_EVERY: Duration = Duration::from_millis(16);
/// Between two observations while things change.
const OBSERVE_EVERY: Duration = Duration::from_millis(200);
/// Without output for this long, things have settled.
const SETTLED_AFTER: Duration = Duration::from_millis(500);

/// The sending side of one connection, with what it has sent.
pub(super) struct Sender {
    id: PeerId,
    waker: Arc<Condvar>,
    stream: UnixStream,
    generation: u64,
    sent_at: Option<Instant>,
    frame: Option<Arc<Frame>>,
    locked: bool,
    told_settled: bool,
    told_end: bool,
}

/// What to do next.
enum Next {
    Send(FromHost),
    Frame(Arc<Frame>, bool),
    Wait(Option<Instant>),
    Leave,
}

impl Sender {
    pub(super) fn new(id: PeerId, waker: Arc<Condvar>, stream: UnixStream) -> Self {
        Self {
            id,
            waker,
            stream,
            generation: 0,
            sent_at: None,
            frame: None,
            locked: false,
            told_settled: false,
            told_end: false,
        }
    }

    /// Sends until the connection is gone.
    pub(super) fn run(mut self, shared: &Shared) {
        loop {
            let message = {
                let mut state = shared.state();
                loop {
                    match self.next(shared, &mut state) {
                        Next::Wait(until) => state = wait(&self.waker, state, until),
                        Next::Leave => return,
                        Next::Send(message) => break Ok(message),
                        Next::Frame(frame, locked) => break Err((frame, locked)),
                    }
                }
            };
            let message = match message {
                Ok(message) => Some(message),
                Err((frame, locked)) => self.update(&frame, locked),
            };
            let Some(message) = message else { continue };
            let sent = encode(&message).and_then(|bytes| self.stream.write_all(&bytes));
            if sent.is_err() {
                // the reading side notices and cleans up; a peer that is gone already needs no shutdown
                let _ = self.stream.shutdown(Shutdown::Both);
                return;
            }
        }
    }

    fn next(&mut self, shared: &Shared, state: &mut State) -> Next {
        let Some(peer) = state.peers.get_mut(&self.id) else { return Next::Leave };
        if let Some(message) = peer.outgoing.pop_front() {
            shared.room.notify_all();
            return Next::Send(message);
        }
        peer.pacing = false;
        let role = peer.role;
        let next = match role {
            Role::Unknown => Next::Wait(None),
            Role::Viewer { .. } => self.next_frame(state),
            Role::Watcher => self.next_observation(shared, state),
        };
        match (&next, &state.exit) {
            (Next::Wait(None), Some(exit)) if role != Role::Unknown && !self.told_end => {
                self.told_end = true;
                Next::Send(FromHost::Ended(exit.clone()))
            }
            _ => next,
        }
    }

    fn next_frame(&mut self, state: &mut State) -> Next {
        if state.generation == self.generation {
            return Next::Wait(None);
        }
        let echo = state.peers.get(&self.id).is_some_and(|peer| peer.expects_echo);
        if let Some(turn) = self.turn(FRAME_EVERY).filter(|_| !echo && state.exit.is_none()) {
            return self.pace(state, turn);
        }
        match state.frame(self.generation) {
            Err(until) => Next::Wait(Some(until)),
            Ok((generation, frame)) => {
                self.generation = generation;
                self.sent_at = Some(Instant::now());
                if let Some(peer) = state.peers.get_mut(&self.id) {
                    peer.expects_echo = false;
                }
                Next::Frame(frame, state.locked)
            }
        }
    }

    fn next_observation(&mut self, shared: &Shared, state: &mut State) -> Next {
        if state.generation == self.generation {
            let settled_at = state.last_output + SETTLED_AFTER;
            if self.told_settled || state.exit.is_some() {
                return Next::Wait(None);
            }
            if Instant::now() < settled_at {
                return Next::Wait(Some(settled_at));
            }
        } else if let Some(turn) = self.turn(OBSERVE_EVERY).filter(|_| state.exit.is_none()) {
            return self.pace(state, turn);
        }
        match state.frame(self.generation) {
            Err(until) => Next::Wait(Some(until)),
            Ok((generation, frame)) => {
                let quiet = state.last_output.elapsed();
                self.told_settled = quiet >= SETTLED_AFTER;
                self.generation = generation;
                self.sent_at = Some(Instant::now());
                let own_foreground = state.has_foreground(shared.agent_pid);
                let seen = Observation { own_foreground, ..observation(&frame, state.bytes, quiet) };
                Next::Send(FromHost::Observed(seen))
            }
        }
    }

    /// When the next turn is, if it is not now.
    fn turn(&self, every: Duration) -> Option<Instant> {
        self.sent_at.map(|at| at + every).filter(|turn| *turn > Instant::now())
    }

    fn pace(&self, state: &mut State, turn: Instant) -> Next {
        if let Some(peer) = state.peers.get_mut(&self.id) {
            peer.pacing = true;
        }
        Next::Wait(Some(turn))
    }

    /// What changed since the last frame; `None` when nothing did.
    fn update(&mut self, frame: &Arc<Frame>, locked: bool) -> Option<FromHost> {
        let before = self.frame.replace(Arc::clone(frame));
        let same_size = before.as_ref().filter(|before| (before.rows, before.cols) == (frame.rows, frame.cols));
        if locked == self.locked && same_size.is_some_and(|before| before == frame) {
            return None;
        }
        self.locked = locked;
        let nothing: &[Line] = &[];
        let known = same_size.map_or(nothing, |before| before.lines.as_slice());
        let changed = (0..)
            .zip(&frame.lines)
            .filter(|(row, line)| known.get(usize::from(*row)) != Some(line))
            .map(|(row, line)| (row, convert::row(line)))
            .collect();
        Some(FromHost::Screen(ScreenUpdate {
            rows: frame.rows,
            cols: frame.cols,
            full: same_size.is_none(),
            changed,
            cursor: frame.cursor,
            cursor_shape: frame.cursor_shape,
            modes: convert::modes(&frame.modes),
            title: frame.title.clone(),
            history: frame.history,
            locked,
            dropped: frame.dropped,
        }))
    }
}

fn observation(frame: &Frame, bytes: u64, quiet: Duration) -> Observation {
    Observation {
        title: frame.title.clone(),
        screen: frame.lines.iter().map(|line| line.text().trim_end().to_owned()).collect(),
        cursor: frame.position,
        modes: convert::modes(&frame.modes),
        bytes,
        quiet_ms: u64::try_from(quiet.as_millis()).unwrap_or(u64::MAX),
        own_foreground: false,
    }
}
