//! Links in sight: listed, shown in full before anything is opened, copied.

use crate::config::keymap::Action;
use crate::term::links::is_web;
use crate::tui::dialog::{Dialog, LinkList};
use crate::tui::links;
use crate::tui::message::Cmd;
use crate::tui::state::State;

use super::{copying, opening, reading};

/// Lists the links of the active pane, the lowest first; in SCROLL the one under the cursor is the first.
pub(super) fn list(state: &mut State) {
    let Some((id, body)) = reading::place(state) else { return state.toast("no pane is here", false) };
    let cursor = state.mode.scroll().map(|scroll| scroll.cursor);
    let Some(pane) = state.panes.get(&id) else { return };
    let mut found = links::in_sight(pane, body.height);
    found.sort_by_key(|part| std::cmp::Reverse((part.line, part.from)));
    let under = cursor.and_then(|cursor| links::at(pane, body.height, cursor));
    let mut all: Vec<String> = Vec::new();
    for uri in under.into_iter().chain(found.into_iter().map(|part| part.uri)) {
        if !all.contains(&uri) {
            all.push(uri);
        }
    }
    show(state, all);
}

/// Shows addresses to choose from.
pub(super) fn show(state: &mut State, links: Vec<String>) {
    if links.is_empty() {
        return state.toast("no link is in sight here", false);
    }
    opening::show(state, Dialog::Links(LinkList { links, row: 0 }));
}

/// A key of the list.
pub(super) fn act(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let Some(Dialog::Links(list)) = state.mode.dialog_mut() else { return };
    list.row = super::dialogs::moved(list.row, action, list.links.len());
    let Some(uri) = list.links.get(list.row).cloned() else { return };
    match action {
        Action::ListOpen if is_web(&uri) => {
            opening::close(state);
            state.toast(&format!("opening {uri}"), false);
            out.push(Cmd::OpenLink(uri));
        }
        // a program may have said anything of a file: nothing here runs it
        Action::ListOpen | Action::LinkCopy => {
            opening::close(state);
            copying::copy(state, uri, "the address".to_owned(), out);
        }
        _ => {}
    }
}

/// A link could not be opened: its address is copied, so that it can be opened where the person sits.
pub(super) fn not_opened(state: &mut State, uri: String, why: &str, out: &mut Vec<Cmd>) {
    state.toast(&format!("not opened: {why}; the address is copied instead"), true);
    copying::copy(state, uri, "the address".to_owned(), out);
}
