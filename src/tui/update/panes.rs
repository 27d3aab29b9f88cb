//! Sessions' screens: which are connected, what their hosts say, and reading their history.

use crate::config::keymap::Action;
use crate::model::{SessionId, WorkerNumber};
use crate::protocol::pane::{FromHost, ToHost};
use crate::tui::message::Cmd;
use crate::tui::mode::Mode;
use crate::tui::pane::{Link, Pane};
use crate::tui::state::State;
use crate::tui::{encode, layout};

/// Tries after which a session that is over is left alone.
const TRIES_WHEN_OVER: u32 = 2;

/// Connects what is visible, lets go what is not, and gives visible panes their size. Hidden and
/// minimised panes keep their last size.
pub(super) fn reconcile(state: &mut State, out: &mut Vec<Cmd>) {
    let visible: Vec<_> = layout::areas(state)
        .panes
        .iter()
        .filter_map(|(number, frame)| Some((state.session(*number)?.clone(), layout::body(*frame))))
        .filter(|(_, body)| body.width > 0 && body.height > 0)
        .collect();
    let shown = |id: &SessionId| visible.iter().any(|(session, _)| session.id == *id);
    for (id, pane) in &mut state.panes {
        if !shown(id) && !matches!(pane.link, Link::Hidden | Link::Over(_)) {
            pane.link = Link::Hidden;
            out.push(Cmd::Detach(id.clone()));
        }
    }
    for (session, body) in visible {
        let pane = state.panes.entry(session.id.clone()).or_default();
        let size = (body.height, body.width);
        let over = session.state.is_over();
        match pane.link {
            Link::Hidden => {
                pane.link = Link::Connecting(0);
                attach(pane, &session, size, 0, out);
            }
            Link::Live if pane.wanted != size && !over => {
                pane.wanted = size;
                out.push(Cmd::ResizePane(session.id.clone(), size.0, size.1));
            }
            _ => {}
        }
    }
    let known: Vec<SessionId> = state.project.sessions.iter().map(|session| session.id.clone()).collect();
    state.panes.retain(|id, _| known.contains(id));
}

fn attach(
    pane: &mut Pane,
    session: &crate::protocol::SessionView,
    size: (u16, u16),
    after_ms: u64,
    out: &mut Vec<Cmd>,
) {
    pane.wanted = size;
    out.push(Cmd::Attach {
        session: session.id.clone(),
        socket: session.socket.clone(),
        rows: size.0,
        cols: size.1,
        after_ms,
    });
}

/// A connection opened.
pub(super) fn open(state: &mut State, session: &SessionId) {
    if let Some(pane) = state.panes.get_mut(session) {
        pane.link = Link::Live;
    }
    state.dirty = true;
}

/// A connection failed or ended: tried again with growing pauses while the session lives.
pub(super) fn lost(state: &mut State, id: &SessionId, why: String) {
    let over =
        state.project.sessions.iter().find(|session| session.id == *id).is_none_or(|session| session.state.is_over());
    let Some(pane) = state.panes.get_mut(id) else { return };
    let tries = match pane.link {
        Link::Connecting(tries) => tries + 1,
        Link::Live => 1,
        Link::Hidden | Link::Over(_) => return,
    };
    pane.link = if over && tries >= TRIES_WHEN_OVER { Link::Over(why) } else { Link::Connecting(tries) };
    state.dirty = true;
}

/// Tries a connection again after a failure; called once for each failure.
pub(super) fn again(state: &mut State, id: &SessionId, out: &mut Vec<Cmd>) {
    let Some(session) = state.project.sessions.iter().find(|session| session.id == *id).cloned() else { return };
    let Some(pane) = state.panes.get_mut(id) else { return };
    if let Link::Connecting(tries) = pane.link {
        let pause = (100u64 << tries.min(5)).min(2_000);
        let size = pane.wanted;
        attach(pane, &session, size, pause, out);
    }
}

/// A host said something.
pub(super) fn said(state: &mut State, id: &SessionId, said: FromHost, out: &mut Vec<Cmd>) {
    let height = body_height(state, id);
    let Some(pane) = state.panes.get_mut(id) else { return };
    match said {
        FromHost::Screen(update) => {
            let was_live = std::mem::replace(&mut pane.link, Link::Live) == Link::Live;
            let rows = pane.apply(update).filter(|_| was_live && pane.ended.is_none());
            ask_history(pane, id, height, out);
            if let Some(rows) = rows {
                // nothing around the screen changed: these rows are drawn alone
                if !rows.is_empty() {
                    state.damaged.entry(id.clone()).or_default().extend(rows);
                }
                return;
            }
        }
        FromHost::History { lines, back, total } => {
            pane.apply_history(lines, back, total);
            ask_history(pane, id, height, out);
        }
        FromHost::Ended(exit) => pane.ended = Some(exit),
        FromHost::Clipboard(text) => {
            let lines = text.lines().count();
            out.push(Cmd::Copy(text));
            state.toast(
                &format!("the agent sent {lines} lines to the terminal's clipboard (OSC 52), not confirmed"),
                false,
            );
        }
        FromHost::Alert(text) => alert(state, id, &text, out),
        FromHost::Refused(why) => state.toast(&format!("the session refused: {why}"), true),
        _ => return,
    }
    state.dirty = true;
}

/// The bell or a note of an agent: told unless the person looks at it.
fn alert(state: &mut State, id: &SessionId, text: &str, out: &mut Vec<Cmd>) {
    let worker = state.project.sessions.iter().find(|session| session.id == *id).map(|session| session.worker);
    let looking = state.focused && worker == Some(state.worker);
    if let Some(worker) = worker.filter(|_| !looking && !text.is_empty()) {
        let called = state.called(worker);
        state.toast(&format!("{called}: {text}"), false);
        out.push(Cmd::Bell);
    }
}

fn body_height(state: &State, id: &SessionId) -> u16 {
    let panes = layout::areas(state).panes;
    let place = panes.iter().find(|(number, _)| state.session(*number).is_some_and(|session| session.id == *id));
    place.map_or(1, |(_, frame)| layout::body(*frame).height)
}

fn ask_history(pane: &mut Pane, id: &SessionId, height: u16, out: &mut Vec<Cmd>) {
    if let Some((back, count)) = pane.missing(height).filter(|(_, count)| *count > 0) {
        out.push(Cmd::ToPane(id.clone(), ToHost::History { back, count }));
    }
}

/// The window's focus is told to visible agents that asked for it.
pub(super) fn focus(state: &mut State, focused: bool, out: &mut Vec<Cmd>) {
    state.focused = focused;
    let Some(session) = state.live_session(state.worker).map(|session| session.id.clone()) else { return };
    let Some(pane) = state.panes.get(&session).filter(|pane| !pane.locked) else { return };
    let bytes = encode::focus(focused, &pane.modes);
    if !bytes.is_empty() {
        out.push(Cmd::ToPane(session, ToHost::Input(bytes.to_vec())));
    }
}

/// SCROLL mode on the active pane.
pub(super) fn begin_reading(state: &mut State) {
    if state.pane(state.worker).is_none() {
        return state.toast("this pane has nothing to read", false);
    }
    state.mode = Mode::Scroll;
}

/// A key of SCROLL mode.
pub(super) fn read(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let Some(id) = state.session(state.worker).map(|session| session.id.clone()) else {
        state.mode = Mode::Cockpit;
        return;
    };
    let height = i64::from(body_height(state, &id));
    let lines = match action {
        Action::ScrollUp => -1,
        Action::ScrollDown => 1,
        Action::ScrollHalfUp => -(height / 2).max(1),
        Action::ScrollHalfDown => (height / 2).max(1),
        Action::ScrollPageUp => -(height - 1).max(1),
        Action::ScrollPageDown => (height - 1).max(1),
        Action::ScrollTop => i64::from(i32::MIN),
        Action::ScrollBottom => i64::from(i32::MAX),
        Action::ScrollLeave => {
            if let Some(pane) = state.panes.get_mut(&id) {
                pane.reading = None;
            }
            state.mode = state.resting_mode();
            return;
        }
        _ => return,
    };
    scroll(state, state.worker, lines, out);
}

/// Moves through a pane's history.
pub(super) fn scroll(state: &mut State, worker: WorkerNumber, lines: i64, out: &mut Vec<Cmd>) {
    let Some(id) = state.session(worker).map(|session| session.id.clone()) else { return };
    let height = body_height(state, &id);
    let Some(pane) = state.panes.get_mut(&id) else { return };
    let anything = pane.scroll(lines, height);
    let own = pane.modes.alternate_screen;
    ask_history(pane, &id, height, out);
    if !anything && lines < 0 {
        let text = if own {
            "this agent keeps its own history: its own keys scroll (Claude: Ctrl+O, Codex: Ctrl+T)"
        } else {
            "there is nothing above yet"
        };
        state.toast(text, false);
    }
    state.dirty = true;
}
