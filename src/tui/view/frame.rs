//! Frames: a title on the left, a mark on the right; double lines where the keyboard is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};

use crate::config::theme::Role;
use crate::tui::cells;
use crate::tui::skin::Skin;

/// Draws a frame and clears what was below it.
pub(super) fn draw(frame: &mut Frame<'_>, place: Rect, focused: bool, border: Style, ground: Style) {
    let kind = if focused { BorderType::Double } else { BorderType::Plain };
    frame.render_widget(Clear, place);
    frame.render_widget(Block::bordered().border_type(kind).border_style(border).style(ground), place);
}

/// Writes a title into the upper edge of a frame: pieces from the left, one against the right.
pub(super) fn title(frame: &mut Frame<'_>, place: Rect, left: Vec<Span<'_>>, right: Option<Span<'_>>) {
    let room = place.width.saturating_sub(4);
    let right_width = right.as_ref().map_or(0, |span| cells::width(&span.content)).min(room);
    let edge = Rect { x: place.x + 2.min(place.width), height: 1.min(place.height), width: room, ..place };
    let left_room = room.saturating_sub(if right_width > 0 { right_width + 1 } else { 0 });
    super::line(frame, Rect { width: left_room, ..edge }, Line::from(left));
    if let Some(span) = right {
        let at = Rect { x: edge.right().saturating_sub(right_width), width: right_width, ..edge };
        super::line(frame, at, Line::from(span));
    }
}

/// A dialog's frame with its title; answers its inside.
pub(super) fn dialog(frame: &mut Frame<'_>, skin: &Skin, place: Rect, name: &str, right: &str) -> Rect {
    let ground = Style { bg: skin.style(Role::TextNormal).bg, ..Style::default() };
    draw(frame, place, true, skin.ink(Role::FrameDialog), ground);
    frame.buffer_mut().set_style(crate::tui::layout::inside(place), skin.style(Role::TextNormal));
    let left = vec![Span::styled(
        format!(" {} ", cells::fit(name, place.width.saturating_sub(8))),
        skin.ink(Role::TextStrong),
    )];
    let right = (!right.is_empty()).then(|| Span::styled(format!(" {right} "), skin.ink(Role::TextDim)));
    title(frame, place, left, right);
    crate::tui::layout::content(place)
}
