//! A project (a git repository that Quarterdeck knows) and the plans made in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Autonomy, PlanId, ProjectId, TaskId, Timestamp, Wishes, Worker, WorkerNumber};

/// One of the commands that a result must pass before it lands. An argument vector, never shell text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What it is called on screen: `cargo test`.
    pub name: String,
    /// Program and arguments.
    pub argv: Vec<String>,
}

/// A repository with its seats and standing decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// What it is called: the directory's name.
    pub name: String,
    /// The main checkout's root, canonical.
    pub root: PathBuf,
    /// The branch that results land on.
    pub target: String,
    /// What happens after planning, unless the task says otherwise.
    pub autonomy: Autonomy,
    /// The seats, by number.
    pub workers: BTreeMap<WorkerNumber, Worker>,
    /// Agents that may be told "yes, trust this folder" in this project's worktrees: the person was asked once.
    pub trusted_agents: BTreeSet<String>,
    /// SHA-256 (hex) of command lists from the repository's own configuration that the person agreed to run.
    pub trusted_commands: BTreeSet<String>,
    /// When Quarterdeck first saw it.
    pub added_at: Timestamp,
}

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// A planner is at it; there are no tasks yet.
    Planning,
    /// It waits for a yes.
    Proposed,
    /// The person (or autonomy `full`) said yes.
    Confirmed,
    /// The person said no; its tasks are cancelled.
    Declined,
}

/// The tasks that came from one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Whose it is.
    pub project: ProjectId,
    /// What the person typed, unchanged.
    pub text: String,
    /// Its tasks, in the order of the message.
    pub tasks: Vec<TaskId>,
    /// Where it stands.
    pub status: PlanStatus,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who made its tasks of the text, or is being asked: `rules`, `claude (haiku)`.
    #[serde(default)]
    pub by: String,
    /// Why it was not who should have, when that is so.
    #[serde(default)]
    pub note: Option<String>,
    /// How many of its agents run at once; `None` is as many as there is room for.
    #[serde(default)]
    pub at_once: Option<u16>,
    /// Whether the text came through the chat.
    #[serde(default)]
    pub from_chat: bool,
    /// What the person decided about its tasks beforehand.
    #[serde(default)]
    pub wishes: Wishes,
}
