//! Done, says the agent: is it? Leftovers, checks, and what follows from green and red.

use crate::model::{
    Autonomy, CheckRun, SessionMode, StatusReason, Subject, Task, TaskId, TaskStatus, TaskType, truncate,
};

use super::super::{EffectKind, EffectResult, Purpose, TaskNews, brief};
use super::turn::{Question, Turn};
use super::{commands, moves};

fn verifying<'a>(turn: &Turn<'a>, id: TaskId) -> Option<&'a Task> {
    turn.state.task(id).filter(|task| task.status == TaskStatus::Verifying)
}

/// What the branch holds is known.
pub(super) fn committed(turn: &mut Turn, id: TaskId, result: EffectResult) {
    let Some(task) = verifying(turn, id) else { return };
    match result {
        EffectResult::Committed { head, ahead } => {
            turn.task(task, TaskNews::HeadSeen { head });
            if ahead == 0 {
                unchanged(turn, task);
            } else {
                turn.request_once(EffectKind::RunChecks { task: id });
            }
        }
        other => moves::to_review(turn, task, StatusReason::WorldFailed { detail: other.detail() }),
    }
}

/// Finding out, running a command and an open session may end without changes; everything else is looked at.
fn unchanged(turn: &mut Turn, task: &Task) {
    if task.task_type == TaskType::Research || task.agent == "shell" || task.open_ended {
        moves::complete(turn, task, None);
    } else {
        moves::to_review(turn, task, StatusReason::NoChanges);
    }
}

/// The checks ran.
pub(super) fn checked(turn: &mut Turn, id: TaskId, result: EffectResult) {
    let Some(task) = verifying(turn, id) else { return };
    match result {
        EffectResult::Checked { runs } if runs.iter().all(CheckRun::passed) => green(turn, task, runs),
        EffectResult::Checked { runs } => red(turn, task, runs, "in your worktree"),
        EffectResult::CommandsNotTrusted { hash, commands } => commands::hold(turn, task, hash, commands),
        other => moves::to_review(turn, task, StatusReason::WorldFailed { detail: other.detail() }),
    }
}

fn green(turn: &mut Turn, task: &Task, runs: Vec<CheckRun>) {
    let checked = !runs.is_empty();
    turn.task(task, TaskNews::Checked { runs });
    if turn.state.rules.lands_alone.unwrap_or(task.autonomy == Autonomy::Full) {
        turn.move_task(task, TaskStatus::Merging, None);
        return;
    }
    moves::to_review(turn, task, StatusReason::ReadyToLand { checked });
    ask_landing(turn, task, checked);
}

fn ask_landing(turn: &mut Turn, task: &Task, checked: bool) {
    let target = turn.state.projects.get(&task.project).map_or("the target", |project| project.target.as_str());
    let mut title = format!("Land #{} {} on `{target}`?", task.id, task.title);
    if turn.state.changed.contains(&task.id) {
        title.push_str(" It changed since you saw it.");
    }
    if !checked {
        title.push_str(" No checks are known for this project.");
    }
    let detail = task.summary.clone().unwrap_or_else(|| task.title.clone());
    turn.ask(Question {
        project: task.project,
        task: Some(task.id),
        subject: Subject::Landing { task: task.id },
        title,
        detail,
    });
}

/// A check failed: back to the agent with the log while there are attempts, else the person looks.
pub(super) fn red(turn: &mut Turn, task: &Task, runs: Vec<CheckRun>, where_: &str) {
    let what = brief::red(&runs, where_);
    let reason = match runs.iter().find(|run| !run.passed()) {
        Some(run) => StatusReason::ChecksFailed { check: run.name.clone(), log: run.log.clone() },
        None => StatusReason::WorldFailed { detail: what.clone() },
    };
    let stuck = stuck(task, &runs);
    turn.task(task, TaskNews::Checked { runs });
    turn.task(task, TaskNews::AttemptFailed { summary: truncate(&what, 4_000) });
    if task.agent == "shell" {
        moves::to_review(turn, task, reason);
    } else if task.attempts >= turn.state.rules.max_attempts {
        moves::to_review(turn, task, StatusReason::AttemptsUsedUp);
    } else if let Some(reason) = stuck {
        moves::to_review(turn, task, reason);
    } else {
        send_back(turn, task, &what);
    }
}

/// Whether this attempt ended exactly as the one before it: on the same tree, or with the same output of the same check.
fn stuck(task: &Task, runs: &[CheckRun]) -> Option<StatusReason> {
    task.failures.last().filter(|failure| failure.attempt < task.attempts)?;
    let now = runs.iter().find(|run| !run.passed())?;
    let before = task.checks.iter().find(|run| !run.passed()).filter(|before| before.name == now.name)?;
    let what = if !now.tree.is_empty() && before.tree == now.tree {
        format!("the last attempt changed nothing, and check `{}` fails as before", now.name)
    } else if same_output(&before.log, &now.log) {
        format!("check `{}` failed twice in a row with the same output", now.name)
    } else {
        return None;
    };
    Some(StatusReason::Stuck { what, log: now.log.clone() })
}

/// Whether two outputs differ in nothing but how long things took.
fn same_output(before: &str, now: &str) -> bool {
    let words = |log: &str| log.split_whitespace().filter(|word| !is_time(word)).map(str::to_owned).collect::<Vec<_>>();
    !now.trim().is_empty() && words(before) == words(now)
}

/// `0.03s`, `(12ms)`, `10:31:02`.
fn is_time(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ':'));
    unit.len() < word.len()
        && (matches!(unit, "s" | "ms" | "us" | "µs" | "ns") || (unit.is_empty() && word.contains(':')))
}

fn send_back(turn: &mut Turn, task: &Task, what: &str) {
    let state = turn.state;
    let session = state.live_session_of(task);
    let session =
        session.filter(|session| session.mode == SessionMode::Interactive && !state.stops.contains_key(&session.id));
    let Some(session) = session else { return moves::again(turn, task) };
    turn.task(task, TaskNews::SentBack { attempt: task.attempts.saturating_add(1) });
    moves::back_to_work(turn, task);
    turn.request(EffectKind::DeliverPrompt {
        session: session.id.clone(),
        text: brief::feedback(what),
        purpose: Purpose::Feedback,
    });
}
