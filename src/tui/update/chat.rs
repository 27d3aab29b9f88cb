//! Typing to the orchestrator.

use crate::config::keymap::{Action, Chord, Context, KeyName};
use crate::config::slash;
use crate::protocol::control::Request;
use crate::tui::message::{Cmd, Purpose};
use crate::tui::state::State;

use super::{actions, fields};

/// A key while the chat has the keyboard.
pub(super) fn key(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) {
    state.dirty = true;
    if planning(state, chord, out) || complete(state, chord) {
        return;
    }
    match state.keymap.action(Context::Chat, chord) {
        Some(Action::ChatSend) => send(state, out),
        Some(Action::ChatNewline) => state.chat.draft.insert_newline(),
        Some(action) => actions::act(state, action, out),
        None => edit(state, chord),
    }
}

/// While a model plans and nothing is typed, Enter has the rules do it and Esc calls it off.
fn planning(state: &State, chord: Chord, out: &mut Vec<Cmd>) -> bool {
    let Some(plan) = state.planning().filter(|_| state.chat.draft.is_empty()) else { return false };
    let request = match state.keymap.action(Context::Chat, chord) {
        Some(Action::ChatSend) => Request::PlanByRules { plan: plan.id },
        Some(Action::ChatLeave) => Request::DeclinePlan { plan: plan.id },
        _ => return false,
    };
    out.push(Cmd::Call(request, Purpose::Plan(plan.id)));
    true
}

/// Tab completes a slash command.
fn complete(state: &mut State, chord: Chord) -> bool {
    let Some(whole) = Some(chord.key)
        .filter(|key| *key == KeyName::Tab)
        .and_then(|_| slash::complete(&fields::text(&state.chat.draft)))
    else {
        return false;
    };
    state.chat.draft = fields::field(&whole);
    true
}

fn edit(state: &mut State, chord: Chord) {
    let unchanged = state.chat.draft.is_empty() || state.chat.recalled.is_some();
    match chord.key {
        KeyName::Up if unchanged => recall(state, 1),
        KeyName::Down if state.chat.recalled.is_some() => recall(state, -1),
        KeyName::PageUp => state.chat.scroll = state.chat.scroll.saturating_add(5),
        KeyName::PageDown => state.chat.scroll = state.chat.scroll.saturating_sub(5),
        _ => {
            state.chat.recalled = None;
            let deletes = !state.abilities.enhanced_keyboard;
            fields::press(&mut state.chat.draft, chord, deletes);
        }
    }
}

/// Goes through what was sent before.
fn recall(state: &mut State, step: isize) {
    let place = match (state.chat.recalled, step) {
        (None, _) => Some(0),
        (Some(0), -1) => None,
        (Some(place), step) => place.checked_add_signed(step),
    };
    let Some(place) = place else {
        state.chat.recalled = None;
        state.chat.draft = fields::field("");
        return;
    };
    let sent = state.sent().get(place).map(|text| (*text).to_owned());
    if let Some(text) = sent {
        state.chat.recalled = Some(place);
        state.chat.draft = fields::field(&text);
    }
}

/// Sends the draft.
fn send(state: &mut State, out: &mut Vec<Cmd>) {
    let text = fields::text(&state.chat.draft);
    if text.trim().is_empty() {
        return;
    }
    if state.stale_since().is_some() {
        return state.toast("the daemon is not there; the draft is kept", true);
    }
    state.chat.draft = fields::field("");
    state.chat.recalled = None;
    state.chat.scroll = 0;
    let request = Request::Chat { project: state.project.id, text: text.clone() };
    out.push(Cmd::Call(request, Purpose::Chat(text)));
}
