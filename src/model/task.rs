//! A task: one unit of work, with the state machine of PRODUCT §6.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    Amount, DelegationId, ExecutorKind, PlanId, ProjectId, Route, SessionId, SessionMode, TaskId, Timestamp,
    WorkerNumber,
};

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

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskType {
    /// Something new.
    Feature,
    /// Something broken.
    Bug,
    /// Same behaviour, better shape.
    Refactor,
    /// Tests.
    Test,
    /// Words for readers.
    Documentation,
    /// Finding out; may complete without changes.
    Research,
    /// Everything else.
    Chore,
}

impl TaskType {
    /// The first part of its branch names.
    pub fn branch_prefix(self) -> &'static str {
        match self {
            TaskType::Feature => "feat",
            TaskType::Bug => "fix",
            TaskType::Refactor => "refactor",
            TaskType::Test => "test",
            TaskType::Documentation => "docs",
            TaskType::Research | TaskType::Chore => "chore",
        }
    }
}

/// How hard it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Complexity {
    /// A few lines.
    Simple,
    /// A day's work for a person.
    Medium,
    /// Several parts.
    Complex,
}

/// What happens after planning and before landing without the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Nothing starts until the person starts each task.
    Manual,
    /// The plan waits for one yes; landing asks.
    #[default]
    Confirm,
    /// Starts at once and lands by itself when green.
    Full,
}

impl Autonomy {
    /// The word used everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Autonomy::Manual => "manual",
            Autonomy::Confirm => "confirm",
            Autonomy::Full => "full",
        }
    }
}

/// What goes first when several tasks wait for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// In the order in which tasks became ready.
    #[default]
    Normal,
    /// Before those.
    High,
    /// Before everything.
    Urgent,
}

impl Priority {
    /// Every priority, lowest first.
    pub const ALL: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

    /// The word used everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }
}

impl FromStr for Priority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Priority::ALL.into_iter().find(|priority| priority.word() == text);
        known.ok_or_else(|| format!("`{text}` is none of low, normal, high, urgent"))
    }
}

/// What a task that could start waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// Other tasks that must land first.
    Dependency,
    /// One of the sessions that may run at once.
    Slot,
    /// A free worker.
    Worker,
    /// A landing before it.
    Landing,
    /// The pause after a crash.
    Restart,
    /// The person's own checkout, which is not clean.
    Checkout,
    /// The person, who was asked and left it as it is.
    You,
    /// A budget that is used up.
    Budget,
    /// A provider: its limit, or its pace.
    Provider,
}

impl WaitsFor {
    /// The word used in JSON and on screen.
    pub fn word(self) -> &'static str {
        match self {
            WaitsFor::Dependency => "dependency",
            WaitsFor::Slot => "slot",
            WaitsFor::Worker => "worker",
            WaitsFor::Landing => "landing",
            WaitsFor::Restart => "restart",
            WaitsFor::Checkout => "checkout",
            WaitsFor::You => "you",
            WaitsFor::Budget => "budget",
            WaitsFor::Provider => "provider",
        }
    }
}

/// What a planned task depends on: one that exists, or one of the same plan by its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dependency {
    /// A task of the project.
    Task(TaskId),
    /// The draft at this index of the same plan.
    Sibling(usize),
}

/// What a planner expects of a task beyond what it asks for. Estimates, marked as such wherever they are shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Forecast {
    /// Paths or directories that it will probably touch, relative to the repository.
    pub files: Vec<String>,
    /// Skills that would help.
    pub skills: Vec<String>,
    /// How long an agent will probably take, in minutes.
    pub minutes: Option<u32>,
    /// How many tokens it will probably use, in and out together.
    pub tokens: Option<u64>,
    /// What could go wrong, one line each.
    pub risks: Vec<String>,
    /// Programs that would help.
    pub tools: Vec<String>,
    /// What the agent is to keep to, one line each.
    pub constraints: Vec<String>,
}

/// A task as a planner or a person proposes it; the engine makes the `Task`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskDraft {
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
    /// The agent's name: always decided by the time it is a draft.
    pub agent: String,
    /// The agent's model; `None` is the agent's own default.
    pub model: Option<String>,
    /// The shell command of a `shell` task.
    pub run: Option<String>,
    /// A role of the catalogue.
    pub role: Option<String>,
    /// The role's text (identity and rules) as it was when planned; goes into the agent's brief.
    pub instructions: Option<String>,
    /// The seat the person asked for.
    pub worker: Option<WorkerNumber>,
    /// Overrides the project's autonomy.
    pub autonomy: Option<Autonomy>,
    /// Overrides what follows from the autonomy.
    pub mode: Option<SessionMode>,
    /// What must have landed first.
    pub depends: Vec<Dependency>,
    /// An open session rather than a request: it gets no brief and no reminder, and is over when the person says so.
    #[serde(default)]
    pub open_ended: bool,
    /// It begins with a copy of a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<Fork>,
    /// Where it runs; always decided by the time it is a draft of the daemon's.
    #[serde(default)]
    pub executor: ExecutorKind,
    /// What goes first when several wait.
    #[serde(default)]
    pub priority: Priority,
    /// What the planner expects of it.
    #[serde(default)]
    pub forecast: Forecast,
    /// Why it has its agent and model. Between a model and the router: who the model proposes.
    #[serde(default)]
    pub route: Option<Route>,
    /// What it may use; `None` is what the configuration says.
    #[serde(default)]
    pub budget: Option<Amount>,
}

/// What an open session is a copy of: a conversation, and the work that it was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// Whose conversation it was.
    pub session: SessionId,
    /// The agent's own id of it.
    pub conversation: String,
    /// The commit that the worktree starts from (hex); `None` is the target as it is.
    pub from: Option<String>,
}

/// Why a task stands where it stands, when its status alone does not say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum StatusReason {
    /// Waits for these tasks to land.
    WaitsFor {
        /// The tasks.
        tasks: Vec<TaskId>,
    },
    /// Checks are green (or there are none); landing waits for a yes.
    ReadyToLand {
        /// False when the project has no checks, which is said wherever the landing is offered.
        checked: bool,
    },
    /// It and the target both changed these files.
    MergeConflict {
        /// Paths, relative to the repository.
        files: Vec<String>,
    },
    /// A check failed.
    ChecksFailed {
        /// The check's name.
        check: String,
        /// The last lines of its output.
        log: String,
    },
    /// The target's checkout cannot move now: dirty, mid-operation, or a file is in the way. It lands when it can.
    CheckoutBusy {
        /// What is in the way.
        detail: String,
    },
    /// The agent ended without finishing, or could not be started.
    AgentFailed {
        /// What it said or how it ended.
        detail: String,
    },
    /// The agent says it is done but nothing changed.
    NoChanges,
    /// It was to land something, and its branch holds nothing that the target lacks.
    NothingToLand,
    /// The agent stopped twice without `qd report done`.
    LooksFinished,
    /// The agent asks the person something.
    Asks {
        /// The question.
        question: String,
    },
    /// Git, the disk or another part of the world refused.
    WorldFailed {
        /// What refused and why.
        detail: String,
    },
    /// Its session was lost with its host or the machine.
    Interrupted,
    /// Its session had nothing to do for the configured time and was ended; its conversation is kept.
    Rested,
    /// Two attempts in a row came to the same: another one would too.
    Stuck {
        /// What was the same.
        what: String,
        /// The evidence: the last lines of the check's output.
        log: String,
    },
    /// `max_attempts` reached.
    AttemptsUsedUp,
    /// A dependency failed or was called off.
    DependencyLost {
        /// Which one.
        task: TaskId,
    },
    /// A budget is used up, and its agent was ended; its work and its conversation are kept.
    OverBudget {
        /// Which budget, in words.
        detail: String,
    },
    /// It landed, and the person took that back.
    Undone,
    /// Its session changed files in the person's own checkout, and was stopped.
    LeftWorktree {
        /// Which.
        files: Vec<String>,
    },
    /// The person did it.
    ByPerson,
}

impl StatusReason {
    /// Whether the attempt came to nothing.
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            StatusReason::MergeConflict { .. }
                | StatusReason::ChecksFailed { .. }
                | StatusReason::AgentFailed { .. }
                | StatusReason::WorldFailed { .. }
                | StatusReason::AttemptsUsedUp
        )
    }
}

impl fmt::Display for StatusReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusReason::WaitsFor { tasks } => {
                let list: Vec<_> = tasks.iter().map(|task| format!("#{task}")).collect();
                write!(f, "waits for {}", list.join(", "))
            }
            StatusReason::ReadyToLand { checked: true } => f.write_str("checks passed, ready to land"),
            StatusReason::ReadyToLand { checked: false } => {
                f.write_str("ready to land; no checks are known for this project")
            }
            StatusReason::MergeConflict { files } => write!(f, "conflict in {}", files.join(", ")),
            StatusReason::ChecksFailed { check, .. } => write!(f, "check `{check}` failed"),
            StatusReason::CheckoutBusy { detail } => write!(f, "the target's checkout is busy: {detail}"),
            StatusReason::AgentFailed { detail } => write!(f, "the agent failed: {detail}"),
            StatusReason::NoChanges => f.write_str("the agent says done, but nothing changed"),
            StatusReason::NothingToLand => f.write_str("its branch holds nothing that the target lacks"),
            StatusReason::LooksFinished => f.write_str("looks finished, but the agent did not report it"),
            StatusReason::Asks { question } => write!(f, "asks: {question}"),
            StatusReason::WorldFailed { detail } => f.write_str(detail),
            StatusReason::Interrupted => f.write_str("its session was interrupted"),
            StatusReason::Rested => f.write_str("its session was idle and was ended; its conversation is kept"),
            StatusReason::Stuck { what, .. } => write!(f, "stuck: {what}"),
            StatusReason::AttemptsUsedUp => f.write_str("all attempts are used up"),
            StatusReason::DependencyLost { task } => write!(f, "#{task}, which it depends on, did not land"),
            StatusReason::OverBudget { detail } => f.write_str(detail),
            StatusReason::Undone => f.write_str("landed, then taken back by you"),
            StatusReason::LeftWorktree { files } => {
                write!(f, "it changed files in your own checkout ({})", files.join(", "))
            }
            StatusReason::ByPerson => f.write_str("by you"),
        }
    }
}

/// One run of one check: the evidence that is kept with a landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// The check's name.
    pub name: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The exit code; `None` when a signal or our time limit ended it.
    pub exit_code: Option<i32>,
    /// How long it ran.
    pub duration_ms: u64,
    /// The tree it ran on (hex).
    pub tree: String,
    /// The last lines of its output, sanitized, at most 8 KiB.
    pub log: String,
}

impl CheckRun {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.exit_code == Some(0)
    }
}

/// What a failed attempt leaves for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailure {
    /// Which attempt, from 1.
    pub attempt: u32,
    /// What went wrong, in words for an agent.
    pub summary: String,
    /// When.
    pub at: Timestamp,
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
