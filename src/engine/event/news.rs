//! The kinds of news, by what they are about. Past tense, with everything that `apply` needs and nothing that it does not.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{
    Amount, Answer, Approval, Autonomy, ChatLine, CheckRun, Delegation, DelegationStatus, Exit, Handoff, HandoffStep,
    HostIdentity, Plan, PlanStatus, Priority, Restating, Route, Session, SessionId, SessionMode, SessionState,
    SessionUse, StatusReason, StepState, Task, TaskId, TaskStatus, Timestamp, Verdict, WorkerNumber,
};

use super::super::Purpose;

/// News of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ProjectNews {
    /// It became known.
    Added {
        /// Canonical root of the main checkout.
        root: PathBuf,
        /// Its name.
        name: String,
        /// The branch that results land on.
        target: String,
        /// Its default autonomy.
        autonomy: Autonomy,
    },
    /// Results land on another branch from now on.
    TargetSet {
        /// Which.
        target: String,
    },
    /// Its default autonomy was changed.
    AutonomySet {
        /// To what.
        autonomy: Autonomy,
    },
    /// It got a seat.
    SeatAdded {
        /// Its number.
        worker: WorkerNumber,
        /// It was added because much was waiting.
        #[serde(default)]
        extra: bool,
    },
    /// A seat that was added because much was waiting is gone again.
    SeatRetired {
        /// Its number.
        worker: WorkerNumber,
    },
    /// Too many sessions of a worker failed in a row: it takes no more tasks.
    WorkerOffline {
        /// Which.
        worker: WorkerNumber,
        /// How many, and how the last one did.
        detail: String,
    },
    /// A worker takes tasks again, and its failures are forgotten.
    WorkerReset {
        /// Which.
        worker: WorkerNumber,
    },
    /// The person trusts its worktrees for this agent.
    AgentTrusted {
        /// The agent's name.
        agent: String,
    },
    /// The person agreed to run exactly these commands of its configuration.
    CommandsTrusted {
        /// SHA-256 of the list (hex).
        hash: String,
    },
    /// A model is called for it.
    ModelAsked {
        /// Who.
        by: String,
    },
    /// A model call ended.
    ModelAnswered {
        /// Who was asked.
        by: String,
        /// Whether there was an answer.
        well: bool,
    },
    /// A line of its chat.
    ChatSaid {
        /// The line.
        line: ChatLine,
    },
}

/// News of a plan.
#[allow(clippy::large_enum_variant, reason = "there is one for each message of the person's")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum PlanNews {
    /// It was made.
    Made {
        /// The plan.
        plan: Plan,
    },
    /// A planner made its tasks.
    Filled {
        /// Its tasks, in order.
        tasks: Vec<TaskId>,
        /// Where it stands with them.
        status: PlanStatus,
        /// Who planned.
        by: String,
        /// Why it was not who should have.
        #[serde(default)]
        note: Option<String>,
    },
    /// It was confirmed or declined.
    Settled {
        /// Which of the two.
        status: PlanStatus,
    },
}

/// News of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TaskNews {
    /// It was made.
    Planned {
        /// The task.
        made: Box<Task>,
    },
    /// The person changed it before it started; this is how it is now.
    Edited {
        /// One line.
        title: String,
        /// The request.
        body: String,
        /// The agent.
        agent: String,
        /// How the agent runs.
        mode: SessionMode,
        /// The seat wanted.
        worker: Option<WorkerNumber>,
    },
    /// It was given to an agent.
    Routed {
        /// Which.
        agent: String,
        /// With which model; `None` is its own default.
        model: Option<String>,
        /// How it runs.
        mode: SessionMode,
        /// Why.
        route: Route,
    },
    /// Its status changed.
    Moved {
        /// From.
        from: TaskStatus,
        /// To.
        to: TaskStatus,
        /// Why.
        reason: Option<StatusReason>,
    },
    /// It stays where it is, for another reason.
    ReasonSet {
        /// Why.
        reason: StatusReason,
    },
    /// An attempt began: it has a worker now.
    DelegationStarted {
        /// The attempt.
        delegation: Box<Delegation>,
    },
    /// The attempt is elsewhere in its life.
    DelegationMoved {
        /// Where.
        status: DelegationStatus,
    },
    /// Its worktree is there.
    WorktreeMade {
        /// Where.
        path: PathBuf,
        /// Its branch.
        branch: String,
        /// The commit it starts from (hex).
        base: String,
    },
    /// Its worktree is gone.
    WorktreeRemoved {
        /// The hidden ref that keeps what was in it.
        kept: Option<String>,
    },
    /// Its worktree could not be removed and stays where it is.
    WorktreeLeft {
        /// Why.
        detail: String,
    },
    /// The agent said what it did.
    Summarized {
        /// In its words.
        summary: String,
    },
    /// The agent said something on the way.
    Progressed {
        /// In its words.
        text: String,
    },
    /// Checks ran.
    Checked {
        /// Which, with what result.
        runs: Vec<CheckRun>,
    },
    /// The attempt failed; the next one is told.
    AttemptFailed {
        /// What went wrong, in words for an agent.
        summary: String,
    },
    /// It went back to its agent with what was wrong: another attempt in the same session.
    SentBack {
        /// Which attempt this is now.
        attempt: u32,
    },
    /// Its agent's process was lost; it is started again by itself.
    RestartPlanned {
        /// When.
        until: Timestamp,
    },
    /// Its agent's process was lost and is started again by itself.
    Restarted,
    /// Its next start resumes this conversation.
    ResumePlanned {
        /// The agent's own id of it.
        conversation: String,
        /// Its session was lost, and it is told so.
        #[serde(default)]
        after_loss: bool,
    },
    /// Somebody asked for its session by name: it waits as a session request.
    Requested,
    /// What goes first was changed.
    Prioritized {
        /// To what.
        priority: Priority,
    },
    /// Its next start is from the target as it is then, in a worktree made anew.
    FreshPlanned,
    /// The agent was reminded to report.
    Reminded,
    /// What its branch holds is known: this is what is checked, shown and landed.
    HeadSeen {
        /// The branch's head (hex).
        head: String,
    },
    /// Its branch or worktree changed after it was checked: what was to land is looked at again.
    BranchMoved,
    /// The target's checkout cannot move now; another try comes later.
    LandingPostponed {
        /// When.
        until: Timestamp,
        /// What is in the way.
        detail: String,
    },
    /// Its landing was taken back by the person.
    LandingUndone,
    /// It is done: landed as this commit, or without one where nothing had to land.
    Completed {
        /// The target's commit (hex).
        commit: Option<String>,
    },
    /// Another agent goes on with it.
    AgentChanged {
        /// Which.
        agent: String,
        /// The model that it was to use, when it is the one from before again.
        #[serde(default)]
        model: Option<String>,
    },
    /// Its headless run ended at its provider's limit: it starts again when that resets.
    LimitHit {
        /// When.
        until: Timestamp,
        /// The agent told that time.
        told: bool,
    },
    /// It gave up its seat while it waits for the person.
    WorkerFreed {
        /// Which.
        worker: WorkerNumber,
    },
}

/// News of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum SessionNews {
    /// It is to be started.
    Created {
        /// The session.
        made: Box<Session>,
        /// The command line of a plain shell pane.
        run: Option<String>,
    },
    /// Its agent runs.
    Started {
        /// The agent's process.
        pid: u32,
        /// Its host.
        host: HostIdentity,
        /// The agent's conversation id, where we chose it.
        conversation: Option<String>,
        /// What the person should know of how it runs.
        #[serde(default)]
        warnings: Vec<String>,
    },
    /// Its state was read.
    Read {
        /// What it is.
        verdict: Verdict,
    },
    /// The prompt it was started for arrived.
    Prompted,
    /// A text was too long for its composer, and arrived as a file.
    GotFile {
        /// What it was for.
        purpose: Purpose,
        /// Where it is.
        path: PathBuf,
    },
    /// A text did not arrive.
    DeliveryFailed {
        /// What it was for.
        purpose: Purpose,
        /// Why.
        detail: String,
    },
    /// Its input was locked or unlocked.
    Parked {
        /// Which of the two.
        parked: bool,
    },
    /// The agent told its own conversation id.
    ConversationNamed {
        /// The id.
        conversation: String,
    },
    /// Its host was lost, and another one shows it.
    Adopted {
        /// What shows it.
        pid: u32,
        /// The new host.
        host: HostIdentity,
    },
    /// It is to end.
    Dismissed {
        /// By force.
        now: bool,
    },
    /// It is started again with the same worker, agent, worktree and conversation once it has ended.
    RestartAsked,
    /// What is kept of it is written.
    Archived,
    /// It could not be ended; that is tried again.
    StopFailed {
        /// When.
        until: Timestamp,
        /// Why it did not work.
        detail: String,
    },
    /// It is over.
    Over {
        /// `exited`, `crashed` or `interrupted`.
        state: SessionState,
        /// How, in words.
        evidence: String,
        /// The exit record, when there is one.
        exit: Option<Exit>,
    },
    /// What it has used since it began.
    Used {
        /// That.
        now: Box<SessionUse>,
    },
    /// Its provider's limit is reached: it goes on later by itself.
    LimitHit {
        /// When.
        until: Timestamp,
        /// The agent told that time.
        told: bool,
    },
    /// The limit should be over: it is told to go on.
    LimitOver,
    /// The exit record of a session that was over already.
    ExitNoted {
        /// The record.
        exit: Exit,
    },
}

/// News of a budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum BudgetNews {
    /// The person set it, or took it away.
    Set {
        /// The limit; `None` follows the configuration.
        limit: Option<Amount>,
    },
    /// The person raised it; a daily one for this day.
    Raised {
        /// To what.
        limit: Amount,
    },
    /// Most of it is used.
    Warned {
        /// Of this limit.
        limit: Amount,
        /// How much, in percent.
        percent: u64,
    },
    /// It is used up.
    Reached {
        /// This limit.
        limit: Amount,
    },
}

/// News of an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ApprovalNews {
    /// It was asked.
    Asked {
        /// The question.
        question: Box<Approval>,
    },
    /// It was answered.
    Answered {
        /// With what.
        answer: Answer,
    },
    /// It went away by itself.
    Withdrawn,
}

/// News of a handoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum HandoffNews {
    /// It began.
    Began {
        /// The handoff.
        made: Box<Handoff>,
    },
    /// One step is elsewhere.
    StepMoved {
        /// Which.
        step: HandoffStep,
        /// Where.
        to: StepState,
    },
    /// The document is there.
    DocumentWritten {
        /// Where.
        path: PathBuf,
    },
    /// The fresh session took the worker.
    TakenOver {
        /// The fresh one.
        session: SessionId,
    },
    /// What is known of the fresh session's understanding.
    Restated {
        /// That.
        to: Restating,
    },
    /// The person said yes to parking the old session.
    Released,
    /// The old session has its worker back.
    TakenBack,
    /// It is over, done or called off.
    Ended,
}
