//! Drawing: reads the state and the theme, changes nothing, never clears.

mod cells;
mod chat;
mod dialog;
mod foot;
mod found;
mod frame;
mod help;
mod lists;
mod pane;
mod patch;
mod queue;
mod readers;
mod small;
mod spots;
mod stepper;
mod strip;

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::config::theme::Role;
use crate::model::Timestamp;

use super::bars::{self, Piece};
use super::layout::{self, Class};
use super::mode::Mode;
use super::skin::Skin;
use super::state::{Daemon, State};

pub(crate) use dialog::{keys_line as dialog_keys_line, place as dialog_place};
pub(crate) use help::lines as help_lines;
pub(crate) use lists::table as list_table;
pub(crate) use pane::{cursor, handoff_mark};
pub use patch::Whose;
pub(crate) use patch::patch;
pub(crate) use readers::explained_lines;
pub(crate) use spots::spots;

/// How long after the leader its strip comes; the next key works before that.
pub(crate) const STRIP_AFTER: Duration = Duration::from_millis(400);

/// Draws the cockpit.
pub fn view(state: &State, skin: &Skin, frame: &mut Frame<'_>) {
    let area = frame.area();
    frame.buffer_mut().set_style(area, skin.style(Role::TextNormal));
    if (area.width, area.height) != state.size || area.is_empty() {
        return; // the size is about to be told
    }
    let areas = layout::areas(state);
    if layout::class(state.size) == Class::Message {
        small::draw(state, skin, frame, areas.middle);
        return above_all(state, skin, frame, &areas);
    }
    let (left, right) = bars::tabs(state);
    pieces(skin, frame, areas.tabs, left, right);
    if let Some(rule) = areas.rule {
        line(frame, rule, Line::styled("─".repeat(usize::from(rule.width)), skin.ink(Role::FrameNormal)));
    }
    for (number, place) in &areas.panes {
        pane::draw(state, skin, frame, *number, *place);
    }
    for (number, place) in &areas.rows {
        pane::draw_row(state, skin, frame, *number, *place);
    }
    if let Some(queue) = areas.queue {
        queue::draw(state, skin, frame, queue);
    }
    if let Some(place) = areas.queue_line {
        queue::draw_line(state, skin, frame, place);
    }
    if let Some(place) = areas.last_line {
        last_line(state, skin, frame, place, areas.queue_line.is_some());
    }
    if let Some(place) = areas.chat_line {
        chat::draw_line(state, skin, frame, place);
    }
    if let Some(place) = areas.chat {
        chat::draw(state, skin, frame, place);
    }
    above_all(state, skin, frame, &areas);
}

/// What lies over everything: dialogs, the leader's strip, messages, and the footer.
fn above_all(state: &State, skin: &Skin, frame: &mut Frame<'_>, areas: &layout::Areas) {
    dialogs(state, skin, frame, &state.mode);
    if let Mode::Leader { since, .. } = &state.mode
        && state.now.since(*since) >= STRIP_AFTER
    {
        strip::draw(state, skin, frame, areas.middle);
    }
    toasts(state, skin, frame, areas);
    let (left, right) = bars::footer(state);
    pieces(skin, frame, areas.footer, left, right);
}

/// Draws the dialogs, the lowest first.
fn dialogs(state: &State, skin: &Skin, frame: &mut Frame<'_>, mode: &Mode) {
    match mode {
        Mode::Dialog { dialog, under, .. } => {
            dialogs(state, skin, frame, under);
            dialog::draw(state, skin, frame, dialog);
        }
        Mode::Leader { under, .. } => dialogs(state, skin, frame, under),
        _ => {}
    }
}

/// What holds while the daemon is away: since when, and what is done about it.
fn away_words(state: &State) -> Option<String> {
    match &state.daemon {
        Daemon::Here => None,
        Daemon::Gone { since } => {
            Some(format!(" The daemon went {}: what is shown is as old; panes are live", ago(state, *since)))
        }
        Daemon::Away { stopped: true, .. } => Some(match state.mode {
            Mode::Agent | Mode::Locked => {
                format!(" The daemon was stopped; {} Esc, then a key starts it again", state.leader())
            }
            _ => " The daemon was stopped; press a key to start it again".to_owned(),
        }),
        Daemon::Away { since, tries, why, .. } => {
            let why = why.as_ref().map(|why| format!(" - {}", crate::model::one_line(why))).unwrap_or_default();
            Some(format!(
                " The daemon went {}; connecting again (try {}); panes are live{why}",
                ago(state, *since),
                tries + 1
            ))
        }
    }
}

/// How long ago something was on our own clock.
fn ago(state: &State, at: Timestamp) -> String {
    match state.now.since(at).as_secs() / 60 {
        0 => "just now".to_owned(),
        minutes => format!("{minutes}m ago"),
    }
}

/// The last line of the activity log; that the daemon is away comes first, where no other line says so.
fn last_line(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, queue_is_line: bool) {
    if let Some(text) = away_words(state).filter(|_| !queue_is_line) {
        return line(frame, place, Line::styled(super::cells::fit(&text, place.width), skin.ink(Role::AgentFailed)));
    }
    let Some(last) = &state.project.last else { return };
    let text = format!(" last: {}", crate::model::one_line(&last.text));
    line(frame, place, Line::styled(super::cells::fit(&text, place.width), skin.ink(Role::TextDim)));
}

/// Messages, the latest lowest, upwards from the line above the footer: the words of panes are at their tops. Over a
/// dialog they begin at the top: its keys are at its foot.
fn toasts(state: &State, skin: &Skin, frame: &mut Frame<'_>, areas: &layout::Areas) {
    let feet = [areas.queue_line, areas.last_line, areas.chat_line].into_iter().flatten().map(|line| line.y);
    let area = Rect::new(0, 0, state.size.0, feet.min().unwrap_or(areas.footer.y));
    let over_dialog = state.mode.dialog().is_some();
    let (mut top, mut bottom) = (0, area.height);
    for toast in state.toasts.iter().rev() {
        let width = super::cells::width(&toast.text).saturating_add(2).min(area.width.saturating_sub(2)).min(116);
        let lines = super::cells::wrap(&toast.text, width.saturating_sub(2));
        let height = u16::try_from(lines.len()).unwrap_or(1).min(bottom - top);
        let y = if over_dialog { top } else { bottom - height };
        (top, bottom) = if over_dialog { (top + height, bottom) } else { (top, y) };
        let place = Rect::new(area.right().saturating_sub(width + 1), y, width, height);
        if place.is_empty() {
            return;
        }
        frame.render_widget(Clear, place);
        let style = skin.style(if toast.bad { Role::ToastBad } else { Role::ToastGood });
        frame.buffer_mut().set_style(place, style);
        for (offset, text) in (0..height).zip(lines) {
            line(frame, Rect { y: place.y + offset, height: 1, ..place }, Line::styled(format!(" {text}"), style));
        }
    }
}

/// Draws a bar.
fn pieces(skin: &Skin, frame: &mut Frame<'_>, area: Rect, left: Vec<Piece>, right: Vec<Piece>) {
    for (place, piece) in bars::placed(area, left, right) {
        line(frame, place, Line::from(Span::styled(piece.text, skin.style(piece.role))));
    }
}

/// Draws a line, cut at its place.
fn line(frame: &mut Frame<'_>, place: Rect, text: Line<'_>) {
    let place = place.intersection(frame.area());
    if !place.is_empty() {
        frame.buffer_mut().set_line(place.x, place.y, &text, place.width);
    }
}
