//! Task news: status and everything that follows from it (seat, attempt, indexes) in one place.

use crate::model::{
    AttemptFailure, Delegation, DelegationStatus, StatusReason, Task, TaskId, TaskStatus, Timestamp, Worker,
    WorkerNumber,
};

use super::super::{State, TaskNews};

pub(super) fn apply(state: &mut State, id: TaskId, news: &TaskNews, at: Timestamp) {
    match news {
        TaskNews::AgentChanged { agent, model } => agent_changed(state, id, agent, model.as_ref()),
        TaskNews::LimitHit { until, told } => super::usage::held(state, id, *until, *told, at),
        TaskNews::Planned { made } => planned(state, made),
        TaskNews::Moved { to, reason, .. } => moved(state, id, *to, reason.as_ref(), at),
        TaskNews::DelegationStarted { delegation } => {
            super::usage::started(state, &delegation.agent, at);
            started(state, id, delegation, at);
        }
        TaskNews::DelegationMoved { status } => delegation_moved(state, id, *status, at),
        TaskNews::Completed { commit } => completed(state, id, commit.clone(), at),
        TaskNews::LandingUndone => landing_undone(state, id),
        TaskNews::WorkerFreed { .. } => freed(state, id, at),
        TaskNews::SentBack { attempt } => sent_back(state, id, *attempt),
        TaskNews::RestartPlanned { until } => {
            state.restart_after.insert(id, *until);
        }
        TaskNews::Restarted => {
            state.restart_after.remove(&id);
            let count = state.restarts.entry(id).or_insert(0);
            *count = count.saturating_add(1);
        }
        TaskNews::ResumePlanned { conversation, after_loss } => {
            state.resumes.insert(id, conversation.clone());
            if *after_loss {
                state.after_loss.insert(id);
            } else {
                state.after_loss.remove(&id);
            }
        }
        TaskNews::Requested => {
            state.requested.insert(id);
        }
        TaskNews::FreshPlanned => {
            state.fresh.insert(id);
        }
        TaskNews::BranchMoved => {
            state.changed.insert(id);
        }
        TaskNews::LandingPostponed { until, .. } => {
            state.landing_after.insert(id, *until);
        }
        TaskNews::WorktreeMade { .. } | TaskNews::WorktreeRemoved { .. } | TaskNews::WorktreeLeft { .. } => {
            worktree(state, id, news);
        }
        _ => {}
    }
    if let Some(task) = state.tasks.get_mut(&id) {
        noted(task, news, at);
    }
}

/// What only the task itself keeps.
fn noted(task: &mut Task, news: &TaskNews, at: Timestamp) {
    task.updated_at = at;
    match news {
        TaskNews::Edited { title, body, agent, mode, worker } => {
            task.title.clone_from(title);
            task.body.clone_from(body);
            task.agent.clone_from(agent);
            task.mode = *mode;
            task.worker = *worker;
        }
        TaskNews::Routed { agent, model, mode, route } => {
            task.agent.clone_from(agent);
            task.model.clone_from(model);
            task.mode = *mode;
            task.route = Some(route.clone());
        }
        TaskNews::Summarized { summary } => task.summary = Some(summary.clone()),
        TaskNews::Checked { runs } => task.checks.clone_from(runs),
        TaskNews::AttemptFailed { summary } => {
            task.failures.push(AttemptFailure { attempt: task.attempts, summary: summary.clone(), at });
        }
        TaskNews::ReasonSet { reason } => task.reason = Some(reason.clone()),
        TaskNews::HeadSeen { head } => task.head = Some(head.clone()),
        TaskNews::Prioritized { priority } => task.priority = *priority,
        TaskNews::Reminded => task.reminders = task.reminders.saturating_add(1),
        TaskNews::LandingPostponed { detail, .. } => {
            task.reason = Some(StatusReason::CheckoutBusy { detail: detail.clone() });
        }
        _ => {}
    }
}

fn planned(state: &mut State, made: &Task) {
    state.last_task = state.last_task.max(made.id.0);
    state.open_tasks.insert(made.id);
    state.shorts.insert(made.short.clone());
    if made.status == TaskStatus::Ready {
        state.ready_since.insert(made.id, made.created_at);
    }
    state.tasks.insert(made.id, made.clone());
}

fn moved(state: &mut State, id: TaskId, to: TaskStatus, reason: Option<&StatusReason>, at: Timestamp) {
    let Some(task) = state.tasks.get_mut(&id) else { return };
    let from = task.status;
    task.status = to;
    task.reason = reason.cloned();
    task.completed_at = to.is_final().then_some(at);
    if to.is_final() {
        state.open_tasks.remove(&id);
        state.resumes.remove(&id);
        state.after_loss.remove(&id);
        state.fresh.remove(&id);
        if task.worktree.is_some() {
            state.closing.insert(id);
        }
    } else {
        state.open_tasks.insert(id);
        state.closing.remove(&id);
    }
    if to != TaskStatus::Merging {
        state.merging_since.remove(&id);
        state.landing_after.remove(&id);
    } else if from != TaskStatus::Merging {
        state.merging_since.insert(id, at);
    }
    if to == TaskStatus::Ready {
        state.ready_since.entry(id).or_insert(at);
    } else {
        state.ready_since.remove(&id);
    }
    if !matches!(to, TaskStatus::Ready | TaskStatus::Blocked) {
        state.requested.remove(&id);
    }
    if to != TaskStatus::Executing {
        state.restart_after.remove(&id);
    }
    state.dismissed.remove(&id);
    if to != TaskStatus::Verifying {
        state.changed.remove(&id);
    }
    if !matches!(to, TaskStatus::Ready | TaskStatus::Executing) {
        state.restarts.remove(&id);
    }
    attempt_follows(state, id, to, at);
    if to.is_final() {
        seat(state, id, |worker| worker.task = None);
    }
}

/// The attempt goes where its task goes.
fn attempt_follows(state: &mut State, id: TaskId, to: TaskStatus, at: Timestamp) {
    let status = match to {
        TaskStatus::Verifying if holds_seat(state, id) => DelegationStatus::Monitoring,
        TaskStatus::Completed => DelegationStatus::Completed,
        TaskStatus::Failed | TaskStatus::Cancelled | TaskStatus::Ready | TaskStatus::Blocked => {
            DelegationStatus::Failed
        }
        _ => return,
    };
    delegation_moved(state, id, status, at);
}

fn delegation_moved(state: &mut State, id: TaskId, status: DelegationStatus, at: Timestamp) {
    let error = state.tasks.get(&id).and_then(|task| task.reason.as_ref()).map(ToString::to_string);
    let result = state.tasks.get(&id).and_then(|task| task.summary.clone());
    let Some(delegation) =
        state.tasks.get(&id).and_then(|task| task.delegation).and_then(|of| state.delegations.get_mut(&of))
    else {
        return;
    };
    if delegation.status == DelegationStatus::Completed {
        return;
    }
    let over = matches!(status, DelegationStatus::Completed | DelegationStatus::Failed);
    if over && delegation.status == DelegationStatus::Failed && status == DelegationStatus::Failed {
        return;
    }
    delegation.status = status;
    delegation.ended_at = over.then_some(at);
    delegation.result = if status == DelegationStatus::Completed { result } else { delegation.result.take() };
    delegation.error = if status == DelegationStatus::Failed { error } else { None };
}

fn started(state: &mut State, id: TaskId, delegation: &Delegation, at: Timestamp) {
    state.last_id = state.last_id.max(delegation.id.0);
    let Some(task) = state.tasks.get_mut(&id) else { return };
    let project = task.project;
    task.delegation = Some(delegation.id);
    task.attempts = delegation.attempt;
    task.worker = Some(delegation.worker);
    task.reminders = 0;
    task.head = None;
    task.summary = None;
    task.started_at = task.started_at.or(Some(at));
    state.delegations.insert(delegation.id, delegation.clone());
    seat(state, id, |worker| worker.task = None);
    if let Some(worker) =
        state.projects.get_mut(&project).and_then(|project| project.workers.get_mut(&delegation.worker))
    {
        worker.task = Some(id);
    }
}

fn sent_back(state: &mut State, id: TaskId, attempt: u32) {
    let Some(task) = state.tasks.get_mut(&id) else { return };
    task.attempts = attempt;
    task.reminders = 0;
    if let Some(delegation) = task.delegation.and_then(|of| state.delegations.get_mut(&of)) {
        delegation.attempt = attempt;
        delegation.status = DelegationStatus::InjectingContext;
        delegation.ended_at = None;
        delegation.error = None;
    }
    state.restarts.remove(&id);
}

/// The attempt goes on with another agent, whose models are others.
fn agent_changed(state: &mut State, id: TaskId, agent: &str, model: Option<&String>) {
    let Some(task) = state.tasks.get_mut(&id) else { return };
    agent.clone_into(&mut task.agent);
    task.model = model.cloned();
    if let Some(delegation) = task.delegation.and_then(|of| state.delegations.get_mut(&of)) {
        agent.clone_into(&mut delegation.agent);
    }
}

fn landing_undone(state: &mut State, id: TaskId) {
    if let Some(task) = state.tasks.get_mut(&id) {
        task.commit = None;
        task.reason = Some(StatusReason::Undone);
    }
}

fn completed(state: &mut State, id: TaskId, commit: Option<String>, at: Timestamp) {
    if let Some(task) = state.tasks.get_mut(&id) {
        task.commit = commit;
        let seat = task.worker.and_then(|number| state.projects.get_mut(&task.project)?.workers.get_mut(&number));
        if let Some(worker) = seat {
            worker.failures = 0;
        }
        moved(state, id, TaskStatus::Completed, None, at);
    }
}

/// The seat goes to others; without one, the attempt is over.
fn freed(state: &mut State, id: TaskId, at: Timestamp) {
    delegation_moved(state, id, DelegationStatus::Failed, at);
    seat(state, id, |worker| worker.task = None);
}

fn worktree(state: &mut State, id: TaskId, news: &TaskNews) {
    let Some(task) = state.tasks.get_mut(&id) else { return };
    match news {
        TaskNews::WorktreeMade { path, branch, base } => {
            state.fresh.remove(&id);
            task.worktree = Some(path.clone());
            task.branch.clone_from(branch);
            task.base = Some(base.clone());
            if task.status.is_final() {
                state.closing.insert(id);
            }
        }
        TaskNews::WorktreeRemoved { .. } => {
            task.worktree = None;
            state.closing.remove(&id);
        }
        _ => {
            state.closing.remove(&id);
        }
    }
}

/// The number of the seat that a task holds.
fn seat_of(state: &State, id: TaskId) -> Option<WorkerNumber> {
    let project = state.projects.get(&state.tasks.get(&id)?.project)?;
    project.workers.values().find(|worker| worker.task == Some(id)).map(|worker| worker.number)
}

fn holds_seat(state: &State, id: TaskId) -> bool {
    seat_of(state, id).is_some()
}

/// Changes the seat that a task holds, if it holds one.
fn seat(state: &mut State, id: TaskId, change: impl FnOnce(&mut Worker)) {
    let Some(number) = seat_of(state, id) else { return };
    let Some(project) = state.tasks.get(&id).map(|task| task.project) else { return };
    if let Some(worker) = state.projects.get_mut(&project).and_then(|project| project.workers.get_mut(&number)) {
        change(worker);
    }
}
