//! What the daemon tells and answers.

use crate::model::Explain;
use crate::protocol::ProjectView;
use crate::protocol::control::{Failure, Response};
use crate::tui::dialog::{Dialog, ReviewText};
use crate::tui::message::Purpose;
use crate::tui::state::State;

use super::{fields, opening};

/// The project changed.
pub(super) fn project(state: &mut State, view: ProjectView) {
    let (was_now, now) = (state.project.now, view.now);
    let same = ProjectView { now: was_now, ..view.clone() } == state.project;
    let could_type = state.can_type();
    state.project = ProjectView { now, ..view };
    state.told_at = state.now;
    state.lost = false;
    state.dirty |= !same;
    state.minimised.retain(|number| state.project.workers.iter().any(|seat| seat.number == *number));
    if state.seat(state.worker).is_none()
        && let Some(first) = state.project.workers.first()
    {
        state.worker = first.number;
    }
    // The shown worker came to life while its pane was open in COCKPIT: nothing is taken from the person,
    // the footer says how to type into it.
    if !could_type && state.can_type() {
        state.dirty = true;
    }
}

/// The daemon is gone.
pub(super) fn lost(state: &mut State) {
    if !state.lost {
        state.lost = true;
        state.toast("the daemon is gone; workers run on and their panes stay connected. q leaves; `qd` starts it again", true);
    }
}

/// A call was answered.
pub(super) fn answered(state: &mut State, purpose: Purpose, outcome: Result<Response, Failure>) {
    state.dirty = true;
    match (purpose, outcome) {
        (Purpose::Diff(task), outcome) => diff(state, task, outcome),
        (Purpose::Handoff, Ok(Response::HandoffStarted(id))) => {
            if let Some(Dialog::Handoff(stepper)) = state.mode.dialog_mut() {
                stepper.handoff = Some(id);
            }
        }
        (Purpose::Handoff, Err(failure)) => {
            if matches!(state.mode.dialog(), Some(Dialog::Handoff(_))) {
                opening::close(state);
            }
            complain(state, &failure);
        }
        (Purpose::Chat(_), Ok(Response::Said { plan, .. })) => state.plan_to_open = plan,
        (Purpose::Chat(text), Err(failure)) => {
            if state.chat.draft.is_empty() {
                state.chat.draft = fields::field(&text);
            }
            complain(state, &failure);
        }
        (_, Ok(response)) => tell(state, response),
        (_, Err(failure)) => complain(state, &failure),
    }
}

fn diff(state: &mut State, task: crate::model::TaskId, outcome: Result<Response, Failure>) {
    let text = match outcome {
        Ok(Response::Text(text)) => ReviewText::Lines(opening::diff_lines(&text)),
        Ok(_) => ReviewText::Failed("the daemon answered something else".to_owned()),
        Err(failure) => ReviewText::Failed(failure.to_string()),
    };
    if let Some(Dialog::Review(review)) = state.mode.dialog_mut()
        && review.task == task
    {
        review.text = text;
        review.width = 0;
    }
}

fn tell(state: &mut State, response: Response) {
    if let Response::Done(line) = response
        && !line.is_empty()
    {
        state.toast(&line, false);
    }
}

/// What happened and what can be done.
fn complain(state: &mut State, failure: &Failure) {
    let text = match failure.hint() {
        Some(hint) => format!("{failure} - {hint}"),
        None => failure.to_string(),
    };
    state.toast(&text, true);
}
