//! Single rows of agents' screens, drawn without the frame around them: what a whole frame would show in the
//! same place, or nothing where it would show something else there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::WorkerNumber;
use crate::tui::layout::{self, Class};
use crate::tui::mode::Mode;
use crate::tui::skin::Skin;
use crate::tui::state::State;

use super::{cells, pane};

/// Whose changed rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of the pane that has the keyboard.
    Active,
    /// Those of all panes.
    All,
}

/// The changed rows as they are to be shown, each a buffer of its own; `None` when only a whole frame will do.
pub(crate) fn patch(state: &State, skin: &Skin, whose: Whose) -> Option<Vec<Buffer>> {
    let plain = matches!(state.mode, Mode::Agent | Mode::Locked | Mode::Cockpit | Mode::Chat);
    if !plain || state.dirty || !state.toasts.is_empty() || layout::class(state.size) == Class::Message {
        return None;
    }
    let areas = layout::areas(state);
    let mut drawn = Vec::new();
    for (number, place) in &areas.panes {
        if areas.chat.is_some_and(|chat| !chat.intersection(*place).is_empty()) {
            return None;
        }
        if whose == Whose::All || *number == state.worker {
            drawn.extend(rows(state, skin, *number, layout::body(*place))?);
        }
    }
    Some(drawn)
}

fn rows(state: &State, skin: &Skin, number: WorkerNumber, body: Rect) -> Option<Vec<Buffer>> {
    let Some((session, pane)) = state.session(number).zip(state.pane(number)) else { return Some(Vec::new()) };
    let Some(damaged) = state.damaged.get(&session.id) else { return Some(Vec::new()) };
    let follows = pane.reading.is_none() && pane.selection.is_none() && pane.size.0 <= body.height;
    if !follows || pane::notice(state, session, pane).is_some() {
        return None;
    }
    let drawn = damaged.iter().filter(|row| **row < body.height).filter_map(|row| {
        let at = Rect { y: body.y + row, height: 1, ..body };
        let mut buffer = Buffer::empty(at);
        buffer.set_style(at, skin.ground(number.0));
        cells::draw_plain(skin, &mut buffer, at, pane.rows.get(usize::from(*row))?);
        Some(buffer)
    });
    Some(drawn.collect())
}
