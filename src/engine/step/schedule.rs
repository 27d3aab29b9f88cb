//! What is due now. Level-triggered: each part looks at how things stand and not at how they came to
//! stand so, which makes it also the thing that puts everything in motion again after a crash. The parts
//! do not build on each other within one turn; the schedule is called again until nothing is due.

use std::collections::BTreeSet;

use crate::model::{ProjectId, SessionState, StateSource, StatusReason, Task, TaskStatus};

use super::super::wake::{self, LANDING, STOPPING};
use super::super::{EffectKind, Purpose, Stop, TaskNews, brief};
use super::turn::Turn;
use super::{budget, handoff, limits, moves, queue, report, restate, resume, review, session, workers};

pub(super) fn run(turn: &mut Turn) {
    dependencies(turn);
    restate::settle(turn);
    handoff::unlock(turn);
    workers::breaker(turn);
    resume::due(turn);
    limits::due(turn);
    budget::watch(turn);
    resume::rest(turn);
    silent_stops(turn);
    verification(turn);
    stops(turn);
    seats(turn);
    review::ask(turn);
    resume::offer(turn);
    session::archive_due(turn);
    clean_up(turn);
    landings(turn);
    workers::retire(turn);
    queue::starts(turn);
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
        // at its provider's limit, or without a budget, it is asked for nothing
        let waits = state.ledger.limits.contains_key(&session.id) || budget::waits(turn, session);
        if !stopped || held || waits || state.stops.contains_key(&session.id) {
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
            Some(Stop::Again { at }) if !wake::is_due(*at, turn.now, STOPPING) => continue,
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
        let later = state.landing_after.get(&task.id).is_some_and(|at| !wake::is_due(*at, turn.now, LANDING));
        let held = later || state.commands_held(task.id).is_some();
        if !held && !taken.contains(&task.project) {
            taken.insert(task.project);
            turn.request(EffectKind::Land { task: task.id });
        }
    }
}
