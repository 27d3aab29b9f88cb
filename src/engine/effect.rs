//! What is to be done in the world. Effects carry ids; whoever carries one out reads the rest from the
//! state, so that a description written before a crash still holds after it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{
    CheckRun, Dialog, EffectId, HandoffId, HostIdentity, Kind, PlanId, SessionId, TaskDraft, TaskId, Timestamp,
};

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Its id: also the key under which a host journals writes that must not happen twice.
    pub id: EffectId,
    /// What is to be done.
    pub kind: EffectKind,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// Why text goes into an agent's composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The task.
    Brief,
    /// A failing check's log or a conflict, sent back.
    Feedback,
    /// The person's own words.
    Message,
    /// The one reminder to report.
    Reminder,
    /// What held it up is over.
    GoOn,
}

/// What can be asked of the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum EffectKind {
    /// Tasks out of a plan's text (can be asked again: only the first result counts).
    MakePlan {
        /// Which plan.
        plan: PlanId,
        /// By the rules, whatever is configured.
        rules: bool,
    },
    /// Branch and worktree for a task (idempotent: an existing one of this task is used again).
    PrepareWorktree {
        /// Which task.
        task: TaskId,
        /// Start from the target as it is now: an existing worktree is kept under a hidden ref and replaced.
        #[serde(default)]
        fresh: bool,
    },
    /// Host and agent process of a session. The session's directory is the lock: it starts once.
    StartSession {
        /// Which session.
        session: SessionId,
        /// A conversation of the agent to resume instead of starting afresh.
        resume: Option<String>,
        /// Not that conversation itself goes on, but a copy of it.
        #[serde(default)]
        forks: bool,
    },
    /// Text into the agent's composer, verified.
    DeliverPrompt {
        /// Whose.
        session: SessionId,
        /// What.
        text: String,
        /// Why.
        purpose: Purpose,
    },
    /// Keys that answer exactly this dialog, if it is still on the screen.
    AnswerDialog {
        /// Whose.
        session: SessionId,
        /// Which.
        dialog: Dialog,
        /// Yes or no.
        yes: bool,
        /// Yes, and for more than this once, as the dialog offers it.
        #[serde(default)]
        always: bool,
    },
    /// End the agent: ask, wait, force; its whole process group and all descendants.
    StopSession {
        /// Which.
        session: SessionId,
        /// Force at once.
        now: bool,
    },
    /// Lock or unlock the input of a session (a parked one takes none).
    LockInput {
        /// Which.
        session: SessionId,
        /// Lock or unlock.
        locked: bool,
    },
    /// Let the turn end, or interrupt it, then lock the input: the agent keeps what it knows.
    PauseSession {
        /// Which session.
        session: SessionId,
    },
    /// Commit what the agent left uncommitted, and say what its branch holds.
    CommitLeftovers {
        /// Whose worktree.
        task: TaskId,
    },
    /// The project's checks in the task's worktree.
    RunChecks {
        /// Which task.
        task: TaskId,
    },
    /// Merge in the integration worktree, check the merged tree, land exactly that tree.
    Land {
        /// Which task.
        task: TaskId,
    },
    /// Remove a task's worktree, everything in it kept under a hidden ref first.
    RemoveWorktree {
        /// Which task.
        task: TaskId,
    },
    /// Write what is kept of a session that is over (idempotent).
    ArchiveSession {
        /// Which session.
        session: SessionId,
    },
    /// Step 1 of a handoff.
    WriteBrief {
        /// Which handoff.
        handoff: HandoffId,
    },
    /// Step 2 of a handoff: wait for the turn's end (or interrupt it), then commit.
    CommitForHandoff {
        /// Which handoff.
        handoff: HandoffId,
    },
    /// Step 3 of a handoff.
    PushBranch {
        /// Which handoff.
        handoff: HandoffId,
    },
}

/// What came of an effect. `Failed` fits all of them; each of the others names the effects it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum EffectResult {
    /// `PrepareWorktree`.
    WorktreeReady {
        /// Where.
        path: PathBuf,
        /// The branch really used (a taken name gets a suffix).
        branch: String,
        /// The commit it starts from (hex).
        base: String,
    },
    /// `StartSession`.
    SessionStarted {
        /// The agent's process.
        pid: u32,
        /// Its host.
        host: HostIdentity,
        /// The agent's conversation id, where we choose it.
        conversation: Option<String>,
        /// Whether the agent can call `qd report`.
        #[serde(default = "reports")]
        reports: bool,
        /// What the person should know of how it runs.
        #[serde(default)]
        warnings: Vec<String>,
    },
    /// `StartSession`: the agent is not there; nothing ran.
    AgentMissing {
        /// What is missing, and what to do.
        detail: String,
    },
    /// `DeliverPrompt`: the text was seen in the composer and the turn was seen to start.
    Delivered,
    /// `DeliverPrompt`: the text was too long for the composer, which was seen to take the name of a file with it.
    DeliveredAsFile {
        /// Where.
        path: PathBuf,
    },
    /// `AnswerDialog`: the keys were written.
    Answered,
    /// `AnswerDialog`: another dialog, or none, was on the screen; nothing was sent.
    DialogGone,
    /// `StopSession`, `LockInput`, `PauseSession`, `ArchiveSession`.
    Done,
    /// `CommitLeftovers`.
    Committed {
        /// The branch's head (hex).
        head: String,
        /// How many commits it is ahead of its base.
        ahead: u32,
    },
    /// `RunChecks`: all that ran, up to the first failure; empty when no checks are known.
    Checked {
        /// The runs.
        runs: Vec<CheckRun>,
    },
    /// `PrepareWorktree`, `RunChecks`, `Land`: commands from the repository's configuration were never agreed to; nothing ran.
    CommandsNotTrusted {
        /// SHA-256 of the list (hex).
        hash: String,
        /// As they would run.
        commands: Vec<String>,
    },
    /// `Land`.
    Landed {
        /// The commit that the target points to now (hex).
        commit: String,
        /// The checks of the merged tree.
        runs: Vec<CheckRun>,
    },
    /// `Land`: the branch has nothing that the target lacks.
    NothingToLand,
    /// `Land`: the branch or its worktree is not what was checked and shown; nothing was merged.
    BranchMoved,
    /// `Land`: both changed these files; nothing was merged.
    Conflict {
        /// Paths, relative to the repository.
        files: Vec<String>,
    },
    /// `Land`: the merged tree is red; nothing was merged.
    MergedTreeFailed {
        /// The runs, the last one failing.
        runs: Vec<CheckRun>,
    },
    /// `Land`: the target's checkout cannot move now; nothing was moved.
    CheckoutBusy {
        /// What is in the way.
        detail: String,
    },
    /// `RemoveWorktree`.
    Removed {
        /// The hidden ref that keeps what was in it, when there was anything.
        kept: Option<String>,
    },
    /// `WriteBrief`.
    BriefWritten {
        /// Where.
        path: PathBuf,
    },
    /// `PushBranch`.
    Pushed {
        /// Where to.
        detail: String,
    },
    /// `PushBranch`: not done, and why that is right.
    PushSkipped {
        /// Why.
        reason: String,
    },
    /// `MakePlan`.
    Planned {
        /// What the planner made of the text; at least one.
        drafts: Vec<TaskDraft>,
        /// Who planned: `rules`, `claude (haiku)`.
        by: String,
        /// Why it was not who should have, for the person.
        note: Option<String>,
    },
    /// It did not work.
    Failed {
        /// What sort of failure.
        kind: Kind,
        /// What happened, in words for the person.
        detail: String,
    },
}

/// What was true of every agent before it was written down.
fn reports() -> bool {
    true
}

impl EffectResult {
    /// Why something did not work. A result that does not belong to its effect is a failure too.
    pub fn detail(self) -> String {
        match self {
            EffectResult::Failed { detail, .. } | EffectResult::AgentMissing { detail } => detail,
            _ => "an answer came that does not fit the question".to_owned(),
        }
    }
}
