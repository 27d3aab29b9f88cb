//! `config.toml` (the person's) and `.quarterdeck.toml` (the repository's). Unknown keys are errors with
//! a suggestion: a setting that is silently ignored is a lie.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{Amount, Autonomy, ExecutorKind, ExecutorSettings, OnBudget};

use super::mistake::{SettingsError, explain};
use super::planner::PlannerSettings;
use super::router::RouterSettings;

/// The person's settings, with the defaults of PRODUCT §15.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What happens after planning.
    pub default_autonomy: Autonomy,
    /// Engine-started sessions at once.
    pub slots: u16,
    /// Seats of a project.
    pub seats: u16,
    /// Seats that a project may grow to by itself while tasks wait for one; they go again when they are idle.
    pub max_workers: u16,
    /// Session requests that may wait for a slot; tasks wait without limit.
    pub session_requests: u16,
    /// What happens to sessions that were lost in a reboot.
    pub resume: Resume,
    /// Seconds after which a session that has nothing to do is ended, its conversation kept; 0 is never.
    pub idle_timeout: u64,
    /// Seconds between two questions to each session's host whether it is there; one that lets three go by is unreachable.
    pub heartbeat: u64,
    /// Attempts before a person must look.
    pub max_attempts: u32,
    /// Reminders to report after a silent stop.
    pub reminders: u32,
    /// Whether a green result lands by itself; `None` follows the task's autonomy.
    pub landing: Option<Landing>,
    /// The agent that tasks get when nothing else decides; `None` takes the first installed one.
    pub agent: Option<String>,
    /// The theme's name.
    pub theme: String,
    /// The leader key, in keymap notation.
    pub leader: Option<String>,
    /// What Ctrl+H is where it cannot be told from Backspace: `auto`, `key` or `backspace`.
    pub ctrl_h: String,
    /// Mouse reporting on or off.
    pub mouse: bool,
    /// Lines of history per session.
    pub scrollback: u32,
    /// Seconds a check may run.
    pub check_timeout: u64,
    /// Handoff settings.
    pub handoff: Handoff,
    /// What agents may use, in amounts like `2.50usd` or `200ktok`.
    pub budget: BudgetSettings,
    /// How fast agents of one provider may begin and use tokens, by provider.
    pub providers: BTreeMap<String, ProviderSettings>,
    /// The agent that takes over when another one's provider stops it for long.
    pub fallback_agent: Option<String>,
    /// Minutes of a provider's limit from which on it does.
    pub fallback_after: u64,
    /// Where sessions run.
    pub executor: ExecutorSettings,
    /// Who plans.
    pub planner: PlannerSettings,
    /// Who gets a task that names nobody.
    pub router: RouterSettings,
    /// Whether agents are also kept from reading your own checkout, as far as their own rules can.
    pub hide_checkout: bool,
    /// About single agents, by name.
    pub agents: BTreeMap<String, AgentSettings>,
}

/// About one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentSettings {
    /// It runs without asking for permissions (`--dangerously-skip-permissions` and the like). Shown wherever it runs.
    pub bypass: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_autonomy: Autonomy::Confirm,
            slots: 4,
            seats: 4,
            max_workers: 4,
            session_requests: 10,
            resume: Resume::Ask,
            idle_timeout: 0,
            heartbeat: 30,
            max_attempts: 10,
            reminders: 1,
            landing: None,
            agent: None,
            theme: "dark".to_owned(),
            leader: None,
            ctrl_h: "auto".to_owned(),
            mouse: true,
            scrollback: 20_000,
            check_timeout: 1_800,
            handoff: Handoff::default(),
            budget: BudgetSettings::default(),
            providers: BTreeMap::new(),
            fallback_agent: None,
            fallback_after: 10,
            executor: ExecutorSettings::default(),
            hide_checkout: false,
            agents: BTreeMap::new(),
            planner: PlannerSettings::default(),
            router: RouterSettings::default(),
        }
    }
}

/// What happens to sessions that were lost in a reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// They are offered to the person.
    Ask,
    /// They are resumed.
    Auto,
}

/// Whether landing asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Landing {
    /// A person says yes to each.
    Ask,
    /// Green lands.
    Auto,
}

/// Handoff settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handoff {
    /// Whether step 3 pushes without being asked.
    pub push: bool,
    /// Seconds in which the fresh session must say the next step back; 0 asks for nothing.
    pub restate_timeout: u64,
}

impl Default for Handoff {
    fn default() -> Self {
        Self { push: false, restate_timeout: 120 }
    }
}

/// `[budget]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSettings {
    /// Of each task that has none of its own.
    #[serde(deserialize_with = "amount")]
    pub task: Amount,
    /// Of each worker.
    #[serde(deserialize_with = "amount")]
    pub worker: Amount,
    /// Of each project.
    #[serde(deserialize_with = "amount")]
    pub project: Amount,
    /// Of each day.
    #[serde(deserialize_with = "amount")]
    pub day: Amount,
    /// The share in percent at which you are warned; 0 is never.
    pub warn: u64,
    /// What happens when one is used up.
    pub on_budget: OnBudget,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        let none = Amount::default();
        Self { task: none, worker: none, project: none, day: none, warn: 80, on_budget: OnBudget::Pause }
    }
}

fn amount<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Amount, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

/// `[providers.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderSettings {
    /// The agents that it serves; those of `anthropic`, `openai` and `google` are known.
    pub agents: Option<Vec<String>>,
    /// Tokens in any minute after which no more agents are started.
    pub tokens_per_minute: Option<u64>,
    /// Starts in any minute, spread evenly over it.
    pub starts_per_minute: Option<u32>,
}

impl ProviderSettings {
    /// The agents that a provider serves.
    pub fn served(&self, provider: &str) -> Vec<String> {
        let known: &[&str] = match provider {
            "anthropic" => &["claude"],
            "openai" => &["codex"],
            "google" => &["gemini"],
            _ => &[],
        };
        self.agents.clone().unwrap_or_else(|| known.iter().map(|agent| (*agent).to_owned()).collect())
    }
}

/// The repository's own settings. Its commands run only after the person trusted exactly them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectSettings {
    /// Checks, each a command line; split into words like a shell would, never run by one unless it says `sh -c`.
    pub checks: Option<Vec<String>>,
    /// Runs once in a new worktree.
    pub setup: Option<String>,
    /// Ignored files to copy into new worktrees (`.env`).
    pub copy: Vec<String>,
    /// The branch that results land on.
    pub target: Option<String>,
    /// Its default autonomy.
    pub default_autonomy: Option<Autonomy>,
    /// Its default agent.
    pub agent: Option<String>,
    /// Where its tasks run.
    pub executor: ProjectExecutor,
}

/// What a repository may say about where its tasks run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectExecutor {
    /// The default; it never takes a fence away that the person's own default makes.
    pub default: Option<ExecutorKind>,
}

impl Settings {
    /// Reads `config.toml`. `file` names it in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| explain(&error, text, file))
    }
}

impl ProjectSettings {
    /// Reads `.quarterdeck.toml`. `file` names it in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| explain(&error, text, file))
    }
}
