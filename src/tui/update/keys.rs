//! Keys find their owner here.

use crate::config::keymap::{Action, Chord, Context, KeyName};
use crate::model::SessionId;
use crate::protocol::pane::ToHost;
use crate::tui::bars;
use crate::tui::choices;
use crate::tui::encode;
use crate::tui::message::Cmd;
use crate::tui::mode::Mode;
use crate::tui::state::{CtrlH, State};
use crate::tui::status;

use super::{actions, chat, dialogs, opening, searching};

/// One key press.
pub(super) fn key(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) {
    state.typed_at = Some(state.now);
    let types = matches!(state.mode, Mode::Agent | Mode::Locked | Mode::Leader { .. });
    let leads = state.keymap.action(Context::Direct, chord) == Some(Action::AppLeader);
    if !types && !leads && super::server::starts_again(state, out) {
        return;
    }
    if let Mode::Leader { .. } = state.mode {
        return after_leader(state, chord, out);
    }
    if let Some(action) = direct(state, chord) {
        state.dirty = true;
        return match action {
            Action::WorkerHandoff if chord == Chord::ctrl('h') => opening::ctrl_h(state, out),
            action => actions::act(state, action, out),
        };
    }
    match &state.mode {
        Mode::Agent | Mode::Locked => to_agent(state, chord, out),
        Mode::Chat => chat::key(state, chord, out),
        Mode::Dialog { .. } => dialogs::key(state, chord, out),
        Mode::Cockpit => in_cockpit(state, chord, out),
        Mode::Scroll(_) => {
            let bound = state.mode.context().and_then(|context| state.keymap.action(context, chord));
            match bound {
                Some(action) => actions::act(state, action, out),
                None => searching::press(state, chord),
            }
        }
        Mode::Leader { .. } => {}
    }
}

/// The action of a key that is taken everywhere, if it holds here and the terminal can be trusted with it.
fn direct(state: &State, chord: Chord) -> Option<Action> {
    let action = state.keymap.action(Context::Direct, chord)?;
    if matches!(state.mode, Mode::Locked) && action != Action::AppLeader {
        return None;
    }
    if !choices::reachable(chord, state.abilities.tells_digits()) {
        return None;
    }
    if chord == Chord::ctrl('h') && action == Action::WorkerHandoff {
        let in_field = takes_text(state) && !state.abilities.enhanced_keyboard;
        return (!in_field && state.ctrl_h() != CtrlH::Backspace).then_some(action);
    }
    Some(action)
}

fn takes_text(state: &State) -> bool {
    match &state.mode {
        Mode::Chat => true,
        Mode::Scroll(_) => searching::is_typing(state),
        Mode::Dialog { dialog, .. } => dialog.takes_text(),
        _ => false,
    }
}

/// The key after the leader.
fn after_leader(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) {
    state.dirty = true;
    let Mode::Leader { under, .. } = std::mem::replace(&mut state.mode, Mode::Cockpit) else { return };
    state.mode = *under;
    let locked = matches!(state.mode, Mode::Locked);
    if state.keymap.action(Context::Direct, chord) == Some(Action::AppLeader) {
        return send(state, chord, out);
    }
    match state.keymap.action(Context::Leader, chord) {
        Some(Action::AppLock) => actions::act(state, Action::AppLock, out),
        _ if locked => {}
        Some(Action::DialogClose) => {}
        Some(action) => actions::act(state, action, out),
        None => {
            let text = format!("{chord} is no command after {}; ? shows them", state.leader());
            state.toast(&text, true);
        }
    }
}

/// Keys as commands.
fn in_cockpit(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) {
    if state.ended_under.is_some() {
        return after_end(state, chord);
    }
    match state.keymap.action(Context::Cockpit, chord) {
        // a bare number chooses; Enter gives the keyboard away
        Some(action) if action.worker().is_some() => {
            actions::act(state, action, out);
            state.mode = Mode::Cockpit;
        }
        Some(action) => actions::act(state, action, out),
        None if chord == Chord::ctrl('c') => {
            let detach = state.keymap.shown(Context::Cockpit, Action::AppDetach);
            let quit = state.keymap.shown(Context::Cockpit, Action::AppQuit);
            state.toast(&format!("{detach} leaves, workers keep running; {quit} quits"), false);
        }
        None => {}
    }
}

/// A key that was meant for a session that just ended is no command.
fn after_end(state: &mut State, chord: Chord) {
    if chord == Chord::plain(KeyName::Esc) {
        state.ended_under = None;
        state.dirty = true;
        return;
    }
    let what = status::never_ran_hint(state, state.worker).unwrap_or_else(|| status::over_words(state, state.worker));
    let text = format!("{what}: Esc or {} for commands", state.leader());
    state.toast(&text, false);
}

/// A key for the agent.
fn to_agent(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) {
    send(state, chord, out);
}

/// A new line in the agent's prompt, for terminals that cannot send Shift+Enter.
pub(super) fn newline(state: &mut State, out: &mut Vec<Cmd>) {
    if let Some(chord) = state.pane(state.worker).map(|pane| encode::newline(&pane.modes)) {
        send(state, chord, out);
    }
}

/// The tmux around us keeps modified keys to itself: help says so always, a message says so once.
pub(super) fn tmux_keeps(state: &mut State, tell: bool) {
    state.abilities.tmux_keeps_keys = true;
    state.dirty = true;
    if tell && !state.abilities.tells_digits() {
        let key = bars::leader_key(state, Action::PaneNewline);
        let text = format!(
            "this tmux keeps Shift+Enter and Ctrl+1-4 to itself: `set -s extended-keys on` in ~/.tmux.conf lets them \
             through (`qd doctor` tells more); {key} writes a new line"
        );
        state.toast(&text, true);
    }
}

/// Why nothing can be typed into the active worker's pane, when that is so.
fn locked(state: &State, session: &SessionId) -> Option<String> {
    state.panes.get(session).filter(|pane| pane.locked)?;
    Some(status::locked(state, state.session(state.worker)?).to_owned())
}

/// Sends a key to the active worker's agent.
pub(super) fn send(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) {
    let Some(session) = state.live_session(state.worker).map(|session| session.id.clone()) else { return };
    if let Some(why) = locked(state, &session) {
        return state.toast(&why, true);
    }
    let Some(pane) = state.panes.get_mut(&session) else { return };
    if pane.reading.take().is_some() || pane.selection.take().is_some() {
        state.dirty = true;
    }
    let bytes = encode::key(chord, &pane.modes);
    if !bytes.is_empty() {
        out.push(Cmd::ToPane(session, ToHost::Input(bytes)));
    }
}

/// A paste goes where keys go; nothing in it is a command.
pub(super) fn paste(state: &mut State, text: String, out: &mut Vec<Cmd>) {
    match &state.mode {
        Mode::Agent | Mode::Locked => {
            let Some(session) = state.live_session(state.worker).map(|session| session.id.clone()) else { return };
            if let Some(why) = locked(state, &session) {
                return state.toast(&format!("{why}; nothing was pasted"), true);
            }
            out.push(Cmd::ToPane(session, ToHost::Paste(text)));
        }
        Mode::Chat => {
            super::fields::paste(&mut state.chat.draft, &text);
            state.dirty = true;
        }
        Mode::Dialog { .. } => dialogs::paste(state, &text),
        Mode::Scroll(_) if searching::is_typing(state) => searching::paste(state, &text),
        Mode::Cockpit | Mode::Scroll(_) | Mode::Leader { .. } => {
            let text =
                format!("nothing was pasted: keys are commands here ({} Enter types into the pane)", state.leader());
            state.toast(&text, true);
        }
    }
}
