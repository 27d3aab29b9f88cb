//! Moves of a task that several inputs lead to, each with everything that belongs to it.

use crate::model::{HandoffStep, StatusReason, StepState, Subject, Task, TaskStatus};

use super::super::{EffectKind, HandoffNews, TaskNews, brief};
use super::turn::Turn;

/// Where a task goes that may start: `ready`, or `blocked` until what it depends on has landed.
pub(super) fn release(turn: &mut Turn, task: &Task) {
    let waits = turn.state.unmet(task);
    if waits.is_empty() {
        turn.move_task(task, TaskStatus::Ready, None);
    } else {
        turn.move_task(task, TaskStatus::Blocked, Some(StatusReason::WaitsFor { tasks: waits }));
    }
}

/// A person must look.
pub(super) fn to_review(turn: &mut Turn, task: &Task, reason: StatusReason) {
    break_off_handoff(turn, task);
    turn.withdraw(task.id, |subject| matches!(subject, Subject::Commands { .. } | Subject::Landing { .. }));
    turn.move_task(task, TaskStatus::NeedsReview, Some(reason));
}

/// The agent says done (or the person says so for it): look at what is there.
pub(super) fn verify(turn: &mut Turn, task: &Task) {
    settle_handoff(turn, task);
    turn.withdraw(task.id, |subject| matches!(subject, Subject::Question { .. } | Subject::Landing { .. }));
    turn.move_task(task, TaskStatus::Verifying, None);
    turn.request_once(EffectKind::CommitLeftovers { task: task.id });
}

/// Completed: landed, or accepted without changes.
pub(super) fn complete(turn: &mut Turn, task: &Task, commit: Option<String>) {
    break_off_handoff(turn, task);
    turn.withdraw(task.id, |_| true);
    turn.task(task, TaskNews::Completed { commit });
}

/// Called off.
pub(super) fn call_off(turn: &mut Turn, task: &Task) {
    break_off_handoff(turn, task);
    turn.withdraw(task.id, |_| true);
    turn.move_task(task, TaskStatus::Cancelled, Some(StatusReason::ByPerson));
}

/// Another attempt in a fresh session, decided by the engine; goes on in the agent's conversation where there is one.
pub(super) fn again(turn: &mut Turn, task: &Task) {
    break_off_handoff(turn, task);
    turn.withdraw(task.id, |_| true);
    if let Some(conversation) = turn.state.session_of(task).and_then(|session| session.conversation.clone()) {
        turn.task(task, TaskNews::ResumePlanned { conversation, after_loss: false });
    }
    turn.move_task(task, TaskStatus::Ready, None);
}

/// Back to work in the live session, told what is wrong or wanted.
pub(super) fn back_to_work(turn: &mut Turn, task: &Task) {
    turn.withdraw(task.id, |subject| matches!(subject, Subject::Question { .. } | Subject::Landing { .. }));
    if task.status != TaskStatus::Executing {
        turn.move_task(task, TaskStatus::Executing, None);
    }
}

/// What the present reason of a task teaches its next attempt.
pub(super) fn remember(turn: &mut Turn, task: &Task) {
    let told = task.failures.last().is_some_and(|failure| failure.attempt == task.attempts);
    if let Some(summary) = brief::reason(task).filter(|_| !told && task.attempts > 0) {
        turn.task(task, TaskNews::AttemptFailed { summary });
    }
}

/// Ends a handoff under way; a fresh session that had not begun gives the worker back.
pub(super) fn break_off_handoff(turn: &mut Turn, task: &Task) {
    let state = turn.state;
    let Some(handoff) = state.handoff_of(task.id) else { return };
    if handoff.to.is_some() {
        turn.handoff(handoff, HandoffNews::TakenBack);
    }
    turn.handoff(handoff, HandoffNews::Ended);
}

/// Ends a handoff under way when the current session reported: if it is the fresh one, the handoff has succeeded;
/// if it is the old one, there is nothing left to hand over, and the step that was under way says so.
fn settle_handoff(turn: &mut Turn, task: &Task) {
    let state = turn.state;
    let Some(handoff) = state.handoff_of(task.id) else { return };
    if handoff.to.is_some() {
        let detail = "the fresh session reported".to_owned();
        turn.handoff(handoff, HandoffNews::StepMoved { step: HandoffStep::Start, to: StepState::Done { detail } });
    } else if let Some(step) = handoff.current().or(handoff.waits_for_yes().then_some(HandoffStep::Park)) {
        let reason = "the agent finished first".to_owned();
        turn.handoff(handoff, HandoffNews::StepMoved { step, to: StepState::Skipped { reason } });
    }
    turn.handoff(handoff, HandoffNews::Ended);
}
