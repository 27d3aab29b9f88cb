//! `opencode run --format json` (1.18.33): finished parts of messages. There is no result event: the step that ends
//! with `stop` is the last one, and what the steps used is summed up. A refused permission ends the run without one.

use serde_json::Value;

use crate::agents::words::{count, subject, text};

use super::{Heard, Rendered, Usage, finished, result_lines, said, started, tool_line};

/// `None` when the event is not known.
pub(super) fn render(event: &Value, heard: &mut Heard) -> Option<Rendered> {
    let part = event.get("part").unwrap_or(&Value::Null);
    let rendered = match text(event, "type")? {
        "step_start" | "reasoning" => Rendered::default(),
        "text" => said(text(part, "text").unwrap_or_default()),
        "tool_use" => tool(part, heard),
        "step_finish" => step(part, heard),
        "error" => {
            let error = event.get("error").unwrap_or(&Value::Null);
            let data = error.get("data").and_then(|data| text(data, "message"));
            finished(false, data.or_else(|| text(error, "name")).unwrap_or("an error"), heard.usage)
        }
        _ => return None,
    };
    Some(named(event, heard, rendered))
}

/// Every event names the conversation: the first one counts.
fn named(event: &Value, heard: &mut Heard, rendered: Rendered) -> Rendered {
    let Some(id) = text(event, "sessionID").filter(|_| !heard.named) else { return rendered };
    heard.named = true;
    let mut all = started("OpenCode", id, "");
    all.text.push_str(&rendered.text);
    all.news.extend(rendered.news);
    all
}

fn tool(part: &Value, heard: &mut Heard) -> Rendered {
    let state = part.get("state").unwrap_or(&Value::Null);
    let subject = state.get("input").and_then(subject).unwrap_or_default();
    let mut rendered = tool_line(text(part, "tool").unwrap_or("tool"), subject);
    let failed = text(state, "status") == Some("error");
    let answer = text(state, if failed { "error" } else { "output" }).unwrap_or_default();
    if failed {
        heard.trouble = Some(answer.to_owned());
    }
    let result = result_lines(answer, failed);
    rendered.text.push_str(&result.text);
    rendered.news.extend(result.news);
    rendered
}

fn step(part: &Value, heard: &mut Heard) -> Rendered {
    let tokens = part.get("tokens").unwrap_or(&Value::Null);
    let cache = tokens.get("cache").unwrap_or(&Value::Null);
    heard.usage = Usage {
        input_tokens: heard.usage.input_tokens + count(tokens, "input") + count(cache, "write"),
        cached_tokens: heard.usage.cached_tokens + count(cache, "read"),
        output_tokens: heard.usage.output_tokens + count(tokens, "output") + count(tokens, "reasoning"),
        cost_usd: heard.usage.cost_usd + part.get("cost").and_then(Value::as_f64).unwrap_or(0.0),
    };
    match text(part, "reason") {
        Some("stop") => finished(true, &heard.words, heard.usage),
        Some("tool-calls") => Rendered::default(),
        other => finished(false, &format!("the answer broke off ({})", other.unwrap_or("unknown")), heard.usage),
    }
}
