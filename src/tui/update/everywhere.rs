//! Looking for text in all panes: one prompt, what was found by pane, and the way to a place.

use crate::config::keymap::Action;
use crate::tui::dialog::{Dialog, Everywhere, Hit};
use crate::tui::message::{Cmd, SearchPlace};
use crate::tui::pane::{Link, Search};
use crate::tui::state::State;

use super::{actions, opening, panes, reading};

/// Opens the prompt.
pub(super) fn open(state: &mut State) {
    opening::show(state, Dialog::Everywhere(Everywhere::default()));
}

/// A key of the prompt and its list.
pub(super) fn act(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let places = places(state);
    let Some(Dialog::Everywhere(open)) = state.mode.dialog_mut() else { return };
    open.row = super::dialogs::moved(open.row, action, open.hits.len());
    if action != Action::ListOpen || open.query.trim().is_empty() {
        return;
    }
    if open.asked != open.query {
        open.asked = open.query.clone();
        open.id = open.id.wrapping_add(1);
        open.hits.clear();
        (open.row, open.waiting) = (0, places.len());
        let (id, pattern) = (open.id, open.asked.clone());
        return out.push(Cmd::SearchPanes { id, pattern, places });
    }
    let chosen = open.hits.get(open.row).cloned().map(|hit| (hit, open.asked.clone()));
    let Some((hit, text)) = chosen else { return };
    opening::close(state);
    go(state, hit, text);
}

/// Every session that a seat shows.
fn places(state: &State) -> Vec<SearchPlace> {
    let shown = state.project.workers.iter().filter_map(|seat| state.session(seat.number));
    let place = |session: &crate::protocol::SessionView| SearchPlace {
        worker: session.worker,
        session: session.id.clone(),
        socket: session.socket.clone(),
        over: session.state.is_over(),
    };
    shown.map(place).collect()
}

/// One pane has answered.
pub(super) fn found(state: &mut State, id: u32, hits: Vec<Hit>) {
    let Some(Dialog::Everywhere(open)) = state.mode.dialog_mut() else { return };
    if open.id != id {
        return;
    }
    open.waiting = open.waiting.saturating_sub(1);
    let row = open.hits.get(open.row).cloned().filter(|_| open.row > 0);
    open.hits.extend(hits);
    // stable: those of one pane keep their order
    open.hits.sort_by_key(|hit| hit.worker);
    open.row = row.and_then(|row| open.hits.iter().position(|hit| *hit == row)).unwrap_or(0);
    state.dirty = true;
}

/// Shows the pane, and goes to the place as soon as its screen is there.
fn go(state: &mut State, hit: Hit, text: String) {
    let shows = state.session(hit.worker).is_some_and(|session| session.id == hit.session);
    if !shows {
        return state.toast(&format!("worker {} shows another session now", hit.worker), true);
    }
    actions::go_to(state, hit.worker);
    state.jump = Some((hit, text));
}

/// Goes to the place that waits for its pane.
pub(super) fn settle(state: &mut State, out: &mut Vec<Cmd>) {
    let Some((hit, text)) = state.jump.clone() else { return };
    if state.session(state.worker).is_none_or(|session| session.id != hit.session) {
        state.jump = None;
        return;
    }
    let ready = |pane: &crate::tui::pane::Pane| !pane.rows.is_empty() && pane.link == Link::Live && pane.version > 0;
    if !state.panes.get(&hit.session).is_some_and(ready) {
        return;
    }
    state.jump = None;
    if state.mode.scroll().is_none() {
        reading::begin(state);
    }
    let body = panes::body_of(state, &hit.session);
    let (Some(pane), Some(at)) = (state.panes.get_mut(&hit.session), hit.found.at) else { return };
    let id = pane.search.as_ref().map_or(0, |search| search.id).wrapping_add(1);
    let found = Some(crate::protocol::pane::Found { id, ..hit.found });
    pane.search = Some(Search { text, backward: true, id, found, partial: false });
    let Some(scroll) = state.mode.scroll_mut() else { return };
    pane.reveal(at.0, body.height);
    reading::go(pane, scroll, body, at);
    // exactly there, also while the line itself is still on its way
    scroll.cursor = at;
    scroll.column = at.1;
    panes::ask_history(pane, &hit.session, body.height, out);
    state.dirty = true;
}
