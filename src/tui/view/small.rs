//! What is said when the window is too small for anything else.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::keymap::Action;
use crate::config::theme::Role;
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{bars, cells, status};

/// Draws the message.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, area: Rect) {
    let (columns, rows) = state.size;
    let workers: Vec<String> =
        state.project.workers.iter().map(|seat| format!("{} {}", seat.number, status::of_worker(state, seat.number).glyph)).collect();
    let waiting = state.project.approvals.len();
    let needs = if waiting > 0 { format!("! {waiting} need you") } else { "nobody needs you".to_owned() };
    let leave = bars::hint_key(state, Action::AppDetach);
    let lines = [
        format!("{columns}x{rows} is too small: 80x24 is needed."),
        format!("Workers keep running:  {}", workers.join("  ")),
        needs,
        "Make the window larger, or".to_owned(),
        format!("{leave}  leave (workers keep running)"),
        bars::owner_words(state),
    ];
    let width = area.width.saturating_sub(1).max(1);
    let wrapped = lines.iter().flat_map(|text| cells::wrap(text, width));
    for (offset, text) in (0..area.height).zip(wrapped) {
        super::line(frame, Rect { y: area.y + offset, height: 1, ..area }, Line::styled(text, skin.ink(Role::TextNormal)));
    }
}
