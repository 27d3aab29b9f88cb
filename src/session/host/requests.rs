//! What each request does, and who may ask for it.

use std::sync::{Arc, MutexGuard};

use super::ending;
use super::reading;
use super::start_thread;
use super::state::{Input, Once, Peer, PeerId, Role, Shared, State, wait};
use crate::model::Report;
use crate::protocol::pane::{FromHost, SessionReport, ToHost};
use crate::session::convert;
use crate::session::peer::Standing;
use crate::session::reports::NotKept;
use crate::session::say::say;
use crate::term::paste;

/// A connection waits while this much is queued for the PTY.
const MOST_INPUT: usize = 1024 * 1024;
/// A connection waits while it has not read this many answers.
const MOST_ANSWERS: usize = 64;
/// Nor answers of this many bytes: room for the longest capture and more, so that its reader's keys do not wait.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Those inside the session type nothing.
const MOST_BYTES_INSIDE: usize = 1024 * 1024;
/// The most lines of one history page.
pub(super) const LONGEST_PAGE: u32 = 2_000;

/// Does what a message asks, or refuses it.
pub(super) fn handle(shared: &Arc<Shared>, peer: PeerId, standing: Standing, message: ToHost) {
    wait_for_reader(shared, peer, standing);
    if !is_allowed(standing, &message) {
        let refusal = "only processes outside every session may do this; from inside, use `qd report`";
        return shared.state().send(peer, FromHost::Refused(refusal.to_owned()));
    }
    match message {
        ToHost::View { rows, cols, resize, .. } => {
            view(shared, peer, (rows, cols), resize && standing == Standing::Outside);
        }
        ToHost::Watch { .. } => watch(shared, peer),
        ToHost::Input(bytes) => type_in(shared, peer, |_| bytes),
        ToHost::Paste(text) => type_in(shared, peer, |state| paste(&text, &state.terminal.modes())),
        ToHost::Resize { rows, cols } => resize(shared, peer, (rows, cols)),
        ToHost::History { back, count } => history(shared, peer, back, count),
        ToHost::Lines { from, count } => reading::lines(shared, peer, from, count),
        ToHost::Search { id, pattern, from, backward } => {
            reading::search(shared, peer, &reading::Search { id, pattern, from, backward });
        }
        ToHost::Capture { ansi, history } => reading::capture(shared, peer, ansi, history),
        ToHost::Write { key, bytes, paste, only_if } => write_once(shared, Once { peer, key, bytes, paste, only_if }),
        ToHost::Lock(locked) => lock(shared, locked),
        ToHost::Stop { grace_ms, ask } => stop(shared, grace_ms, ask),
        ToHost::Collected { up_to } => collected(shared, up_to),
        ToHost::Bury => bury(shared),
        ToHost::Report(report) => take_report(shared, peer, report),
    }
}

fn is_allowed(standing: Standing, message: &ToHost) -> bool {
    match standing {
        Standing::Outside => true,
        Standing::Inside => {
            matches!(
                message,
                ToHost::View { .. }
                    | ToHost::History { .. }
                    | ToHost::Lines { .. }
                    | ToHost::Search { .. }
                    | ToHost::Capture { .. }
                    | ToHost::Report(_)
            )
        }
        Standing::Stranger => false,
    }
}

fn wait_for_reader(shared: &Shared, peer: PeerId, standing: Standing) {
    let most = if standing == Standing::Outside { MOST_BYTES } else { MOST_BYTES_INSIDE };
    let is_full = |peer: &Peer| {
        let full = peer.outgoing.len() >= MOST_ANSWERS || peer.outgoing.bytes() >= most;
        full && peer.role != Role::Watcher
    };
    let mut state = shared.state();
    while state.peers.get(&peer).is_some_and(is_full) {
        state = wait(shared, &shared.room, state, None);
    }
}

fn view(shared: &Shared, peer: PeerId, (rows, cols): (u16, u16), resizes: bool) {
    let mut state = shared.state();
    set_role(&mut state, peer, Role::Viewer { rows, cols, resizes, active_at: 0 });
    state.activate(peer);
}

fn set_role(state: &mut State, peer: PeerId, role: Role) {
    if let Some(peer) = state.peers.get_mut(&peer) {
        peer.role = role;
        peer.waker.ring();
    }
}

/// A new daemon gets what was reported while there was none; registering and resending are one step.
fn watch(shared: &Shared, peer: PeerId) {
    let reports = shared.reports();
    let mut state = shared.state();
    for (number, report) in reports.waiting() {
        state.send(peer, FromHost::Reported { number: *number, report: report.clone() });
    }
    set_role(&mut state, peer, Role::Watcher);
    shared.turned.ring();
}

fn type_in(shared: &Shared, peer: PeerId, bytes: impl FnOnce(&State) -> Vec<u8>) {
    let mut state = wait_for_input_room(shared);
    if state.locked {
        return state.send(peer, FromHost::Refused("input is locked".to_owned()));
    }
    if let Some(peer) = state.peers.get_mut(&peer) {
        peer.expects_echo = true;
    }
    state.activate(peer);
    let bytes = bytes(&state);
    state.type_bytes(shared, bytes);
}

fn wait_for_input_room(shared: &Shared) -> MutexGuard<'_, State> {
    let mut state = shared.state();
    while state.input_bytes > MOST_INPUT && !state.agent_ended {
        state = wait(shared, &shared.room, state, None);
    }
    state
}

fn resize(shared: &Shared, peer: PeerId, size: (u16, u16)) {
    let mut state = shared.state();
    if let Some(Role::Viewer { rows, cols, .. }) = state.peers.get_mut(&peer).map(|peer| &mut peer.role) {
        (*rows, *cols) = size;
        state.activate(peer);
    }
}

fn history(shared: &Shared, peer: PeerId, back: u32, count: u32) {
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let mut state = shared.state();
    let lines = state.terminal.history().page(number(back), number(count.min(LONGEST_PAGE)));
    let total = u32::try_from(state.terminal.history().len()).unwrap_or(u32::MAX);
    let lines = lines.iter().map(convert::row).collect();
    state.send(peer, FromHost::History { lines, back, total });
}

fn write_once(shared: &Shared, once: Once) {
    let mut state = shared.state();
    state.input_bytes += once.bytes.len();
    state.input.push_back(Input::Once(once));
    shared.input_ready.ring();
}

fn lock(shared: &Shared, locked: bool) {
    let mut state = shared.state();
    state.locked = locked;
    state.changed();
}

fn stop(shared: &Arc<Shared>, grace_ms: u64, ask: Vec<u8>) {
    shared.state().stopping = true;
    let started = start_thread("stop", Arc::clone(shared), move |shared| ending::stop(&shared, grace_ms, ask));
    if let Err(error) = started {
        say!("{error}");
        ending::force(shared.agent_pid);
    }
}

fn collected(shared: &Shared, up_to: u64) {
    if let Err(error) = shared.reports().collected(up_to) {
        say!("cannot forget reports: {error}");
    }
}

fn bury(shared: &Shared) {
    let mut state = shared.state();
    // an agent that still runs is stopped first, never buried
    if state.exit.is_some() {
        state.buried = true;
        shared.turned.ring();
        shared.input_ready.ring();
    }
}

/// On disk first, then told to the daemon in the same order, then answered.
fn take_report(shared: &Shared, peer: PeerId, report: SessionReport) {
    let answer = match keep_report(shared, report) {
        Ok(()) => FromHost::Noted,
        Err(error) => FromHost::Refused(format!("cannot keep the report: {error}")),
    };
    shared.state().send(peer, answer);
}

/// A report of the host's own, for the activity log.
pub(super) fn note(shared: &Shared, report: Report) {
    if let Err(error) = keep_report(shared, SessionReport::Said(report)) {
        say!("cannot keep a note: {error}");
    }
}

fn keep_report(shared: &Shared, report: SessionReport) -> Result<(), NotKept> {
    let mut reports = shared.reports();
    let (number, report) = reports.add(report)?;
    let mut state = shared.state();
    let watchers: Vec<PeerId> =
        state.peers.iter().filter(|(_, peer)| peer.role == Role::Watcher).map(|(id, _)| *id).collect();
    for watcher in watchers {
        state.send(watcher, FromHost::Reported { number, report: report.clone() });
    }
    Ok(())
}
