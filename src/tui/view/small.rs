//! What is said when the window is too small for panes: that agents go on, and how to answer what waits.

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
    let workers: Vec<String> = state
        .project
        .workers
        .iter()
        .map(|seat| format!("{} {}", seat.number, status::of_worker(state, seat.number).glyph))
        .collect();
    let mut lines = vec![
        (format!("{columns}x{rows} is too small: panes need 40x12, all of it 80x24."), Role::TextStrong),
        (format!("Workers keep running:  {}", workers.join("  ")), Role::TextNormal),
        needs(state),
    ];
    let next = bars::bare_key(state, Action::AttentionNext);
    if !state.project.approvals.is_empty() {
        lines.push((format!("  {next}  see the request that waits"), Role::TextNormal));
    }
    lines.push((
        format!("  {}  leave (workers keep running)", bars::bare_key(state, Action::AppDetach)),
        Role::TextNormal,
    ));
    let width = area.width.saturating_sub(1).max(1);
    let wrapped =
        lines.into_iter().flat_map(|(text, role)| cells::wrap(&text, width).into_iter().map(move |text| (text, role)));
    for (offset, (text, role)) in (0..area.height).zip(wrapped) {
        super::line(frame, Rect { y: area.y + offset, height: 1, ..area }, Line::styled(text, skin.ink(role)));
    }
}

fn needs(state: &State) -> (String, Role) {
    match state.waiting() {
        _ if state.stale_since().is_some() => ("the daemon is away, connecting again".to_owned(), Role::AgentFailed),
        0 => ("nobody needs you".to_owned(), Role::TextNormal),
        1 => ("! 1 needs you".to_owned(), Role::AgentWaiting),
        waiting => (format!("! {waiting} need you"), Role::AgentWaiting),
    }
}
