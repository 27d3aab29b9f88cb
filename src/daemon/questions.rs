//! Questions about how things stand, answered from the store and git: no model is asked.

use std::sync::Arc;

use crate::engine::{Refusal, State};
use crate::git::GitError;
use crate::model::{ProjectId, Task, TaskId, TaskStatus, WorkerNumber, one_line, spoken, truncate};
use crate::planning::StateQuestion;
use crate::protocol::control::Failure;

use super::blocking::blocking;
use super::core::now;
use super::usage as spending;
use super::{Daemon, views};

/// Files that an answer names.
const MOST_FILES: usize = 20;

/// The answer.
pub(super) async fn answer(daemon: &Arc<Daemon>, project: ProjectId, asked: StateQuestion) -> Result<String, Failure> {
    match asked {
        StateQuestion::Why(id) => daemon.core.look(move |state, _| why(state, project, id)).await?,
        StateQuestion::ChangedBy(id) => changed(daemon, project, id).await,
        StateQuestion::WorkerChanged(number) => {
            let task = daemon.core.look(move |state, _| last_task(state, project, number)).await?;
            match task {
                Some(task) => changed(daemon, project, task).await,
                None => Ok(format!("Worker {number} has no task.")),
            }
        }
        StateQuestion::WorkerDoes(number) => daemon.core.look(move |state, _| doing(state, project, number)).await,
        StateQuestion::Needs => daemon.core.look(move |state, _| needs(state, project)).await,
        StateQuestion::Failed => daemon.core.look(move |state, _| failed(state, project)).await,
        StateQuestion::Cost => usage(daemon, project).await,
    }
}

fn of_project(state: &State, project: ProjectId, id: TaskId) -> Result<&Task, Failure> {
    let task = state.task(id).filter(|task| task.project == project);
    task.ok_or_else(|| Failure::of(&Refusal::NoTask(id)))
}

/// Where a task stands, and what for.
fn why(state: &State, project: ProjectId, id: TaskId) -> Result<String, Failure> {
    let task = of_project(state, project, id)?;
    let mut lines = vec![line(state, task)];
    lines.extend(state.needs(id).map(|needs| format!("It needs you: {needs}.")));
    lines.extend(state.waits_for(task).map(|waits| format!("It waits for {waits}.")));
    for other in state.unmet(task).into_iter().filter_map(|id| state.task(id)) {
        lines.push(format!("  {}", line(state, other)));
    }
    if let Some(failure) = task.failures.last() {
        lines.push(format!("Attempt {} failed: {}", failure.attempt, truncate(&one_line(&failure.summary), 200)));
    }
    Ok(lines.join("\n"))
}

/// One task in one line.
pub(super) fn line(state: &State, task: &Task) -> String {
    let why = task.reason.as_ref().map(|reason| format!(" ({})", one_line(&reason.to_string()))).unwrap_or_default();
    let seated =
        state.worker(task.project, task.worker.unwrap_or(WorkerNumber(0))).is_some_and(|it| it.task == Some(task.id));
    let seat = task.worker.filter(|_| seated).map(|worker| format!(" on worker {worker}")).unwrap_or_default();
    format!("#{} {} – {}{seat}{why}", task.id, truncate(&one_line(&task.title), 60), task.status)
}

/// The task that a worker has, or had last.
fn last_task(state: &State, project: ProjectId, number: WorkerNumber) -> Option<TaskId> {
    let seat = state.worker(project, number)?;
    let before = || {
        let tried = state.delegations.values().rev().filter(|attempt| attempt.worker == number);
        tried
            .filter(|attempt| state.task(attempt.task).is_some_and(|task| task.project == project))
            .map(|it| it.task)
            .next()
    };
    seat.task.or_else(before)
}

fn doing(state: &State, project: ProjectId, number: WorkerNumber) -> String {
    let Some(seat) = state.worker(project, number) else { return format!("There is no worker {number}.") };
    let session = seat.session.as_ref().and_then(|id| state.session(id)).filter(|session| session.is_live());
    let task = seat.task.and_then(|id| state.task(id));
    match (session, task) {
        (None, None) => format!("Worker {number} does nothing."),
        (None, Some(task)) => format!("Worker {number}: {}", line(state, task)),
        (Some(session), task) => {
            let on = task.map(|task| format!("\n{}", line(state, task))).unwrap_or_default();
            let verdict = &session.verdict;
            let age = spoken(now().since(verdict.at));
            let is = verdict.state.word().replace('_', " ");
            let evidence = truncate(&one_line(&verdict.evidence), 100);
            format!("Worker {number} ({}) is {is}, for {age} ({evidence}){on}", session.agent)
        }
    }
}

fn needs(state: &State, project: ProjectId) -> String {
    let waiting = views::approvals(state, Some(project));
    let lines: Vec<String> = waiting.iter().map(|it| format!("{} {}", it.id, one_line(&it.title))).collect();
    if lines.is_empty() { "Nothing waits for you.".to_owned() } else { lines.join("\n") }
}

fn failed(state: &State, project: ProjectId) -> String {
    let bad = |task: &&Task| {
        task.project == project
            && (task.status == TaskStatus::Failed
                || (task.status == TaskStatus::NeedsReview && !task.failures.is_empty()))
    };
    let lines: Vec<String> = state.tasks.values().rev().filter(bad).take(10).map(|task| line(state, task)).collect();
    if lines.is_empty() { "Nothing failed.".to_owned() } else { lines.join("\n") }
}

/// What agents and planning used.
pub(super) async fn usage(daemon: &Arc<Daemon>, project: ProjectId) -> Result<String, Failure> {
    let most = daemon.settings.planner.calls_per_hour;
    let looked = daemon.core.look(move |state, _| {
        (spending::told(state, project, now()), state.model_calls.get(&project).cloned().unwrap_or_default())
    });
    let (told, calls) = looked.await?;
    let today = calls.on_day_of(now());
    let plural = if today == 1 { "call" } else { "calls" };
    Ok(format!(
        "{told}\nPlanning: {today} model {plural} today (UTC); at most {most} an hour. Watching the agents used none."
    ))
}

/// What a task's branch and worktree hold that its base does not.
async fn changed(daemon: &Arc<Daemon>, project: ProjectId, id: TaskId) -> Result<String, Failure> {
    let (of, task) = daemon.project_and_task(id).await?;
    if of.id != project {
        return Err(Failure::of(&Refusal::NoTask(id)));
    }
    let opening = daemon.repository(&of);
    let head = task.head.clone();
    let (base, commit, is_over) = (task.base.clone(), task.commit.clone(), task.status.is_final());
    // the worktree of a task that is over is just being removed: what it holds means nothing any more
    let worktree = task.worktree.clone().filter(|_| !is_over || (head.is_none() && commit.is_none()));
    let (files, dirty) = blocking(move || {
        let repository = opening.open()?;
        let Some(base) = base else { return Ok::<_, GitError>((Vec::new(), Vec::new())) };
        let place = worktree.and_then(|path| repository.worktree_at(&path).ok());
        let there = place.as_ref().and_then(|place| {
            repository.collect(place).ok()?;
            repository.head_of(place).ok()
        });
        let head = if is_over { head.or(commit).or(there) } else { there.or(head).or(commit) };
        let files = head.map(|head| repository.changed_files(&base, &head)).transpose()?.unwrap_or_default();
        let dirty = place.and_then(|place| repository.dirty_in(&place).ok()).unwrap_or_default();
        Ok((files, dirty))
    })
    .await?;
    let mut lines: Vec<String> =
        files.iter().map(|(file, added, removed)| format!("  {} +{added} -{removed}", one_line(file))).collect();
    lines.extend(dirty.iter().map(|file| format!("  {} (not committed)", one_line(file))));
    let more = lines.len().saturating_sub(MOST_FILES);
    lines.truncate(MOST_FILES);
    if more > 0 {
        lines.push(format!("  and {more} more: `qd task diff {id}`"));
    }
    let title = truncate(&one_line(&task.title), 60);
    if lines.is_empty() {
        return Ok(format!("#{id} {title}: nothing is changed."));
    }
    Ok(format!("#{id} {title}:\n{}", lines.join("\n")))
}
