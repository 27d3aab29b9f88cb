//! The queue: which of the tasks that could start gets a session next. By priority, then in the order in which
//! they became ready. Sessions that the engine starts have a limit; those that a person opens have none.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Delegation, DelegationId, DelegationStatus, PlanId, Project, ProjectId, SessionMode, Task, TaskStatus, WorkerNumber,
};

use super::super::wake::{self, PROVIDER};
use super::super::{ProjectNews, Refusal, TaskNews, brief};
use super::launch;
use super::turn::Turn;

/// Whether starting this task by name is a session request that waits, or why it may not wait. Tasks wait in
/// the store without limit; requests for a headless session that nobody can serve soon are refused.
pub(super) fn request(turn: &Turn, task: &Task) -> Result<bool, Refusal> {
    let state = turn.state;
    if task.mode == SessionMode::Interactive || state.slots_used() < usize::from(state.rules.slots) {
        return Ok(false);
    }
    let waiting = state.requested.len();
    if !state.requested.contains(&task.id) && waiting >= usize::from(state.rules.requests) {
        return Err(Refusal::QueueFull { waiting });
    }
    Ok(true)
}

/// Ready tasks get free seats while there are slots.
pub(super) fn starts(turn: &mut Turn) {
    let state = turn.state;
    let mut slots = usize::from(state.rules.slots).saturating_sub(state.slots_used());
    let mut paced: BTreeSet<&str> = BTreeSet::new();
    let mut of_plans: BTreeMap<Option<PlanId>, usize> = BTreeMap::new();
    let mut taken: BTreeMap<ProjectId, BTreeSet<WorkerNumber>> = BTreeMap::new();
    for task in state.queue() {
        let Some(project) = state.projects.get(&task.project) else { continue };
        if state.task_over_budget(task.id, turn.now).is_some() || is_held(turn, task, &paced) {
            continue;
        }
        if state.plan_is_full(task, of_plans.get(&task.plan).copied().unwrap_or_default()) {
            continue;
        }
        let full = slots == 0 && !task.open_ended;
        if full || state.is_busy(task.id) || state.has_live_session(task.id) {
            continue; // its last attempt may still be being cleared away
        }
        let taken = taken.entry(project.id).or_default();
        if let Some(worker) = seat(turn, project, task, taken) {
            taken.insert(worker);
            if !task.open_ended {
                slots = slots.saturating_sub(1);
            }
            paced.extend(state.rules.provider(&task.agent).map(|(name, _)| name.as_str()));
            begin(turn, project, task, worker);
            *of_plans.entry(task.plan).or_default() += 1;
        }
    }
}

/// Whether a task waits for its provider: for its limit, its pace, or a start of this very turn.
fn is_held(turn: &Turn, task: &Task, paced: &BTreeSet<&str>) -> bool {
    let state = turn.state;
    let limited = state.ledger.held.get(&task.id).is_some_and(|limit| !wake::is_due(limit.until, turn.now, PROVIDER));
    let provider = state.rules.provider(&task.agent).map(|(name, _)| name.as_str());
    limited || provider.is_some_and(|name| paced.contains(name)) || state.held_by_pace(&task.agent, turn.now).is_some()
}

/// The seat that a task holds already, the one it wants (made if it is not there), else the lowest free one.
fn seat(turn: &Turn, project: &Project, task: &Task, taken: &BTreeSet<WorkerNumber>) -> Option<WorkerNumber> {
    let state = turn.state;
    let empty = |worker: &WorkerNumber| {
        !taken.contains(worker)
            && !state.live().any(|session| session.project == project.id && session.worker == *worker)
    };
    let held = project.workers.values().find(|worker| worker.task == Some(task.id)).map(|worker| worker.number);
    if held.is_some() {
        return held.filter(empty);
    }
    let free =
        |worker: &WorkerNumber| empty(worker) && project.workers.get(worker).is_none_or(crate::model::Worker::is_free);
    let wanted: Option<WorkerNumber> = task.worker.filter(free);
    let known = || project.workers.keys().find(|worker| free(worker)).copied();
    wanted.or_else(known).or_else(|| grown(turn, project, task).filter(free))
}

/// One seat more while there are fewer than a project may grow to; a session that a person opens always gets one.
fn grown(turn: &Turn, project: &Project, task: &Task) -> Option<WorkerNumber> {
    let next = (1..=u16::MAX).map(WorkerNumber).find(|worker| !project.workers.contains_key(worker))?;
    (task.open_ended || project.workers.len() < usize::from(turn.state.rules.max_seats)).then_some(next)
}

fn begin(turn: &mut Turn, project: &Project, task: &Task, worker: WorkerNumber) {
    if !project.workers.contains_key(&worker) {
        let extra = worker.0 > turn.state.rules.seats && !task.open_ended;
        turn.project(project.id, ProjectNews::SeatAdded { worker, extra });
    }
    let delegation = Delegation {
        id: DelegationId(turn.next_id()),
        task: task.id,
        worker,
        agent: task.agent.clone(),
        session: None,
        attempt: task.attempts.saturating_add(1),
        status: DelegationStatus::Spawning,
        context: brief::compose(turn.state, task),
        result: None,
        error: None,
        started_at: turn.now,
        ended_at: None,
    };
    turn.task(task, TaskNews::DelegationStarted { delegation: Box::new(delegation) });
    turn.move_task(task, TaskStatus::Executing, None);
    launch::prepare(turn, task);
}
