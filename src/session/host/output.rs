//! From the PTY: parsed under a short lock, queries answered at once, logged, viewers woken.

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::Instant;

use super::refusals::Refusals;
use super::requests;
use super::state::{Role, Shared, State};
use crate::model::Report;
use crate::protocol::pane::FromHost;
use crate::session::stream_log::StreamLog;
use crate::term::News;

/// Bytes a turn. The kernel gives at most 4095; latency under flood is linear in this (PERFORMANCE.md C).
const TURN: usize = 8 * 1024;
/// Answers are dropped while this much waits for a program that does not read.
const MOST_INPUT: usize = 4 * 1024 * 1024;
/// News for a peer that does not read are dropped beyond this.
const MOST_OUTGOING: usize = 256;

/// Reads until the PTY's other side is closed for good.
pub(super) fn run(shared: &Arc<Shared>, mut reader: Box<dyn Read + Send>, mut log: StreamLog) {
    let mut buffer = vec![0; TURN];
    let mut refusals = shared.launch.place.fence.clone().map(Refusals::new);
    let mut logging = true;
    loop {
        let bytes = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => buffer.get(..count).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                eprintln!("cannot read the terminal: {error}");
                break;
            }
        };
        take(shared, &mut shared.state(), bytes);
        if let Some(told) = refusals.as_mut().and_then(|refusals| refusals.look(bytes)) {
            eprintln!("{told}");
            requests::note(shared, Report::Progress { text: told });
        }
        if logging && let Err(error) = log.write(bytes) {
            eprintln!("cannot write the log, it ends here: {error}");
            logging = false;
        }
    }
    let mut state = shared.state();
    state.drained = true;
    state.changed();
    shared.turned.notify_all();
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
    for peer in state.peers.values_mut().filter(|peer| peer.outgoing.len() < MOST_OUTGOING) {
        let message = match (news, peer.role) {
            (News::Clipboard(text), Role::Viewer { .. }) => FromHost::Clipboard(text.clone()),
            (News::Alert(text), Role::Viewer { .. } | Role::Watcher) => FromHost::Alert(text.clone()),
            _ => continue,
        };
        peer.outgoing.push_back(message);
        peer.waker.notify_one();
    }
}
