//! The shapes of lines that hold figures.
//!
//! | source | line | figures |
//! |---|---|---|
//! | Claude Code | `assistant` (also in its transcript file) | one message, told again while it grows |
//! | | `result` | all of the conversation, with the agent's own cost |
//! | | `cost-state` of its transcript file | the same |
//! | Codex | `turn.completed` | all of the conversation, cached tokens included in the input |
//! | | `token_count` of its transcript file | the same |
//! | Gemini CLI | `result` with `stats` | all of the run |
//! | | `gemini` of its transcript file | one message, told again |
//! | OpenCode | `step_finish` | one step, with the agent's own cost |
//! | | `message.updated` of our plugin | one message, with the agent's own cost |
//! | Kimi Code | `step.end` of its transcript file | one step |

use serde_json::Value;

use crate::agents::words::{count, text};
use crate::model::Tokens;

use super::{BYTES_PER_TOKEN, Part, UsageReader, Whole};

/// Reads one event; whether it held figures.
pub(super) fn read(reader: &mut UsageReader, event: &Value) -> bool {
    match text(event, "type") {
        Some("assistant") => assistant(reader, event),
        Some("result") if event.get("stats").is_some() => gemini_result(reader, event),
        Some("result" | "cost-state") => claude_sum(reader, event),
        Some("turn.completed") => codex_turn(reader, event),
        Some("event_msg") => codex_count(reader, event),
        Some("turn_context") => reader.named(event.pointer("/payload/model")),
        Some("init" | "system") => reader.named(event.get("model")),
        Some("gemini") => gemini_message(reader, event),
        Some("step_finish") => opencode_step(reader, event),
        Some("message.updated") => opencode_message(reader, event),
        Some("context.append_loop_event") => kimi_step(reader, event),
        _ => false,
    }
}

/// When an event happened, in milliseconds since 1970.
pub(super) fn time(event: &Value) -> Option<i64> {
    match event.get("timestamp").or_else(|| event.get("time"))? {
        Value::String(at) => at.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond),
        other => other.as_i64(),
    }
}

fn part(tokens: Tokens) -> Part {
    Part { tokens, ..Part::default() }
}

/// A line of a run's output says what was read, and only how the answer began: what it wrote is estimated by its length.
fn assistant(reader: &mut UsageReader, event: &Value) -> bool {
    let Some(message) = event.get("message") else { return false };
    let Some(usage) = message.get("usage") else { return false };
    // made up by the agent, after an error or an interrupt
    if text(message, "model") == Some("<synthetic>") {
        return false;
    }
    reader.named(message.get("model"));
    let key = text(message, "id").map(str::to_owned);
    let mut now = part(anthropic(usage));
    if reader.is_run() && now.tokens.total() > 0 {
        let before = key.as_ref().and_then(|key| reader.parts.get(key)).map_or(0, |known| known.estimated);
        now.estimated = before.saturating_add(written(message));
        now.tokens.output = now.tokens.output.max(now.estimated);
    }
    reader.part(key, now)
}

/// Tokens that the text of a message probably has.
fn written(message: &Value) -> u64 {
    let blocks = message.get("content").and_then(Value::as_array);
    let long = |block: &Value| {
        let said = ["text", "thinking"].iter().find_map(|key| text(block, key)).map(str::len);
        said.or_else(|| block.get("input").map(|input| input.to_string().len())).unwrap_or(0)
    };
    let bytes: usize = blocks.into_iter().flatten().map(long).sum();
    u64::try_from(bytes).unwrap_or(0).div_ceil(BYTES_PER_TOKEN)
}

/// The end of a run, or of a turn in the transcript file.
fn claude_sum(reader: &mut UsageReader, event: &Value) -> bool {
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
        reader.model = Some(model.clone());
        let window = Some(count(usage, "contextWindow")).filter(|window| *window > 0);
        reader.window = window.or(reader.window);
    }
    let cost = event.get("total_cost_usd").or_else(|| event.get("totalCostUSD")).and_then(Value::as_f64);
    reader.all(Whole { tokens, cost_usd: cost })
}

fn codex_turn(reader: &mut UsageReader, event: &Value) -> bool {
    let tokens = event.get("usage").map(openai).unwrap_or_default();
    reader.all(Whole { tokens, cost_usd: None })
}

fn codex_count(reader: &mut UsageReader, event: &Value) -> bool {
    let Some(info) = event.pointer("/payload/info").filter(|info| info.is_object()) else { return false };
    let Some(tokens) = info.get("total_token_usage").map(openai) else { return false };
    if !reader.all(Whole { tokens, cost_usd: None }) {
        return false;
    }
    reader.context = info.get("last_token_usage").map(|usage| openai(usage).read());
    reader.window = Some(count(info, "model_context_window")).filter(|window| *window > 0);
    true
}

/// `input` is without the cached tokens, `input_tokens` with them.
fn gemini_result(reader: &mut UsageReader, event: &Value) -> bool {
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
        reader.model = Some(model.clone());
    }
    // a run of its own: nothing of it was there before
    reader.before = Whole::default();
    reader.all(Whole { tokens, cost_usd: None })
}

fn gemini_message(reader: &mut UsageReader, event: &Value) -> bool {
    let Some(usage) = event.get("tokens") else { return false };
    reader.named(event.get("model"));
    let cached = count(usage, "cached");
    let tokens = Tokens {
        input: count(usage, "input").saturating_sub(cached).saturating_add(count(usage, "tool")),
        output: count(usage, "output").saturating_add(count(usage, "thoughts")),
        cache_read: cached,
        cache_write: 0,
    };
    reader.part(text(event, "id").map(str::to_owned), part(tokens))
}

fn opencode_step(reader: &mut UsageReader, event: &Value) -> bool {
    let Some(step) = event.get("part") else { return false };
    reader.part(text(step, "id").map(str::to_owned), opencode(step))
}

fn opencode_message(reader: &mut UsageReader, event: &Value) -> bool {
    let Some(info) = event.get("info") else { return false };
    reader.named(info.get("modelID"));
    reader.part(text(info, "id").map(str::to_owned), opencode(info))
}

/// A model that it has no price for costs nothing, which is not said to be so.
fn opencode(told: &Value) -> Part {
    let Some(usage) = told.get("tokens") else { return Part::default() };
    let cache = usage.get("cache").unwrap_or(&Value::Null);
    let tokens = Tokens {
        input: count(usage, "input"),
        output: count(usage, "output").saturating_add(count(usage, "reasoning")),
        cache_read: count(cache, "read"),
        cache_write: count(cache, "write"),
    };
    let cost_usd = told.get("cost").and_then(Value::as_f64).filter(|cost| *cost > 0.0);
    Part { tokens, cost_usd, estimated: 0 }
}

fn kimi_step(reader: &mut UsageReader, event: &Value) -> bool {
    let Some(step) = event.get("event").filter(|step| text(step, "type") == Some("step.end")) else { return false };
    let Some(usage) = step.get("usage") else { return false };
    let tokens = Tokens {
        input: count(usage, "inputOther"),
        output: count(usage, "output"),
        cache_read: count(usage, "inputCacheRead"),
        cache_write: count(usage, "inputCacheCreation"),
    };
    reader.part(text(step, "uuid").map(str::to_owned), part(tokens))
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
