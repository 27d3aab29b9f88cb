//! What is due now. Level-triggered: each part looks at how things stand and not at how they came to
//! stand so, which makes it also the thing that puts everything in motion again after a crash. The parts
//! do not build on each other within one turn; the schedule is called again until nothing is due.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Delegation, DelegationId, DelegationStatus, Project, ProjectId, SessionState, StateSource, StatusReason, Task,
    TaskStatus, WorkerNumber,
};

use super::super::{EffectKind, ProjectNews, Purpose, Stop, TaskNews, brief};
use super::turn::Turn;
use super::{handoff, moves, report, restate, review, session, start};

pub(super) fn run(turn: &mut Turn) {
    dependencies(turn);
    restate::settle(turn);
    handoff::unlock(turn);
    silent_stops(turn);
    verification(turn);
    stops(turn);
    seats(turn);
    review::ask(turn);
    clean_up(turn);
    landings(turn);
    starts(turn);
}

/// Blocked tasks whose dependencies landed are ready; those whose dependencies were lost need the person.
fn dependencies(turn: &mut Turn) {
    let state = turn.state;
    for task in state.open() {
        let lost = state.lost_dependency(task);
        match (task.status, &task.reason, lost) {
            (TaskStatus::Blocked, _, Some(lost)) if state.unmet(task).is_empty() => {
                moves::to_review(turn, task, StatusReason::DependencyLost { task: lost });
            }
            (TaskStatus::Blocked, _, None) if state.unmet(task).is_empty() => {
                turn.move_task(task, TaskStatus::Ready, None);
            }
            (TaskStatus::Blocked, Some(StatusReason::WaitsFor { tasks }), _) if *tasks != state.unmet(task) => {
                turn.task(task, TaskNews::ReasonSet { reason: StatusReason::WaitsFor { tasks: state.unmet(task) } });
            }
            (TaskStatus::NeedsReview, Some(StatusReason::DependencyLost { .. }), None) => {
                let tasks = state.unmet(task);
                turn.move_task(task, TaskStatus::Blocked, Some(StatusReason::WaitsFor { tasks }));
            }
            _ => {}
        }
    }
}

/// A turn that ended without a report: one reminder, then the person. A question on the screen goes to the person
/// at once. In an open session the person is there already.
fn silent_stops(turn: &mut Turn) {
    let state = turn.state;
    for task in state.open().filter(|task| task.status == TaskStatus::Executing && !task.open_ended) {
        let Some(session) = state.live_session_of(task).filter(|session| session.prompted && !session.parked) else {
            continue;
        };
        let stopped =
            session.verdict.state == SessionState::WaitingInput && session.verdict.source == StateSource::Hook;
        let told = state
            .pending(|kind| matches!(kind, EffectKind::DeliverPrompt { session: of, .. } if *of == session.id))
            .is_some();
        let held = told || state.question_of(task.id).is_some() || state.handoff_of(task.id).is_some();
        if !stopped || held || state.stops.contains_key(&session.id) {
            continue;
        }
        if session.verdict.evidence.contains('?') {
            report::put(turn, task, session, &session.verdict.evidence);
        } else if task.reminders < state.rules.reminders {
            turn.task(task, TaskNews::Reminded);
            let text = brief::REMINDER.to_owned();
            turn.request(EffectKind::DeliverPrompt { session: session.id.clone(), text, purpose: Purpose::Reminder });
        } else {
            moves::to_review(turn, task, StatusReason::LooksFinished);
            session::ask_finished(turn, task, session);
        }
    }
}

/// A task that is being verified has something under way for it, or a question to the person; else it is looked at again.
fn verification(turn: &mut Turn) {
    let state = turn.state;
    for task in state.open().filter(|task| task.status == TaskStatus::Verifying) {
        if !state.is_busy(task.id) && state.commands_held(task.id).is_none() {
            turn.request_once(EffectKind::CommitLeftovers { task: task.id });
        }
    }
}

/// Sessions that are to end, or that nothing needs any more. One that is still starting ends when it has started.
fn stops(turn: &mut Turn) {
    let state = turn.state;
    for session in state.live() {
        let now = match state.stops.get(&session.id) {
            Some(Stop::Asked) => continue,
            Some(Stop::Again { at }) if *at > turn.now => continue,
            Some(Stop::Again { .. }) => true,
            Some(Stop::Due { now }) => *now,
            None if state.is_wanted(session, turn.now) => continue,
            None => false,
        };
        let starting =
            state.pending(|kind| matches!(kind, EffectKind::StartSession { session: of, .. } if *of == session.id));
        if starting.is_none() {
            turn.request(EffectKind::StopSession { session: session.id.clone(), now });
        }
    }
}

/// A task that waits for the person without a running agent gives its seat to others.
fn seats(turn: &mut Turn) {
    let state = turn.state;
    let held = state.projects.values().flat_map(|project| project.workers.values());
    for worker in held {
        let Some(task) = worker.task.and_then(|task| state.task(task)) else { continue };
        if task.status == TaskStatus::NeedsReview && !state.has_live_session(task.id) {
            turn.task(task, TaskNews::WorkerFreed { worker: worker.number });
        }
    }
}

/// Worktrees of final tasks go once nothing runs in them.
fn clean_up(turn: &mut Turn) {
    let state = turn.state;
    for id in &state.closing {
        if !state.has_live_session(*id) && !state.is_busy(*id) {
            turn.request(EffectKind::RemoveWorktree { task: *id });
        }
    }
}

/// One landing at a time in each project, in the order in which the tasks came to merge.
fn landings(turn: &mut Turn) {
    let state = turn.state;
    let under_way: BTreeSet<ProjectId> = state
        .outbox
        .values()
        .filter(|effect| matches!(effect.kind, EffectKind::Land { .. }))
        .filter_map(|effect| state.project_of(&effect.kind))
        .collect();
    let mut queue: Vec<&Task> = state.open().filter(|task| task.status == TaskStatus::Merging).collect();
    queue.sort_by_key(|task| (state.merging_since.get(&task.id).copied(), task.id));
    let mut taken = under_way;
    for task in queue {
        let later = state.landing_after.get(&task.id).is_some_and(|at| *at > turn.now);
        let held = later || state.commands_held(task.id).is_some();
        if !held && !taken.contains(&task.project) {
            taken.insert(task.project);
            turn.request(EffectKind::Land { task: task.id });
        }
    }
}

/// Ready tasks get free seats while there are slots, oldest first.
fn starts(turn: &mut Turn) {
    let state = turn.state;
    let mut slots = usize::from(state.rules.slots).saturating_sub(state.slots_used());
    let mut taken: BTreeMap<ProjectId, BTreeSet<WorkerNumber>> = BTreeMap::new();
    for task in state.open().filter(|task| task.status == TaskStatus::Ready) {
        if slots == 0 {
            return;
        }
        let Some(project) = state.projects.get(&task.project) else { continue };
        if state.is_busy(task.id) || state.has_live_session(task.id) {
            continue; // its last attempt is still being cleared away
        }
        let taken = taken.entry(project.id).or_default();
        if let Some(worker) = seat(turn, project, task, taken) {
            taken.insert(worker);
            slots = slots.saturating_sub(1);
            begin(turn, project, task, worker);
        }
    }
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
    wanted.or_else(|| project.workers.keys().find(|worker| free(worker)).copied())
}

fn begin(turn: &mut Turn, project: &Project, task: &Task, worker: WorkerNumber) {
    if !project.workers.contains_key(&worker) {
        turn.project(project.id, ProjectNews::SeatAdded { worker });
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
    start::prepare(turn, task);
}
