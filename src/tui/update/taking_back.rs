//! What can be taken back: listed, asked about, done.

use crate::config::keymap::Action;
use crate::protocol::control::{Failure, Request, Response};
use crate::tui::dialog::{Ask, AskAbout, Dialog, UndoList};
use crate::tui::message::{Cmd, Purpose};
use crate::tui::state::State;

use super::opening;

/// Asks for the list.
pub(super) fn list(state: &mut State, out: &mut Vec<Cmd>) {
    opening::show(state, Dialog::Undo(UndoList::default()));
    out.push(Cmd::Call(Request::Undos { project: state.project.id }, Purpose::Undos));
}

/// The list came.
pub(super) fn came(state: &mut State, outcome: Result<Response, Failure>) {
    let undos = match outcome {
        Ok(Response::Undos(undos)) => Ok(undos),
        Ok(_) => Err("the daemon answered something else".to_owned()),
        Err(failure) => Err(failure.to_string()),
    };
    if let Some(Dialog::Undo(list)) = state.mode.dialog_mut() {
        // what `qd undo` would take comes first to hand, else what can be taken back at all
        let rows = undos.as_deref().unwrap_or_default();
        let next = rows.iter().position(|undo| undo.next);
        list.row = next.or_else(|| rows.iter().position(|undo| undo.not.is_none() && !undo.broken)).unwrap_or(0);
        list.undos = Some(undos);
    }
}

/// A key of the list.
pub(super) fn act(state: &mut State, action: Action) {
    let Some(Dialog::Undo(list)) = state.mode.dialog_mut() else { return };
    let Some(Ok(undos)) = &list.undos else { return };
    list.row = super::dialogs::moved(list.row, action, undos.len());
    let Some(undo) = undos.get(list.row).cloned().filter(|_| action == Action::ListOpen) else { return };
    if undo.broken {
        return state.toast("its record cannot be read, so it cannot be taken back", true);
    }
    if let Some(why) = undo.not {
        return state.toast(&format!("this cannot be taken back: {why}"), true);
    }
    let about = AskAbout::Undo { id: undo.id, what: undo.what };
    opening::show(state, Dialog::Ask(Ask { about, choice: 0 }));
}
