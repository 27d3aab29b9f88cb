//! Everything that waits for the person is in the queue: a task that needs review and that no other question
//! speaks for gets one of its own. Words for it, and nothing that moves a task.

use crate::model::{StatusReason, Subject, Task, TaskStatus, one_line, truncate};

use super::turn::{Question, Turn};

/// The longest part of what happened in a title, in characters.
const HAPPENED: usize = 120;
/// The longest part of a log in a question, in characters.
const LOG: usize = 2_000;

/// Asks for every task that needs review, unless something else asks already or the person said to leave it.
pub(super) fn ask(turn: &mut Turn) {
    let state = turn.state;
    for task in state.open().filter(|task| task.status == TaskStatus::NeedsReview) {
        if state.waiting_for(task.id).next().is_none() && !state.dismissed.contains(&task.id) {
            turn.ask(Question {
                project: task.project,
                task: Some(task.id),
                subject: Subject::Review { task: task.id },
                title: format!("#{} {}: {}?", task.id, happened(task), offer(task)),
                detail: detail(task),
            });
        }
    }
}

/// What happened, short.
fn happened(task: &Task) -> String {
    let words = match &task.reason {
        Some(StatusReason::AgentFailed { detail } | StatusReason::WorldFailed { detail }) => one_line(detail),
        Some(StatusReason::ByPerson) => "stopped by you".to_owned(),
        Some(reason) => one_line(&reason.to_string()),
        None => "needs a look".to_owned(),
    };
    truncate(&words, HAPPENED)
}

/// What a yes does.
fn offer(task: &Task) -> &'static str {
    match &task.reason {
        Some(StatusReason::MergeConflict { .. }) => "try again from the target as it is now",
        Some(StatusReason::DependencyLost { .. }) => "start it without that",
        Some(StatusReason::AttemptsUsedUp) => "try once more",
        Some(StatusReason::Interrupted | StatusReason::Rested) if task.agent == "shell" => {
            "run its command again from the start"
        }
        Some(StatusReason::Interrupted | StatusReason::Rested | StatusReason::OverBudget { .. }) => "go on with it",
        Some(StatusReason::ByPerson) => "start it again",
        _ => "try again",
    }
}

/// The evidence, and the other ways.
fn detail(task: &Task) -> String {
    let evidence = match &task.reason {
        Some(StatusReason::ChecksFailed { log, .. } | StatusReason::Stuck { log, .. }) => tail(log),
        Some(StatusReason::MergeConflict { files }) => files.join("\n"),
        Some(StatusReason::AttemptsUsedUp) => {
            task.failures.last().map(|failure| tail(&failure.summary)).unwrap_or_default()
        }
        Some(StatusReason::AgentFailed { detail } | StatusReason::WorldFailed { detail }) => tail(detail),
        Some(StatusReason::Interrupted | StatusReason::Rested) if task.agent == "shell" => {
            "Yes runs the command again from its start, in the worktree as it is now.".to_owned()
        }
        _ => String::new(),
    };
    let mut lines = vec![format!("{} ({})", task.title, task.agent)];
    lines.extend(Some(evidence.trim_end().to_owned()).filter(|evidence| !evidence.is_empty()));
    lines.extend(other_ways(task));
    lines.join("\n")
}

/// What else the person can do.
fn other_ways(task: &Task) -> [String; 2] {
    let id = task.id;
    let land = match (&task.reason, &task.worktree) {
        (Some(StatusReason::NoChanges | StatusReason::NothingToLand), _) => {
            format!("Fine as it is: `qd task land {id}`")
        }
        (Some(StatusReason::MergeConflict { .. }), Some(path)) => {
            format!("Or resolve it in {} and run `qd task land {id}`", path.display())
        }
        (_, Some(path)) => format!("Or put it right in {} and run `qd task land {id}`", path.display()),
        (_, None) => format!("Or leave it as it is: `qd task retry {id}` tries again later"),
    };
    [land, format!("Or call it off: `qd task cancel {id}`")]
}

/// The last part of a log.
fn tail(log: &str) -> String {
    let skip = log.chars().count().saturating_sub(LOG);
    log.chars().skip(skip).collect()
}
