//! Claude Code's `--output-format stream-json` (2.1.329). Keys come in any order and new events appear with new
//! versions, so lines are parsed, never compared. One event carries one content block; several share a message id.
//! Qwen Code (0.24.4) writes the same, with the numbers of another provider.

use serde_json::Value;

use crate::model::{one_line, sanitize, truncate};

use super::{GREEN, News, RED, Rendered, Usage, dim, paint, result_lines, said, tool_line, used};
use crate::agents::words::{subject, text};

/// Whose output it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Claude Code's: input tokens are those that were not cached.
    Claude,
    /// Qwen Code's: input tokens include the cached ones.
    Qwen,
}

impl Dialect {
    fn title(self) -> &'static str {
        match self {
            Dialect::Claude => "Claude Code",
            Dialect::Qwen => "Qwen Code",
        }
    }
}

/// `None` when the event is not known.
pub(super) fn render(event: &Value, dialect: Dialect) -> Option<Rendered> {
    match text(event, "type")? {
        "system" => system(event, dialect),
        "assistant" => Some(blocks(event, assistant_block)),
        "user" => Some(blocks(event, user_block)),
        "result" => Some(result(event, dialect)),
        "stream_event" | "control_request" | "control_response" | "keep_alive" | "rate_limit_event" => {
            Some(Rendered::default())
        }
        _ => None,
    }
}

fn system(event: &Value, dialect: Dialect) -> Option<Rendered> {
    match text(event, "subtype")? {
        "init" => {
            let conversation = text(event, "session_id").unwrap_or_default().to_owned();
            let model = text(event, "model").unwrap_or_default().to_owned();
            let line = dim(&one_line(&format!("{} · {model} · {conversation}", dialect.title())));
            Some(Rendered { text: line, news: vec![News::Started { conversation, model }] })
        }
        "api_retry" => {
            let attempt = event.get("attempt").and_then(Value::as_u64).unwrap_or(0);
            let error = one_line(text(event, "error").unwrap_or("no answer"));
            let line = paint(RED, &format!("no answer from the model ({error}), try {attempt}"));
            Some(Rendered { text: line, news: vec![News::Retrying { attempt, error }] })
        }
        "permission_denied" => {
            let tool = one_line(text(event, "tool_name").unwrap_or("a tool"));
            Some(Rendered { text: paint(RED, &format!("  not allowed in a headless run: {tool}")), news: vec![] })
        }
        // progress counters, hook echoes, compaction: nothing for a reader
        _ => Some(Rendered::default()),
    }
}

fn blocks(event: &Value, each: fn(&Value) -> Rendered) -> Rendered {
    let content = event.get("message").and_then(|message| message.get("content"));
    let mut all = Rendered::default();
    match content {
        Some(Value::Array(list)) => {
            for block in list.iter().map(each) {
                all.text.push_str(&block.text);
                all.news.extend(block.news);
            }
        }
        Some(Value::String(words)) => all.text = dim(&truncate(&one_line(words), 200)),
        _ => {}
    }
    all
}

fn assistant_block(block: &Value) -> Rendered {
    match text(block, "type") {
        Some("text") => said(text(block, "text").unwrap_or_default()),
        Some("thinking") => {
            Rendered { text: dim(&truncate(&one_line(text(block, "thinking").unwrap_or_default()), 300)), news: vec![] }
        }
        Some("tool_use") => {
            let subject = block.get("input").and_then(subject).unwrap_or_default();
            tool_line(text(block, "name").unwrap_or("tool"), subject)
        }
        _ => Rendered::default(),
    }
}

fn user_block(block: &Value) -> Rendered {
    if text(block, "type") != Some("tool_result") {
        return Rendered::default();
    }
    let failed = block.get("is_error").and_then(Value::as_bool).unwrap_or(false);
    let words = result_words(block.get("content").unwrap_or(&Value::Null));
    result_lines(&words, failed)
}

/// A result's text: a string, or blocks of which the text ones count.
fn result_words(content: &Value) -> String {
    match content {
        Value::String(words) => sanitize(words),
        Value::Array(list) => {
            let texts: Vec<&str> = list.iter().filter_map(|block| text(block, "text")).collect();
            sanitize(&texts.join("\n"))
        }
        _ => String::new(),
    }
}

fn result(event: &Value, dialect: Dialect) -> Rendered {
    let succeeded = event.get("is_error").and_then(Value::as_bool) == Some(false);
    let listed = event.get("errors").and_then(Value::as_array).and_then(|list| list.first()).and_then(Value::as_str);
    let words = text(event, "result").or(listed).or_else(|| text(event, "subtype")).unwrap_or_default();
    let words = sanitize(words);
    let usage = usage(event, dialect);
    let denied = event.get("permission_denials").and_then(Value::as_array).map_or(0, Vec::len);
    let mut shown = if succeeded {
        paint(GREEN, "✓ the agent finished")
    } else {
        paint(RED, &format!("✗ {}", truncate(&one_line(&words), 300)))
    };
    if denied > 0 {
        shown.push_str(&dim(&format!("  {denied} tool uses were not allowed")));
    }
    shown.push_str(&dim(&format!("  {}", used(&usage))));
    Rendered { text: shown, news: vec![News::Finished { succeeded, text: words, usage }] }
}

fn usage(event: &Value, dialect: Dialect) -> Usage {
    let count = |key: &str| event.get("usage").and_then(|usage| usage.get(key)).and_then(Value::as_u64).unwrap_or(0);
    let cached = count("cache_read_input_tokens");
    let input = count("input_tokens") + count("cache_creation_input_tokens");
    Usage {
        input_tokens: if dialect == Dialect::Qwen { input.saturating_sub(cached) } else { input },
        cached_tokens: cached,
        output_tokens: count("output_tokens"),
        cost_usd: event.get("total_cost_usd").and_then(Value::as_f64).unwrap_or(0.0),
    }
}
