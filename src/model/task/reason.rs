//! Why a task stands where it stands.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::TaskId;

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
