//! What goes out on one connection: answers first, then the screen (viewers) or observations (the
//! daemon), at the connection's own pace. Writing blocks only this thread.

use std::io::{self, Write as _};
use std::net::Shutdown;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::socket::{MsgFlags, send};

use super::bell::Bell;
use super::connection::leave;
use super::state::{PeerId, Role, Shared, State};
use crate::protocol::pane::{FromHost, Observation, ScreenUpdate, encode};
use crate::session::{convert, observation};
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
    stream: UnixStream,
    /// The rest of an echo that did not go out at once.
    rest: Vec<u8>,
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

/// Sends until the connection is gone. Locks: the sender before the state.
pub(super) fn run(shared: &Shared, waker: &Bell, sender: &Mutex<Sender>) {
    loop {
        let mut sending = sender.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, heard) = {
            let mut state = shared.state();
            let heard = waker.rings();
            (sending.next(shared, &mut state), heard)
        };
        let message = match next {
            Next::Wait(until) if sending.rest.is_empty() => {
                drop(sending);
                waker.wait(heard, until);
                continue;
            }
            Next::Wait(_) => None,
            Next::Leave => return,
            Next::Send(message) => Some(message),
            Next::Frame(frame, locked) => sending.update(&frame, locked),
        };
        if sending.send(message.as_ref()).is_err() {
            // a peer that is gone already needs no shutdown
            let _ = sending.stream.shutdown(Shutdown::Both);
            let id = sending.id;
            drop(sending);
            // its reader may wait for room in a queue that nobody empties any more
            return leave(shared, id);
        }
    }
}

/// Sends the echo of a key from the thread that read it, if the sender has nothing else to do and the
/// connection takes it. Answers whether the sender need not be woken. The caller holds the state.
pub(super) fn echo(sender: &Mutex<Sender>, state: &mut State) -> bool {
    let Ok(mut sender) = sender.try_lock() else { return false };
    let idle = state.peers.get(&sender.id).is_some_and(|peer| peer.outgoing.is_empty()) && sender.rest.is_empty();
    if !idle {
        return false;
    }
    let Next::Frame(frame, locked) = sender.next_frame(state) else { return false };
    let Some(bytes) = sender.update(&frame, locked).and_then(|message| encode(&message).ok()) else { return true };
    let sent = send(sender.stream.as_raw_fd(), &bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL).unwrap_or(0);
    sender.rest = bytes.get(sent..).unwrap_or_default().to_vec();
    sender.rest.is_empty()
}

impl Sender {
    pub(super) fn new(id: PeerId, stream: UnixStream) -> Self {
        Self {
            id,
            stream,
            rest: Vec::new(),
            generation: 0,
            sent_at: None,
            frame: None,
            locked: false,
            told_settled: false,
            told_end: false,
        }
    }

    /// Writes what is left of an echo, then the message; blocks as long as the peer does not read.
    fn send(&mut self, message: Option<&FromHost>) -> io::Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.stream.write_all(&rest)?;
        message.map_or(Ok(()), |message| self.stream.write_all(&encode(message)?))
    }

    fn next(&mut self, shared: &Shared, state: &mut State) -> Next {
        let Some(peer) = state.peers.get_mut(&self.id) else { return Next::Leave };
        if let Some(message) = peer.outgoing.pop() {
            shared.room.ring();
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
        let nothing: &[Line] = &[];
        let known = same_size.map_or(nothing, |before| before.lines.as_slice());
        let changed: Vec<_> = (0..)
            .zip(&frame.lines)
            .filter(|(row, line)| known.get(usize::from(*row)) != Some(line))
            .map(|(row, line)| (row, convert::row(line)))
            .collect();
        if changed.is_empty() && locked == self.locked && same_size.is_some_and(|before| before == frame) {
            return None;
        }
        self.locked = locked;
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
