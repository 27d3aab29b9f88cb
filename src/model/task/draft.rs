//! A task before it is one: as a planner or a person proposes it.

use serde::{Deserialize, Serialize};

use super::{Autonomy, Complexity, Priority, TaskType};
use crate::model::{Amount, ExecutorKind, Route, SessionId, SessionMode, TaskId, WorkerNumber};

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
