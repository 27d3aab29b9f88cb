//! What a person does with one task: change it, start it, call it off, try it again.

use crate::model::{
    Priority, Route, RoutedBy, StatusReason, Task, TaskId, TaskStatus, WorkerNumber, one_line, truncate,
};

use super::super::{Refusal, TaskNews};
use super::turn::Turn;
use super::{moves, plan, queue, submit};

/// What is to be changed; `None` leaves it.
pub(super) struct Edit {
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) model: Option<String>,
    pub(super) worker: Option<WorkerNumber>,
}

/// A task that exists.
pub(super) fn find<'a>(turn: &Turn<'a>, id: TaskId) -> Result<&'a Task, Refusal> {
    turn.state.task(id).ok_or(Refusal::NoTask(id))
}

/// A refusal because of where the task stands.
pub(super) fn wrong(task: &Task, wanted: &'static str) -> Refusal {
    Refusal::WrongStatus { task: task.id, status: task.status, wanted }
}

pub(super) fn edit(turn: &mut Turn, id: TaskId, edit: Edit) -> Result<(), Refusal> {
    let task = find(turn, id)?;
    if !matches!(
        task.status,
        TaskStatus::Queued | TaskStatus::Planning | TaskStatus::Proposed | TaskStatus::Ready | TaskStatus::Blocked
    ) {
        return Err(wrong(task, "changed"));
    }
    let title = edit.title.map_or_else(|| task.title.clone(), |title| truncate(&one_line(&title), 120));
    if title.is_empty() {
        return Err(Refusal::EmptySubmission);
    }
    let agent = edit.agent.unwrap_or_else(|| task.agent.clone());
    let given = given(task, &agent, edit.model);
    let mode = if agent == task.agent { task.mode } else { submit::mode(&agent, task.autonomy, None) };
    let news = TaskNews::Edited {
        title,
        body: edit.body.unwrap_or_else(|| task.body.clone()),
        agent: agent.clone(),
        mode,
        worker: edit.worker.filter(|worker| worker.0 > 0).or(task.worker),
    };
    turn.task(task, news);
    if let Some((model, route)) = given {
        turn.task(task, TaskNews::Routed { agent, model, mode, route });
    }
    Ok(())
}

/// The model and the reason after the person chose agent or model; `None` when neither changes. A model belongs to its agent and
/// does not go with the task to another one; an empty one is the agent's own default.
fn given(task: &Task, agent: &str, model: Option<String>) -> Option<(Option<String>, Route)> {
    let same = agent == task.agent;
    let model = match model {
        Some(model) => Some(one_line(&model)).filter(|model| !model.is_empty()),
        None => task.model.clone().filter(|_| same),
    };
    if same && model == task.model {
        return None;
    }
    let with = model.as_deref().map_or("its own default model".to_owned(), |model| format!("model {model}"));
    Some((model, Route::new(RoutedBy::Person, format!("{agent}: you chose it; {with}"))))
}

/// Starts one task, confirming it if it was only proposed.
pub(super) fn run(turn: &mut Turn, id: TaskId) -> Result<(), Refusal> {
    let task = find(turn, id)?;
    let request = match task.status {
        TaskStatus::Proposed | TaskStatus::Ready | TaskStatus::Blocked => queue::request(turn, task)?,
        _ => return Err(wrong(task, "started")),
    };
    if task.status == TaskStatus::Proposed {
        moves::release(turn, task);
        plan::left(turn, task);
    }
    if request {
        turn.task(task, TaskNews::Requested);
    }
    Ok(())
}

/// Changes what goes first. Only a task that is not over has a place in the queue.
pub(super) fn prioritize(turn: &mut Turn, id: TaskId, priority: Priority) -> Result<(), Refusal> {
    let task = find(turn, id)?;
    if task.status.is_final() {
        return Err(wrong(task, "moved in the queue"));
    }
    if task.priority != priority {
        turn.task(task, TaskNews::Prioritized { priority });
    }
    Ok(())
}

/// Calls a task off. While its landing is under way the landing decides: what may have landed is not called off.
pub(super) fn cancel(turn: &mut Turn, id: TaskId) -> Result<(), Refusal> {
    let task = find(turn, id)?;
    if task.status.is_final() || turn.state.is_landing(id) {
        return Err(wrong(task, "cancelled"));
    }
    moves::call_off(turn, task);
    if task.status == TaskStatus::Proposed {
        plan::left(turn, task);
    }
    Ok(())
}

/// Another attempt with a fresh agent that is told what failed before.
pub(super) fn retry(turn: &mut Turn, id: TaskId) -> Result<(), Refusal> {
    let task = find(turn, id)?;
    if !matches!(task.status, TaskStatus::NeedsReview | TaskStatus::Failed | TaskStatus::Cancelled) {
        return Err(wrong(task, "retried"));
    }
    moves::remember(turn, task);
    if matches!(task.reason, Some(StatusReason::MergeConflict { .. } | StatusReason::DependencyLost { .. })) {
        turn.task(task, TaskNews::FreshPlanned);
    }
    moves::break_off_handoff(turn, task);
    turn.withdraw(task.id, |_| true);
    moves::release(turn, task);
    Ok(())
}
