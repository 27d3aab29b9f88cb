//! Sessions' screens: which are connected, and what their hosts say.

use ratatui::layout::Rect;

use crate::model::SessionId;
use crate::protocol::pane::{FromHost, Row, ToHost, VERSION};
use crate::tui::message::Cmd;
use crate::tui::pane::{Link, Pane};
use crate::tui::selection::lines_of;
use crate::tui::state::State;
use crate::tui::{encode, layout};

use super::{copying, reading, searching, selecting};

/// Tries after which a session that is over is left alone.
const TRIES_WHEN_OVER: u32 = 2;

/// Connects what is visible, lets go what is not, and gives visible panes their size. Hidden and
/// minimised panes keep their last size.
pub(super) fn reconcile(state: &mut State, out: &mut Vec<Cmd>) {
    let visible: Vec<_> = layout::areas(state)
        .panes
        .iter()
        .filter_map(|(number, frame)| Some((state.session(*number)?.id.clone(), layout::body(*frame))))
        .filter(|(_, body)| body.width > 0 && body.height > 0)
        .collect();
    let State { panes, project, .. } = state;
    let shown = |id: &SessionId| visible.iter().any(|(session, _)| session == id);
    for (id, pane) in panes.iter_mut() {
        if !shown(id) && !matches!(pane.link, Link::Hidden | Link::Over(_)) {
            pane.link = Link::Hidden;
            out.push(Cmd::Detach(id.clone()));
        }
    }
    for (id, body) in &visible {
        let Some(session) = project.sessions.iter().find(|session| session.id == *id) else { continue };
        let pane = panes.entry(id.clone()).or_default();
        let size = (body.height, body.width);
        let over = session.state.is_over();
        match pane.link {
            Link::Hidden => {
                pane.link = Link::Connecting(0);
                attach(pane, session, size, 0, out);
            }
            Link::Live if pane.wanted != size && !over => {
                pane.wanted = size;
                pane.agreed = false;
                out.push(Cmd::ResizePane(id.clone(), size.0, size.1));
            }
            _ => {}
        }
    }
    panes.retain(|id, _| project.sessions.iter().any(|session| session.id == *id));
}

fn attach(
    pane: &mut Pane,
    session: &crate::protocol::SessionView,
    size: (u16, u16),
    after_ms: u64,
    out: &mut Vec<Cmd>,
) {
    pane.wanted = size;
    pane.agreed = false;
    out.push(Cmd::Attach {
        session: session.id.clone(),
        socket: session.socket.clone(),
        rows: size.0,
        cols: size.1,
        after_ms,
        over: session.state.is_over(),
        last: Some(pane.size).filter(|(rows, cols)| *rows > 0 && *cols > 0),
    });
}

/// Whether a visible pane is about to get its first screen.
pub(crate) fn awaits_screens(state: &State) -> bool {
    let panes = layout::areas(state).panes;
    let mut shown = panes.iter().filter_map(|(number, _)| state.pane(*number));
    shown.any(|pane| pane.rows.is_empty() && matches!(pane.link, Link::Connecting(0) | Link::Live))
}

/// A connection opened.
pub(super) fn open(state: &mut State, session: &SessionId, out: &mut Vec<Cmd>) {
    if let Some(pane) = state.panes.get_mut(session) {
        pane.link = Link::Live;
        // what an earlier connection was asked is answered by none
        pane.errands.clear();
        pane.gather = None;
        if let Some(reading) = pane.reading.as_mut() {
            reading.asked = None;
        }
        let unanswered = pane.search.as_ref().is_some_and(|search| search.found.is_none());
        if unanswered && pane.version > 0 {
            searching::ask_again(pane, session, out);
        }
    }
    state.dirty = true;
}

/// A session's record answers in the place of its host.
pub(super) fn open_record(state: &mut State, session: &SessionId, out: &mut Vec<Cmd>) {
    if let Some(pane) = state.panes.get_mut(session) {
        pane.version = VERSION;
        pane.recorded = true;
    }
    open(state, session, out);
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

/// A host said something. Answers whether anything changed but rows of its screen.
pub(super) fn said(state: &mut State, id: &SessionId, said: FromHost, out: &mut Vec<Cmd>) -> bool {
    let body = body_of(state, id);
    let Some(pane) = state.panes.get_mut(id) else { return false };
    match said {
        FromHost::Hello { version, .. } => pane.version = version,
        FromHost::Screen(update) => {
            let was_live = std::mem::replace(&mut pane.link, Link::Live) == Link::Live;
            let marked = pane.selection;
            let rows = pane.apply(update).filter(|_| was_live && pane.ended.is_none());
            let unmarked = marked.filter(|_| pane.selection.is_none());
            ask_history(pane, id, body.height, out);
            if let Some(selection) = unmarked {
                selecting::lost(state, id, selection);
            }
            let read = state.mode.scroll().is_some();
            if read && state.session(state.worker).is_some_and(|session| session.id == *id) {
                reading::keep_in_sight(state, id, body);
            }
            if let Some(rows) = rows.filter(|_| !read) {
                // nothing around the screen changed: these rows are drawn alone
                if !rows.is_empty() {
                    state.damaged.entry(id.clone()).or_default().extend(rows);
                }
                return false;
            }
        }
        FromHost::History { lines, back, total } => {
            let count = u64::try_from(lines.len()).unwrap_or(0);
            let first = u64::from(total).saturating_sub(u64::from(back)).saturating_sub(count);
            lines_came(state, id, (first, &lines, 0), out);
        }
        FromHost::Lines { first, lines, dropped, .. } => lines_came(state, id, (first, &lines, dropped), out),
        FromHost::Found(answer) => searching::found(state, id, answer, out),
        FromHost::Captured(text) => copying::captured(state, id, text, out),
        FromHost::Ended(exit) => pane.ended = Some(exit),
        FromHost::Clipboard(text) => {
            let what = format!("{} that {} sent", lines_of(&text), agent_of(state, id));
            copying::copy(state, text, what, out);
        }
        FromHost::Alert(text) => alert(state, id, &text, out),
        FromHost::Refused(why) => state.toast(&format!("the session refused: {why}"), true),
        _ => return true,
    }
    state.dirty = true;
    true
}

fn agent_of(state: &State, id: &SessionId) -> String {
    let session = state.project.sessions.iter().find(|session| session.id == *id);
    session.map_or_else(|| "the agent".to_owned(), |session| format!("worker {}", session.worker))
}

/// Lines of history came: to be read, or to complete what is copied.
fn lines_came(state: &mut State, id: &SessionId, (first, lines, oldest): (u64, &[Row], u64), out: &mut Vec<Cmd>) {
    let body = body_of(state, id);
    let Some(pane) = state.panes.get_mut(id) else { return };
    pane.apply_history(first, lines, oldest);
    let gathering = pane.gather.is_some();
    ask_history(pane, id, body.height, out);
    if gathering {
        copying::finish(state, id, out);
    }
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

/// Where a session's screen is shown.
pub(super) fn body_of(state: &State, id: &SessionId) -> Rect {
    let panes = layout::areas(state).panes;
    let place = panes.iter().find(|(number, _)| state.session(*number).is_some_and(|session| session.id == *id));
    place.map_or(Rect::new(0, 0, 1, 1), |(_, frame)| layout::body(*frame))
}

/// Asks for lines of history that are to be shown or copied, once.
pub(super) fn ask_history(pane: &mut Pane, id: &SessionId, height: u16, out: &mut Vec<Cmd>) {
    let Some((from, to)) = pane.missing(height) else { return };
    let count = |lines: u64| u32::try_from(lines).unwrap_or(u32::MAX);
    let message = if pane.reads_by_number() {
        ToHost::Lines { from, count: count(to - from) }
    } else {
        ToHost::History { back: count(pane.first_row().saturating_sub(to)), count: count(to - from) }
    };
    out.push(Cmd::ToPane(id.clone(), message));
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
