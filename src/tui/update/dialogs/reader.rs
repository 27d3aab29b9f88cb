//! What is read in a dialog: how much of it there is, and where it is scrolled to.

use ratatui::layout::Rect;

use crate::config::keymap::Action;
use crate::model::{SessionId, sanitize};
use crate::tui::dialog::{Dialog, ReviewText};
use crate::tui::state::State;
use crate::tui::{cells, layout, view};

use super::act;

/// Scrolls what is read in a dialog.
pub(super) fn read(state: &mut State, action: Action) {
    let height = reader(state).height.max(1);
    let count = u16::try_from(reading_lines(state)).unwrap_or(u16::MAX);
    let last = count.saturating_sub(height);
    if let Some(Dialog::Output(output)) = state.mode.dialog_mut() {
        // its end is what is wanted first
        output.scroll.get_or_insert(last);
    }
    let Some(scroll) = scroll_of(state) else { return };
    *scroll = match action {
        Action::ScrollUp => scroll.saturating_sub(1),
        Action::ScrollDown => scroll.saturating_add(1),
        Action::ScrollHalfUp => scroll.saturating_sub(height / 2),
        Action::ScrollHalfDown => scroll.saturating_add(height / 2),
        Action::ScrollPageUp => scroll.saturating_sub(height),
        Action::ScrollPageDown => scroll.saturating_add(height),
        Action::ScrollTop => 0,
        Action::ScrollBottom => last,
        _ => *scroll,
    }
    .min(last);
}

/// Scrolls by lines, for the wheel.
pub(in crate::tui::update) fn wheel(state: &mut State, down: bool) {
    let action = if down { Action::ScrollDown } else { Action::ScrollUp };
    for _ in 0..3 {
        read(state, action);
    }
    let step = if down { Action::ListDown } else { Action::ListUp };
    let list = |dialog: &Dialog| {
        matches!(
            dialog,
            Dialog::Tasks(_)
                | Dialog::Palette(_)
                | Dialog::Plan(_)
                | Dialog::Links(_)
                | Dialog::Undo(_)
                | Dialog::Everywhere(_)
        )
    };
    if state.mode.dialog().is_some_and(list) {
        act(state, step, &mut Vec::new());
    }
}

/// What a session showed last came, or did not.
pub(in crate::tui::update) fn recalled(state: &mut State, session: &SessionId, text: Result<String, String>) {
    if let Some(Dialog::Output(output)) = state.mode.dialog_mut()
        && output.session == *session
    {
        output.text = match text {
            Ok(text) if text.trim().is_empty() => ReviewText::Lines(vec!["(it showed nothing)".to_owned()]),
            Ok(text) => ReviewText::Lines(sanitize(text.trim_end()).lines().map(str::to_owned).collect()),
            Err(why) => ReviewText::Failed(why),
        };
        state.dirty = true;
    }
}

fn scroll_of(state: &mut State) -> Option<&mut u16> {
    match state.mode.dialog_mut()? {
        Dialog::Review(review) => Some(&mut review.scroll),
        Dialog::Approval(card) => Some(&mut card.scroll),
        Dialog::Help(scroll) => Some(scroll),
        Dialog::Explained(explained) => Some(&mut explained.scroll),
        Dialog::Output(output) => output.scroll.as_mut(),
        _ => None,
    }
}

/// Where the text of the dialog on top is read.
pub(super) fn reader(state: &State) -> Rect {
    let frame = state
        .mode
        .dialog()
        .map_or_else(|| layout::reader_frame(state.size), |dialog| view::dialog_place(state, dialog));
    layout::reader(frame)
}

/// How many lines the open text has.
fn reading_lines(state: &State) -> usize {
    let width = reader(state).width;
    match state.mode.dialog() {
        Some(Dialog::Review(review)) => review.shown.len(),
        Some(Dialog::Approval(card)) => cells::wrap(&card.detail, width).len(),
        Some(Dialog::Explained(explained)) => view::explained_lines(&explained.text, width).len(),
        Some(Dialog::Output(output)) => view::explained_lines(&output.text, width).len(),
        Some(Dialog::Help(_)) => view::help_lines(state).len(),
        _ => 0,
    }
}

pub(super) fn wrapped(line: &str, width: u16) -> Vec<String> {
    let lines = cells::wrap(line, width);
    if lines.is_empty() { vec![String::new()] } else { lines }
}
