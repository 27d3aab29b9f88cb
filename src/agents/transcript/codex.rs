//! `codex exec --json` (0.169.0): items that start and complete, and one event for the turn's end. Its last words
//! are those of the last message. A tool that the sandbox refused has no item.

use serde_json::Value;

use crate::agents::words::{count, text};
use crate::model::one_line;

use super::{Heard, RED, Rendered, Usage, dim, finished, paint, result_lines, retrying, said, started, tool_line};

/// `None` when the event is not known.
pub(super) fn render(event: &Value, heard: &mut Heard) -> Option<Rendered> {
    let item = event.get("item");
    match text(event, "type")? {
        "thread.started" => Some(started("Codex", text(event, "thread_id").unwrap_or_default(), "")),
        "turn.started" => Some(Rendered::default()),
        "item.started" => item.map(begun),
        "item.updated" => Some(Rendered::default()),
        "item.completed" => item.map(|item| completed(item, heard)),
        "turn.completed" => Some(finished(true, &heard.words, usage(event.get("usage").unwrap_or(&Value::Null)))),
        "turn.failed" => {
            let error = event.get("error").and_then(|error| text(error, "message"));
            Some(finished(
                false,
                &inner_message(error.or(heard.trouble.as_deref()).unwrap_or("the turn failed")),
                Usage::default(),
            ))
        }
        "error" => {
            let words = inner_message(text(event, "message").unwrap_or("an error"));
            heard.trouble = Some(words.clone());
            Some(match words.strip_prefix("Reconnecting... ") {
                Some(rest) => retrying(rest.split('/').next().and_then(|n| n.parse().ok()).unwrap_or(1), rest),
                None => Rendered { text: paint(RED, &one_line(&words)), news: vec![] },
            })
        }
        _ => None,
    }
}

fn begun(item: &Value) -> Rendered {
    match text(item, "type") {
        Some("command_execution") => tool_line("Bash", plain_command(text(item, "command").unwrap_or_default())),
        Some("file_change") => tool_line("Edit", &paths(item)),
        Some("mcp_tool_call") => {
            tool_line(text(item, "tool").unwrap_or("tool"), text(item, "server").unwrap_or_default())
        }
        Some("web_search") => tool_line("Search", text(item, "query").unwrap_or_default()),
        _ => Rendered::default(),
    }
}

fn completed(item: &Value, heard: &mut Heard) -> Rendered {
    let failed = text(item, "status") == Some("failed");
    match text(item, "type") {
        Some("agent_message") => said(text(item, "text").unwrap_or_default()),
        Some("command_execution") => result_lines(text(item, "aggregated_output").unwrap_or_default(), failed),
        Some("file_change" | "mcp_tool_call" | "web_search") => result_lines("", failed),
        Some("error") => {
            let words = one_line(text(item, "message").unwrap_or("an error"));
            heard.trouble = Some(words.clone());
            Rendered { text: dim(&words), news: vec![] }
        }
        _ => Rendered::default(),
    }
}

/// `/bin/bash -lc 'wc -c x'` is shown as what the agent asked for.
fn plain_command(command: &str) -> &str {
    let rest = command.split_once(" -lc ").map_or(command, |(_, rest)| rest);
    rest.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(rest)
}

fn paths(item: &Value) -> String {
    let changes = item.get("changes").and_then(Value::as_array);
    let paths: Vec<&str> = changes.into_iter().flatten().filter_map(|change| text(change, "path")).collect();
    paths.join(" ")
}

/// Errors of the API come as JSON inside a string.
fn inner_message(words: &str) -> String {
    let inner: Option<Value> = serde_json::from_str(words).ok();
    let message = inner.as_ref().and_then(|inner| inner.get("error")).and_then(|error| text(error, "message"));
    message.unwrap_or(words).to_owned()
}

/// Its input tokens include the cached ones.
fn usage(usage: &Value) -> Usage {
    let cached = count(usage, "cached_input_tokens");
    Usage {
        input_tokens: count(usage, "input_tokens").saturating_sub(cached),
        cached_tokens: cached,
        output_tokens: count(usage, "output_tokens"),
        cost_usd: 0.0,
    }
}
