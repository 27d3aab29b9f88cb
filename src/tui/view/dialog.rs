//! Dialogs: their places, and which drawing is whose.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::dialog::Dialog;
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{bars, cells, layout};

use super::{found, help, lists, readers, stepper};

/// The place of a dialog.
pub(crate) fn place(state: &State, dialog: &Dialog) -> Rect {
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    match dialog {
        Dialog::Plan(card) => {
            let plan = state.project.plans.iter().find(|plan| plan.id == card.plan);
            let tasks = plan.map_or(0, |plan| plan.tasks.len());
            let noted = plan.is_some_and(|plan| plan.note.is_some());
            layout::dialog(state.size, 116, rows(tasks).saturating_add(if noted { 18 } else { 16 }))
        }
        Dialog::Tasks(_) => layout::dialog(state.size, 116, state.size.1.saturating_sub(4)),
        Dialog::Handoff(_) => layout::dialog(state.size, 100, 24),
        Dialog::Palette(_) => layout::dialog(state.size, 92, 22),
        Dialog::Ask(ask) => layout::dialog(state.size, 70, rows(ask.about.choices().len()).saturating_add(7)),
        Dialog::Approval(card) => {
            let most = layout::reader_frame(state.size);
            let lines = rows(cells::wrap(&card.detail, layout::reader(most).width).len());
            // a short question leaves its pane in sight; there is always room for a reply
            layout::dialog(state.size, 116, lines.saturating_add(6).clamp(12, most.height.max(12)))
        }
        Dialog::Explained(_) => layout::dialog(state.size, 100, 24),
        Dialog::Links(list) => layout::dialog(state.size, 116, rows(list.links.len()).saturating_add(6)),
        Dialog::Undo(_) | Dialog::Everywhere(_) => layout::dialog(state.size, 116, 22),
        Dialog::Review(_) | Dialog::Help(_) | Dialog::Output(_) => layout::reader_frame(state.size),
    }
}

/// The line of keys at the foot of a dialog.
pub(crate) fn keys_line(state: &State, dialog: &Dialog) -> Option<Rect> {
    let inner = layout::inside(place(state, dialog));
    (inner.height >= 2).then(|| Rect {
        x: inner.x + 1,
        y: inner.bottom() - 1,
        width: inner.width.saturating_sub(2),
        height: 1,
    })
}

/// Draws a dialog.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, dialog: &Dialog) {
    let place = place(state, dialog);
    match dialog {
        Dialog::Plan(card) => lists::plan(state, skin, frame, place, card),
        Dialog::Tasks(list) => lists::tasks(state, skin, frame, place, list),
        Dialog::Palette(palette) => lists::palette(state, skin, frame, place, palette),
        Dialog::Ask(ask) => lists::ask(state, skin, frame, place, ask),
        Dialog::Approval(card) => readers::approval(state, skin, frame, place, card),
        Dialog::Review(review) => readers::review(state, skin, frame, place, review),
        Dialog::Explained(explained) => readers::explained(state, skin, frame, place, explained),
        Dialog::Links(list) => found::links(state, skin, frame, place, list),
        Dialog::Undo(list) => found::undos(state, skin, frame, place, list),
        Dialog::Everywhere(open) => found::everywhere(state, skin, frame, place, open),
        Dialog::Output(output) => readers::output(state, skin, frame, place, output),
        Dialog::Help(scroll) => help::draw(state, skin, frame, place, *scroll),
        Dialog::Handoff(card) => stepper::draw(state, skin, frame, place, card),
    }
    if let Some(line) = keys_line(state, dialog) {
        super::pieces(skin, frame, line, bars::dialog_pieces(state, dialog, line.width), Vec::new());
    }
}
