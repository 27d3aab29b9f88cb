//! What waits for a session, in which order; and which sessions wait to be resumed. Questions to the
//! state that decisions and views share, like `queries`.

use crate::model::{
    ProjectId, Session, SessionId, SessionMode, SessionState, Task, TaskId, TaskStatus, Timestamp, Worker, WorkerNumber,
};

use super::{EffectKind, State};

impl State {
    /// Tasks that wait for a session, in the order in which they get one.
    pub fn queue(&self) -> Vec<&Task> {
        let mut ready: Vec<&Task> = self.ready_since.keys().filter_map(|id| self.task(*id)).collect();
        let since = |id: TaskId| self.ready_since.get(&id).copied();
        ready.sort_by_key(|task| (std::cmp::Reverse(task.priority), since(task.id), task.id));
        ready
    }

    /// Whether a worker's sessions failed so often in a row that it takes no more.
    pub fn has_failed(&self, worker: &Worker) -> bool {
        self.rules.worker_failures > 0 && worker.failures >= self.rules.worker_failures
    }

    /// Seats that were added by themselves and run nothing: since when, if they ever ran something.
    pub(super) fn spare_seats(&self) -> Vec<(ProjectId, WorkerNumber, Option<Timestamp>)> {
        let extra = self.projects.values().flat_map(|project| {
            project.workers.values().filter(|worker| worker.extra).map(move |worker| (project.id, worker))
        });
        let used = |id: ProjectId, number| self.live().any(|session| session.project == id && session.worker == number);
        extra
            .filter(|(id, worker)| worker.is_free() && !used(*id, worker.number))
            .map(|(id, worker)| {
                let last = worker.session.as_ref().and_then(|session| self.session(session));
                (id, worker.number, last.and_then(|session| session.ended_at))
            })
            .collect()
    }

    /// Whether a session that is over can be started again as it was.
    pub fn can_resume(&self, session: &Session) -> bool {
        if session.is_live() {
            return false;
        }
        let Some(task) = session.task else {
            let seat = self.worker(session.project, session.worker);
            return seat.is_some_and(|seat| seat.session.as_ref() == Some(&session.id) && seat.task.is_none());
        };
        self.is_current(session) && self.task(task).is_some_and(|task| task.status == TaskStatus::NeedsReview)
    }

    /// Sessions that were lost and wait to be resumed. Looks at open tasks and seats, not at history.
    pub fn interrupted(&self) -> impl Iterator<Item = &Session> {
        let of_tasks = self.open().filter_map(|task| self.session_of(task));
        let seats = self.projects.values().flat_map(|project| project.workers.values());
        let of_seats = seats.filter_map(|seat| self.session(seat.session.as_ref()?)).filter(|it| it.task.is_none());
        of_tasks.chain(of_seats).filter(|session| session.is_interrupted() && self.can_resume(session))
    }

    /// Whether a live session has nothing to do: full screen, at rest, nobody asked and nothing under way for it.
    pub(super) fn is_resting(&self, session: &Session) -> bool {
        let at_rest = matches!(session.verdict.state, SessionState::Idle | SessionState::WaitingInput);
        let busy = session.parked || self.stops.contains_key(&session.id) || self.dialog_of(&session.id).is_some();
        if !at_rest || busy || session.mode == SessionMode::Autonomous {
            return false;
        }
        if self.pending(|kind| kind.session() == Some(&session.id)).is_some() {
            return false;
        }
        let Some(task) = session.task.and_then(|task| self.task(task)) else { return session.task.is_none() };
        let waits = matches!(task.status, TaskStatus::Executing | TaskStatus::NeedsReview);
        waits && self.question_of(task.id).is_none() && self.handoff_of(task.id).is_none() && !self.is_busy(task.id)
    }

    /// What stands on an agent's command line, or is told to it first. One that goes on with its conversation is
    /// told so: the request alone would make it begin anew.
    pub fn opening(&self, session: &Session, resumes: bool) -> String {
        let handoff = session.task.and_then(|task| self.handoff_of(task));
        let takes_over = handoff.is_some_and(|handoff| handoff.to.as_ref() == Some(&session.id));
        match session.mode {
            SessionMode::Interactive if resumes || takes_over => String::new(),
            SessionMode::Autonomous if resumes && session.resumed => super::brief::RESUMED_HEADLESS.to_owned(),
            _ => {
                let delegation = session.delegation.and_then(|id| self.delegations.get(&id));
                delegation.map(|delegation| delegation.context.clone()).unwrap_or_default()
            }
        }
    }

    /// Ended sessions whose task is over too, and that are not archived yet.
    pub(super) fn to_archive(&self) -> Vec<SessionId> {
        let over = |session: &&Session| match session.task.and_then(|task| self.task(task)) {
            None => true,
            Some(task) => task.status.is_final(),
        };
        let known = self.archiving.iter().filter_map(|id| self.session(id));
        let asked = |id: &SessionId| {
            self.pending(|kind| matches!(kind, EffectKind::ArchiveSession { session } if session == id)).is_some()
        };
        known.filter(over).map(|session| session.id.clone()).filter(|id| !asked(id)).collect()
    }
}
