//! The strip that shows what can follow the leader key; it never delays the next key.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::keymap::{Action, Context};
use crate::config::theme::Role;
use crate::tui::cells;
use crate::tui::skin::Skin;
use crate::tui::state::State;

/// Draws the strip over the lower part of the panes.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, area: Rect) {
    let entries = entries(state);
    let cell = 38.min(area.width.saturating_sub(2).max(1));
    let columns = (area.width.saturating_sub(2) / cell).max(1);
    let rows = u16::try_from(entries.len()).unwrap_or(u16::MAX).div_ceil(columns);
    let height = (rows + 3).min(area.height);
    let place = Rect::new(area.x, area.bottom() - height, area.width, height);
    super::frame::draw(frame, place, false, skin.ink(Role::FrameDialog), skin.style(Role::TextNormal));
    let title = format!(" {} ... one key ", state.leader());
    super::frame::title(frame, place, vec![Span::styled(title, skin.ink(Role::TextStrong))], None);
    let inner = crate::tui::layout::inside(place);
    for (index, (key, what)) in (0u16..).zip(&entries) {
        let (column, row) = (index / rows.max(1), index % rows.max(1));
        if row + 1 >= inner.height {
            continue;
        }
        let at = Rect::new(inner.x + column * cell, inner.y + row, cell, 1);
        let line = Line::from(vec![
            Span::styled(format!(" {key:>5} "), skin.ink(Role::HintKey)),
            Span::styled(cells::fit(what, cell.saturating_sub(8)), skin.ink(Role::TextNormal)),
        ]);
        super::line(frame, at.intersection(inner), line);
    }
    let last = Rect { y: inner.bottom().saturating_sub(1), height: 1.min(inner.height), ..inner };
    let text = format!(" {} again: sends it to {}", state.leader(), state.called(state.worker));
    super::line(frame, last, Line::styled(cells::fit(&text, last.width), skin.ink(Role::TextDim)));
}

/// Keys and words, the nine workers as one entry.
fn entries(state: &State) -> Vec<(String, String)> {
    let mut entries = vec![("1-9".to_owned(), "go to worker".to_owned())];
    for (action, chords) in state.keymap.bindings(Context::Leader) {
        if action.worker().is_some() || action == Action::DialogClose {
            continue;
        }
        if let Some(chord) = chords.first() {
            entries.push((chord.to_string(), action.description().to_owned()));
        }
    }
    entries
}
