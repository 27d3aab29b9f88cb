//! A task: one unit of work, with the state machine of PRODUCT §6.

mod draft;
mod evidence;
mod reason;
mod traits;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{DelegationId, ExecutorKind, PlanId, ProjectId, Route, SessionMode, TaskId, Timestamp, WorkerNumber};

pub use draft::{Dependency, Forecast, Fork, TaskDraft};
pub use evidence::{AttemptFailure, CheckRun};
pub use reason::StatusReason;
pub use traits::{Autonomy, Complexity, Priority, TaskType, WaitsFor};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Accepted.
    Queued,
    /// A planner is at work on it.
    Planning,
    /// Its plan waits for a yes (or, with autonomy `manual`, for `run`).
    Proposed,
    /// Waits for a worker or a slot.
    Ready,
    /// A delegation is live.
    Executing,
    /// The agent says done; leftovers are committed and checks run.
    Verifying,
    /// A person must look.
    NeedsReview,
    /// Waits for a dependency, children or infrastructure.
    Blocked,
    /// In the merge queue.
    Merging,
    /// Landed (or finished without changes where that is allowed).
    Completed,
    /// Given up.
    Failed,
    /// Called off by the person.
    Cancelled,
}

impl TaskStatus {
    /// Every status, in the order of a task's life.
    pub const ALL: [TaskStatus; 12] = [
        TaskStatus::Queued,
        TaskStatus::Planning,
        TaskStatus::Proposed,
        TaskStatus::Ready,
        TaskStatus::Executing,
        TaskStatus::Verifying,
        TaskStatus::NeedsReview,
        TaskStatus::Blocked,
        TaskStatus::Merging,
        TaskStatus::Completed,
        TaskStatus::Failed,
        TaskStatus::Cancelled,
    ];

    /// Completed, failed and cancelled tasks never move again, except that a failed or cancelled one may be retried.
    pub fn is_final(self) -> bool {
        matches!(self, TaskStatus::Completed | TaskStatus::Failed | TaskStatus::Cancelled)
    }

    /// Whether the state machine has an edge from here to `next`.
    pub fn can_become(self, next: TaskStatus) -> bool {
        use TaskStatus::{
            Blocked, Cancelled, Completed, Executing, Failed, Merging, NeedsReview, Planning, Proposed, Queued, Ready,
            Verifying,
        };
        match (self, next) {
            (Completed, _) => false,
            (Failed | Cancelled, Ready | Blocked) => true, // retry
            (Failed | Cancelled, _) => false,
            (_, Cancelled | Failed) => true,
            (Queued, Planning | Proposed | Ready | Blocked) => true,
            (Planning, Proposed | Ready | Blocked | NeedsReview) => true,
            (Proposed, Ready | Blocked) => true,
            (Ready, Executing | Blocked | NeedsReview) => true,
            (Blocked, Ready | NeedsReview) => true,
            (Executing, Verifying | NeedsReview | Ready | Blocked) => true,
            (Verifying, Executing | NeedsReview | Merging | Completed | Ready) => true,
            (NeedsReview, Ready | Executing | Verifying | Merging | Blocked | Completed) => true,
            (Merging, Completed | NeedsReview | Executing | Ready | Verifying) => true,
            _ => false,
        }
    }

    /// The word used in JSON, on the command line and on screen.
    pub fn word(self) -> &'static str {
        match self {
            TaskStatus::Queued => "queued",
            TaskStatus::Planning => "planning",
            TaskStatus::Proposed => "proposed",
            TaskStatus::Ready => "ready",
            TaskStatus::Executing => "executing",
            TaskStatus::Verifying => "verifying",
            TaskStatus::NeedsReview => "needs_review",
            TaskStatus::Blocked => "blocked",
            TaskStatus::Merging => "merging",
            TaskStatus::Completed => "completed",
            TaskStatus::Failed => "failed",
            TaskStatus::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One unit of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Whose it is.
    pub project: ProjectId,
    /// The plan it came from.
    pub plan: Option<PlanId>,
    /// Six characters that make its branch and directory names unique across stores.
    pub short: String,
    /// One line.
    pub title: String,
    /// The whole request, unchanged.
    pub body: String,
    /// What kind of work.
    pub task_type: TaskType,
    /// How hard.
    pub complexity: Complexity,
    /// How sure the planner is, 0–1.
    pub confidence: f32,
    /// Where it stands.
    pub status: TaskStatus,
    /// Why it stands there.
    pub reason: Option<StatusReason>,
    /// The agent's name.
    pub agent: String,
    /// The agent's model; `None` is its own default.
    pub model: Option<String>,
    /// The shell command of a `shell` task.
    pub run: Option<String>,
    /// A role of the catalogue.
    pub role: Option<String>,
    /// The role's text as it was when planned.
    pub instructions: Option<String>,
    /// Its autonomy (decided when it was made).
    pub autonomy: Autonomy,
    /// How its agent runs (decided when it was made).
    pub mode: SessionMode,
    /// The worker it is on, was on, or is wanted on.
    pub worker: Option<WorkerNumber>,
    /// Its branch.
    pub branch: String,
    /// Its worktree, once there is one; gone again after landing.
    pub worktree: Option<PathBuf>,
    /// The commit its branch started from (hex).
    pub base: Option<String>,
    /// What must have landed first.
    pub depends: BTreeSet<TaskId>,
    /// An open session rather than a request: no brief, no reminder; over when the person says so.
    #[serde(default)]
    pub open_ended: bool,
    /// It began with a copy of a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<Fork>,
    /// Where it runs (decided when it was made).
    #[serde(default)]
    pub executor: ExecutorKind,
    /// What goes first when several wait.
    #[serde(default)]
    pub priority: Priority,
    /// What its planner expects of it.
    #[serde(default)]
    pub forecast: Forecast,
    /// Why it has its agent and model.
    #[serde(default)]
    pub route: Option<Route>,
    /// The commit of its branch that was last checked and is what a landing lands (hex).
    #[serde(default)]
    pub head: Option<String>,
    /// How often it was started or sent back, from 1 at the first start.
    pub attempts: u32,
    /// The live or last attempt.
    pub delegation: Option<DelegationId>,
    /// What the agent said of its result.
    pub summary: Option<String>,
    /// The last checks that ran for it.
    pub checks: Vec<CheckRun>,
    /// What failed before.
    pub failures: Vec<AttemptFailure>,
    /// How many reminders to report were sent in this attempt.
    pub reminders: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When its first attempt started.
    pub started_at: Option<Timestamp>,
    /// When it became final.
    pub completed_at: Option<Timestamp>,
    /// What landed (hex).
    pub commit: Option<String>,
}
