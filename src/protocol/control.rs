//! Client ↔ daemon. One JSON document a line, at most `MAX_LINE` bytes. A client may have any number of
//! calls under way; replies carry the call's number. Notices come to clients that sent `Watch`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{
    Amount, AnswerKind, ApprovalId, Autonomy, BudgetScope, ExecutorKind, Explain, Fork, HandoffControl, HandoffId,
    Kind, PlanId, Priority, ProjectId, SessionId, SessionMode, TaskId, WorkerNumber,
};

use super::{
    AgentView, ApprovalView, BudgetView, ExplanationView, LogLine, MissionView, ProjectView, QueueView, SessionView,
    TaskView, UndoView, UsageBy, UsageReport, WorkerView,
};

/// The version of this protocol. A daemon answers `Hello` with its own; clients refuse another major.
pub const VERSION: u32 = 1;

/// The longest line either side accepts, in bytes (a 1 MB prompt with escapes fits).
pub const MAX_LINE: usize = 8 * 1024 * 1024;

/// A request with its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Chosen by the client, echoed in the reply.
    pub id: u64,
    /// What is wanted.
    pub request: Request,
}

/// What a daemon sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// The answer to a call.
    Reply {
        /// The call's number.
        id: u64,
        /// The answer.
        outcome: Result<Response, Failure>,
    },
    /// Something changed.
    Notice(Notice),
}

/// An error on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What sort.
    pub kind: Kind,
    /// What happened.
    pub message: String,
    /// What can be done.
    pub hint: Option<String>,
}

impl Failure {
    /// Any explained error, for the wire.
    pub fn of(error: &dyn Explain) -> Self {
        Self { kind: error.kind(), message: error.to_string(), hint: error.hint() }
    }
}

impl Explain for Failure {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// How a text becomes tasks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AddOptions {
    /// This agent instead of the planner's choice.
    pub agent: Option<String>,
    /// The agent's model.
    pub model: Option<String>,
    /// A command for the `shell` agent.
    pub run: Option<String>,
    /// This autonomy instead of the project's.
    pub autonomy: Option<Autonomy>,
    /// How the agent runs, instead of what follows from the autonomy.
    pub mode: Option<SessionMode>,
    /// What must have landed first.
    pub depends: Vec<TaskId>,
    /// This worker.
    pub worker: Option<WorkerNumber>,
    /// This role.
    pub role: Option<String>,
    /// A longer request than the title.
    pub body: Option<String>,
    /// What goes first when several wait; `None` is normal.
    pub priority: Option<Priority>,
    /// Split the text into several tasks (chat), or keep it as one (`task add`).
    pub split: bool,
    /// It came through the chat.
    pub from_chat: bool,
    /// A model may plan it, as configured; otherwise the rules do (the chat asks as configured anyway).
    #[serde(default)]
    pub by_model: bool,
    /// An open session rather than a request: the agent is told nothing and ends when the person says so.
    pub open_ended: bool,
    /// The conversation that it begins with a copy of: the daemon's own choice, no client's.
    #[serde(skip)]
    pub fork: Option<Fork>,
    /// What it may use.
    pub budget: Option<Amount>,
    /// Where it runs, instead of the configured default.
    pub executor: Option<ExecutorKind>,
    /// Labels (`agent:codex`, `complexity:simple`).
    #[serde(default)]
    pub labels: Vec<String>,
}

/// What a client can ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// First call: who asks. Answer: `Hello`.
    Hello {
        /// The client's protocol version.
        version: u32,
    },
    /// Know the repository that holds `path` and show it. Answer: `Project`.
    OpenProject {
        /// A directory in the main checkout.
        path: PathBuf,
    },
    /// Projects known. Answer: `Projects`.
    Projects,
    /// From now on a `Notice::Project` whenever it changed. Answer: `Project`.
    Watch {
        /// Which.
        project: ProjectId,
    },
    /// Text to tasks. Answer: `Tasks` (the new ones).
    Add {
        /// Whose.
        project: ProjectId,
        /// What was typed.
        text: String,
        /// How.
        options: Box<AddOptions>,
    },
    /// A chat message: a request, a slash command, `@2 text`, or a question about the state. Answer: `Said`.
    Chat {
        /// Whose.
        project: ProjectId,
        /// What was typed.
        text: String,
    },
    /// Answer: `Tasks`.
    Tasks {
        /// Only this project's.
        project: Option<ProjectId>,
    },
    /// Answer: `Task`.
    Task {
        /// Which.
        task: TaskId,
    },
    /// Answers when all are final or a person is needed for one. Answer: `Tasks`.
    WaitTasks {
        /// Which.
        tasks: Vec<TaskId>,
    },
    /// Answer: `Done`.
    ConfirmPlan {
        /// Which.
        plan: PlanId,
        /// Only these of its tasks; empty means all.
        tasks: Vec<TaskId>,
    },
    /// Do not wait for the model that plans. Answer: `Done`.
    PlanByRules {
        /// Which.
        plan: PlanId,
    },
    /// Answer: `Done`.
    DeclinePlan {
        /// Which.
        plan: PlanId,
    },
    /// Answer: `Task`.
    EditTask {
        /// Which.
        task: TaskId,
        /// New title.
        title: Option<String>,
        /// New text.
        body: Option<String>,
        /// New agent.
        agent: Option<String>,
        /// New model; empty for the agent's own default.
        #[serde(default)]
        model: Option<String>,
        /// New worker.
        worker: Option<WorkerNumber>,
    },
    /// Answer: `Task`.
    RunTask {
        /// Which.
        task: TaskId,
    },
    /// Answer: `Task`.
    LandTask {
        /// Which.
        task: TaskId,
    },
    /// Answer: `Task`.
    CancelTask {
        /// Which.
        task: TaskId,
    },
    /// Answer: `Task`.
    RetryTask {
        /// Which.
        task: TaskId,
    },
    /// The task's changes against its target as unified diff text. Answer: `Text`.
    Diff {
        /// Which.
        task: TaskId,
    },
    /// The activity log, oldest first. Answer: `Log`.
    Log {
        /// Only this project's.
        project: Option<ProjectId>,
        /// Only this task's.
        task: Option<TaskId>,
        /// At most this many, the latest.
        limit: u32,
    },
    /// What waits. Answer: `Approvals`.
    Approvals {
        /// Only this project's.
        project: Option<ProjectId>,
    },
    /// Answer: `Done`.
    Answer {
        /// Which.
        approval: ApprovalId,
        /// What.
        kind: AnswerKind,
        /// Words with it.
        text: Option<String>,
    },
    /// Answer: `Sessions`.
    Sessions {
        /// Only this project's.
        project: Option<ProjectId>,
        /// Ended ones too.
        all: bool,
    },
    /// Answer: `Done`.
    KillSession {
        /// Which.
        session: SessionId,
    },
    /// Open a copy of a session's conversation, in a worktree of its own. Answer: `Done`.
    ForkSession {
        /// Which.
        session: SessionId,
        /// The seat of the copy; `None` is a free one.
        worker: Option<WorkerNumber>,
    },
    /// Start a session again with the same worker, agent, worktree and conversation. Answer: `Done`.
    RestartSession {
        /// Which.
        session: SessionId,
    },
    /// Resume all sessions that are interrupted. Answer: `Done`.
    RestartInterrupted {
        /// Only this project's.
        project: Option<ProjectId>,
    },
    /// Write what is kept of a session that is over, again. Answer: `Done`.
    ArchiveSession {
        /// Which.
        session: SessionId,
    },
    /// What waits for a session. Answer: `Queue`.
    Queue {
        /// Only this project's.
        project: Option<ProjectId>,
    },
    /// What goes first. Answer: `Task`.
    Prioritize {
        /// Which.
        task: TaskId,
        /// Its new priority.
        priority: Priority,
    },
    /// Take a worker back that is offline. Answer: `Done`.
    ResetWorker {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
    },
    /// What was used. Answer: `Usage`.
    Usage {
        /// Only this project's.
        project: Option<ProjectId>,
        /// Summed up by.
        by: UsageBy,
    },
    /// Team templates. Answer: `Missions`.
    Missions,
    /// A request for a whole team. Answer: `Tasks` (the new ones).
    StartMission {
        /// Whose.
        project: ProjectId,
        /// Which.
        mission: String,
        /// What is to be done.
        text: String,
    },
    /// Budgets that have a limit. Answer: `Budgets`.
    Budgets {
        /// Only this project's, and the day's.
        project: Option<ProjectId>,
    },
    /// Set a budget. Answer: `Done`.
    SetBudget {
        /// For what.
        scope: BudgetScope,
        /// How much; `None` follows the configuration.
        limit: Option<Amount>,
    },
    /// Answer: `Workers`.
    Workers {
        /// Whose.
        project: ProjectId,
    },
    /// Why a worker's session counts as it does. Answer: `Explained`.
    ExplainWorker {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
    },
    /// Answer: `Done`.
    StartPane {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: Option<WorkerNumber>,
        /// The agent.
        agent: String,
        /// The command of a `shell` pane.
        run: Option<String>,
        /// Where it runs, instead of the configured default.
        #[serde(default)]
        executor: Option<ExecutorKind>,
    },
    /// Answer: `Done`.
    StopWorker {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
    },
    /// Answer: `Done`.
    Send {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
        /// What.
        text: String,
    },
    /// Answer: `HandoffStarted`.
    Handoff {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
        /// Push in step 3; `None` follows the configuration.
        push: Option<bool>,
        /// Wait for a yes before the old session is parked (not with autonomy full).
        #[serde(default)]
        hold: bool,
    },
    /// Answer: `Done`.
    SteerHandoff {
        /// Which.
        handoff: HandoffId,
        /// How.
        control: HandoffControl,
    },
    /// Answers when the handoff is over or failed. Answer: `Handoff`.
    WaitHandoff {
        /// Which.
        handoff: HandoffId,
    },
    /// Answer: `Done`.
    SetAutonomy {
        /// Whose.
        project: ProjectId,
        /// The new default.
        autonomy: Autonomy,
    },
    /// The agents of the catalogue as found now. Answer: `Agents`.
    Agents,
    /// What can be undone. Answer: `Undos`.
    Undos {
        /// Whose.
        project: ProjectId,
    },
    /// Undo one thing: the latest when `None`. Answer: `Done`.
    Undo {
        /// Whose.
        project: ProjectId,
        /// Which.
        id: Option<String>,
    },
    /// Answer: `Status`.
    Status,
    /// End the daemon; sessions run on. Answer: `Done`.
    Shutdown,
}

impl Request {
    /// Whether a process that descends from a session may ask it. Reading is allowed; deciding, landing,
    /// speaking to others and configuring are the person's alone.
    pub fn allowed_to_sessions(&self) -> bool {
        matches!(
            self,
            Request::Hello { .. }
                | Request::Projects
                | Request::Tasks { .. }
                | Request::Task { .. }
                | Request::Log { .. }
                | Request::Workers { .. }
                | Request::ExplainWorker { .. }
                | Request::Sessions { .. }
                | Request::Queue { .. }
                | Request::Usage { .. }
                | Request::Budgets { .. }
                | Request::Agents
                | Request::Missions
                | Request::Status
        )
    }
}

/// What a daemon answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The daemon's protocol version and program version.
    Hello {
        /// Protocol.
        version: u32,
        /// Program.
        program: String,
        /// Its process.
        pid: u32,
    },
    /// Done; one line for the person.
    Done(String),
    /// One project.
    Project(Box<ProjectView>),
    /// Projects: id, name, root.
    Projects(Vec<(ProjectId, String, PathBuf)>),
    /// Tasks.
    Tasks(Vec<TaskView>),
    /// One task.
    Task(Box<TaskView>),
    /// What the orchestrator answers to a chat message.
    Said {
        /// Its words.
        text: String,
        /// The plan it made.
        plan: Option<PlanId>,
    },
    /// Plain text.
    Text(String),
    /// The activity log.
    Log(Vec<LogLine>),
    /// What waits.
    Approvals(Vec<ApprovalView>),
    /// Sessions.
    Sessions(Vec<SessionView>),
    /// Workers.
    Workers(Vec<WorkerView>),
    /// What waits for a session.
    Queue(QueueView),
    /// What was used.
    Usage(UsageReport),
    /// How budgets stand.
    Budgets(Vec<BudgetView>),
    /// Why a session counts as it does.
    Explained(Box<ExplanationView>),
    /// Agents.
    Agents(Vec<AgentView>),
    /// Missions.
    Missions(Vec<MissionView>),
    /// What can be undone, the latest first.
    Undos(Vec<UndoView>),
    /// A handoff runs.
    HandoffStarted(HandoffId),
    /// A handoff as it stands.
    Handoff(Box<super::HandoffView>),
    /// About the daemon.
    Status(StatusView),
}

/// About the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusView {
    /// Its process.
    pub pid: u32,
    /// Its program version.
    pub version: String,
    /// RFC 3339.
    pub started_at: String,
    /// Its socket.
    pub socket: PathBuf,
    /// Its database.
    pub database: PathBuf,
    /// Known projects.
    pub projects: usize,
    /// Live sessions.
    pub sessions: usize,
    /// Open tasks.
    pub open_tasks: usize,
}

/// What a daemon says by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A watched project changed; this is how it is now.
    Project(Box<ProjectView>),
    /// A message for a toast.
    Toast {
        /// How bad; `None` is good news.
        kind: Option<Kind>,
        /// One line.
        text: String,
    },
    /// The daemon ends; sessions run on.
    Stopping,
}
