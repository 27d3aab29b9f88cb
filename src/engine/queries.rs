//! Questions to the state that decisions and views share. Nothing here changes anything, and nothing
//! looks at all of history: what is open, live or in the outbox is indexed.

use crate::model::{
    Approval, Delegation, Handoff, ProjectId, Session, SessionId, Subject, Task, TaskId, TaskStatus, Timestamp, Worker,
    WorkerNumber,
};

use super::wake;
use super::{Effect, EffectKind, State};

impl State {
    /// A task by its id.
    pub fn task(&self, task: TaskId) -> Option<&Task> {
        self.tasks.get(&task)
    }

    /// A session by its id.
    pub fn session(&self, session: &SessionId) -> Option<&Session> {
        self.sessions.get(session)
    }

    /// A seat.
    pub fn worker(&self, project: ProjectId, worker: WorkerNumber) -> Option<&Worker> {
        self.projects.get(&project)?.workers.get(&worker)
    }

    /// The live or last attempt at a task.
    pub fn delegation_of(&self, task: &Task) -> Option<&Delegation> {
        self.delegations.get(&task.delegation?)
    }

    /// The session of a task's live or last attempt, over or not.
    pub fn session_of(&self, task: &Task) -> Option<&Session> {
        self.sessions.get(self.delegation_of(task)?.session.as_ref()?)
    }

    /// The session of a task's attempt while it may still have a process.
    pub fn live_session_of(&self, task: &Task) -> Option<&Session> {
        self.session_of(task).filter(|session| session.is_live())
    }

    /// Whether a session is the one that works for its task now (not parked behind a fresh one, not of an older attempt).
    pub fn is_current(&self, session: &Session) -> bool {
        session
            .task
            .and_then(|task| self.task(task))
            .and_then(|task| self.session_of(task))
            .is_some_and(|of| of.id == session.id)
    }

    /// Sessions that may still have a process.
    pub fn live(&self) -> impl Iterator<Item = &Session> {
        self.live_sessions.iter().filter_map(|id| self.sessions.get(id))
    }

    /// Tasks that are not final, by id.
    pub fn open(&self) -> impl Iterator<Item = &Task> {
        self.open_tasks.iter().filter_map(|id| self.tasks.get(id))
    }

    /// Whether any session of a task may still have a process.
    pub fn has_live_session(&self, task: TaskId) -> bool {
        self.live().any(|session| session.task == Some(task))
    }

    /// Approvals that wait.
    pub fn waiting(&self) -> impl Iterator<Item = &Approval> {
        self.open_approvals.iter().filter_map(|id| self.approvals.get(id))
    }

    /// Approvals that wait and hold up this task.
    pub fn waiting_for(&self, task: TaskId) -> impl Iterator<Item = &Approval> {
        self.waiting().filter(move |approval| approval.task == Some(task))
    }

    /// The waiting question about what a session's screen shows.
    pub fn dialog_of(&self, session: &SessionId) -> Option<&Approval> {
        self.waiting()
            .find(|approval| matches!(&approval.subject, Subject::Dialog { session: of, .. } if of == session))
    }

    /// What tells the person that a text for a session does not go out.
    pub fn held_of(&self, session: &SessionId) -> Option<&Approval> {
        self.waiting().find(|approval| matches!(&approval.subject, Subject::Held { session: of, .. } if of == session))
    }

    /// The waiting question about commands that a task wants to run.
    pub fn commands_held(&self, task: TaskId) -> Option<&Approval> {
        self.waiting_for(task).find(|approval| matches!(approval.subject, Subject::Commands { .. }))
    }

    /// The waiting question of a task's agent.
    pub fn question_of(&self, task: TaskId) -> Option<&Approval> {
        self.waiting_for(task).find(|approval| matches!(approval.subject, Subject::Question { .. }))
    }

    /// The handoff under way for a task.
    pub fn handoff_of(&self, task: TaskId) -> Option<&Handoff> {
        self.handing_over().rev().find(|handoff| handoff.task == task)
    }

    /// Handoffs under way, oldest first.
    pub fn handing_over(&self) -> impl DoubleEndedIterator<Item = &Handoff> {
        self.open_handoffs.iter().filter_map(|id| self.handoffs.get(id))
    }

    /// The handoffs of a session, oldest first.
    pub fn handoffs_of(&self, session: &SessionId) -> impl DoubleEndedIterator<Item = &Handoff> {
        self.handed_over.get(session).into_iter().flatten().filter_map(|id| self.handoffs.get(id))
    }

    /// The task that an effect is for.
    pub fn task_of(&self, kind: &EffectKind) -> Option<TaskId> {
        match kind {
            EffectKind::PrepareWorktree { task, .. }
            | EffectKind::CommitLeftovers { task }
            | EffectKind::RunChecks { task }
            | EffectKind::Land { task }
            | EffectKind::RemoveWorktree { task } => Some(*task),
            EffectKind::WriteBrief { handoff }
            | EffectKind::CommitForHandoff { handoff }
            | EffectKind::PushBranch { handoff } => self.handoffs.get(handoff).map(|handoff| handoff.task),
            _ => self.sessions.get(kind.session()?)?.task,
        }
    }

    /// The project that an effect is for.
    pub fn project_of(&self, kind: &EffectKind) -> Option<ProjectId> {
        if let EffectKind::MakePlan { plan, .. } = kind {
            return self.plans.get(plan).map(|plan| plan.project);
        }
        match kind.session() {
            Some(session) => self.sessions.get(session).map(|session| session.project),
            None => self.task(self.task_of(kind)?).map(|task| task.project),
        }
    }

    /// Effects under way that fit.
    pub fn pending(&self, fits: impl Fn(&EffectKind) -> bool) -> Option<&Effect> {
        self.outbox.values().find(|effect| fits(&effect.kind))
    }

    /// Whether anything is under way for a task.
    pub fn is_busy(&self, task: TaskId) -> bool {
        let holds_up = |kind: &EffectKind| !matches!(kind, EffectKind::ArchiveSession { .. });
        self.outbox.values().any(|effect| holds_up(&effect.kind) && self.task_of(&effect.kind) == Some(task))
    }

    /// Whether a task's landing is under way: then only the landing decides what comes next.
    pub fn is_landing(&self, task: TaskId) -> bool {
        self.pending(|kind| matches!(kind, EffectKind::Land { task: of } if *of == task)).is_some()
    }

    /// The command line of a session of the `shell` agent: its task's, or its pane's.
    pub fn run_of(&self, session: &Session) -> Option<&str> {
        match session.task {
            Some(task) => self.task(task)?.run.as_deref(),
            None => self.pane_runs.get(&session.id).map(String::as_str),
        }
    }

    /// Whether a session still has a reason to run. A session without one is stopped.
    pub fn is_wanted(&self, session: &Session, now: Timestamp) -> bool {
        let Some(task) = session.task else { return true };
        let Some(task) = self.task(task) else { return false };
        let at_work = matches!(
            task.status,
            TaskStatus::Executing | TaskStatus::Verifying | TaskStatus::NeedsReview | TaskStatus::Merging
        );
        at_work
            && (self.is_current(session)
                || self.kept_until(session).is_some_and(|until| {
                    let kept = std::time::Duration::from_millis(self.rules.take_back_ms);
                    until.0 == i64::MAX || !wake::is_due(until, now, kept)
                }))
    }

    /// Until when a session that was replaced is kept: the end of time while its handoff runs.
    pub fn kept_until(&self, session: &Session) -> Option<Timestamp> {
        let handoff = self.handoffs_of(&session.id).rev().find(|handoff| handoff.to.is_some())?;
        match handoff.ended_at {
            None => Some(Timestamp(i64::MAX)),
            Some(ended) => Some(ended.after(std::time::Duration::from_millis(self.rules.take_back_ms))),
        }
    }

    /// What a task waits for: dependencies that are still open.
    pub fn unmet(&self, task: &Task) -> Vec<TaskId> {
        let open = |id: &&TaskId| self.task(**id).is_some_and(|dependency| !dependency.status.is_final());
        task.depends.iter().filter(open).copied().collect()
    }

    /// The first dependency that will not land any more by itself.
    pub fn lost_dependency(&self, task: &Task) -> Option<TaskId> {
        let lost = |id: &&TaskId| {
            self.task(**id)
                .is_none_or(|dependency| matches!(dependency.status, TaskStatus::Failed | TaskStatus::Cancelled))
        };
        task.depends.iter().find(lost).copied()
    }
}
