//! What agents use: tokens and money, the limits that the person sets, and what they are set for. Money is counted in
//! millionths of a US dollar, so that sums are exact.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ProjectId, TaskId, WorkerNumber};

/// Micro-dollars in a dollar.
const DOLLAR: u64 = 1_000_000;

/// Tokens as providers bill them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// Read, without what came from or went into the provider's cache.
    pub input: u64,
    /// Written, thinking included.
    pub output: u64,
    /// Read from the provider's cache.
    pub cache_read: u64,
    /// Read and put into the provider's cache.
    pub cache_write: u64,
}

impl Tokens {
    /// All of them.
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output).saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    /// What a model had before it when it wrote: everything but its answer.
    pub fn read(self) -> u64 {
        self.total().saturating_sub(self.output)
    }

    /// Each kind changed by `change`.
    fn with(self, other: Tokens, change: fn(u64, u64) -> u64) -> Tokens {
        Tokens {
            input: change(self.input, other.input),
            output: change(self.output, other.output),
            cache_read: change(self.cache_read, other.cache_read),
            cache_write: change(self.cache_write, other.cache_write),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Tokens) -> Tokens {
        self.with(other, u64::saturating_add)
    }

    /// What is more here; never below nothing.
    #[must_use]
    pub fn minus(self, other: Tokens) -> Tokens {
        self.with(other, u64::saturating_sub)
    }
}

/// What something used, and how much of that is not the agent's own figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens.
    pub tokens: Tokens,
    /// Money, in millionths of a US dollar.
    pub cost_micros: u64,
    /// How many of the tokens are an estimate.
    pub estimated_tokens: u64,
    /// How much of the money is an estimate.
    pub estimated_micros: u64,
}

impl Usage {
    /// Whether nothing was used.
    pub fn is_nothing(&self) -> bool {
        self.tokens.total() == 0 && self.cost_micros == 0
    }

    /// Puts what is known now in the place of what was known before: sums stay right when a figure is read again or
    /// corrected.
    pub fn replace(&mut self, before: &Usage, now: &Usage) {
        self.tokens = self.tokens.plus(now.tokens).minus(before.tokens);
        let change = |sum: u64, now: u64, before: u64| sum.saturating_add(now).saturating_sub(before);
        self.cost_micros = change(self.cost_micros, now.cost_micros, before.cost_micros);
        self.estimated_tokens = change(self.estimated_tokens, now.estimated_tokens, before.estimated_tokens);
        self.estimated_micros = change(self.estimated_micros, now.estimated_micros, before.estimated_micros);
    }

    /// Adds another.
    pub fn add(&mut self, other: &Usage) {
        self.replace(&Usage::default(), other);
    }

    /// `12.3k tok`, with `~` before what is estimated.
    pub fn tokens_words(&self) -> String {
        format!("{}{} tok", mark(self.estimated_tokens), count(self.tokens.total()))
    }

    /// `$0.42`, with `~` before what is estimated.
    pub fn cost_words(&self) -> String {
        format!("{}{}", mark(self.estimated_micros), money(self.cost_micros))
    }
}

fn mark(estimated: u64) -> &'static str {
    if estimated > 0 { "~" } else { "" }
}

/// US dollars as agents tell them, in millionths; less than nothing is nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is not negative")]
pub fn micros(dollars: f64) -> u64 {
    (dollars.max(0.0) * 1e6).round() as u64
}

/// Millionths of a US dollar, in dollars.
#[expect(clippy::cast_precision_loss, reason = "exact below nine thousand million dollars")]
pub fn dollars(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// `950`, `12.3k`, `4.5M`.
pub fn count(number: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", number / unit, number % unit * 10 / unit);
    match number {
        0..=999 => number.to_string(),
        1_000..=999_999 => format!("{}k", tenths(1_000)),
        _ => format!("{}M", tenths(1_000_000)),
    }
}

/// `$4.12`; what is less than a cent keeps four places.
pub fn money(micros: u64) -> String {
    let (dollars, rest) = (micros / DOLLAR, micros % DOLLAR);
    if dollars == 0 && rest > 0 && rest < 10_000 {
        format!("$0.{:04}", rest / 100)
    } else {
        let cents = (micros.saturating_add(5_000)) / 10_000;
        format!("${}.{:02}", cents / 100, cents % 100)
    }
}

/// How full a model's context is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextFill {
    /// Tokens in it at the last turn.
    pub used: u64,
    /// Tokens that fit.
    pub window: u64,
}

impl ContextFill {
    /// In percent, at most 100.
    pub fn percent(self) -> u8 {
        let share = self.used.saturating_mul(100).checked_div(self.window).unwrap_or(0);
        u8::try_from(share.min(100)).unwrap_or(100)
    }
}

/// What a session has used since it began: cumulative, so that telling it twice changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SessionUse {
    /// All of it.
    pub usage: Usage,
    /// The model, as the agent names it.
    #[serde(default)]
    pub model: Option<String>,
    /// How full its context is, where that is known.
    #[serde(default)]
    pub context: Option<ContextFill>,
}

/// An upper bound in tokens, in money, or in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Amount {
    /// Tokens.
    pub tokens: Option<u64>,
    /// Millionths of a US dollar.
    pub micros: Option<u64>,
}

impl Amount {
    /// Whether it bounds nothing.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_none() && self.micros.is_none()
    }

    /// How much of it is used, in percent: the greater of both.
    pub fn used_percent(&self, usage: &Usage) -> u64 {
        let share = |used: u64, of: Option<u64>| match of {
            Some(0) => 100,
            Some(of) => used.saturating_mul(100) / of,
            None => 0,
        };
        share(usage.tokens.total(), self.tokens).max(share(usage.cost_micros, self.micros))
    }

    /// Half as much again, of the limit or of what was used, whichever is more: then there is room for a while.
    #[must_use]
    pub fn raised(&self, used: &Usage) -> Amount {
        let more = |of: u64| of.saturating_add((of / 2).max(1));
        Amount {
            tokens: self.tokens.map(|limit| more(limit.max(used.tokens.total()))),
            micros: self.micros.map(|limit| more(limit.max(used.cost_micros))),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.micros, self.tokens) {
            (Some(micros), Some(tokens)) => write!(f, "{} and {} tok", money(micros), count(tokens)),
            (Some(micros), None) => f.write_str(&money(micros)),
            (None, Some(tokens)) => write!(f, "{} tok", count(tokens)),
            (None, None) => f.write_str("no limit"),
        }
    }
}

impl FromStr for Amount {
    type Err = String;

    /// `2.50usd`, `$2.50`, `200ktok`, `1.5Mtok`, or both with a comma between.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut amount = Amount::default();
        for part in text.split(',').map(str::trim) {
            let wrong = || format!("`{part}` is no amount: say it like `2.50usd` or `200ktok`");
            let lower = part.to_ascii_lowercase();
            if let Some(number) = lower.strip_suffix("usd").or_else(|| lower.strip_prefix('$')) {
                amount.micros = Some(scaled(number.trim(), DOLLAR).ok_or_else(wrong)?);
            } else if let Some(number) = lower.strip_suffix("tokens").or_else(|| lower.strip_suffix("tok")) {
                amount.tokens = Some(tokens(number.trim()).ok_or_else(wrong)?);
            } else {
                return Err(wrong());
            }
        }
        Ok(amount)
    }
}

fn tokens(text: &str) -> Option<u64> {
    match (text.strip_suffix('k'), text.strip_suffix('m')) {
        (Some(number), _) => scaled(number.trim(), 1_000),
        (_, Some(number)) => scaled(number.trim(), 1_000_000),
        _ => scaled(text, 1),
    }
}

/// A decimal number times `unit`, cut off; exact, unlike floating point.
fn scaled(text: &str, unit: u64) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !digits(whole) || !digits(part) || part.len() > 9 {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: u64 = if part.is_empty() { 0 } else { part.parse().ok()? };
    let places = 10u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    whole.checked_mul(unit)?.checked_add(fraction.checked_mul(unit)? / places)
}

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "of")]
pub enum BudgetScope {
    /// One task, all its attempts.
    Task {
        /// Which.
        task: TaskId,
    },
    /// One worker, everything that ever ran on it.
    Worker {
        /// Whose.
        project: ProjectId,
        /// Which.
        worker: WorkerNumber,
    },
    /// One project.
    Project {
        /// Which.
        project: ProjectId,
    },
    /// Everything on one day of the person's calendar.
    Day,
}

impl BudgetScope {
    /// Its name in maps that are kept as JSON.
    pub fn key(self) -> String {
        match self {
            BudgetScope::Task { task } => format!("task:{task}"),
            BudgetScope::Worker { project, worker } => format!("worker:{project}:{worker}"),
            BudgetScope::Project { project } => format!("project:{project}"),
            BudgetScope::Day => "day".to_owned(),
        }
    }
}

impl fmt::Display for BudgetScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BudgetScope::Task { task } => write!(f, "#{task}"),
            BudgetScope::Worker { worker, .. } => write!(f, "worker {worker}"),
            BudgetScope::Project { .. } => f.write_str("this project"),
            BudgetScope::Day => f.write_str("today"),
        }
    }
}

/// What happens when a budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBudget {
    /// The agents wait, with everything they know.
    #[default]
    Pause,
    /// The agents end; their work is kept.
    Stop,
    /// The person is asked, and the agents go on until the answer.
    Ask,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_and_nonsense_is_refused() {
        let read = |text: &str| text.parse::<Amount>();
        assert_eq!(read("2.50usd").unwrap().micros, Some(2_500_000));
        assert_eq!(read("$0.1").unwrap().micros, Some(100_000));
        assert_eq!(read("200ktok").unwrap().tokens, Some(200_000));
        assert_eq!(read("1.5Mtok").unwrap().tokens, Some(1_500_000));
        assert_eq!(read("3usd, 10tok").unwrap(), Amount { tokens: Some(10), micros: Some(3_000_000) });
        for text in ["", "2", "usd", "-1usd", "1e3tok", "2.5.0usd", "99999999999999999999usd"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn figures_are_short_and_estimates_are_marked() {
        assert_eq!([count(7), count(12_345), count(4_560_000)], ["7", "12.3k", "4.5M"]);
        assert_eq!([money(0), money(4_530), money(4_125_000)], ["$0.00", "$0.0045", "$4.13"]);
        let usage = Usage { cost_micros: 20_000, estimated_micros: 20_000, ..Usage::default() };
        assert_eq!((usage.cost_words(), usage.tokens_words()), ("~$0.02".to_owned(), "0 tok".to_owned()));
    }

    #[test]
    fn telling_a_figure_twice_changes_no_sum() {
        let used = Usage { tokens: Tokens { input: 5, ..Tokens::default() }, cost_micros: 9, ..Usage::default() };
        let mut sum = Usage::default();
        sum.replace(&Usage::default(), &used);
        sum.replace(&used, &used);
        assert_eq!(sum, used);
    }
}
