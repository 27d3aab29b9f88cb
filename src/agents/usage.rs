//! Usage in agents' own words: what a line of structured output or of a conversation's transcript file says was used.
//! Told by its shape and not by the agent's name, so that an agent that speaks another's dialect is understood too.
//!
//! | source | line | figures |
//! |---|---|---|
//! | Claude Code | `assistant` (also in its transcript file) | one message, told again while it grows |
//! | | `result` | all of the run, with the agent's own cost |
//! | Codex | `turn.completed` | one turn, cached tokens included in the input |
//! | | `token_count` of its transcript file | all of the conversation |
//! | Gemini CLI | `result` with `stats` | all of the run |
//! | | `gemini` of its transcript file | one message, told again |
//! | OpenCode | `step_finish` | one step, with the agent's own cost |
//! | Kimi Code | `step.end` of its transcript file | one step |
//!
//! A transcript file may hold turns of earlier sessions of the same conversation: what is older than `since` is left out.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Timestamp, Tokens};

/// Reads lines and knows the sums. The same lines give the same sums, however often they are read.
#[derive(Debug, Default)]
pub struct UsageReader {
    since: Option<Timestamp>,
    /// By message, turn or step.
    parts: BTreeMap<String, (Tokens, f64)>,
    /// What the agent said of the whole run; comes before the parts.
    whole: Option<(Tokens, Option<f64>)>,
    /// The whole conversation at the last line before `since`.
    before: Tokens,
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
    /// For the output of one run.
    pub fn of_run() -> Self {
        Self::default()
    }

    /// For a conversation's transcript file, from this moment on.
    pub fn of_transcript(since: Timestamp) -> Self {
        Self { since: Some(since), ..Self::default() }
    }

    /// Reads one line; whether it held figures.
    pub fn line(&mut self, line: &str) -> bool {
        self.lines += 1;
        let Ok(event) = serde_json::from_str::<Value>(line) else { return false };
        match text(&event, "type") {
            Some("assistant") => self.assistant(&event),
            Some("result") if event.get("stats").is_some() => self.gemini_result(&event),
            Some("result") => self.claude_result(&event),
            Some("turn.completed") => self.codex_turn(&event),
            Some("event_msg") => self.codex_count(&event),
            Some("turn_context") => self.named(event.pointer("/payload/model")),
            Some("init" | "system") => self.named(event.get("model")),
            Some("gemini") => self.gemini_message(&event),
            Some("step_finish") => self.opencode_step(&event),
            Some("context.append_loop_event") => self.kimi_step(&event),
            _ => false,
        }
    }

    /// The sums; `None` while no line held any.
    pub fn figures(&self) -> Option<Figures> {
        let parts = self.parts.values().fold(Tokens::default(), |sum, (tokens, _)| sum.plus(*tokens));
        let cost: f64 = self.parts.values().map(|(_, cost)| cost).sum();
        let (tokens, cost_usd) = match self.whole {
            Some((whole, cost)) => (whole.minus(self.before), cost),
            None if self.parts.is_empty() => return None,
            None => (parts, (cost > 0.0).then_some(cost)),
        };
        Some(Figures {
            tokens,
            cost_usd,
            model: self.model.clone(),
            context: self.context,
            window: self.window,
            is_whole: self.whole.is_some(),
        })
    }

    fn named(&mut self, model: Option<&Value>) -> bool {
        if let Some(model) = model.and_then(Value::as_str).filter(|model| !model.is_empty()) {
            self.model = Some(model.to_owned());
        }
        false
    }

    /// Whether an event is from before this session.
    fn is_old(&self, event: &Value) -> bool {
        let at = event.get("timestamp").or_else(|| event.get("time"));
        let at = at.and_then(|at| match at {
            Value::String(at) => at.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond),
            other => other.as_i64(),
        });
        self.since.zip(at).is_some_and(|(since, at)| at < since.0)
    }

    fn part(&mut self, event: &Value, key: Option<String>, tokens: Tokens, cost: f64) -> bool {
        if self.is_old(event) || tokens.total() == 0 {
            return false;
        }
        let key = key.unwrap_or_else(|| format!("line {}", self.lines));
        self.context = Some(tokens.read());
        self.parts.insert(key, (tokens, cost));
        true
    }

    fn assistant(&mut self, event: &Value) -> bool {
        let Some(message) = event.get("message") else { return false };
        let Some(usage) = message.get("usage") else { return false };
        // made up by the agent, after an error or an interrupt
        if text(message, "model") == Some("<synthetic>") {
            return false;
        }
        self.named(message.get("model"));
        self.part(event, text(message, "id").map(str::to_owned), anthropic(usage), 0.0)
    }

    fn claude_result(&mut self, event: &Value) -> bool {
        let models = event.get("modelUsage").and_then(Value::as_object);
        let of_model = |usage: &Value| Tokens {
            input: count(usage, "inputTokens"),
            output: count(usage, "outputTokens"),
            cache_read: count(usage, "cacheReadInputTokens"),
            cache_write: count(usage, "cacheCreationInputTokens"),
        };
        let tokens = match models.filter(|models| !models.is_empty()) {
            Some(models) => models.values().fold(Tokens::default(), |sum, usage| sum.plus(of_model(usage))),
            None => event.get("usage").map(anthropic).unwrap_or_default(),
        };
        let largest = models.and_then(|models| models.iter().max_by_key(|(_, usage)| of_model(usage).total()));
        if let Some((model, usage)) = largest {
            self.model = Some(model.clone());
            self.window = Some(count(usage, "contextWindow")).filter(|window| *window > 0);
        }
        let cost = event.get("total_cost_usd").and_then(Value::as_f64);
        if tokens.total() == 0 && cost.unwrap_or(0.0) <= 0.0 {
            return false;
        }
        self.whole = Some((tokens, cost));
        true
    }

    /// Its input tokens include the cached ones.
    fn codex_turn(&mut self, event: &Value) -> bool {
        let tokens = event.get("usage").map(openai).unwrap_or_default();
        self.part(event, None, tokens, 0.0)
    }

    fn codex_count(&mut self, event: &Value) -> bool {
        let Some(info) = event.pointer("/payload/info").filter(|info| info.is_object()) else { return false };
        let Some(total) = info.get("total_token_usage").map(openai) else { return false };
        if self.is_old(event) {
            self.before = total;
            return false;
        }
        self.context = info.get("last_token_usage").map(|usage| openai(usage).read());
        self.window = Some(count(info, "model_context_window")).filter(|window| *window > 0);
        self.whole = Some((total, None));
        true
    }

    /// `input` is without the cached tokens, `input_tokens` with them.
    fn gemini_result(&mut self, event: &Value) -> bool {
        let Some(stats) = event.get("stats") else { return false };
        let cached = count(stats, "cached");
        let tokens = Tokens {
            input: count(stats, "input_tokens").saturating_sub(cached),
            output: count(stats, "output_tokens"),
            cache_read: cached,
            cache_write: 0,
        };
        let models = stats.get("models").and_then(Value::as_object);
        let largest = models.and_then(|models| models.iter().max_by_key(|(_, usage)| count(usage, "total_tokens")));
        if let Some((model, _)) = largest {
            self.model = Some(model.clone());
        }
        if tokens.total() > 0 {
            self.whole = Some((tokens, None));
        }
        tokens.total() > 0
    }

    fn gemini_message(&mut self, event: &Value) -> bool {
        let Some(usage) = event.get("tokens") else { return false };
        self.named(event.get("model"));
        let cached = count(usage, "cached");
        let tokens = Tokens {
            input: count(usage, "input").saturating_sub(cached).saturating_add(count(usage, "tool")),
            output: count(usage, "output").saturating_add(count(usage, "thoughts")),
            cache_read: cached,
            cache_write: 0,
        };
        self.part(event, text(event, "id").map(str::to_owned), tokens, 0.0)
    }

    fn opencode_step(&mut self, event: &Value) -> bool {
        let Some(part) = event.get("part") else { return false };
        let Some(usage) = part.get("tokens") else { return false };
        let cache = usage.get("cache").unwrap_or(&Value::Null);
        let tokens = Tokens {
            input: count(usage, "input"),
            output: count(usage, "output").saturating_add(count(usage, "reasoning")),
            cache_read: count(cache, "read"),
            cache_write: count(cache, "write"),
        };
        let cost = part.get("cost").and_then(Value::as_f64).unwrap_or(0.0);
        self.part(event, text(part, "id").map(str::to_owned), tokens, cost)
    }

    fn kimi_step(&mut self, event: &Value) -> bool {
        let Some(step) = event.get("event").filter(|step| text(step, "type") == Some("step.end")) else { return false };
        let Some(usage) = step.get("usage") else { return false };
        let tokens = Tokens {
            input: count(usage, "inputOther"),
            output: count(usage, "output"),
            cache_read: count(usage, "inputCacheRead"),
            cache_write: count(usage, "inputCacheCreation"),
        };
        self.part(event, text(step, "uuid").map(str::to_owned), tokens, 0.0)
    }
}

/// What a hook says of its conversation's transcript file, and whether the turn is over: then the file is worth reading.
pub fn transcript_of(event: &str, payload: &str) -> Option<std::path::PathBuf> {
    if !matches!(event, "Stop" | "StopFailure" | "SubagentStop" | "AfterAgent" | "SessionEnd") {
        return None;
    }
    let payload: Value = serde_json::from_str(payload).ok()?;
    text(&payload, "transcript_path").filter(|path| path.starts_with('/')).map(Into::into)
}

fn anthropic(usage: &Value) -> Tokens {
    Tokens {
        input: count(usage, "input_tokens"),
        output: count(usage, "output_tokens"),
        cache_read: count(usage, "cache_read_input_tokens"),
        cache_write: count(usage, "cache_creation_input_tokens"),
    }
}

fn openai(usage: &Value) -> Tokens {
    let (read, written) = (count(usage, "cached_input_tokens"), count(usage, "cache_write_input_tokens"));
    Tokens {
        input: count(usage, "input_tokens").saturating_sub(read).saturating_sub(written),
        output: count(usage, "output_tokens"),
        cache_read: read,
        cache_write: written,
    }
}

fn count(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}
