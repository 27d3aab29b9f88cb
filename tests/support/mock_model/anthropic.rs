//! Anthropic's Messages API.

use serde_json::{Value, json};

use super::{Call, Step, json_reply, pieces, texts, without_reminders};

pub(super) fn messages(call: &mut Call<'_>) -> std::io::Result<()> {
    let body = call.body;
    let has_tools = body["tools"].as_array().is_some_and(|tools| tools.iter().any(|tool| tool["name"] == "Bash"));
    let (prompt, results) = last_prompt(body);
    let answer = call.answer(&prompt, results, has_tools);
    let tool = |name: &str, input: Value| json!({ "type": "tool_use", "id": format!("toolu_mock_{}", call.number()), "name": name, "input": input });
    let block = match answer {
        Step::Write { path, content } => tool("Write", json!({ "file_path": path, "content": content })),
        Step::Read(path) => tool("Read", json!({ "file_path": path, "limit": 20 })),
        Step::Bash(command) | Step::Escalate(command) => {
            tool("Bash", json!({ "command": command, "description": "As the mock was told" }))
        }
        Step::Say(_) if !has_tools => json!({ "type": "text", "text": side_answer(body) }),
        Step::Say(text) | Step::Plan(text) => json!({ "type": "text", "text": text }),
        Step::Error(status) => return error(call, status),
        Step::Hang => return call.hang(),
    };
    let model = body["model"].as_str().unwrap_or("mock").to_owned();
    let reason = if block["type"] == "tool_use" { "tool_use" } else { "end_turn" };
    let id = format!("msg_mock_{}", call.number());
    let usage = json!({ "input_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1 });
    let message = |content: Value, stop_reason: Value| json!({ "id": id, "type": "message", "role": "assistant", "model": model, "content": content, "stop_reason": stop_reason, "stop_sequence": null, "usage": usage });
    if !body["stream"].as_bool().unwrap_or(false) {
        return json_reply(call.out, 200, &message(json!([block]), json!(reason)));
    }
    stream(call, &message(json!([]), Value::Null), &block, reason)
}

/// Calls without tools: titles, and the safety classifier of auto mode, which is told that all is well.
fn side_answer(body: &Value) -> String {
    let asked = body["system"].to_string();
    if asked.contains("<block>") { "<block>no</block>".to_owned() } else { "Mock title".to_owned() }
}

fn error(call: &mut Call<'_>, status: u16) -> std::io::Result<()> {
    let kind = match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    let error = json!({ "type": kind, "message": format!("mock error {status}") });
    json_reply(call.out, status, &json!({ "type": "error", "error": error }))
}

fn stream(call: &mut Call<'_>, message: &Value, block: &Value, reason: &str) -> std::io::Result<()> {
    call.begin_events()?;
    let mut event = |name: &str, mut data: Value| {
        data["type"] = json!(name);
        call.event(Some(name), &data)
    };
    event("message_start", json!({ "message": message }))?;
    let (empty, deltas) = if block["type"] == "tool_use" {
        let mut empty = block.clone();
        empty["input"] = json!({});
        (
            empty,
            pieces(&block["input"].to_string(), |piece| json!({ "type": "input_json_delta", "partial_json": piece })),
        )
    } else {
        let text = block["text"].as_str().unwrap_or_default();
        (json!({ "type": "text", "text": "" }), pieces(text, |piece| json!({ "type": "text_delta", "text": piece })))
    };
    event("content_block_start", json!({ "index": 0, "content_block": empty }))?;
    for delta in deltas {
        event("content_block_delta", json!({ "index": 0, "delta": delta }))?;
    }
    event("content_block_stop", json!({ "index": 0 }))?;
    event(
        "message_delta",
        json!({ "delta": { "stop_reason": reason, "stop_sequence": null }, "usage": { "output_tokens": 20 } }),
    )?;
    event("message_stop", json!({}))
}

/// The person's last message (reminders of the CLI removed) and how many tools answered after it.
fn last_prompt(body: &Value) -> (String, usize) {
    let (mut prompt, mut results) = (String::new(), 0);
    for message in body["messages"].as_array().into_iter().flatten().filter(|message| message["role"] == "user") {
        let blocks = message["content"].as_array().cloned().unwrap_or_default();
        let answered = blocks.iter().filter(|block| block["type"] == "tool_result").count();
        if answered > 0 {
            results += answered;
            continue;
        }
        let text = without_reminders(&texts(&message["content"]));
        if !text.trim().is_empty() {
            (prompt, results) = (text, 0);
        }
    }
    (prompt, results)
}
