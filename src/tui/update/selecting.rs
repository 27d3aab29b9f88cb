//! Marking with the mouse: inside one pane, whatever the pointer is over later. A double click takes words, a
//! triple click lines, Alt a rectangle; above and below the pane its text goes on by itself.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::model::{SessionId, Timestamp};
use crate::tui::layout;
use crate::tui::message::{Cmd, Mouse, MouseKind};
use crate::tui::pane::Purpose;
use crate::tui::selection::{Selection, Unit};
use crate::tui::state::{Clicked, State};

use super::{copying, panes};

/// Clicks at the same place within this time count together.
const TOGETHER: Duration = Duration::from_millis(400);
/// How often the text goes on while the pointer is beyond the pane.
const EVERY: Duration = Duration::from_millis(50);
/// By how many lines.
const BY: i64 = 2;

/// The button went down in a pane.
pub(super) fn begin(state: &mut State, id: &SessionId, event: Mouse, body: Rect) {
    let unit = match count(state, event) {
        _ if event.alt => Unit::Block,
        1 => Unit::Cell,
        2 => Unit::Word,
        _ => Unit::Line,
    };
    let Some(pane) = state.panes.get_mut(id) else { return };
    let point = (pane.top(body.height).saturating_add(u64::from(event.y - body.y)), event.x - body.x);
    let held = pane.reading.is_none();
    pane.hold(body.height);
    pane.selection = Some(Selection { dragging: true, ..Selection::at(point, unit) });
    state.held = held;
    if let Some(scroll) = state.mode.scroll_mut() {
        scroll.cursor = point;
        scroll.column = point.1;
    }
    state.dirty = true;
}

/// Which click at this place this is.
fn count(state: &mut State, event: Mouse) -> u8 {
    let again =
        state.clicked.filter(|last| (last.x, last.y) == (event.x, event.y) && state.now.since(last.at) <= TOGETHER);
    let count = again.map_or(1, |last| last.count % 3 + 1);
    state.clicked = Some(Clicked { x: event.x, y: event.y, at: state.now, count });
    count
}

/// The session in which the mouse is marking, and where it is shown.
fn under_way(state: &State) -> Option<(SessionId, Rect)> {
    layout::areas(state).panes.iter().find_map(|(number, frame)| {
        let id = state.session(*number)?.id.clone();
        state.panes.get(&id)?.selection.filter(|selection| selection.dragging)?;
        Some((id, layout::body(*frame)))
    })
}

/// Goes on with what is being marked; answers whether anything is.
pub(super) fn dragged(state: &mut State, event: Mouse, out: &mut Vec<Cmd>) -> bool {
    let Some((id, body)) = under_way(state) else { return false };
    state.dirty = true;
    let Some(pane) = state.panes.get_mut(&id) else { return false };
    let top = pane.top(body.height);
    let row = event.y.clamp(body.y, body.bottom().saturating_sub(1)) - body.y;
    let column = event.x.clamp(body.x, body.right().saturating_sub(1)) - body.x;
    let Some(selection) = pane.selection.as_mut() else { return false };
    selection.head = (top.saturating_add(u64::from(row)), column);
    selection.beyond = i8::from(event.y >= body.bottom()) - i8::from(event.y < body.y);
    if event.what == MouseKind::Up(0) {
        end(state, &id, out);
    }
    true
}

/// The button came up: what is marked is copied, and the screen followed again if it was.
fn end(state: &mut State, id: &SessionId, out: &mut Vec<Cmd>) {
    let held = std::mem::take(&mut state.held);
    let Some(pane) = state.panes.get_mut(id) else { return };
    let Some(selection) = pane.selection.as_mut() else { return };
    selection.dragging = false;
    selection.beyond = 0;
    let nothing = selection.unit == Unit::Cell && selection.anchor == selection.head;
    if nothing {
        pane.selection = None;
    } else {
        copying::marked(state, id, Purpose::Copy, out);
    }
    let reading_keys = state.mode.scroll().is_some();
    if let Some(pane) = state.panes.get_mut(id).filter(|_| held && !reading_keys) {
        let at_the_end = pane.reading.as_ref().is_some_and(|reading| reading.top >= reading.began_at);
        if at_the_end {
            pane.reading = None;
        }
    }
}

/// When the text goes on by itself next.
pub(crate) fn next(state: &State) -> Option<Timestamp> {
    let beyond = state.panes.values().any(|pane| pane.selection.is_some_and(|selection| selection.beyond != 0));
    beyond.then(|| state.now.after(EVERY))
}

/// The pointer is still beyond the pane: its text goes on.
pub(super) fn tick(state: &mut State, out: &mut Vec<Cmd>) {
    let Some((id, body)) = under_way(state) else { return };
    let Some(pane) = state.panes.get_mut(&id) else { return };
    let Some(beyond) = pane.selection.map(|selection| selection.beyond).filter(|beyond| *beyond != 0) else { return };
    pane.scroll(i64::from(beyond) * BY, body.height);
    let top = pane.hold(body.height).top;
    let edge = if beyond < 0 { 0 } else { u64::from(body.height.saturating_sub(1)) };
    if let Some(selection) = pane.selection.as_mut() {
        selection.head.0 = top.saturating_add(edge);
    }
    panes::ask_history(pane, &id, body.height, out);
}
