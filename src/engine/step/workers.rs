//! Seats: the circuit breaker that takes a worker offline, and seats that come and go with the queue.

use std::time::Duration;

use crate::model::{ProjectId, Subject, TaskStatus, Timestamp, WorkerNumber};

use super::super::wake;
use super::super::{ApprovalNews, ProjectNews, Refusal};
use super::turn::{Question, Turn};

/// Workers whose sessions failed too often in a row take no more tasks until the person says so.
pub(super) fn breaker(turn: &mut Turn) {
    let state = turn.state;
    for project in state.projects.values() {
        let failing = project.workers.values().filter(|worker| state.has_failed(worker) && worker.offline.is_none());
        for worker in failing {
            let last = worker.session.as_ref().and_then(|session| state.session(session));
            let how = last.map(|session| session.verdict.evidence.clone()).unwrap_or_default();
            let detail = format!("{} sessions failed in a row; the last one {how}", worker.failures);
            let news = ProjectNews::WorkerOffline { worker: worker.number, detail: detail.clone() };
            turn.project(project.id, news);
            turn.ask(Question {
                project: project.id,
                task: None,
                subject: Subject::Offline { worker: worker.number },
                title: format!("Worker {} is offline: take it back?", worker.number),
                detail: format!("{detail}\nOr: `qd worker reset {}`", worker.number),
            });
        }
    }
}

/// Takes a worker back.
pub(super) fn reset(turn: &mut Turn, id: ProjectId, number: WorkerNumber) -> Result<(), Refusal> {
    let state = turn.state;
    let project = state.projects.get(&id).ok_or(Refusal::NoProject(id))?;
    let worker = project.workers.get(&number).ok_or(Refusal::WorkerIdle(number))?;
    if worker.offline.is_none() && worker.failures == 0 {
        return Err(Refusal::NothingToReset(number));
    }
    for approval in state.waiting().filter(|approval| approval.project == id) {
        if matches!(approval.subject, Subject::Offline { worker } if worker == number) && !turn.closed_now(approval.id)
        {
            turn.approval(approval, ApprovalNews::Withdrawn);
        }
    }
    turn.project(id, ProjectNews::WorkerReset { worker: number });
    Ok(())
}

/// Seats that were added because much was waiting go again when nothing is.
pub(super) fn retire(turn: &mut Turn) {
    let state = turn.state;
    let patience = Duration::from_millis(state.rules.retire_ms);
    for (project, worker, idle_since) in state.spare_seats() {
        let waiting = state.open().any(|task| task.project == project && task.status == TaskStatus::Ready);
        let since = idle_since.unwrap_or(Timestamp(i64::MIN));
        if !waiting && wake::is_due(since.after(patience), turn.now, patience) {
            turn.project(project, ProjectNews::SeatRetired { worker });
        }
    }
}
