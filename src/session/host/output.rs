//! From the PTY: parsed under a short lock, queries answered at once, logged, viewers woken.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::refusals::Refusals;
use super::requests;
use super::state::{Role, Shared, State};
use crate::model::Report;
use crate::protocol::pane::FromHost;
use crate::session::say::say;
use crate::session::stream_log::StreamLog;
use crate::term::News;

/// Bytes a turn; the kernel gives at most 4095 a read. Latency under a flood is linear in this (PERFORMANCE.md C),
/// so turns are short while a key waits for its echo.
const TURN: usize = 64 * 1024;
/// See [`TURN`].
const SHORT_TURN: usize = 4 * 1024;
/// The log may wait so long, in milliseconds, for whoever shows the echo of a key.
const LOG_AFTER: u8 = 5;
/// Answers are dropped while this much waits for a program that does not read.
const MOST_INPUT: usize = 4 * 1024 * 1024;
/// News for a peer that does not read are dropped beyond this.
const MOST_OUTGOING: usize = 256;
/// And beyond this many bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Reads until the PTY's other side is closed for good.
pub(super) fn run(shared: &Arc<Shared>, mut terminal: File, mut log: StreamLog) {
    let mut buffer = vec![0; TURN];
    let mut refusals = shared.launch.place.fence.clone().map(Refusals::new);
    let mut turn = TURN;
    let (mut open, mut echoes) = (true, false);
    while open {
        let (count, more) = read(&mut terminal, buffer.get_mut(..turn).unwrap_or_default());
        let bytes = buffer.get(..count).unwrap_or_default();
        if !bytes.is_empty() {
            let mut state = shared.state();
            echoes = state.expects_echo();
            take(shared, &mut state, bytes);
            turn = if state.expects_echo() { SHORT_TURN } else { TURN };
            drop(state);
            log.write(bytes);
            if let Some(told) = refusals.as_mut().and_then(|refusals| refusals.look(bytes)) {
                say!("{told}");
                requests::note(shared, Report::Progress { text: told });
            }
        }
        open = match more {
            More::Now => true,
            // who shows the echo of a key goes before the log
            More::Later if echoes && wait_for_output(&terminal, PollTimeout::from(LOG_AFTER)) == Some(true) => true,
            More::Later => {
                log.flush();
                wait_for_output(&terminal, PollTimeout::NONE).is_some()
            }
            More::Never => false,
        };
    }
    log.flush();
    let mut state = shared.state();
    state.drained = true;
    state.changed();
    shared.turned.ring();
}

/// What there is beyond what was read.
enum More {
    Now,
    Later,
    Never,
}

/// Reads what is there, as much as fits.
fn read(terminal: &mut File, buffer: &mut [u8]) -> (usize, More) {
    let mut filled = 0;
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        if room.is_empty() {
            return (filled, More::Now);
        }
        match terminal.read(room) {
            Ok(0) => return (filled, More::Never),
            Ok(count) => filled += count,
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::WouldBlock => return (filled, More::Later),
                _ => {
                    // EIO is how Linux says that the other side is closed
                    if error.raw_os_error() != Some(Errno::EIO as i32) {
                        say!("cannot read the terminal: {error}");
                    }
                    return (filled, More::Never);
                }
            },
        }
    }
}

/// Sleeps until there is something to read, at most so long; answers whether there is, `None` if there cannot be.
fn wait_for_output(terminal: &File, at_most: PollTimeout) -> Option<bool> {
    let mut ready = [PollFd::new(terminal.as_fd(), PollFlags::POLLIN)];
    match poll(&mut ready, at_most) {
        Ok(ready) => Some(ready > 0),
        Err(Errno::EINTR) => Some(true),
        Err(error) => {
            say!("cannot wait for the terminal: {error}");
            None
        }
    }
}

fn take(shared: &Shared, state: &mut State, bytes: &[u8]) {
    state.terminal.process(bytes);
    state.bytes += u64::try_from(bytes.len()).unwrap_or(0);
    state.last_output = Instant::now();
    state.synchronizing_since = match (state.terminal.is_synchronizing(), state.synchronizing_since) {
        (false, _) => {
            state.settled = None;
            None
        }
        (true, None) => Some(state.last_output),
        (true, since) => since,
    };
    if let Some(frame) = state.terminal.take_settled() {
        // the rest of this piece is yet another change
        state.generation += 1;
        state.settled = Some((state.generation, frame));
    }
    let answers = state.terminal.take_answers();
    if state.input_bytes < MOST_INPUT {
        state.type_bytes(shared, answers);
    }
    for news in state.terminal.take_news() {
        tell(state, &news);
    }
    state.changed();
}

fn tell(state: &mut State, news: &News) {
    for peer in state
        .peers
        .values_mut()
        .filter(|peer| peer.outgoing.len() < MOST_OUTGOING && peer.outgoing.bytes() < MOST_BYTES)
    {
        let message = match (news, peer.role) {
            (News::Clipboard(text), Role::Viewer { .. }) => FromHost::Clipboard(text.clone()),
            (News::Alert(text), Role::Viewer { .. } | Role::Watcher) => FromHost::Alert(text.clone()),
            _ => continue,
        };
        peer.outgoing.push(message);
        peer.waker.ring();
    }
}
