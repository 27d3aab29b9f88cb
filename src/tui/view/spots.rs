//! Where on screen something leads somewhere, for terminals that open links themselves.

use ratatui::layout::Position;

use crate::tui::layout;
use crate::tui::links::{Spot, marked};
use crate::tui::state::State;

/// The links of the panes in sight; none while something lies over them.
pub(crate) fn spots(state: &State) -> Vec<Spot> {
    let covered = state.mode.context().is_some_and(|context| context == crate::config::keymap::Context::Leader);
    if covered || state.mode.dialog().is_some() || !state.toasts.is_empty() {
        return Vec::new();
    }
    let areas = layout::areas(state);
    let mut spots = Vec::new();
    for (number, frame) in &areas.panes {
        let (Some(pane), body) = (state.pane(*number), layout::body(*frame)) else { continue };
        let top = pane.top(body.height);
        for (offset, line) in (0..body.height).zip(top..) {
            let Some(row) = pane.line(line) else { continue };
            if row.runs.iter().all(|run| run.link.is_none()) {
                continue;
            }
            let y = body.y + offset;
            let inside = marked(line, row).into_iter().filter(|part| part.from < body.width);
            spots.extend(inside.map(|part| Spot {
                y,
                from: body.x + part.from,
                to: (body.x + part.to).min(body.right().saturating_sub(1)),
                uri: part.uri,
            }));
        }
    }
    let under_chat = |spot: &Spot| {
        areas.chat.is_some_and(|chat| (spot.from..=spot.to).any(|x| chat.contains(Position::new(x, spot.y))))
    };
    spots.retain(|spot| !under_chat(spot));
    spots
}
