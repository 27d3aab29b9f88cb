//! Moves of a task that several inputs lead to, each with everything that belongs to it.

use crate::model::{
    HandoffStep, Plan, Speaker, StatusReason, StepState, Subject, Task, TaskStatus, one_line, truncate,
};

use super::super::{EffectKind, HandoffNews, TaskNews, brief};
use super::project;
use super::turn::Turn;

/// The longest report of a task in the chat, in characters.
const MOST_TOLD: usize = 160;

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
    if reason.is_failure() {
        tell(turn, task, &format!("failed, {reason}"));
    }
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
    let how = match &commit {
        Some(commit) => format!("landed as {}", commit.get(..10).unwrap_or(commit)),
        None => "done, without a change to land".to_owned(),
    };
    turn.task(task, TaskNews::Completed { commit });
    tell(turn, task, &how);
    tell_end(turn, task);
}

/// Says in the chat what became of a task that was asked for there.
fn tell(turn: &mut Turn, task: &Task, how: &str) {
    if asked_in_chat(turn, task).is_some() {
        let words = format!("#{} {}: {}.", task.id, one_line(&task.title), truncate(&one_line(how), MOST_TOLD));
        project::chat(turn, task.project, Speaker::Lead, words);
    }
}

/// Says that nothing of a plan is left, when its last task has come to its end.
fn tell_end(turn: &mut Turn, last: &Task) {
    let Some(plan) = asked_in_chat(turn, last).filter(|plan| plan.tasks.len() > 1) else { return };
    let others = || plan.tasks.iter().filter(|id| **id != last.id).filter_map(|id| turn.state.task(*id));
    if others().all(|task| task.status == TaskStatus::Completed) {
        let words = format!("All {} tasks of the plan are done.", plan.tasks.len());
        project::chat(turn, last.project, Speaker::Lead, words);
    }
}

/// The plan of a task that was asked for in the chat.
fn asked_in_chat<'a>(turn: &Turn<'a>, task: &Task) -> Option<&'a Plan> {
    let state = turn.state;
    task.plan.and_then(|id| state.plans.get(&id)).filter(|plan| plan.from_chat)
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
