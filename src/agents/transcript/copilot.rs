//! Copilot CLI's `--output-format json` (1.0.102): a log of events, most of them pieces and bookkeeping. Its last line is the
//! result, with an exit code; tokens are told nowhere in it.

use serde_json::Value;

use crate::agents::words::{subject, text};

use super::{Heard, Rendered, Usage, finished, result_lines, retrying, said, started, tool_line};

/// `None` when the line is no event.
pub(super) fn render(event: &Value, heard: &mut Heard) -> Option<Rendered> {
    let data = event.get("data").unwrap_or(&Value::Null);
    let rendered = match text(event, "type")? {
        "assistant.message" => said(text(data, "content").unwrap_or_default()),
        "tool.execution_start" => {
            let subject = data.get("arguments").and_then(subject).unwrap_or_default();
            tool_line(text(data, "toolName").unwrap_or("tool"), subject)
        }
        "tool.execution_complete" => completed(data, heard),
        "assistant.turn_retry" => {
            heard.tries += 1;
            retrying(heard.tries, text(data, "reason").unwrap_or("no answer"))
        }
        "session.error" => {
            let words = text(data, "message").unwrap_or("an error");
            heard.trouble = Some(words.to_owned());
            result_lines(words, true)
        }
        "result" => result(event, heard),
        // pieces of what comes whole, progress, bookkeeping
        _ => Rendered::default(),
    };
    Some(rendered)
}

fn completed(data: &Value, heard: &mut Heard) -> Rendered {
    let failed = data.get("success").and_then(Value::as_bool) != Some(true);
    let told = |key: &str, inner: &str| data.get(key).and_then(|value| text(value, inner));
    let words = told("error", "message").or_else(|| told("result", "content")).unwrap_or_default();
    if failed {
        heard.trouble = Some(words.to_owned());
    }
    result_lines(words, failed)
}

/// The conversation is named at the end only.
fn result(event: &Value, heard: &Heard) -> Rendered {
    let succeeded = event.get("exitCode").and_then(Value::as_i64) == Some(0);
    let words = if succeeded { heard.words.as_str() } else { heard.trouble.as_deref().unwrap_or("it failed") };
    let mut all = started("Copilot CLI", text(event, "sessionId").unwrap_or_default(), "");
    let end = finished(succeeded, words, Usage::default());
    all.text.push_str(&end.text);
    all.news.extend(end.news);
    all
}
