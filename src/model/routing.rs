//! Who a task was given to, and why: the record of a routing decision.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Complexity, SessionMode};

/// What decided about a task's agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutedBy {
    /// The person chose it.
    Person,
    /// A label (`agent:codex`).
    Label,
    /// The text names it.
    Mention,
    /// The model that planned the task.
    Planner,
    /// A model that was asked who is to do it.
    Router,
    /// It did best with such tasks before.
    Record,
    /// It was its turn.
    Turn,
    /// The person's or the project's standing choice, or the first that is installed.
    Preference,
    /// Nobody else could be used.
    Fallback,
}

impl RoutedBy {
    /// The word used in JSON and on screen.
    pub fn word(self) -> &'static str {
        match self {
            RoutedBy::Person => "person",
            RoutedBy::Label => "label",
            RoutedBy::Mention => "mention",
            RoutedBy::Planner => "planner",
            RoutedBy::Router => "router",
            RoutedBy::Record => "record",
            RoutedBy::Turn => "turn",
            RoutedBy::Preference => "preference",
            RoutedBy::Fallback => "fallback",
        }
    }

    /// Whether the person said it of this very task: then nobody else is tried without a word.
    pub fn is_the_persons(self) -> bool {
        matches!(self, RoutedBy::Person | RoutedBy::Label | RoutedBy::Mention)
    }
}

/// An agent and how it would run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The agent.
    pub agent: String,
    /// Its model; `None` is its own default.
    #[serde(default)]
    pub model: Option<String>,
    /// The only mode it has, if it has only one.
    #[serde(default)]
    pub mode: Option<SessionMode>,
}

/// Why a task has the agent and the model that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What decided.
    pub by: RoutedBy,
    /// The decision in words.
    pub why: String,
    /// Which choice this is, from 1: those before could not be used.
    #[serde(default = "first")]
    pub attempt: u32,
    /// Who is tried, in this order, when it cannot be started.
    #[serde(default)]
    pub others: Vec<Choice>,
}

impl Route {
    /// A first choice.
    pub fn new(by: RoutedBy, why: String) -> Self {
        Self { by, why, attempt: first(), others: Vec::new() }
    }
}

fn first() -> u32 {
    1
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// The models of one agent that are known to fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    /// For a few lines.
    pub simple: Option<String>,
    /// For a day's work.
    pub medium: Option<String>,
    /// For several parts.
    pub complex: Option<String>,
    /// For reviews.
    pub review: Option<String>,
    /// Others that may be chosen.
    pub more: Vec<String>,
}

impl Models {
    /// The one for a complexity.
    pub fn fit(&self, complexity: Complexity) -> Option<&str> {
        let model = match complexity {
            Complexity::Simple => &self.simple,
            Complexity::Medium => &self.medium,
            Complexity::Complex => &self.complex,
        };
        model.as_deref()
    }

    /// All of them, each once.
    pub fn all(&self) -> Vec<&str> {
        let named = [&self.simple, &self.medium, &self.complex, &self.review].into_iter().flatten();
        let mut all: Vec<&str> = Vec::new();
        for model in named.chain(&self.more) {
            if !all.contains(&model.as_str()) {
                all.push(model);
            }
        }
        all
    }

    /// The complexity that a model is for.
    pub fn class(&self, model: &str) -> Option<Complexity> {
        let known = [Complexity::Simple, Complexity::Medium, Complexity::Complex];
        known.into_iter().find(|complexity| self.fit(*complexity) == Some(model))
    }
}
