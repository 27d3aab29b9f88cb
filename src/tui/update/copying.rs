//! What is copied, and where to. What the person is told comes from what was really done.

use crate::config::keymap::{Action, Context};
use crate::model::SessionId;
use crate::protocol::pane::ToHost;
use crate::tui::clipboard::Copied;
use crate::tui::message::Cmd;
use crate::tui::pane::{Errand, Link, Purpose};
use crate::tui::selection::{last_code, lines_of};
use crate::tui::state::State;

use super::{panes, reading};

/// A key of SCROLL that takes text.
pub(super) fn act(state: &mut State, id: &SessionId, action: Action, out: &mut Vec<Cmd>) {
    match action {
        Action::CopyTake => {
            marked(state, id, Purpose::Copy, out);
            reading::unmark(state, id);
        }
        Action::CopyCode => run(state, id, Errand::Code, out),
        _ => run(state, id, Errand::Edit, out),
    }
}

/// Asks the host for the whole text.
fn run(state: &mut State, id: &SessionId, errand: Errand, out: &mut Vec<Cmd>) {
    match state.panes.get_mut(id).filter(|pane| pane.link == Link::Live) {
        Some(pane) => {
            pane.errands.push(errand);
            out.push(Cmd::ToPane(id.clone(), ToHost::Capture { ansi: false, history: true }));
        }
        None => state.toast("this session's host is gone, and its history with it; its log is kept", true),
    }
}

/// The host sent the whole text.
pub(super) fn captured(state: &mut State, id: &SessionId, text: String, out: &mut Vec<Cmd>) {
    let Some(pane) = state.panes.get_mut(id).filter(|pane| !pane.errands.is_empty()) else { return };
    match pane.errands.remove(0) {
        Errand::Edit => out.push(Cmd::Edit(text)),
        Errand::Code => match last_code(&text) {
            Some(code) => {
                let what = format!("the last block of code, {},", lines_of(&code));
                copy(state, code, what, out);
            }
            None => state.toast("there is no block of code in what this pane has kept", true),
        },
    }
}

/// Takes what is marked, when all of it is known; what is not is asked for first.
pub(super) fn marked(state: &mut State, id: &SessionId, purpose: Purpose, out: &mut Vec<Cmd>) {
    let body = panes::body_of(state, id);
    let Some(pane) = state.panes.get_mut(id) else { return };
    let Some(marked) = pane.marked() else { return };
    pane.begin_gather(marked, purpose);
    if pane.gathered_or_asked(id, body.height, out) {
        finish(state, id, out);
    }
}

/// Goes on with a marked text of which lines have come.
pub(super) fn finish(state: &mut State, id: &SessionId, out: &mut Vec<Cmd>) {
    let Some((text, purpose)) = state.panes.get_mut(id).and_then(crate::tui::pane::Pane::gathered) else { return };
    if text.is_empty() {
        return state.toast("there is nothing but blanks in what is marked", false);
    }
    match purpose {
        Purpose::Copy => {
            let what = lines_of(&text);
            copy(state, text, what, out);
        }
        Purpose::Write => out.push(Cmd::Write(text)),
    }
}

impl crate::tui::pane::Pane {
    /// Whether a marked text is complete; its next lines are asked for when not.
    fn gathered_or_asked(&mut self, id: &SessionId, height: u16, out: &mut Vec<Cmd>) -> bool {
        let before = out.len();
        panes::ask_history(self, id, height, out);
        out.len() == before
    }
}

/// Copies; what is said comes with the answer.
pub(super) fn copy(state: &mut State, text: String, what: String, out: &mut Vec<Cmd>) {
    state.copied = Some(text.clone());
    out.push(Cmd::Copy { text, what });
}

/// Writes what is marked, or what was copied last, to a file.
pub(super) fn write(state: &mut State, out: &mut Vec<Cmd>) {
    let id = state.session(state.worker).map(|session| session.id.clone());
    let marked_here =
        id.filter(|id| state.mode.scroll().is_some() && state.panes.get(id).is_some_and(|p| p.selection.is_some()));
    if let Some(id) = marked_here {
        marked(state, &id, Purpose::Write, out);
        return reading::unmark(state, &id);
    }
    match state.copied.clone() {
        Some(text) => out.push(Cmd::Write(text)),
        None => state.toast("nothing is marked, and nothing was copied yet", false),
    }
}

/// It was copied, or not: said as it is. Where nothing else took it, the terminal gets it.
pub(super) fn copied(state: &mut State, copied: &Copied, out: &mut Vec<Cmd>) {
    if copied.needs_terminal() {
        out.push(Cmd::CopyToTerminal(copied.text.clone()));
    }
    let key = if state.mode.scroll().is_some() {
        state.keymap.shown(Context::Scroll, Action::CopyWrite)
    } else {
        format!("{} {}", state.leader(), state.keymap.shown(Context::Leader, Action::CopyWrite))
    };
    let bad = copied.failed.is_some();
    state.toast(&copied.words(&key), bad);
}
