//! A session: one run of an agent in a PTY, and the delegation it belongs to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{DelegationId, Dialog, ExecutorKind, ProjectId, SessionId, TaskId, Timestamp, WorkerNumber};

/// The one table of session states (ARCHITECTURE §6). Review and blocked are task states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// The host or the agent is coming up.
    Starting,
    /// A turn is under way.
    Working,
    /// The agent asks to be allowed something.
    WaitingPermission,
    /// The agent asked a question or ended its turn.
    WaitingInput,
    /// Nothing was asked of it yet.
    Idle,
    /// The provider's limit is reached.
    Limited,
    /// Parked by a handoff or the person: input locked.
    Paused,
    /// Three heartbeats missed.
    Unreachable,
    /// Lost with its host or the machine; can be resumed.
    Interrupted,
    /// Ended by itself or as asked.
    Exited,
    /// Ended by a signal or with an error.
    Crashed,
    /// No source says anything.
    Unknown,
}

impl SessionState {
    /// Whether there is no process any more.
    pub fn is_over(self) -> bool {
        matches!(self, SessionState::Interrupted | SessionState::Exited | SessionState::Crashed)
    }

    /// The word used in JSON and on screen.
    pub fn word(self) -> &'static str {
        match self {
            SessionState::Starting => "starting",
            SessionState::Working => "working",
            SessionState::WaitingPermission => "waiting_permission",
            SessionState::WaitingInput => "waiting_input",
            SessionState::Idle => "idle",
            SessionState::Limited => "limited",
            SessionState::Paused => "paused",
            SessionState::Unreachable => "unreachable",
            SessionState::Interrupted => "interrupted",
            SessionState::Exited => "exited",
            SessionState::Crashed => "crashed",
            SessionState::Unknown => "unknown",
        }
    }
}

impl fmt::Display for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How a state is known, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateSource {
    /// Decided here: a start, a park, a loss.
    Engine,
    /// `qd report` from inside the session.
    Report,
    /// The agent's hooks.
    Hook,
    /// Its structured output.
    Stream,
    /// Its transcript or registry files.
    Transcript,
    /// The terminal title or another OSC sequence.
    Title,
    /// Text on the screen.
    Screen,
    /// The process: alive, ended, exit code.
    Process,
}

/// What one signal says: a state and the evidence for it. A `Dialog` comes with `WaitingPermission`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The state.
    pub state: SessionState,
    /// Where it was read.
    pub source: StateSource,
    /// The text or fact it was read from, sanitized, one line.
    pub evidence: String,
    /// The question on the screen, when there is one that can be answered by keys.
    pub dialog: Option<Dialog>,
}

/// A reading that was accepted, with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The state.
    pub state: SessionState,
    /// How it is known.
    pub source: StateSource,
    /// The text or fact behind it.
    pub evidence: String,
    /// Since when.
    pub at: Timestamp,
}

/// How an agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionMode {
    /// The agent's own full-screen program.
    Interactive,
    /// Its headless mode, ended by its own exit.
    Autonomous,
}

impl SessionMode {
    /// The word used in JSON and in names.
    pub fn word(self) -> &'static str {
        match self {
            SessionMode::Interactive => "interactive",
            SessionMode::Autonomous => "autonomous",
        }
    }
}

/// The host process, told from a later process with the same number by its start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostIdentity {
    /// Process id.
    pub pid: u32,
    /// Field 22 of `/proc/PID/stat`: clock ticks after boot.
    pub started_ticks: u64,
}

/// How the agent's process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code, when it exited.
    pub code: Option<i32>,
    /// Signal number, when one ended it.
    pub signal: Option<i32>,
    /// When.
    pub at: Timestamp,
    /// The last lines on its screen, sanitized.
    pub tail: String,
}

impl Exit {
    /// Exit code zero.
    pub fn succeeded(&self) -> bool {
        self.code == Some(0)
    }
}

impl Exit {
    /// Ended by a signal. Shells and runtimes that cannot pass one on report it as 128 + its number.
    pub fn is_crash(&self) -> bool {
        self.signal.is_some() || self.code.is_none_or(|code| code > 128)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (_, Some(signal)) => write!(f, "signal {signal}"),
            (Some(code), None) => write!(f, "exit code {code}"),
            (None, None) => f.write_str("an unknown status"),
        }
    }
}

/// One run of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its id; also the name of its directory.
    pub id: SessionId,
    /// Whose it is.
    pub project: ProjectId,
    /// Its task; `None` for a plain pane.
    pub task: Option<TaskId>,
    /// Its attempt.
    pub delegation: Option<DelegationId>,
    /// Its seat.
    pub worker: WorkerNumber,
    /// The agent's name.
    pub agent: String,
    /// How it runs.
    pub mode: SessionMode,
    /// Where it runs.
    #[serde(default)]
    pub executor: ExecutorKind,
    /// What the person should know of how it runs: no fence where one was wanted, no permissions asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The agent's own conversation id, for its resume; kept from the first moment.
    pub conversation: Option<String>,
    /// The agent's process id.
    pub pid: Option<u32>,
    /// Its host process.
    pub host: Option<HostIdentity>,
    /// What it does, and how that is known.
    pub verdict: Verdict,
    /// It goes on with a conversation whose session was lost, and is told so.
    #[serde(default)]
    pub resumed: bool,
    /// The prompt it was started for was seen to arrive.
    pub prompted: bool,
    /// Input is locked, by a handoff or by a budget.
    pub parked: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the agent ran.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub exit: Option<Exit>,
}

impl Session {
    /// Whether it was lost with its host or the machine.
    pub fn is_interrupted(&self) -> bool {
        self.verdict.state == SessionState::Interrupted
    }

    /// Whether there may still be a process.
    pub fn is_live(&self) -> bool {
        !self.verdict.state.is_over()
    }
}

/// Where one attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelegationStatus {
    /// Worktree and session are made.
    Spawning,
    /// The prompt is on its way.
    InjectingContext,
    /// The agent works.
    Running,
    /// It says done; we look.
    Monitoring,
    /// The result landed or was accepted.
    Completed,
    /// It did not work out.
    Failed,
}

/// One attempt at a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delegation {
    /// Its id.
    pub id: DelegationId,
    /// The task.
    pub task: TaskId,
    /// The worker.
    pub worker: WorkerNumber,
    /// The agent's name.
    pub agent: String,
    /// Its session, the latest when a handoff replaced one.
    pub session: Option<SessionId>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Where it stands.
    pub status: DelegationStatus,
    /// What the agent was told.
    pub context: String,
    /// What came of it.
    pub result: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What an agent says through `qd report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "report")]
pub enum Report {
    /// The work is finished.
    Done {
        /// What was done, in the agent's words.
        summary: String,
    },
    /// A line for the activity log.
    Progress {
        /// The line.
        text: String,
    },
    /// It needs the person.
    Ask {
        /// The question.
        question: String,
    },
}
