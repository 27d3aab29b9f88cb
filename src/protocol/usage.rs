//! What was used and what may be used, as faces show it and as `--json` prints it.

use serde::{Deserialize, Serialize};

use crate::model::{Amount, BudgetScope, ContextFill, Usage};

/// What usage is summed up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// Days of the person's calendar.
    #[default]
    Day,
    /// Agents.
    Agent,
    /// Models, as the agents name them.
    Model,
    /// Workers.
    Worker,
    /// Tasks.
    Task,
    /// Projects.
    Project,
    /// Sessions.
    Session,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageLine {
    /// The day, agent, model, worker, task, project or session.
    pub name: String,
    /// What it used.
    #[serde(flatten)]
    pub usage: Usage,
}

/// Everything that `qd usage` shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageReport {
    /// What it is summed up by.
    pub by: UsageBy,
    /// The rows; days latest first, else the costliest first.
    pub rows: Vec<UsageLine>,
    /// All of them.
    pub total: Usage,
    /// Today.
    pub today: Usage,
    /// Models that Quarterdeck itself called, to plan.
    pub planning_calls: u64,
    /// Models that Quarterdeck itself called, to watch agents: always none.
    pub supervision_calls: u64,
}

/// How one budget stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetView {
    /// What it is for.
    pub scope: BudgetScope,
    /// The same in words.
    pub name: String,
    /// Its limit.
    pub limit: Amount,
    /// What was used.
    pub used: Usage,
    /// How much of it, in percent.
    pub percent: u64,
    /// Nothing is left.
    pub over: bool,
}

/// What one session used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionUsageView {
    /// Tokens and money.
    #[serde(flatten)]
    pub usage: Usage,
    /// How full its context is, where that is known.
    #[serde(default)]
    pub context: Option<ContextFill>,
}

/// What was used today, of how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TodayView {
    /// All projects together.
    pub used: Usage,
    /// The day's budget; empty when there is none.
    pub limit: Amount,
}
