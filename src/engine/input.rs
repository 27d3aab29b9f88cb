//! What comes in: commands of people, facts from the world, and the call to see what is due.

use std::path::PathBuf;

use crate::model::{
    Amount, AnswerKind, ApprovalId, Autonomy, BudgetScope, EffectId, Exit, HandoffControl, HandoffId, HostIdentity,
    PlanId, Priority, ProjectId, Reading, Report, SessionId, SessionUse, TaskDraft, TaskId, Wishes, WorkerNumber,
};

use super::{EffectResult, Rules};

/// One input of the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A person (or a script of theirs) wants something. May be refused.
    Command(Command),
    /// Something happened. Never refused; a fact that no longer matters causes nothing.
    Fact(Fact),
    /// See what is due now.
    Schedule,
}

/// A message turned into drafts by a planner.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Whose it is.
    pub project: ProjectId,
    /// What was typed, unchanged.
    pub text: String,
    /// What the planner made of it, in order; at least one.
    pub drafts: Vec<TaskDraft>,
    /// Whether it came through the chat (then it and the answer are chat lines).
    pub from_chat: bool,
    /// Who made the drafts: `rules`, `mission web-app`.
    pub by: String,
    /// What the person should know of the plan.
    pub note: Option<String>,
    /// How many of its agents run at once.
    pub at_once: Option<u16>,
}

/// A message that a model is to plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking {
    /// Whose it is.
    pub project: ProjectId,
    /// What was typed, unchanged.
    pub text: String,
    /// Who is to be asked, for people: `claude (haiku)`.
    pub by: String,
    /// Whether it came through the chat.
    pub from_chat: bool,
    /// What the person decided beforehand.
    pub wishes: Wishes,
}

/// What a person can ask of the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Know a repository (idempotent by root).
    AddProject {
        /// Canonical root of the main checkout.
        root: PathBuf,
        /// Its name.
        name: String,
        /// The branch that results land on.
        target: String,
        /// Its default autonomy.
        autonomy: Autonomy,
    },
    /// Change the limits.
    SetRules {
        /// The new ones.
        rules: Rules,
    },
    /// Change a project's default autonomy.
    SetAutonomy {
        /// Which project.
        project: ProjectId,
        /// The new default.
        autonomy: Autonomy,
    },
    /// Make a plan and its tasks.
    Submit(Submission),
    /// Keep a message and have a planner make tasks of it.
    AskPlan(Asking),
    /// Do not wait for the model that plans: the rules plan it now.
    PlanByRules {
        /// Which plan.
        plan: PlanId,
    },
    /// Say yes to a plan: all its proposed tasks, or only those named.
    ConfirmPlan {
        /// Which plan.
        plan: PlanId,
        /// Which tasks of it; the others are cancelled. Empty means all.
        tasks: Vec<TaskId>,
    },
    /// Say no to a plan, or call off its planning.
    DeclinePlan {
        /// Which plan.
        plan: PlanId,
    },
    /// Change a task that has not started.
    EditTask {
        /// Which.
        task: TaskId,
        /// New title.
        title: Option<String>,
        /// New request text.
        body: Option<String>,
        /// Another agent.
        agent: Option<String>,
        /// Another model; empty for the agent's own default.
        model: Option<String>,
        /// A wish for a seat.
        worker: Option<WorkerNumber>,
    },
    /// Start one task (confirms it, if it was only proposed).
    Run {
        /// Which.
        task: TaskId,
    },
    /// Say yes to landing a task (also: try a landing that was held up again now).
    Land {
        /// Which.
        task: TaskId,
    },
    /// Call a task off. Its work is kept under a hidden ref.
    Cancel {
        /// Which.
        task: TaskId,
    },
    /// Another attempt at a task that needs review, failed or was cancelled.
    Retry {
        /// Which.
        task: TaskId,
    },
    /// Answer an approval.
    Answer {
        /// Which.
        approval: ApprovalId,
        /// What.
        kind: AnswerKind,
        /// Words with it.
        text: Option<String>,
    },
    /// Open a plain pane on a worker: a session without a task.
    StartPane {
        /// Whose.
        project: ProjectId,
        /// Which seat; the first free one when `None`.
        worker: Option<WorkerNumber>,
        /// The agent (`shell` for a plain shell).
        agent: String,
        /// The command line of a `shell` pane.
        run: Option<String>,
    },
    /// Stop what a worker runs. A task on it goes to `needs_review`.
    StopWorker {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
    },
    /// Say something to a worker's agent.
    Send {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
        /// What.
        text: String,
    },
    /// End one session now.
    KillSession {
        /// Which.
        session: SessionId,
    },
    /// Start a session again with the same worker, agent, worktree and conversation: one that runs is ended
    /// first, one that was lost is resumed.
    Restart {
        /// Which.
        session: SessionId,
    },
    /// Start all sessions again that were lost while nobody watched.
    RestartInterrupted {
        /// Only this project's.
        project: Option<ProjectId>,
    },
    /// Write what is kept of a session that is over, again.
    Archive {
        /// Which.
        session: SessionId,
    },
    /// Take a worker back that is offline.
    ResetWorker {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
    },
    /// Change what goes first.
    Prioritize {
        /// Which task.
        task: TaskId,
        /// To what.
        priority: Priority,
    },
    /// Start a handoff.
    Handoff {
        /// Whose.
        project: ProjectId,
        /// Which seat.
        worker: WorkerNumber,
        /// Whether step 3 pushes.
        push: bool,
        /// Whether it waits for a yes before the old session is parked (with autonomy full it never does).
        hold: bool,
    },
    /// Steer a handoff.
    SteerHandoff {
        /// Which.
        handoff: HandoffId,
        /// How.
        control: HandoffControl,
    },
    /// Set a budget; `None` follows the configuration again.
    SetBudget {
        /// For what.
        scope: BudgetScope,
        /// How much.
        limit: Option<Amount>,
    },
    /// Note a chat line that needs no plan (an answer from the store, a refusal).
    Say {
        /// Whose.
        project: ProjectId,
        /// The person's words, if they are to be noted too.
        asked: Option<String>,
        /// The orchestrator's words.
        answer: String,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// An effect was carried out, or not.
    EffectEnded {
        /// Which.
        effect: EffectId,
        /// What came of it.
        result: EffectResult,
    },
    /// A text does not go out because the person is in the way; or it goes on.
    TextHeld {
        /// Which delivery.
        effect: EffectId,
        /// Why, in words for the person; `None` when nothing is in the way any more.
        why: Option<String>,
        /// What can be done about it.
        hint: String,
    },
    /// A signal about a session's state was read.
    Read {
        /// Whose.
        session: SessionId,
        /// What it says.
        reading: Reading,
    },
    /// What a session has used since it began, by its agent's own figures or estimated.
    Used {
        /// Which.
        session: SessionId,
        /// That.
        now: SessionUse,
    },
    /// The agent reported through `qd report`.
    Reported {
        /// Whose.
        session: SessionId,
        /// What.
        report: Report,
    },
    /// The agent told its own conversation id.
    ConversationNamed {
        /// Whose.
        session: SessionId,
        /// The id.
        conversation: String,
    },
    /// A session changed files in the person's own checkout.
    CheckoutTouched {
        /// Which.
        session: SessionId,
        /// The undo record that keeps what they were and what they became.
        record: String,
        /// Which files.
        files: Vec<String>,
        /// How that is known.
        evidence: String,
    },
    /// Its process lives on where another host shows it.
    SessionAdopted {
        /// Whose.
        session: SessionId,
        /// What shows it here.
        pid: u32,
        /// The new host.
        host: HostIdentity,
    },
    /// A model is about to be called for a project.
    ModelAsked {
        /// Whose.
        project: ProjectId,
        /// Who is asked.
        by: String,
    },
    /// A model call ended.
    ModelAnswered {
        /// Whose.
        project: ProjectId,
        /// Who was asked.
        by: String,
        /// Whether there was an answer.
        well: bool,
    },
    /// The person took a task's landing back.
    LandingUndone {
        /// Which task.
        task: TaskId,
    },
    /// Its host is gone without an exit record, and that happened while nobody watched: a reboot, or a daemon
    /// that died as well.
    SessionLost {
        /// Whose.
        session: SessionId,
    },
    /// The agent's process is over; without an exit record its host was lost with it.
    SessionEnded {
        /// Whose.
        session: SessionId,
        /// How; `None` when the host is gone without a record.
        exit: Option<Exit>,
    },
}
