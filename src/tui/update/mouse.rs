//! The mouse: what is drawn as clickable is; the wheel acts on the pane under the pointer; a drag
//! selects inside one pane.

use ratatui::layout::{Position, Rect};

use crate::model::{SessionId, WorkerNumber};
use crate::protocol::pane::ToHost;
use crate::tui::bars::{self, Click};
use crate::tui::message::{Cmd, Mouse, MouseKind};
use crate::tui::mode::Mode;
use crate::tui::pane::Selection;
use crate::tui::state::State;
use crate::tui::{encode, layout, view};

use super::{actions, dialogs, opening, panes, requests};

/// A mouse event.
pub(super) fn mouse(state: &mut State, event: Mouse, out: &mut Vec<Cmd>) {
    if !state.settings.mouse {
        return;
    }
    if let MouseKind::Drag(0) | MouseKind::Up(0) = event.what
        && dragged(state, event, out)
    {
        return;
    }
    let at = Position::new(event.x, event.y);
    if event.what == MouseKind::Down(0) && bar(state, at, out) {
        state.dirty = true;
        return;
    }
    if state.mode.dialog().is_some() {
        return in_dialog(state, event, out);
    }
    let areas = layout::areas(state);
    let over_chat =
        areas.chat.is_some_and(|chat| chat.contains(at)) || areas.chat_line.is_some_and(|line| line.contains(at));
    if over_chat {
        return on_chat(state, event);
    }
    if let Some((number, _)) = areas.rows.iter().find(|(_, row)| row.contains(at)).copied() {
        if event.what == MouseKind::Down(0) {
            actions::minimise(state, number);
            state.dirty = true;
        }
        return;
    }
    let on_queue =
        areas.queue.is_some_and(|queue| queue.contains(at)) || areas.queue_line.is_some_and(|line| line.contains(at));
    if on_queue && event.what == MouseKind::Down(0) {
        state.dirty = true;
        return requests::open(state, out);
    }
    if let Some((number, frame)) = areas.panes.iter().find(|(_, frame)| frame.contains(at)).copied() {
        on_pane(state, event, number, frame, out);
    }
}

/// A click on the tab bar or the footer; answers whether something was there.
fn bar(state: &mut State, at: Position, out: &mut Vec<Cmd>) -> bool {
    let areas = layout::areas(state);
    let (left, right) = bars::tabs(state);
    let mut pieces = bars::placed(areas.tabs, left, right);
    let (left, right) = bars::footer(state);
    pieces.extend(bars::placed(areas.footer, left, right));
    click(state, at, &pieces, out)
}

fn click(state: &mut State, at: Position, pieces: &[(Rect, bars::Piece)], out: &mut Vec<Cmd>) -> bool {
    let hit = pieces.iter().find(|(place, _)| place.contains(at)).and_then(|(_, piece)| piece.click);
    match hit {
        Some(Click::Worker(number)) => actions::go_to(state, number),
        Some(Click::Act(action)) if matches!(state.mode, Mode::Dialog { .. }) => dialogs::press(state, action, out),
        Some(Click::Act(action)) => actions::act(state, action, out),
        None => return false,
    }
    true
}

/// In a dialog: its keys can be clicked, the wheel moves, a click outside does nothing.
fn in_dialog(state: &mut State, event: Mouse, out: &mut Vec<Cmd>) {
    state.dirty = true;
    match event.what {
        MouseKind::WheelUp | MouseKind::WheelDown => dialogs::wheel(state, event.what == MouseKind::WheelDown),
        MouseKind::Down(0) => {
            let Some(dialog) = state.mode.dialog().cloned() else { return };
            let Some(line) = view::dialog_keys_line(state, &dialog) else { return };
            let pieces = bars::placed(line, bars::dialog_pieces(state, &dialog), Vec::new());
            let at = Position::new(event.x, event.y);
            if !click(state, at, &pieces, out)
                && let Some(row) = view::list_table(state, &dialog).and_then(|table| table.row_at(at))
            {
                dialogs::choose(state, row);
            }
        }
        _ => {}
    }
}

fn on_chat(state: &mut State, event: Mouse) {
    match event.what {
        MouseKind::Down(0) => state.mode = Mode::Chat,
        MouseKind::WheelUp => state.chat.scroll = state.chat.scroll.saturating_add(3),
        MouseKind::WheelDown => state.chat.scroll = state.chat.scroll.saturating_sub(3),
        _ => return,
    }
    state.dirty = true;
}

/// On a pane: its frame is ours, its inside is the agent's if that asked for the mouse.
fn on_pane(state: &mut State, event: Mouse, number: WorkerNumber, frame: Rect, out: &mut Vec<Cmd>) {
    let at = Position::new(event.x, event.y);
    let body = layout::body(frame);
    if !body.contains(at) {
        if event.what == MouseKind::Down(0) {
            on_frame(state, at, number, frame, out);
        }
        return;
    }
    let Some(session) = state.session(number).map(|session| session.id.clone()) else {
        if event.what == MouseKind::Down(0) {
            actions::select(state, number);
        }
        return;
    };
    let (row, column) = (event.y - body.y, event.x - body.x);
    let first = event.what == MouseKind::Down(0) && state.worker != number;
    if event.what == MouseKind::Down(0) {
        focus(state, number);
    }
    if pass_on(state, &session, event, (row, column), body.height, out) {
        return;
    }
    match event.what {
        MouseKind::WheelUp => panes::scroll(state, number, -3, out),
        MouseKind::WheelDown => panes::scroll(state, number, 3, out),
        MouseKind::Down(0) if !first => begin_selection(state, &session, row, column, body.height),
        _ => {}
    }
}

/// Gives the event to the inner program, if it asked for it and follows its screen.
fn pass_on(
    state: &State,
    session: &SessionId,
    event: Mouse,
    (row, column): (u16, u16),
    height: u16,
    out: &mut Vec<Cmd>,
) -> bool {
    let live = state.project.sessions.iter().any(|one| one.id == *session && !one.state.is_over());
    let Some(pane) = state.panes.get(session).filter(|pane| live && !pane.locked && pane.reading.is_none()) else {
        return false;
    };
    if event.shift {
        return false;
    }
    let skipped = u16::try_from(pane.top(height).saturating_sub(pane.history)).unwrap_or(0);
    let Some(bytes) = encode::mouse(event, column, row + skipped, &pane.modes) else { return false };
    out.push(Cmd::ToPane(session.clone(), ToHost::Input(bytes)));
    true
}

/// A click into a pane gives it the keyboard.
fn focus(state: &mut State, number: WorkerNumber) {
    if let Some(pane) = state.pane_mut(number) {
        pane.selection = None;
    }
    state.worker = number;
    state.mode = if state.can_type() { Mode::Agent } else { Mode::Cockpit };
    state.dirty = true;
}

fn on_frame(state: &mut State, at: Position, number: WorkerNumber, frame: Rect, out: &mut Vec<Cmd>) {
    let mark = view::handoff_mark(frame);
    actions::select(state, number);
    if mark.is_some_and(|mark| mark.contains(at)) {
        opening::handoff(state, number, false, out);
    }
}

fn begin_selection(state: &mut State, session: &SessionId, row: u16, column: u16, height: u16) {
    if let Some(pane) = state.panes.get_mut(session) {
        let line = pane.top(height).saturating_add(u32::from(row));
        pane.selection = Some(Selection { from: (line, column), to: (line, column), dragging: true });
    }
}

/// Goes on with a selection, whichever pane the pointer is over now; answers whether there is one.
fn dragged(state: &mut State, event: Mouse, out: &mut Vec<Cmd>) -> bool {
    let areas = layout::areas(state);
    let found = areas.panes.iter().find_map(|(number, frame)| {
        let session = state.session(*number)?.id.clone();
        let pane = state.panes.get(&session)?;
        pane.selection.filter(|selection| selection.dragging)?;
        Some((session, layout::body(*frame)))
    });
    let Some((session, body)) = found else { return false };
    state.dirty = true;
    let Some(pane) = state.panes.get_mut(&session) else { return false };
    let top = pane.top(body.height);
    let row = event.y.clamp(body.y, body.bottom().saturating_sub(1)) - body.y;
    let column = event.x.clamp(body.x, body.right().saturating_sub(1)) - body.x;
    let Some(selection) = pane.selection.as_mut() else { return false };
    selection.to = (top.saturating_add(u32::from(row)), column);
    if event.what != MouseKind::Up(0) {
        return true;
    }
    selection.dragging = false;
    if selection.from == selection.to {
        pane.selection = None;
        return true;
    }
    let text = pane.selected();
    let lines = text.lines().count();
    let unit = if lines == 1 { "line" } else { "lines" };
    out.push(Cmd::Copy(text));
    state.toast(&format!("sent {lines} {unit} to the terminal's clipboard (OSC 52), not confirmed"), false);
    true
}
