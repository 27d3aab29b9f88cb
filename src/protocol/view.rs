//! What faces show: one flat view per noun. These are also the shapes of every `--json` output; times
//! are RFC 3339 in UTC, statuses and states are the words of PRODUCT §6.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{
    ApprovalId, Autonomy, ChatLine, CheckRun, Complexity, ExecutorKind, Forecast, HandoffId, PlanId, PlanStatus,
    Priority, ProjectId, Reading, Route, SessionId, SessionMode, SessionState, StateSource, StepState, Subject, TaskId,
    TaskStatus, TaskType, Timestamp, Usage, WaitsFor, WorkerNumber,
};

use super::{SessionUsageView, TodayView};

/// A task, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskView {
    /// Its number.
    pub id: TaskId,
    /// Whose it is.
    pub project: ProjectId,
    /// The plan it came from.
    pub plan: Option<PlanId>,
    /// One line.
    pub title: String,
    /// The whole request.
    pub body: String,
    /// What kind of work.
    #[serde(rename = "type")]
    pub task_type: TaskType,
    /// How hard.
    pub complexity: Complexity,
    /// How sure the planner is, 0–1.
    pub confidence: f32,
    /// Where it stands.
    pub status: TaskStatus,
    /// Why, in words.
    pub reason: Option<String>,
    /// What the person is needed for; `None` when it goes on by itself.
    pub needs: Option<String>,
    /// What it waits for that comes without the person: other tasks, a free worker.
    #[serde(default)]
    pub waits_for: Option<String>,
    /// The agent.
    pub agent: String,
    /// Its model; `None` is the agent's default.
    pub model: Option<String>,
    /// Why it has that agent and that model.
    #[serde(default)]
    pub route: Option<Route>,
    /// What its planner expects of it; estimates.
    #[serde(default)]
    pub forecast: Forecast,
    /// The shell command of a `shell` task.
    pub run: Option<String>,
    /// Its role.
    pub role: Option<String>,
    /// Its autonomy.
    pub autonomy: Autonomy,
    /// How its agent runs.
    pub mode: SessionMode,
    /// Where it runs.
    #[serde(default)]
    pub executor: ExecutorKind,
    /// Its worker.
    pub worker: Option<WorkerNumber>,
    /// Its branch.
    pub branch: String,
    /// Its worktree, while there is one.
    pub worktree: Option<PathBuf>,
    /// The commit that its branch starts from (hex).
    pub base: Option<String>,
    /// The session of its live or last attempt.
    pub session: Option<SessionId>,
    /// What goes first when several wait.
    #[serde(default)]
    pub priority: Priority,
    /// `waits_for` in one word.
    #[serde(default)]
    pub waits_on: Option<WaitsFor>,
    /// What must have landed first.
    pub depends: Vec<TaskId>,
    /// How often it was started or sent back.
    pub attempts: u32,
    /// What the agent said of its result.
    pub summary: Option<String>,
    /// The last checks that ran for it.
    pub checks: Vec<CheckRun>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub updated_at: String,
    /// RFC 3339.
    pub started_at: Option<String>,
    /// RFC 3339.
    pub completed_at: Option<String>,
    /// What landed (hex).
    pub commit: Option<String>,
    /// What it used so far, all attempts together.
    #[serde(default)]
    pub usage: Option<Usage>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub project: ProjectId,
    /// Its task; `None` for a plain pane.
    pub task: Option<TaskId>,
    /// Its seat.
    pub worker: WorkerNumber,
    /// The agent.
    pub agent: String,
    /// How it runs.
    pub mode: SessionMode,
    /// Where it runs.
    #[serde(default)]
    pub executor: ExecutorKind,
    /// The agent's process.
    pub pid: Option<u32>,
    /// Its host process.
    pub host_pid: Option<u32>,
    /// What it does.
    pub state: SessionState,
    /// How that is known.
    pub state_source: StateSource,
    /// The text or fact behind it.
    pub evidence: String,
    /// Since when (milliseconds, for ages).
    pub state_at: Timestamp,
    /// The agent's own conversation id.
    pub conversation: Option<String>,
    /// Input is locked, by a handoff or by a budget.
    pub parked: bool,
    /// A budget paused it: it goes on when there is room again.
    #[serde(default)]
    pub over_budget: bool,
    /// What the person should know of how it runs: no fence where one was wanted, no permissions asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub started_at: Option<String>,
    /// RFC 3339.
    pub ended_at: Option<String>,
    /// How it ended, in words.
    pub exit: Option<String>,
    /// The socket of its host, for viewers.
    pub socket: PathBuf,
    /// What it used so far.
    #[serde(default)]
    pub usage: Option<SessionUsageView>,
    /// When it goes on after its provider's limit, as the person's clock has it.
    #[serde(default)]
    pub back_at: Option<String>,
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerView {
    /// Its number.
    pub number: WorkerNumber,
    /// What the person calls it.
    pub name: Option<String>,
    /// The session that it shows.
    pub session: Option<SessionId>,
    /// The task that it works on.
    pub task: Option<TaskId>,
    /// The task's title.
    pub title: Option<String>,
    /// The agent of its session.
    pub agent: Option<String>,
    /// The session's state.
    pub state: Option<SessionState>,
    /// What the person is needed for here.
    pub needs: Option<String>,
    /// How many of its sessions failed in a row.
    #[serde(default)]
    pub failures: u32,
    /// Why it takes no tasks until it is reset.
    #[serde(default)]
    pub offline: Option<String>,
    /// What the person should know of how its session runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What waits for a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueView {
    /// Sessions that the engine started and that run.
    pub running: usize,
    /// How many may run at once.
    pub slots: usize,
    /// Session requests that wait: tasks that somebody asked to start by name.
    pub requests: usize,
    /// How many requests may wait; tasks wait without limit.
    pub most_requests: usize,
    /// The tasks that wait, in the order in which they get a session.
    pub waiting: Vec<QueueEntry>,
}

/// A task that waits for a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// Its place, from 1.
    pub place: usize,
    /// Which task.
    pub task: TaskId,
    /// Whose it is.
    pub project: ProjectId,
    /// Its title.
    pub title: String,
    /// The agent that will run.
    pub agent: String,
    /// How it will run.
    pub mode: SessionMode,
    /// What goes first.
    pub priority: Priority,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// What it waits for; nothing when it starts in a moment.
    pub waits_on: Option<WaitsFor>,
    /// The same in words.
    pub waits_for: Option<String>,
    /// Since when it waits (milliseconds, for ages).
    pub since: Timestamp,
}

/// Why a session counts as it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplanationView {
    /// The seat.
    pub worker: WorkerNumber,
    /// Its session.
    pub session: SessionId,
    /// The session's agent.
    pub agent: String,
    /// The state.
    pub state: SessionState,
    /// How it is known.
    pub source: StateSource,
    /// How sure that is: `low`, `medium`, `high` or `certain`.
    pub confidence: String,
    /// For how long it has been so, in milliseconds.
    pub age_ms: u64,
    /// The text or fact behind it.
    pub evidence: String,
    /// Why a text for it does not go out, and what can be done.
    #[serde(default)]
    pub held: Option<String>,
    /// What title and screen say by themselves now; `None` when they say nothing that is known.
    #[serde(default)]
    pub screen_says: Option<Reading>,
    /// What title and screen say, not believed yet because it has not stood for long enough.
    #[serde(default)]
    pub pending: Option<Reading>,
    /// The window's title.
    #[serde(default)]
    pub title: String,
    /// The last rows of the screen that are not blank.
    #[serde(default)]
    pub screen: Vec<String>,
    /// For how long there was no output, in milliseconds.
    #[serde(default)]
    pub quiet_ms: Option<u64>,
}

/// A question that waits (or waited).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalView {
    /// Its id.
    pub id: ApprovalId,
    /// Whose it is.
    pub project: ProjectId,
    /// What it is about.
    pub subject: Subject,
    /// `plan`, `landing`, `trust`, `permission`, `dialog`, `draft`, `question` or `commands`.
    pub kind: String,
    /// The task it holds up.
    pub task: Option<TaskId>,
    /// The worker whose pane shows it.
    pub worker: Option<WorkerNumber>,
    /// One line.
    pub title: String,
    /// Everything needed to decide.
    pub detail: String,
    /// Whether it can be answered from here, or only in the pane.
    pub answerable: bool,
    /// Since when (milliseconds, for ages).
    pub asked_at: Timestamp,
}

/// A plan with its tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanView {
    /// Its id.
    pub id: PlanId,
    /// What was typed.
    pub text: String,
    /// Its tasks.
    pub tasks: Vec<TaskId>,
    /// Where it stands.
    pub status: PlanStatus,
    /// Who made its tasks of the text, or is being asked: `rules`, `claude (haiku)`.
    #[serde(default)]
    pub by: String,
    /// Why it was not who should have, when that is so.
    #[serde(default)]
    pub note: Option<String>,
}

/// A handoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandoffView {
    /// Its id.
    pub id: HandoffId,
    /// Which worker.
    pub worker: WorkerNumber,
    /// Its task.
    pub task: TaskId,
    /// The five steps: name and state.
    pub steps: Vec<(String, StepState)>,
    /// The document.
    pub document: Option<PathBuf>,
    /// The first lines of the document, for the stepper.
    pub brief: Vec<String>,
    /// Over, done or cancelled.
    pub ended: bool,
    /// Over and done.
    pub succeeded: bool,
    /// Waits for a yes before step 4.
    #[serde(default)]
    pub held: bool,
    /// The fresh session runs although it did not say the next step: the person may accept that.
    #[serde(default)]
    pub silent: bool,
}

/// An agent of the catalogue, as found on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentView {
    /// Its name.
    pub name: String,
    /// What it is called on screen.
    pub title: String,
    /// Whether its program was found.
    pub installed: bool,
    /// Where.
    pub path: Option<PathBuf>,
    /// What it says of its version.
    pub version: Option<String>,
    /// Whether it is signed in; `None` when that cannot be told without running it.
    pub signed_in: Option<bool>,
    /// Where the definition comes from: `built in` or a path.
    pub source: String,
    /// What to do when it is missing or broken.
    pub hint: Option<String>,
}

/// A team template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MissionView {
    /// What it is called in commands.
    pub name: String,
    /// What it is called on screen.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// How many agents it has.
    pub agents: u32,
    /// How many of them at once.
    pub at_once: u16,
    /// What the whole may cost, in US dollars.
    pub budget_usd: f64,
    /// Roles, and how many of each.
    pub roster: Vec<(String, u16)>,
}

/// Something that can be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UndoView {
    /// The hidden ref.
    pub id: String,
    /// What was done, in words.
    pub what: String,
    /// RFC 3339.
    pub at: String,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// It cannot be read, so it cannot be taken back.
    #[serde(default)]
    pub broken: bool,
    /// Why it cannot be taken back, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<String>,
    /// It is what is taken back when none is named.
    #[serde(default)]
    pub next: bool,
}

/// One line of the activity log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// The event's number.
    pub id: u64,
    /// RFC 3339.
    pub at: String,
    /// The task it is about.
    pub task: Option<TaskId>,
    /// In words.
    pub text: String,
}

/// Everything that a cockpit shows of one project. Small: final tasks are limited to the latest 50.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectView {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The main checkout.
    pub root: PathBuf,
    /// The branch that results land on.
    pub target: String,
    /// Its default autonomy.
    pub autonomy: Autonomy,
    /// The daemon's clock when this was made: ages are counted from it.
    pub now: Timestamp,
    /// The seats.
    pub workers: Vec<WorkerView>,
    /// Open tasks and the latest final ones, by id.
    pub tasks: Vec<TaskView>,
    /// Sessions that a seat shows, and all live ones.
    pub sessions: Vec<SessionView>,
    /// What waits for the person, most urgent first.
    pub approvals: Vec<ApprovalView>,
    /// Plans that wait, and the latest others.
    pub plans: Vec<PlanView>,
    /// Handoffs under way, and the latest finished one of each worker.
    pub handoffs: Vec<HandoffView>,
    /// The chat.
    pub chat: Vec<ChatLine>,
    /// The last line of the activity log.
    pub last: Option<LogLine>,
    /// What was used today.
    #[serde(default)]
    pub today: TodayView,
}
