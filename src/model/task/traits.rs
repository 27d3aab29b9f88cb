//! What kind of task it is, how hard, how urgent, how much goes without the person, and what it waits for.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskType {
    /// Something new.
    Feature,
    /// Something broken.
    Bug,
    /// Same behaviour, better shape.
    Refactor,
    /// Tests.
    Test,
    /// Words for readers.
    Documentation,
    /// Finding out; may complete without changes.
    Research,
    /// Everything else.
    Chore,
}

impl TaskType {
    /// The first part of its branch names.
    pub fn branch_prefix(self) -> &'static str {
        match self {
            TaskType::Feature => "feat",
            TaskType::Bug => "fix",
            TaskType::Refactor => "refactor",
            TaskType::Test => "test",
            TaskType::Documentation => "docs",
            TaskType::Research | TaskType::Chore => "chore",
        }
    }
}

/// How hard it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Complexity {
    /// A few lines.
    Simple,
    /// A day's work for a person.
    Medium,
    /// Several parts.
    Complex,
}

/// What happens after planning and before landing without the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Nothing starts until the person starts each task.
    Manual,
    /// The plan waits for one yes; landing asks.
    #[default]
    Confirm,
    /// Starts at once and lands by itself when green.
    Full,
}

impl Autonomy {
    /// The word used everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Autonomy::Manual => "manual",
            Autonomy::Confirm => "confirm",
            Autonomy::Full => "full",
        }
    }
}

/// What goes first when several tasks wait for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// In the order in which tasks became ready.
    #[default]
    Normal,
    /// Before those.
    High,
    /// Before everything.
    Urgent,
}

impl Priority {
    /// Every priority, lowest first.
    pub const ALL: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

    /// The word used everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }
}

impl FromStr for Priority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Priority::ALL.into_iter().find(|priority| priority.word() == text);
        known.ok_or_else(|| format!("`{text}` is none of low, normal, high, urgent"))
    }
}

/// What a task that could start waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// Other tasks that must land first.
    Dependency,
    /// One of the sessions that may run at once.
    Slot,
    /// A free worker.
    Worker,
    /// A landing before it.
    Landing,
    /// The pause after a crash.
    Restart,
    /// The person's own checkout, which is not clean.
    Checkout,
    /// The person, who was asked and left it as it is.
    You,
    /// A budget that is used up.
    Budget,
    /// A provider: its limit, or its pace.
    Provider,
}

impl WaitsFor {
    /// The word used in JSON and on screen.
    pub fn word(self) -> &'static str {
        match self {
            WaitsFor::Dependency => "dependency",
            WaitsFor::Slot => "slot",
            WaitsFor::Worker => "worker",
            WaitsFor::Landing => "landing",
            WaitsFor::Restart => "restart",
            WaitsFor::Checkout => "checkout",
            WaitsFor::You => "you",
            WaitsFor::Budget => "budget",
            WaitsFor::Provider => "provider",
        }
    }
}
