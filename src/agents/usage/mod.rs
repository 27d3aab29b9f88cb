//! Usage in agents' own words: what a line of structured output or of a conversation's transcript file says was used.
//! Told by its shape (`dialects`) and not by the agent's name, so that an agent that speaks another's dialect is
//! understood too. Here the lines are added up: the same lines give the same sums, however often they are read.
//!
//! A transcript file may hold turns of earlier sessions of the same conversation: what is older than `since` is left out.
//! Claude Code and Codex tell the sum of the whole conversation, also after it was resumed (measured with 2.1.329 and
//! 0.169.0): what was known of its earlier sessions is taken off.

mod dialects;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Timestamp, Tokens};

pub use places::{is_worth_reading, told_by_hook, transcript_file, transcript_of, transcript_roots};

/// Bytes of text that are taken for a token where nobody counted.
pub const BYTES_PER_TOKEN: u64 = 4;

/// What one message, turn or step used.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    tokens: Tokens,
    /// The agent's own reckoning.
    cost_usd: Option<f64>,
    /// How many of the tokens nobody counted.
    estimated: u64,
}

/// What an agent says of all of a run or a conversation.
#[derive(Debug, Clone, Copy, Default)]
struct Whole {
    tokens: Tokens,
    cost_usd: Option<f64>,
}

impl Whole {
    /// Without what was there before; a sum that is smaller than that does not hold it.
    fn without(self, before: Whole) -> Whole {
        if self.tokens.total() < before.tokens.total() {
            return self;
        }
        let rest = |cost: f64| Some(cost - before.cost_usd.unwrap_or(0.0)).filter(|rest| *rest >= 0.0).unwrap_or(cost);
        Whole { tokens: self.tokens.minus(before.tokens), cost_usd: self.cost_usd.map(rest) }
    }
}

/// Reads lines and knows the sums.
#[derive(Debug, Default)]
pub struct UsageReader {
    since: Option<Timestamp>,
    /// By message, turn or step; what came after `whole`.
    parts: BTreeMap<String, Part>,
    /// Parts that are in `whole`.
    covered: BTreeSet<String>,
    /// What the agent said of everything so far.
    whole: Option<Whole>,
    /// What of that was there before this session.
    before: Whole,
    /// The time of the last line that had one, in milliseconds since 1970.
    last_at: Option<i64>,
    model: Option<String>,
    context: Option<u64>,
    window: Option<u64>,
    lines: u64,
}

/// What the lines so far add up to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Tokens.
    pub tokens: Tokens,
    /// The agent's own reckoning, in US dollars.
    pub cost_usd: Option<f64>,
    /// The tokens that are not in it.
    pub unpriced: Tokens,
    /// How many of the tokens are an estimate.
    pub estimated: u64,
    /// The model.
    pub model: Option<String>,
    /// Tokens before the model at its last answer.
    pub context: Option<u64>,
    /// Tokens that fit, where the agent says so.
    pub window: Option<u64>,
    /// The agent told the sum itself; else it is added up from the lines that were read.
    pub is_whole: bool,
}

impl UsageReader {
    /// For the output of one run. `earlier` is what sessions before it in the same conversation used.
    pub fn of_run(earlier: Tokens, earlier_usd: f64) -> Self {
        Self { before: Whole { tokens: earlier, cost_usd: Some(earlier_usd) }, ..Self::default() }
    }

    /// For a conversation's transcript file, from this moment on.
    pub fn of_transcript(since: Timestamp) -> Self {
        Self { since: Some(since), ..Self::default() }
    }

    /// Reads one line; whether it held figures.
    pub fn line(&mut self, line: &str) -> bool {
        self.lines += 1;
        let Ok(event) = serde_json::from_str::<Value>(line) else { return false };
        if let Some(at) = dialects::time(&event) {
            self.last_at = Some(at);
        }
        dialects::read(self, &event)
    }

    /// The sums; `None` while no line held any.
    pub fn figures(&self) -> Option<Figures> {
        if self.whole.is_none() && self.parts.is_empty() {
            return None;
        }
        let whole = self.whole.map(|whole| whole.without(self.before)).unwrap_or_default();
        let unpriced = if whole.cost_usd.is_some() { Tokens::default() } else { whole.tokens };
        let start = Figures {
            tokens: whole.tokens,
            cost_usd: whole.cost_usd,
            unpriced,
            estimated: 0,
            model: self.model.clone(),
            context: self.context,
            window: self.window,
            is_whole: self.whole.is_some(),
        };
        Some(self.parts.values().fold(start, |mut sum, part| {
            sum.tokens = sum.tokens.plus(part.tokens);
            sum.estimated = sum.estimated.saturating_add(part.estimated);
            match part.cost_usd {
                Some(cost) => sum.cost_usd = Some(sum.cost_usd.unwrap_or(0.0) + cost),
                None => sum.unpriced = sum.unpriced.plus(part.tokens),
            }
            sum
        }))
    }

    /// Whether it reads the output of a run, where a message is told as it begins.
    fn is_run(&self) -> bool {
        self.since.is_none()
    }

    /// Whether what is read now is from before this session.
    fn is_old(&self) -> bool {
        self.since.zip(self.last_at).is_some_and(|(since, at)| at < since.0)
    }

    fn named(&mut self, model: Option<&Value>) -> bool {
        if let Some(model) = model.and_then(Value::as_str).filter(|model| !model.is_empty()) {
            self.model = Some(model.to_owned());
        }
        false
    }

    /// A message, turn or step; one that is told again replaces itself.
    fn part(&mut self, key: Option<String>, part: Part) -> bool {
        let key = key.unwrap_or_else(|| format!("line {}", self.lines));
        if self.is_old() || part.tokens.total() == 0 || self.covered.contains(&key) {
            return false;
        }
        self.context = Some(part.tokens.read());
        self.parts.insert(key, part);
        true
    }

    /// Everything so far, as the agent adds it up.
    fn all(&mut self, whole: Whole) -> bool {
        if whole.tokens.total() == 0 && whole.cost_usd.unwrap_or(0.0) <= 0.0 {
            return false;
        }
        if self.is_old() {
            self.before = whole;
            return false;
        }
        self.covered.extend(std::mem::take(&mut self.parts).into_keys());
        self.whole = Some(whole);
        true
    }
}
