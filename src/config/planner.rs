//! `[planner]` of `config.toml`: who makes tasks of a message, and how often it may be asked.

use serde::Deserialize;

/// Who plans.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlannerSettings {
    /// Which sort of planner.
    pub backend: PlannerBackend,
    /// The agent that is asked; `None` takes the first that can be and is signed in.
    pub agent: Option<String>,
    /// The model; `None` is the agent's own choice for planning, or the endpoint's default below.
    pub model: Option<String>,
    /// The endpoint's base URL (`http://127.0.0.1:11434/v1`).
    pub base_url: Option<String>,
    /// The environment variable that holds the endpoint's key. The key itself stands in no file of ours.
    pub key: Option<String>,
    /// Seconds until the rules plan instead.
    pub timeout: u64,
    /// Model calls that a project may have in an hour.
    pub calls_per_hour: u32,
    /// Tasks that a person may have made of chat messages in a minute.
    pub tasks_per_minute: u32,
}

impl Default for PlannerSettings {
    fn default() -> Self {
        Self {
            backend: PlannerBackend::Auto,
            agent: None,
            model: None,
            base_url: None,
            key: None,
            timeout: 120,
            calls_per_hour: 100,
            tasks_per_minute: 10,
        }
    }
}

/// Sorts of planners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannerBackend {
    /// The endpoint where one is configured, else an installed agent that is signed in, else the rules.
    Auto,
    /// Built in: no network, no model.
    Rules,
    /// An installed agent, asked headless and without tools.
    Agent,
    /// An endpoint that speaks Anthropic's Messages API.
    Anthropic,
    /// An endpoint that speaks OpenAI's Chat Completions, local ones too.
    Openai,
}
