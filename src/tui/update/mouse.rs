//! The mouse: what is drawn as clickable is; the wheel acts on the pane under the pointer; a drag
//! selects inside one pane.

use ratatui::layout::{Position, Rect};

use crate::config::keymap::{Chord, KeyName};
use crate::model::{SessionId, WorkerNumber};
use crate::protocol::pane::{MouseMode, ToHost};
use crate::tui::bars::{self, Click};
use crate::tui::message::{Cmd, Mouse, MouseKind};
use crate::tui::mode::{Mode, Scrolling};
use crate::tui::state::State;
use crate::tui::{encode, layout, view};

use super::{actions, dialogs, links, opening, reading, requests, selecting};

/// Lines that a turn of the wheel moves.
const WHEEL: i64 = 3;

/// A mouse event.
pub(super) fn mouse(state: &mut State, event: Mouse, out: &mut Vec<Cmd>) {
    if !state.settings.mouse {
        return;
    }
    if let MouseKind::Drag(0) | MouseKind::Up(0) = event.what
        && selecting::dragged(state, event, out)
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
            let pieces = bars::placed(line, bars::dialog_pieces(state, &dialog, line.width), Vec::new());
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
    if event.what == MouseKind::Down(0) {
        focus(state, number);
    }
    if pass_on(state, &session, event, (row, column), body.height, out) {
        return;
    }
    match event.what {
        MouseKind::WheelUp | MouseKind::WheelDown => {
            let down = event.what == MouseKind::WheelDown;
            if !arrows(state, &session, down, out) {
                reading::wheel(state, number, if down { WHEEL } else { -WHEEL }, out);
            }
        }
        MouseKind::Down(0) if event.ctrl => follow_link(state, &session, (row, column), body.height),
        MouseKind::Down(0) => selecting::begin(state, &session, event, body),
        _ => {}
    }
}

/// Ctrl and a click: the address under the pointer is shown, to be opened or copied.
fn follow_link(state: &mut State, session: &SessionId, (row, column): (u16, u16), height: u16) {
    let link = state.panes.get(session).and_then(|pane| {
        let line = pane.top(height).saturating_add(u64::from(row));
        crate::tui::links::at(pane, height, (line, column))
    });
    links::show(state, link.into_iter().collect());
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
    let skipped = u16::try_from(pane.top(height).saturating_sub(pane.first_row())).unwrap_or(0);
    let Some(bytes) = encode::mouse(event, column, row + skipped, &pane.modes) else { return false };
    out.push(Cmd::ToPane(session.clone(), ToHost::Input(bytes)));
    true
}

/// On the alternate screen there is nothing above: a program that did not ask for the mouse gets the wheel as
/// arrow keys, as in other terminals (xterm's alternateScroll). Answers whether it did.
fn arrows(state: &State, session: &SessionId, down: bool, out: &mut Vec<Cmd>) -> bool {
    let live = state.project.sessions.iter().any(|one| one.id == *session && !one.state.is_over());
    let Some(pane) = state.panes.get(session).filter(|pane| live && !pane.locked && pane.reading.is_none()) else {
        return false;
    };
    if !pane.modes.alternate_screen || pane.modes.mouse != MouseMode::Off {
        return false;
    }
    let key = if down { KeyName::Down } else { KeyName::Up };
    let bytes = encode::key(Chord::plain(key), &pane.modes).repeat(usize::try_from(WHEEL).unwrap_or(1));
    out.push(Cmd::ToPane(session.clone(), ToHost::Input(bytes)));
    true
}

/// A click into a pane gives it the keyboard; while its history is read it only moves the cursor there.
fn focus(state: &mut State, number: WorkerNumber) {
    if let Some(pane) = state.pane_mut(number) {
        pane.selection = None;
    }
    if let Some(scroll) = state.mode.scroll_mut().filter(|_| state.worker == number) {
        scroll.what = Scrolling::Moving;
        return;
    }
    state.worker = number;
    state.mode = if state.can_type() { Mode::Agent } else { Mode::Cockpit };
    reading::go_on(state);
    state.dirty = true;
}

fn on_frame(state: &mut State, at: Position, number: WorkerNumber, frame: Rect, out: &mut Vec<Cmd>) {
    let mark = view::handoff_mark(frame);
    actions::select(state, number);
    if mark.is_some_and(|mark| mark.contains(at)) {
        opening::handoff(state, number, false, out);
    }
}
