//! `update`: one message in, the state changed, commands out. Pure: no I/O, no clock; the time comes
//! with the message.

mod actions;
mod chat;
mod copying;
mod dialogs;
mod everywhere;
mod keys;
mod links;
mod mouse;
mod opening;
mod panes;
mod reading;
mod requests;
mod searching;
mod selecting;
mod server;
mod taking_back;

use crate::model::Timestamp;

use super::message::{Cmd, Msg};
use super::mode::Mode;
use super::state::State;
use super::{fields, layout};

pub(super) use panes::awaits_screens;

/// Takes one message in.
pub fn update(state: &mut State, message: Msg, now: Timestamp) -> Vec<Cmd> {
    let (mut out, decides) = step(state, message, now);
    if decides {
        out.extend(settle(state));
    }
    out
}

/// Takes one message in as far as its own commands go, which need not wait for the rest: a key is on its way to the
/// agent then. Answers whether `settle` must follow.
pub(crate) fn step(state: &mut State, message: Msg, now: Timestamp) -> (Vec<Cmd>, bool) {
    state.now = now;
    let mut out = Vec::new();
    match message {
        Msg::Key(chord) => keys::key(state, chord, &mut out),
        Msg::Paste(text) => keys::paste(state, text, &mut out),
        Msg::Mouse(event) => mouse::mouse(state, event, &mut out),
        Msg::Resized(columns, rows) => {
            state.size = (columns, rows);
            state.dirty = true;
        }
        Msg::Focused(focused) => panes::focus(state, focused, &mut out),
        Msg::Project(view) => server::project(state, *view),
        Msg::Said(kind, text) => state.toast(&text, kind.is_some()),
        Msg::Lost => server::lost(state, &mut out),
        Msg::Stopped => server::stopped(state, &mut out),
        Msg::StillLost(failure) => server::still_lost(state, &failure, &mut out),
        Msg::Back => server::back(state, &mut out),
        Msg::Answered(purpose, outcome) => server::answered(state, purpose, outcome),
        Msg::Pane(session, said) => {
            if !panes::said(state, &session, said, &mut out) {
                // rows of a screen decide nothing else
                return (out, false);
            }
        }
        Msg::PaneOpen(session) => panes::open(state, &session, &mut out),
        Msg::PaneRecord(session) => panes::open_record(state, &session, &mut out),
        Msg::PaneLost(session, why) => {
            panes::lost(state, &session, why);
            panes::again(state, &session, &mut out);
        }
        Msg::Copied(copied) => copying::copied(state, &copied, &mut out),
        Msg::Written(outcome) => written(state, outcome),
        Msg::Edited(Some(why)) => state.toast(&why, true),
        Msg::Edited(None) => state.dirty = true,
        Msg::FoundIn(id, hits) => everywhere::found(state, id, hits),
        Msg::Recalled(session, text) => dialogs::recalled(state, &session, text),
        Msg::NotOpened(uri, why) => links::not_opened(state, uri, &why, &mut out),
        Msg::TmuxKeepsKeys { tell } => keys::tmux_keeps(state, tell),
        Msg::Tick => {
            selecting::tick(state, &mut out);
            tick(state);
        }
    }
    (out, true)
}

/// A text was written to a file, or not.
fn written(state: &mut State, outcome: Result<std::path::PathBuf, String>) {
    match outcome {
        Ok(file) => state.toast(&format!("written to {}", file.display()), false),
        Err(why) => state.toast(&format!("nothing was written: {why}"), true),
    }
}

/// A moment that was waited for has come: messages go, the leader's strip comes, ages go on.
fn tick(state: &mut State) {
    let now = state.now;
    state.toasts.retain(|toast| toast.until > now);
    state.dirty = true;
}

/// When something on screen changes by itself next.
pub(crate) fn next_tick(state: &State) -> Option<Timestamp> {
    let toast = state.toasts.iter().map(|toast| toast.until).min();
    let strip = match &state.mode {
        Mode::Leader { since, .. } => Some(since.after(super::view::STRIP_AFTER)).filter(|at| *at > state.now),
        _ => None,
    };
    let minute = (state.is_moving() || state.stale_since().is_some()).then(|| {
        let into = state.now.since(state.told_at).as_millis() % 60_000;
        let left = 60_000 - u64::try_from(into).unwrap_or(0);
        state.now.after(std::time::Duration::from_millis(left))
    });
    [toast, strip, minute, selecting::next(state)].into_iter().flatten().min()
}

/// What must hold after every message.
pub(crate) fn settle(state: &mut State) -> Vec<Cmd> {
    let mut out = Vec::new();
    requests::settle(state);
    opening::settle(state);
    dialogs::settle(state);
    if matches!(state.mode, Mode::Agent | Mode::Locked) && !state.can_type() {
        state.mode = Mode::Cockpit;
        state.ended_under = Some(state.worker);
        state.dirty = true;
    }
    if !matches!(state.mode, Mode::Cockpit) || state.ended_under != Some(state.worker) {
        state.ended_under = None;
    }
    give_way(state);
    everywhere::settle(state, &mut out);
    panes::reconcile(state, &mut out);
    let shown = state.layout();
    if shown != state.saved {
        state.saved = shown.clone();
        out.push(Cmd::SaveLayout(shown));
    }
    let title = title(state);
    if title != state.title {
        state.title.clone_from(&title);
        out.push(Cmd::Title(title));
    }
    out
}

/// In a window that is too small for panes keys are commands; what had the keyboard gets it back with the room.
fn give_way(state: &mut State) {
    let small = layout::class(state.size) == layout::Class::Message;
    match (&state.mode, small) {
        (Mode::Agent | Mode::Locked | Mode::Chat | Mode::Scroll(_), true) => {
            let before = std::mem::replace(&mut state.mode, Mode::Cockpit);
            state.before_small.get_or_insert(before);
            state.dirty = true;
        }
        (Mode::Agent | Mode::Locked | Mode::Chat | Mode::Scroll(_), false) => state.before_small = None,
        (Mode::Cockpit, false) => {
            if let Some(before) = state.before_small.take() {
                state.mode = before;
                state.dirty = true;
            }
        }
        _ => {}
    }
}

/// The terminal's title: the project and how many need the person.
fn title(state: &State) -> String {
    let name = crate::model::one_line(&state.project.name);
    match state.waiting() {
        _ if state.stale_since().is_some() => format!("qd {name} (daemon away)"),
        0 => format!("qd {name}"),
        waiting => format!("qd {name} ({waiting} need you)"),
    }
}
