//! The merge queue: a person's yes, and what came of a landing.

use std::time::Duration;

use crate::model::{CheckRun, StatusReason, Task, TaskId, TaskStatus, TaskType};

use super::super::{EffectResult, Refusal, TaskNews};
use super::turn::Turn;
use super::{commands, moves, task, verify};

/// The person says yes to landing a task, or to trying again what held it up.
pub(super) fn land(turn: &mut Turn, id: TaskId) -> Result<(), Refusal> {
    let task = task::find(turn, id)?;
    match (task.status, &task.reason) {
        (TaskStatus::NeedsReview, Some(StatusReason::ReadyToLand { .. })) => queue(turn, task),
        (TaskStatus::NeedsReview, Some(StatusReason::NoChanges | StatusReason::NothingToLand)) => {
            moves::complete(turn, task, None);
        }
        (TaskStatus::NeedsReview, _) if task.worktree.is_some() && !turn.state.is_busy(id) => moves::verify(turn, task),
        (TaskStatus::Executing, _) if task.open_ended && task.worktree.is_some() && !turn.state.is_busy(id) => {
            moves::verify(turn, task);
        }
        (TaskStatus::Merging, Some(StatusReason::CheckoutBusy { detail })) if !turn.state.is_landing(id) => {
            turn.task(task, TaskNews::LandingPostponed { until: turn.now, detail: detail.clone() });
        }
        _ => return Err(task::wrong(task, "landed")),
    }
    Ok(())
}

/// Into the merge queue.
pub(super) fn queue(turn: &mut Turn, task: &Task) {
    turn.withdraw(task.id, |_| true);
    turn.move_task(task, TaskStatus::Merging, None);
}

/// What came of a landing.
pub(super) fn landed(turn: &mut Turn, id: TaskId, result: EffectResult) {
    let Some(task) = turn.state.task(id).filter(|task| task.status == TaskStatus::Merging) else { return };
    match result {
        EffectResult::Landed { commit, runs } => success(turn, task, commit, runs),
        EffectResult::BranchMoved => moved(turn, task),
        EffectResult::NothingToLand => nothing(turn, task),
        EffectResult::Conflict { files } => conflict(turn, task, files),
        EffectResult::MergedTreeFailed { runs } => {
            verify::red(turn, task, runs, "on the result merged with the target");
        }
        EffectResult::CheckoutBusy { detail } => postpone(turn, task, detail),
        EffectResult::CommandsNotTrusted { hash, commands } => commands::hold(turn, task, hash, commands),
        other => moves::to_review(turn, task, StatusReason::WorldFailed { detail: other.detail() }),
    }
}

/// What lands is what was checked and shown; anything else is looked at, and asked for, again.
fn moved(turn: &mut Turn, task: &Task) {
    turn.task(task, TaskNews::BranchMoved);
    moves::verify(turn, task);
}

/// It had something to land when it was checked. Finding out may end without changes; everything else is looked at.
fn nothing(turn: &mut Turn, task: &Task) {
    if task.task_type == TaskType::Research {
        moves::complete(turn, task, None);
    } else {
        moves::to_review(turn, task, StatusReason::NothingToLand);
    }
}

fn success(turn: &mut Turn, task: &Task, commit: String, runs: Vec<CheckRun>) {
    if !runs.is_empty() {
        turn.task(task, TaskNews::Checked { runs });
    }
    moves::complete(turn, task, Some(commit));
}

fn conflict(turn: &mut Turn, task: &Task, files: Vec<String>) {
    let reason = StatusReason::MergeConflict { files };
    turn.task(task, TaskNews::AttemptFailed { summary: format!("the result could not be merged: {reason}") });
    moves::to_review(turn, task, reason);
}

fn postpone(turn: &mut Turn, task: &Task, detail: String) {
    let until = turn.now.after(Duration::from_millis(turn.state.rules.landing_retry_ms.max(1)));
    turn.task(task, TaskNews::LandingPostponed { until, detail });
}

/// The person took the landing back: the task says so, and no longer names a commit.
pub(super) fn undone(turn: &mut Turn, id: TaskId) {
    let landed = turn.state.task(id).filter(|task| task.status == TaskStatus::Completed && task.commit.is_some());
    if let Some(task) = landed {
        turn.task(task, TaskNews::LandingUndone);
    }
}
