//! Reading a pane's history: the wheel, and SCROLL with its cursor. What is read stays where it is; at the end
//! the screen is followed again.

use ratatui::layout::Rect;

use crate::config::keymap::Action;
use crate::model::{SessionId, WorkerNumber};
use crate::tui::message::Cmd;
use crate::tui::mode::{Mode, Scroll, Scrolling};
use crate::tui::motion::{self, Point};
use crate::tui::pane::Pane;
use crate::tui::reading::own_history;
use crate::tui::selection::Unit;
use crate::tui::state::State;
use crate::tui::{cells, layout};

use super::{copying, panes, searching};

/// Far enough for every history.
const ALL_THE_WAY: i64 = i64::MAX / 2;

/// The session of the active worker, and where its screen is.
pub(super) fn place(state: &State) -> Option<(SessionId, Rect)> {
    let id = state.session(state.worker)?.id.clone();
    let frame = layout::areas(state).panes.into_iter().find(|(number, _)| *number == state.worker)?.1;
    Some((id, layout::body(frame)))
}

/// SCROLL on the active pane: what is shown stays.
pub(super) fn begin(state: &mut State) {
    let Some((id, body)) = place(state) else { return refuse(state) };
    let Some(pane) = state.panes.get_mut(&id).filter(|pane| !pane.rows.is_empty()) else {
        return refuse(state);
    };
    pane.selection = None;
    let (top, bottom) = in_sight(pane, body);
    pane.hold(body.height);
    let (row, column) = pane.cursor.unwrap_or((u16::MAX, 0));
    let line = pane.first_row().saturating_add(u64::from(row)).clamp(top, bottom);
    state.mode = Mode::Scroll(Scroll { cursor: (line, column), column, what: Scrolling::Moving, under: None });
    state.dirty = true;
}

/// A pane that is read somewhere gets the keyboard: as SCROLL, so that the first key does not take it to its end.
pub(super) fn go_on(state: &mut State) {
    let is_read = state.pane(state.worker).is_some_and(|pane| pane.reading.is_some() && pane.selection.is_none());
    if is_read && matches!(state.mode, Mode::Agent | Mode::Locked | Mode::Cockpit) {
        let under = std::mem::replace(&mut state.mode, Mode::Cockpit);
        begin(state);
        if let Some(scroll) = state.mode.scroll_mut() {
            scroll.under = Some(Box::new(under));
        }
    }
}

/// There is nothing to read: keys that were meant to move in it are no commands.
fn refuse(state: &mut State) {
    state.toast("this pane has nothing to read", false);
    if matches!(state.mode, Mode::Cockpit) && !state.can_type() {
        state.ended_under = Some(state.worker);
    }
}

/// The first and the last line in sight.
fn in_sight(pane: &Pane, body: Rect) -> (u64, u64) {
    let top = pane.top(body.height);
    let below = top.saturating_add(u64::from(body.height)).min(pane.end());
    (top, below.saturating_sub(1).max(top))
}

/// A key of SCROLL.
pub(super) fn act(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let Some((id, body)) = place(state) else {
        state.mode = Mode::Cockpit;
        return;
    };
    state.dirty = true;
    let page = i64::from(body.height.saturating_sub(1).max(1));
    let half = i64::from((body.height / 2).max(1));
    match action {
        Action::ScrollUp => vertical(state, &id, body, -1),
        Action::ScrollDown => vertical(state, &id, body, 1),
        Action::ScrollLineUp => turn(state, &id, body, (-1, false)),
        Action::ScrollLineDown => turn(state, &id, body, (1, false)),
        Action::ScrollHalfUp => turn(state, &id, body, (-half, true)),
        Action::ScrollHalfDown => turn(state, &id, body, (half, true)),
        Action::ScrollPageUp => turn(state, &id, body, (-page, true)),
        Action::ScrollPageDown => turn(state, &id, body, (page, true)),
        Action::ScrollTop => turn(state, &id, body, (-ALL_THE_WAY, true)),
        Action::ScrollBottom => turn(state, &id, body, (ALL_THE_WAY, true)),
        Action::ScrollLeave => return leave(state, &id),
        Action::CursorLeft
        | Action::CursorRight
        | Action::CursorWord
        | Action::CursorBack
        | Action::CursorWordEnd
        | Action::CursorLineStart
        | Action::CursorLineEnd => along(state, &id, body, action),
        Action::CopyChars => mark(state, &id, Unit::Cell),
        Action::CopyLines => mark(state, &id, Unit::Line),
        Action::CopyBlock => mark(state, &id, Unit::Block),
        Action::CopySwap => swap(state, &id, body),
        Action::CopyDrop => unmark(state, &id),
        Action::CopyTake | Action::CopyCode | Action::LogEdit => copying::act(state, &id, action, out),
        _ => searching::act(state, &id, action, out),
    }
    if let Some(pane) = state.panes.get_mut(&id) {
        panes::ask_history(pane, &id, body.height, out);
    }
}

/// Follows the screen again.
pub(super) fn leave(state: &mut State, id: &SessionId) {
    if let Some(pane) = state.panes.get_mut(id) {
        pane.reading = None;
        pane.selection = None;
        pane.search = None;
    }
    let under = state.mode.scroll_mut().and_then(|scroll| scroll.under.take());
    state.mode = under.map_or_else(|| state.resting_mode(), |under| *under);
}

/// The cursor up or down by a line.
fn vertical(state: &mut State, id: &SessionId, body: Rect, by: i64) {
    let marking = is_marking(state);
    let (Some(pane), Some(scroll)) = (state.panes.get_mut(id), state.mode.scroll_mut()) else { return };
    let to = scroll.cursor.0.saturating_add_signed(by);
    if to >= pane.end() && !marking {
        pane.reading = None;
        return;
    }
    let column = scroll.column;
    go(pane, scroll, body, (to, column));
}

/// The text by lines; the cursor goes with the view (`true`), or stays with its line while that is in sight.
fn turn(state: &mut State, id: &SessionId, body: Rect, (by, together): (i64, bool)) {
    let marking = is_marking(state);
    let (Some(pane), Some(scroll)) = (state.panes.get_mut(id), state.mode.scroll_mut()) else { return };
    let before = pane.top(body.height);
    pane.scroll(by, body.height);
    if marking {
        pane.hold(body.height);
    }
    let moved = i64::try_from(pane.top(body.height)).unwrap_or(0) - i64::try_from(before).unwrap_or(0);
    let (top, bottom) = in_sight(pane, body);
    let line = if together {
        // where the text cannot go further the cursor does
        scroll.cursor.0.saturating_add_signed(if moved == by { moved } else { by })
    } else {
        scroll.cursor.0
    };
    scroll.cursor = snapped(pane, (line.clamp(top, bottom), scroll.column));
    grow(pane, scroll);
}

/// The cursor along the line.
fn along(state: &mut State, id: &SessionId, body: Rect, action: Action) {
    let (Some(pane), Some(scroll)) = (state.panes.get_mut(id), state.mode.scroll_mut()) else { return };
    let line = |number: u64| pane.line(number);
    let (number, column) = scroll.cursor;
    let row = pane.line(number);
    let width = row.and_then(|row| cells::clusters(row).into_iter().find(|cluster| cluster.column == column));
    let to: Point = match action {
        Action::CursorLeft => (number, column.saturating_sub(1)),
        Action::CursorRight => (number, column.saturating_add(width.map_or(1, |cluster| cluster.width))),
        Action::CursorWord => motion::next_word(&line, scroll.cursor),
        Action::CursorBack => motion::previous_word(&line, scroll.cursor),
        Action::CursorWordEnd => motion::next_end(&line, scroll.cursor),
        Action::CursorLineEnd => (number, motion::line_end(row)),
        _ => (number, 0),
    };
    go(pane, scroll, body, to);
    scroll.column = if action == Action::CursorLineEnd { u16::MAX } else { scroll.cursor.1 };
}

/// Puts the cursor there and brings it into sight.
pub(super) fn go(pane: &mut Pane, scroll: &mut Scroll, body: Rect, (line, column): Point) {
    let line = line.clamp(pane.dropped.min(pane.top(body.height)), pane.end().saturating_sub(1));
    let height = u64::from(body.height.max(1));
    let reading = pane.hold(body.height);
    reading.top = reading.top.clamp(line.saturating_sub(height - 1), line);
    scroll.cursor = snapped(pane, (line, column));
    grow(pane, scroll);
}

/// A place that is the first cell of a character; columns beyond the end of a line are its last one.
fn snapped(pane: &Pane, (line, column): Point) -> Point {
    let Some(row) = pane.line(line) else { return (line, column.min(pane.size.1.saturating_sub(1))) };
    let column = column.min(motion::line_end(Some(row)));
    let clusters = cells::clusters(row);
    (line, clusters.iter().rfind(|cluster| cluster.column <= column).map_or(0, |cluster| cluster.column))
}

/// What is marked follows the cursor.
fn grow(pane: &mut Pane, scroll: &Scroll) {
    if let (Scrolling::Marking, Some(selection)) = (&scroll.what, pane.selection.as_mut()) {
        selection.head = scroll.cursor;
    }
}

fn is_marking(state: &State) -> bool {
    state.mode.scroll().is_some_and(|scroll| matches!(scroll.what, Scrolling::Marking))
}

/// Begins to mark, changes what it grows by, or ends it when that is what it grows by already.
fn mark(state: &mut State, id: &SessionId, unit: Unit) {
    let (Some(pane), Some(scroll)) = (state.panes.get_mut(id), state.mode.scroll_mut()) else { return };
    match pane.selection.as_mut().filter(|_| matches!(scroll.what, Scrolling::Marking)) {
        Some(selection) if selection.unit == unit => {
            pane.selection = None;
            scroll.what = Scrolling::Moving;
        }
        Some(selection) => selection.unit = unit,
        None => {
            pane.selection = Some(crate::tui::selection::Selection::at(scroll.cursor, unit));
            scroll.what = Scrolling::Marking;
        }
    }
}

/// Marks nothing and goes on moving.
pub(super) fn unmark(state: &mut State, id: &SessionId) {
    if let Some(pane) = state.panes.get_mut(id) {
        pane.selection = None;
    }
    if let Some(scroll) = state.mode.scroll_mut() {
        scroll.what = Scrolling::Moving;
    }
}

fn swap(state: &mut State, id: &SessionId, body: Rect) {
    let (Some(pane), Some(scroll)) = (state.panes.get_mut(id), state.mode.scroll_mut()) else { return };
    let Some(selection) = pane.selection.as_mut() else { return };
    std::mem::swap(&mut selection.anchor, &mut selection.head);
    let to = selection.head;
    scroll.column = to.1;
    go(pane, scroll, body, to);
}

/// Moves through a pane's history with the wheel. On the active pane that is SCROLL, until the wheel is back at
/// the end; over another one the keyboard stays where it is.
pub(super) fn wheel(state: &mut State, worker: WorkerNumber, lines: i64, out: &mut Vec<Cmd>) {
    let Some(session) = state.session(worker) else { return };
    let (id, own) = (session.id.clone(), own_history(&session.agent));
    let body = panes::body_of(state, &id);
    let Some(pane) = state.panes.get_mut(&id) else { return };
    let followed = pane.reading.is_none();
    let anything = pane.scroll(lines, body.height);
    panes::ask_history(pane, &id, body.height, out);
    let (alternate, follows) = (pane.modes.alternate_screen, pane.reading.is_none());
    state.dirty = true;
    if !anything && lines < 0 {
        return state.toast(if alternate { own } else { "there is nothing above yet" }, false);
    }
    if worker != state.worker {
        return;
    }
    go_on(state);
    let moving = state.mode.scroll().filter(|scroll| matches!(scroll.what, Scrolling::Moving));
    // who came by a key may pass the end once
    if follows && lines > 0 && moving.is_some_and(|scroll| scroll.under.is_some() || followed) {
        return leave(state, &id);
    }
    keep_in_sight(state, &id, body);
}

/// The cursor of SCROLL stays in sight while the text moves.
pub(super) fn keep_in_sight(state: &mut State, id: &SessionId, body: Rect) {
    let (Some(pane), Some(scroll)) = (state.panes.get_mut(id), state.mode.scroll_mut()) else { return };
    let (top, bottom) = in_sight(pane, body);
    let line = scroll.cursor.0.clamp(top, bottom);
    if line != scroll.cursor.0 {
        scroll.cursor = snapped(pane, (line, scroll.column));
        grow(pane, scroll);
    }
}
