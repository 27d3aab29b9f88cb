//! Google's Gemini API.

use serde_json::{Value, json};

use super::{Call, Step, json_reply, pieces, without};

pub(super) fn generate(call: &mut Call<'_>, streams: bool) -> std::io::Result<()> {
    let config = &call.body["generationConfig"];
    let wants_json = config["responseMimeType"] == "application/json" || config["responseJsonSchema"].is_object();
    let has_tools = !wants_json && call.body["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    let (prompt, results) = last_prompt(call.body);
    let tool = |name: &str, args: Value| json!({ "functionCall": { "name": name, "args": args } });
    let parts = match call.answer(&prompt, results, has_tools) {
        Step::Write { path, content } => vec![tool("write_file", json!({ "file_path": path, "content": content }))],
        Step::Read(path) => {
            vec![tool("read_file", json!({ "file_path": path, "start_line": 1, "end_line": 20 }))]
        }
        Step::Bash(command) | Step::Escalate(command) => {
            vec![tool("run_shell_command", json!({ "command": command, "description": "As the mock was told" }))]
        }
        Step::Say(_) if wants_json => vec![json!({ "text": side_answer(config).to_string() })],
        Step::Say(text) | Step::Plan(text) => pieces(&text, |piece| json!({ "text": piece })),
        Step::Error(status) => return error(call, status),
        Step::Hang => return call.hang(),
    };
    let usage = json!({ "promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120, "cachedContentTokenCount": 40 });
    let reply = |parts: Value, last: bool| {
        let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": 0 });
        if last {
            candidate["finishReason"] = json!("STOP");
        }
        json!({ "candidates": [candidate], "usageMetadata": usage, "modelVersion": "mock", "responseId": "mock" })
    };
    if !streams {
        return json_reply(call.out, 200, &reply(json!(parts), true));
    }
    let replies: Vec<Value> =
        parts.iter().enumerate().map(|(place, part)| reply(json!([part]), place + 1 == parts.len())).collect();
    call.begin_events()?;
    for reply in &replies {
        call.event(None, reply)?;
    }
    Ok(())
}

/// Side calls want JSON of a schema: who speaks next (the person), how hard a request is.
fn side_answer(config: &Value) -> Value {
    let schema = if config["responseJsonSchema"].is_object() {
        &config["responseJsonSchema"]
    } else {
        &config["responseSchema"]
    };
    let mut answer = json!({});
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        answer[name] = match property["type"].as_str().unwrap_or("string").to_lowercase().as_str() {
            "number" | "integer" => json!(50),
            "boolean" => json!(false),
            "array" => json!([]),
            _ if name == "next_speaker" => json!("user"),
            _ => property["enum"][0].clone(),
        };
    }
    answer
}

fn error(call: &mut Call<'_>, status: u16) -> std::io::Result<()> {
    let word = match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        _ => "UNAVAILABLE",
    };
    let error = json!({ "code": status, "message": format!("mock error {status}"), "status": word });
    json_reply(call.out, status, &json!({ "error": error }))
}

/// The person's last message (what the CLI adds about the place left out) and how many tools answered after it.
fn last_prompt(body: &Value) -> (String, usize) {
    let (mut prompt, mut results) = (String::new(), 0);
    for content in body["contents"].as_array().into_iter().flatten().filter(|content| content["role"] != "model") {
        let parts = content["parts"].as_array().cloned().unwrap_or_default();
        let answered = parts.iter().filter(|part| part["functionResponse"].is_object()).count();
        if answered > 0 {
            results += answered;
            continue;
        }
        // prompts that were cancelled stand before it in the same content
        for part in &parts {
            if part["text"]
                .as_str()
                .is_some_and(|text| text.trim_start().starts_with("--- Content from referenced files"))
            {
                break; // what the CLI adds of files that the prompt mentions
            }
            let text = without(part["text"].as_str().unwrap_or_default(), "session_context");
            if !text.trim().is_empty() {
                (prompt, results) = (text, 0);
            }
        }
    }
    (prompt, results)
}
