//! Looking for text in a pane's history and screen. The host looks through all of it; what is in sight is
//! marked where it is drawn.

use crate::config::keymap::{Action, Chord};
use crate::model::SessionId;
use crate::protocol::pane::{Found, ToHost};
use crate::term::search::Pattern;
use crate::tui::message::Cmd;
use crate::tui::mode::{Scroll, Scrolling};
use crate::tui::pane::Search;
use crate::tui::state::State;

use super::{panes, reading};
use crate::tui::fields;

/// A key of SCROLL that looks for something.
pub(super) fn act(state: &mut State, id: &SessionId, action: Action, out: &mut Vec<Cmd>) {
    match action {
        Action::SearchForward | Action::SearchBackward => {
            let backward = action == Action::SearchBackward;
            if let Some(scroll) = state.mode.scroll_mut() {
                scroll.what = Scrolling::Typing { field: Box::new(fields::field("")), backward };
            }
        }
        Action::SearchRun => run(state, id, out),
        Action::SearchCancel => stop_typing(state, id),
        Action::SearchNext => again(state, id, false, out),
        Action::SearchPrevious => again(state, id, true, out),
        _ => {}
    }
}

/// A key while the text is typed.
pub(super) fn press(state: &mut State, chord: Chord) {
    let deletes = !state.abilities.enhanced_keyboard;
    if let Some(Scroll { what: Scrolling::Typing { field, .. }, .. }) = state.mode.scroll_mut() {
        fields::press(field, chord, deletes);
        state.dirty = true;
    }
}

/// A paste while the text is typed: its first line.
pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(Scroll { what: Scrolling::Typing { field, .. }, .. }) = state.mode.scroll_mut() {
        fields::paste(field, text.lines().next().unwrap_or_default());
        state.dirty = true;
    }
}

/// Whether text is typed that is to be looked for.
pub(super) fn is_typing(state: &State) -> bool {
    state.mode.scroll().is_some_and(|scroll| matches!(scroll.what, Scrolling::Typing { .. }))
}

fn stop_typing(state: &mut State, id: &SessionId) {
    let marking = state.panes.get(id).is_some_and(|pane| pane.selection.is_some());
    if let Some(scroll) = state.mode.scroll_mut() {
        scroll.what = if marking { Scrolling::Marking } else { Scrolling::Moving };
    }
}

/// Looks for what was typed; nothing typed means what was looked for last.
fn run(state: &mut State, id: &SessionId, out: &mut Vec<Cmd>) {
    let Some(Scroll { what: Scrolling::Typing { field, backward }, .. }) = state.mode.scroll() else { return };
    let (text, backward) = (fields::text(field), *backward);
    stop_typing(state, id);
    let Some(pane) = state.panes.get_mut(id) else { return };
    let before = pane.search.take();
    let text = if text.is_empty() { before.as_ref().map_or(text, |search| search.text.clone()) } else { text };
    if text.is_empty() {
        return;
    }
    let number = before.map_or(0, |search| search.id);
    pane.search = Some(Search { text, backward, id: number, found: None, partial: false });
    ask(state, id, backward, out);
}

/// The next match in the direction of the search, or against it.
fn again(state: &mut State, id: &SessionId, against: bool, out: &mut Vec<Cmd>) {
    let Some(search) = state.panes.get(id).and_then(|pane| pane.search.as_ref()) else {
        return state.toast("nothing was looked for yet", false);
    };
    let backward = search.backward != against;
    ask(state, id, backward, out);
}

fn ask(state: &mut State, id: &SessionId, backward: bool, out: &mut Vec<Cmd>) {
    let Some(from) = state.mode.scroll().map(|scroll| scroll.cursor) else { return };
    let Some(pane) = state.panes.get_mut(id) else { return };
    let able = pane.reads_by_number();
    let Some(search) = pane.search.as_mut() else { return };
    search.id = search.id.wrapping_add(1);
    search.partial = !able;
    let (number, pattern) = (search.id, search.text.clone());
    if able {
        return out.push(Cmd::ToPane(id.clone(), ToHost::Search { id: number, pattern, from, backward }));
    }
    if let Some(pattern) = Pattern::new(&pattern) {
        let answer = Found { id: number, ..pane.find_known(&pattern, from, backward) };
        found(state, id, answer, out);
    }
}

/// The host answered: the cursor goes there.
pub(super) fn found(state: &mut State, id: &SessionId, answer: Found, out: &mut Vec<Cmd>) {
    let body = panes::body_of(state, id);
    let active = state.session(state.worker).is_some_and(|session| session.id == *id);
    let Some(pane) = state.panes.get_mut(id) else { return };
    let Some(search) = pane.search.as_mut().filter(|search| search.id == answer.id) else { return };
    search.found = Some(answer);
    let Some(at) = answer.at.filter(|_| active) else { return };
    if let Some(scroll) = state.mode.scroll_mut() {
        pane.reveal(at.0, body.height);
        reading::go(pane, scroll, body, at);
        // exactly there, also while the line itself is still on its way
        scroll.cursor = at;
        scroll.column = at.1;
    }
    panes::ask_history(pane, id, body.height, out);
}
