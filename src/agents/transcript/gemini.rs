//! Gemini CLI's `-o stream-json` (0.61.0): messages in pieces, tools, one result. A piece is part of a sentence, so
//! pieces are shown as they come and make one text.

use serde_json::Value;

use crate::agents::words::{count, subject, text};
use crate::model::sanitize;

use super::{Heard, News, Rendered, Usage, finished, result_lines, started, tool_line};

/// `None` when the event is not known.
pub(super) fn render(event: &Value, heard: &mut Heard) -> Option<Rendered> {
    let kind = text(event, "type")?;
    let mut rendered = match kind {
        "init" => started(
            "Gemini CLI",
            text(event, "session_id").unwrap_or_default(),
            text(event, "model").unwrap_or_default(),
        ),
        "message" if text(event, "role") == Some("assistant") => return Some(piece(event, heard)),
        "message" => Rendered::default(),
        "tool_use" => {
            let subject = event.get("parameters").and_then(subject).unwrap_or_default();
            tool_line(text(event, "tool_name").unwrap_or("tool"), subject)
        }
        "tool_result" => tool_result(event, heard),
        "error" => {
            heard.trouble = text(event, "message").map(str::to_owned);
            result_lines(text(event, "message").unwrap_or("an error"), true)
        }
        "result" => result(event, heard),
        _ => return None,
    };
    // the pieces so far are a paragraph
    if std::mem::take(&mut heard.is_open) && !rendered.text.is_empty() {
        rendered.text.insert(0, '\n');
    }
    if kind == "tool_use" {
        heard.words.clear();
    }
    Some(rendered)
}

fn piece(event: &Value, heard: &mut Heard) -> Rendered {
    let words = sanitize(text(event, "content").unwrap_or_default());
    let is_piece = event.get("delta").and_then(Value::as_bool) == Some(true);
    let all = if is_piece { format!("{}{words}", heard.words) } else { words.clone() };
    heard.is_open = !words.ends_with('\n');
    Rendered { text: words, news: vec![News::Text(all)] }
}

fn tool_result(event: &Value, heard: &mut Heard) -> Rendered {
    let failed = text(event, "status") != Some("success");
    let error = event.get("error").and_then(|error| text(error, "message"));
    if failed {
        heard.trouble = error.map(str::to_owned);
    }
    result_lines(text(event, "output").or(error).unwrap_or_default(), failed)
}

fn result(event: &Value, heard: &Heard) -> Rendered {
    let succeeded = text(event, "status") == Some("success");
    let error = event.get("error").and_then(|error| text(error, "message"));
    let words = if succeeded { heard.words.as_str() } else { error.unwrap_or("it ended with an error") };
    finished(succeeded, words, usage(event.get("stats").unwrap_or(&Value::Null)))
}

/// `input` is without the cached tokens, `input_tokens` with them.
fn usage(stats: &Value) -> Usage {
    let cached = count(stats, "cached");
    Usage {
        input_tokens: count(stats, "input_tokens").saturating_sub(cached),
        cached_tokens: cached,
        output_tokens: count(stats, "output_tokens"),
        cost_usd: 0.0,
    }
}
