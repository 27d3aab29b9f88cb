//! What there is to choose from and what can be done now: one answer for keys, mouse and drawing.

use crate::config::keymap::{Action, Chord, KeyName};
use crate::model::WorkerNumber;
use crate::protocol::TaskView;

use super::state::State;

/// How many lines of the first request's detail the queue shows.
pub(crate) const DETAIL_LINES: usize = 4;

/// The tasks in the order of the list: open ones by number, then final ones, the latest first.
pub(crate) fn task_rows(state: &State) -> Vec<&TaskView> {
    let mut rows: Vec<&TaskView> = state.project.tasks.iter().collect();
    rows.sort_by_key(|task| {
        let over = task.status.is_final();
        (over, if over { u64::MAX - task.id.0 } else { task.id.0 })
    });
    rows
}

/// The actions that the palette shows for what was typed.
pub(crate) fn palette_rows(query: &str) -> Vec<Action> {
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let matches = |action: &&Action| {
        let text = format!("{} {}", action.description(), action.name()).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    Action::ALL.iter().filter(matches).copied().collect()
}

/// Why an action cannot be carried out from the palette now.
pub(crate) fn unavailable(state: &State, action: Action) -> Option<&'static str> {
    let live = state.can_type();
    match action {
        Action::AttentionApprove | Action::AttentionDeny | Action::AttentionOpen | Action::AttentionNext => {
            state.project.approvals.is_empty().then_some("nothing waits for you")
        }
        Action::WorkerHandoff
        | Action::WorkerInterrupt
        | Action::WorkerStop
        | Action::PaneType
        | Action::PaneNewline
        | Action::AppLock => (!live).then_some("no session runs here"),
        Action::AttentionAlways => Some("only in a question that offers it"),
        Action::WorkerExplain => state.session(state.worker).is_none().then_some("no session is here"),
        Action::SearchEverywhere | Action::UndoList => None,
        Action::LinkOpen => state.pane(state.worker).is_none().then_some("no pane is here"),
        Action::CopyWrite => state.copied.is_none().then_some("nothing was copied yet"),
        Action::ViewBack => state.back.is_empty().then_some("you have not been elsewhere"),
        _ if action.worker().is_some_and(|number| state.seat(WorkerNumber(number)).is_none()) => {
            Some("there is no such worker")
        }
        _ => match action.name().split('.').next() {
            Some("scroll" | "cursor" | "search" | "copy" | "log") => Some("only while scrolling or reading"),
            Some("plan") => Some("only in a plan"),
            Some("task" | "list" | "link") => Some("only in a list"),
            Some("handoff") => Some("only in a handoff"),
            Some("ask" | "dialog") => Some("only in a dialog"),
            Some("chat") => Some("only in the chat"),
            _ => None,
        },
    }
}

/// Whether a terminal with or without the enhanced keyboard can send a direct key.
pub(crate) fn reachable(chord: Chord, enhanced: bool) -> bool {
    match chord.key {
        KeyName::Char('0'..='9') if chord.ctrl => enhanced,
        KeyName::Char('0'..='9') if chord.alt => !enhanced,
        _ => true,
    }
}
