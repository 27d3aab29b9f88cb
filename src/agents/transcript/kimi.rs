//! Kimi Code's `--output-format stream-json` (2.1.0): chat messages and a few `meta` lines. It tells neither usage nor a
//! result: the exit code is the result.

use serde_json::Value;

use crate::agents::words::{subject, text};

use super::{Rendered, result_lines, said, started, tool_line};

/// `None` when the line is not known.
pub(super) fn render(event: &Value) -> Option<Rendered> {
    match text(event, "role")? {
        "meta" => Some(meta(event)),
        "assistant" => Some(assistant(event)),
        "tool" => Some(result_lines(text(event, "content").unwrap_or_default(), false)),
        "user" => Some(Rendered::default()),
        _ => None,
    }
}

fn meta(event: &Value) -> Rendered {
    match (text(event, "type"), text(event, "session_id")) {
        (Some("session.resume_hint"), Some(id)) => started("Kimi Code", id, ""),
        _ => Rendered::default(),
    }
}

fn assistant(event: &Value) -> Rendered {
    let mut rendered = said(text(event, "content").unwrap_or_default());
    for call in event.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        let function = call.get("function").unwrap_or(&Value::Null);
        let arguments: Value =
            text(function, "arguments").and_then(|arguments| serde_json::from_str(arguments).ok()).unwrap_or_default();
        let line = tool_line(text(function, "name").unwrap_or("tool"), subject(&arguments).unwrap_or_default());
        rendered.text.push_str(&line.text);
        rendered.news.extend(line.news);
    }
    rendered
}
