//! What was used, what may be used, and who waits for a provider: the part of the state behind usage, budgets and
//! limits. Sums are kept by what a budget can be set for, so that a decision never looks at all of history.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Amount, BudgetScope, OnBudget, Session, SessionId, SessionUse, TaskId, Timestamp, Usage};

use super::{Rules, State};

/// How long a start or a token counts against a provider's rate per minute.
pub(super) const MINUTE: Duration = Duration::from_secs(60);
/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

/// The person's limits for what agents use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BudgetRules {
    /// For each task that has none of its own.
    pub task: Amount,
    /// For each worker.
    pub worker: Amount,
    /// For each project.
    pub project: Amount,
    /// For each day.
    pub day: Amount,
    /// The share in percent at which the person is warned.
    pub warn_percent: u64,
    /// What happens when one is used up.
    pub on_budget: OnBudget,
}

impl Default for BudgetRules {
    fn default() -> Self {
        let none = Amount::default();
        Self { task: none, worker: none, project: none, day: none, warn_percent: 80, on_budget: OnBudget::Pause }
    }
}

/// How fast agents of one provider may begin and use tokens, all workers together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderRules {
    /// The agents that it serves.
    pub agents: Vec<String>,
    /// Tokens in any minute after which no more agents are started.
    pub tokens_per_minute: Option<u64>,
    /// Starts in any minute; they are spread evenly over it.
    pub starts_per_minute: Option<u32>,
}

/// One part of what a session used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRow {
    /// The day of the person's calendar, counted from 1970-01-01.
    pub day: i64,
    /// The model.
    pub model: Option<String>,
    /// How much.
    pub usage: Usage,
}

/// What is known of one session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its last figures.
    pub last: SessionUse,
    /// Them by day and model.
    pub rows: Vec<UsageRow>,
}

/// A limit of a provider that a session or a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Since when.
    pub since: Timestamp,
    /// When it goes on.
    pub until: Timestamp,
    /// Whether the agent told that time; else it is only tried again then.
    pub told: bool,
}

/// A threshold that was passed: it counts for this limit only, and for a daily one on this day only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The limit then.
    pub limit: Amount,
    /// The day.
    pub day: i64,
}

/// What was decided about one budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// What it is for.
    pub scope: BudgetScope,
    /// The limit that the person set for exactly this.
    #[serde(default)]
    pub set: Option<Amount>,
    /// The limit after a raise, and the day on which it was made.
    #[serde(default)]
    pub raised: Option<Mark>,
    /// The person was warned.
    #[serde(default)]
    pub warned: Option<Mark>,
    /// It was used up.
    #[serde(default)]
    pub reached: Option<Mark>,
}

/// What happened lately with one provider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// Starts.
    pub starts: Vec<Timestamp>,
    /// Tokens.
    pub tokens: Vec<(Timestamp, u64)>,
}

/// Calls of models that Quarterdeck itself made, and not an agent at its work. Every one of them is announced before it
/// is made (`ProjectNews::ModelAsked`), for what the person asked for: nothing that watches agents can announce one, and
/// so what is left for supervision is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Calls {
    /// To plan.
    pub planning: u64,
    /// To watch agents.
    pub supervision: u64,
}

/// Everything about usage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// By session.
    pub sessions: BTreeMap<SessionId, SessionRecord>,
    /// Sums by the key of what a budget can be for, days left out.
    pub sums: BTreeMap<String, Usage>,
    /// Sums by day.
    pub days: BTreeMap<i64, Usage>,
    /// Budgets about which something was decided, by their scope's key.
    pub budgets: BTreeMap<String, Budget>,
    /// Sessions that a budget paused.
    pub paused: BTreeSet<SessionId>,
    /// Live sessions whose provider's limit is reached.
    pub limits: BTreeMap<SessionId, Limit>,
    /// Tasks whose headless run ended at a provider's limit.
    pub held: BTreeMap<TaskId, Limit>,
    /// Providers.
    pub paces: BTreeMap<String, Pace>,
    /// When the last event happened: what time it is, for words that need no better clock.
    pub clock: Timestamp,
    /// Our own calls.
    pub calls: Calls,
}

/// How a budget stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What it is for.
    pub scope: BudgetScope,
    /// Its limit; empty when there is none.
    pub limit: Amount,
    /// What was used.
    pub used: Usage,
    /// The person was warned of exactly this limit.
    pub warned: bool,
    /// It was found used up.
    pub reached: bool,
}

impl Standing {
    /// In percent.
    pub fn percent(&self) -> u64 {
        self.limit.used_percent(&self.used)
    }

    /// Whether nothing is left.
    pub fn is_over(&self) -> bool {
        !self.limit.is_empty() && self.percent() >= 100
    }
}

impl Rules {
    /// The day of the person's calendar.
    pub fn day(&self, at: Timestamp) -> i64 {
        at.0.saturating_add(self.utc_offset_s.saturating_mul(1_000)).div_euclid(DAY)
    }

    /// A time of day as the person has it: `15:30`.
    pub fn clock(&self, at: Timestamp) -> String {
        let minutes = at.0.saturating_add(self.utc_offset_s.saturating_mul(1_000)).rem_euclid(DAY) / 60_000;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// When the next day begins.
    pub fn tomorrow(&self, at: Timestamp) -> Timestamp {
        let begins = self.day(at).saturating_add(1).saturating_mul(DAY);
        Timestamp(begins.saturating_sub(self.utc_offset_s.saturating_mul(1_000)))
    }

    /// The provider of an agent that has a pace.
    pub fn provider(&self, agent: &str) -> Option<(&String, &ProviderRules)> {
        self.providers.iter().find(|(_, rules)| rules.agents.iter().any(|known| known == agent))
    }
}

impl State {
    /// Whether any budget was ever set: without one nothing has to be looked at.
    pub fn has_budgets(&self) -> bool {
        let rules = &self.rules.budget;
        let configured = [rules.task, rules.worker, rules.project, rules.day];
        configured.iter().any(|limit| !limit.is_empty()) || !self.ledger.budgets.is_empty()
    }

    /// How a budget stands.
    pub fn budget(&self, scope: BudgetScope, now: Timestamp) -> Standing {
        let key = scope.key();
        let today = self.rules.day(now);
        let used = match scope {
            BudgetScope::Day => self.ledger.days.get(&today),
            _ => self.ledger.sums.get(&key),
        };
        let budget = self.ledger.budgets.get(&key);
        let rules = &self.rules.budget;
        let configured = match scope {
            BudgetScope::Task { .. } => rules.task,
            BudgetScope::Worker { .. } => rules.worker,
            BudgetScope::Project { .. } => rules.project,
            BudgetScope::Day => rules.day,
        };
        let on_day = |mark: &Mark| scope != BudgetScope::Day || mark.day == today;
        let raised = budget.and_then(|budget| budget.raised).filter(on_day).map(|mark| mark.limit);
        let limit = raised.or_else(|| budget.and_then(|budget| budget.set)).unwrap_or(configured);
        let marked = |mark: Option<Mark>| mark.filter(on_day).is_some_and(|mark| mark.limit == limit);
        Standing {
            scope,
            limit,
            used: used.copied().unwrap_or_default(),
            warned: budget.is_some_and(|budget| marked(budget.warned)),
            reached: budget.is_some_and(|budget| marked(budget.reached)),
        }
    }

    /// The budgets that a session's use counts against.
    pub fn scopes_of(&self, session: &Session) -> Vec<BudgetScope> {
        let (project, worker) = (session.project, session.worker);
        let task = session.task.map(|task| BudgetScope::Task { task });
        let rest = [BudgetScope::Worker { project, worker }, BudgetScope::Project { project }, BudgetScope::Day];
        task.into_iter().chain(rest).collect()
    }

    /// The first budget of a session that is used up.
    pub fn over_budget(&self, session: &Session, now: Timestamp) -> Option<Standing> {
        if !self.has_budgets() {
            return None;
        }
        self.scopes_of(session).into_iter().map(|scope| self.budget(scope, now)).find(Standing::is_over)
    }

    /// The first budget of a task that is used up, whichever worker gets it.
    pub fn task_over_budget(&self, task: TaskId, now: Timestamp) -> Option<Standing> {
        let of = self.task(task).filter(|_| self.has_budgets())?;
        let project = of.project;
        let scopes = [BudgetScope::Task { task }, BudgetScope::Project { project }, BudgetScope::Day];
        scopes.into_iter().map(|scope| self.budget(scope, now)).find(Standing::is_over)
    }

    /// When the next agent of this kind may begin, if its provider's pace holds it back.
    pub fn held_by_pace(&self, agent: &str, now: Timestamp) -> Option<Timestamp> {
        let (name, rules) = self.rules.provider(agent)?;
        let pace = self.ledger.paces.get(name)?;
        let gap = rules.starts_per_minute.map(|starts| MINUTE / starts.max(1));
        let after_start = gap.and_then(|gap| Some(pace.starts.last()?.after(gap)));
        let after_tokens = rules.tokens_per_minute.and_then(|most| room_at(&pace.tokens, most, now));
        // a moment farther ahead than a minute was made before the clock was set back
        after_start.into_iter().chain(after_tokens).max().filter(|at| *at > now && *at <= now.after(MINUTE))
    }
}

/// When the tokens of the last minute are fewer than `most` again.
fn room_at(used: &[(Timestamp, u64)], most: u64, now: Timestamp) -> Option<Timestamp> {
    let recent = || used.iter().filter(|(at, _)| at.after(MINUTE) > now);
    let mut sum: u64 = recent().map(|(_, tokens)| tokens).sum();
    let mut free = None;
    for (at, tokens) in recent() {
        if sum < most {
            break;
        }
        sum = sum.saturating_sub(*tokens);
        free = Some(at.after(MINUTE));
    }
    free
}
