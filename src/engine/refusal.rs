//! Why a command was refused.

use thiserror::Error;

use crate::model::{
    ApprovalId, Explain, HandoffId, Kind, PlanId, ProjectId, SessionId, TaskId, TaskStatus, WorkerNumber,
};

/// A command that the engine does not carry out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No such project.
    #[error("there is no project {0}")]
    NoProject(ProjectId),
    /// No such task.
    #[error("there is no task #{0}")]
    NoTask(TaskId),
    /// No such plan.
    #[error("there is no plan {0}")]
    NoPlan(PlanId),
    /// No such approval.
    #[error("there is no approval {0}")]
    NoApproval(ApprovalId),
    /// No such session.
    #[error("there is no session {}", .0.short())]
    NoSession(SessionId),
    /// No such handoff.
    #[error("there is no handoff {0}")]
    NoHandoff(HandoffId),
    /// No such worker, or it runs nothing.
    #[error("worker {0} runs nothing")]
    WorkerIdle(WorkerNumber),
    /// The seat is taken.
    #[error("worker {worker} is busy with {with}")]
    WorkerBusy {
        /// Which.
        worker: WorkerNumber,
        /// What it does.
        with: String,
    },
    /// As many session requests wait as may.
    #[error("{waiting} session requests wait already, and no more than {waiting} may")]
    QueueFull {
        /// How many wait.
        waiting: usize,
    },
    /// The session cannot be started again, or archived.
    #[error("session {} cannot be {wanted}: {why}", session.short())]
    NotNow {
        /// Which.
        session: SessionId,
        /// Past participle: `restarted`, `archived`.
        wanted: &'static str,
        /// Why not.
        why: &'static str,
    },
    /// There is nothing to resume.
    #[error("no session is interrupted")]
    NothingInterrupted,
    /// A submission without drafts or with an empty title.
    #[error("there is nothing to do in this text")]
    EmptySubmission,
    /// A dependency that does not exist or belongs to another project.
    #[error("it depends on {0}, which does not exist")]
    UnknownDependency(String),
    /// Dependencies in a circle.
    #[error("these tasks wait for each other: {0}")]
    DependencyCycle(String),
    /// The task's status does not allow it.
    #[error("task #{task} is {status}: it cannot be {wanted} now")]
    WrongStatus {
        /// Which task.
        task: TaskId,
        /// Where it stands.
        status: TaskStatus,
        /// Past participle: `landed`, `retried`.
        wanted: &'static str,
    },
    /// The approval was answered or withdrawn.
    #[error("approval {0} no longer waits")]
    ApprovalClosed(ApprovalId),
    /// The worker takes tasks as it is.
    #[error("worker {0} has nothing to reset: it takes tasks")]
    NothingToReset(WorkerNumber),
    /// The plan was confirmed or declined before.
    #[error("plan {0} no longer waits")]
    PlanClosed(PlanId),
    /// The question can only be answered in the pane.
    #[error("approval {0} can only be answered in its pane")]
    OnlyInPane(ApprovalId),
    /// The question offers no answer that holds for more than this once.
    #[error("approval {0} offers no answer for more than this once")]
    NotAlways(ApprovalId),
    /// The worker's session takes no handoff now.
    #[error("worker {worker} cannot be handed off: {why}")]
    NoHandoffNow {
        /// Which.
        worker: WorkerNumber,
        /// Why not.
        why: String,
    },
    /// The handoff's step cannot be steered that way.
    #[error("this handoff cannot be steered that way now: {0}")]
    HandoffNotSteerable(String),
}

impl Explain for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Refusal::NoProject(_)
            | Refusal::NoTask(_)
            | Refusal::NoPlan(_)
            | Refusal::NoApproval(_)
            | Refusal::NoSession(_)
            | Refusal::NoHandoff(_)
            | Refusal::NothingInterrupted => Kind::NotFound,
            Refusal::EmptySubmission | Refusal::UnknownDependency(_) | Refusal::DependencyCycle(_) => Kind::Invalid,
            Refusal::WorkerBusy { .. } | Refusal::QueueFull { .. } => Kind::Busy,
            Refusal::WorkerIdle(_)
            | Refusal::NothingToReset(_)
            | Refusal::WrongStatus { .. }
            | Refusal::ApprovalClosed(_)
            | Refusal::PlanClosed(_)
            | Refusal::OnlyInPane(_)
            | Refusal::NotAlways(_)
            | Refusal::NotNow { .. }
            | Refusal::NoHandoffNow { .. }
            | Refusal::HandoffNotSteerable(_) => Kind::Conflict,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Refusal::NoTask(_) => "`qd task list` shows the tasks",
            Refusal::NoApproval(_) | Refusal::ApprovalClosed(_) => "`qd approval list` shows what waits",
            Refusal::NoSession(_) => "`qd session list` shows the sessions",
            Refusal::WorkerIdle(_) => "`qd worker list` shows what runs where",
            Refusal::WorkerBusy { .. } => "choose another worker, or stop this one with `qd worker stop`",
            Refusal::QueueFull { .. } => "`qd queue` shows what waits; try again when a session has ended",
            Refusal::EmptySubmission => "say what is to be done",
            Refusal::NotAlways(_) => "answer yes or no; `qd approval list` shows what each question offers",
            Refusal::OnlyInPane(_) => "go to the worker's pane and answer there",
            Refusal::WrongStatus { status: TaskStatus::Completed, .. } => "add a new task instead",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
