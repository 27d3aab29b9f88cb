//! `OpenAI`'s Responses API (Codex) and Chat Completions API (OpenCode, Kimi, Qwen, Copilot, aider). aider has no tools: what
//! it is to do stands in the text of the answer.

use serde_json::{Value, json};

use super::{Call, Step, json_reply, pieces, steps, texts, without, without_reminders};

/// The tool of those that edit by patches only: its input is text.
const PATCH: &str = "apply_patch";

/// A patch that adds a file.
fn added(path: &str, content: &str) -> String {
    let lines: String = content.lines().map(|line| format!("+{line}\n")).collect();
    format!("*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n")
}

pub(super) fn responses(call: &mut Call<'_>) -> std::io::Result<()> {
    let names = tool_names(&call.body["tools"], |tool| &tool["name"]);
    let (prompt, results) = last_input(call.body);
    let id = |call: &Call<'_>, what: &str| format!("{what}_mock_{}", call.number());
    let item = match call.answer(&prompt, results, !names.is_empty()) {
        Step::Write { path, content } if names.iter().any(|name| name == PATCH) => {
            let patch = added(&path, &content);
            json!({ "id": id(call, "ctc"), "type": "custom_tool_call", "status": "completed", "call_id": id(call, "call"), "name": PATCH, "input": patch })
        }
        Step::Write { path, content } => shell_call(call, &format!("printf '%s' '{content}' > {path}")),
        Step::Read(path) => shell_call(call, &format!("head -c 2000 '{path}'")),
        Step::Bash(command) => shell_call(call, &command),
        Step::Escalate(command) => escalated_call(call, &command),
        Step::Say(text) | Step::Plan(text) => {
            json!({ "id": id(call, "msg"), "type": "message", "role": "assistant", "status": "completed", "content": [{ "type": "output_text", "text": text, "annotations": [] }] })
        }
        Step::Error(status) => return error(call, status),
        Step::Hang => return call.hang(),
    };
    let usage = json!({ "input_tokens": 100, "input_tokens_details": { "cached_tokens": 40 }, "output_tokens": 20, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 120 });
    let response = |status: &str, output: Value, usage: Value| json!({ "id": id(call, "resp"), "object": "response", "created_at": 1, "status": status, "model": call.body["model"], "output": output, "usage": usage, "error": null, "incomplete_details": null });
    let (begun, done) =
        (response("in_progress", json!([]), Value::Null), response("completed", json!([item.clone()]), usage));
    if !call.body["stream"].as_bool().unwrap_or(false) {
        return json_reply(call.out, 200, &done);
    }
    call.begin_events()?;
    let mut event = |name: &str, mut data: Value| {
        data["type"] = json!(name);
        call.event(Some(name), &data)
    };
    event("response.created", json!({ "response": begun }))?;
    event("response.output_item.added", json!({ "output_index": 0, "item": item }))?;
    if let Some(text) = item["content"][0]["text"].as_str() {
        for delta in pieces(
            text,
            |piece| json!({ "item_id": item["id"], "output_index": 0, "content_index": 0, "delta": piece }),
        ) {
            event("response.output_text.delta", delta)?;
        }
    }
    event("response.output_item.done", json!({ "output_index": 0, "item": item }))?;
    event("response.completed", json!({ "response": done }))
}

fn shell_call(call: &Call<'_>, command: &str) -> Value {
    exec(call, &json!({ "cmd": command }))
}

fn escalated_call(call: &Call<'_>, command: &str) -> Value {
    let why = "The mock was told to leave the sandbox.";
    exec(call, &json!({ "cmd": command, "sandbox_permissions": "require_escalated", "justification": why }))
}

fn exec(call: &Call<'_>, arguments: &Value) -> Value {
    let number = call.number();
    json!({ "id": format!("fc_mock_{number}"), "type": "function_call", "status": "completed", "call_id": format!("call_mock_{number}"), "name": "exec_command", "arguments": arguments.to_string() })
}

pub(super) fn chat(call: &mut Call<'_>) -> std::io::Result<()> {
    let names = tool_names(&call.body["tools"], |tool| &tool["function"]["name"]);
    let (prompt, results) = last_message(call.body);
    if call.body.to_string().contains("*SEARCH/REPLACE*") {
        return by_text(call, &prompt);
    }
    let named = |wanted: &[&str]| {
        wanted.iter().find(|name| names.iter().any(|known| known == *name)).map(|name| (*name).to_owned())
    };
    let (text, tool) = match call.answer(&prompt, results, !names.is_empty()) {
        Step::Write { path, content } => {
            let path = whole_path(call.body, path);
            let input = json!({ "filePath": path, "file_path": path, "path": path, "content": content });
            let tool = named(&["write", "write_file", "Write", "WriteFile"]).map(|name| (name, input));
            (String::new(), tool.or_else(|| Some((PATCH.to_owned(), json!(added(&path, &content))))))
        }
        Step::Read(path) => {
            let input = json!({ "filePath": path, "file_path": path, "path": path, "limit": 20 });
            let name = named(&["read", "read_file", "Read", "ReadFile"]).expect("a tool that reads");
            (String::new(), Some((name, input)))
        }
        Step::Bash(command) | Step::Escalate(command) => {
            let input = json!({ "command": command, "description": "As the mock was told", "is_background": false });
            (
                String::new(),
                Some((named(&["bash", "run_shell_command", "Bash", "Shell"]).expect("a shell tool"), input)),
            )
        }
        Step::Say(text) | Step::Plan(text) => (text, None),
        Step::Error(status) => return error(call, status),
        Step::Hang => return call.hang(),
    };
    send(call, &text, tool)
}

/// What aider is to do: files as blocks that it edits by, commands as code that it asks about.
fn by_text(call: &mut Call<'_>, prompt: &str) -> std::io::Result<()> {
    match call.answer(prompt, 0, true) {
        Step::Error(status) => return error(call, status),
        Step::Hang => return call.hang(),
        _ => {}
    }
    let parts = steps(prompt).into_iter().filter_map(|step| match step {
        Step::Write { path, content } => {
            Some(format!("{path}\n```\n<<<<<<< SEARCH\n=======\n{}\n>>>>>>> REPLACE\n```", content.trim_end()))
        }
        Step::Bash(command) | Step::Escalate(command) => Some(format!("```bash\n{command}\n```")),
        Step::Say(text) => Some(text),
        _ => None,
    });
    // a brief says it twice: in its heading, and below
    let mut once: Vec<String> = Vec::new();
    for part in parts {
        if !once.contains(&part) {
            once.push(part);
        }
    }
    let text = [once, vec!["Done, as the mock was told.".to_owned()]].concat().join("\n\n");
    send(call, &text, None)
}

/// An answer, in pieces or whole.
fn send(call: &mut Call<'_>, text: &str, tool: Option<(String, Value)>) -> std::io::Result<()> {
    let calls = tool.map(|(name, input)| {
        let id = format!("call_mock_{}", call.number());
        if name == PATCH {
            return json!([{ "index": 0, "id": id, "type": "custom", "custom": { "name": name, "input": input } }]);
        }
        // only what the tool knows: some refuse more
        let function = json!({ "name": name, "arguments": known_only(call.body, &name, input).to_string() });
        json!([{ "index": 0, "id": id, "type": "function", "function": function }])
    });
    let reason = if calls.is_some() { "tool_calls" } else { "stop" };
    let usage = json!({ "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "prompt_tokens_details": { "cached_tokens": 40 } });
    let id = format!("chatcmpl-mock-{}", call.number());
    let base = |object: &str, choices: Value| json!({ "id": id, "object": object, "created": 1, "model": call.body["model"], "choices": choices });
    if !call.body["stream"].as_bool().unwrap_or(false) {
        let mut message = json!({ "role": "assistant", "content": text });
        if let Some(calls) = calls {
            message["tool_calls"] = calls;
        }
        let choice = json!([{ "index": 0, "message": message, "finish_reason": reason }]);
        let mut reply = base("chat.completion", choice);
        reply["usage"] = usage;
        return json_reply(call.out, 200, &reply);
    }
    let chunk = |delta: Value, reason: Value| {
        base("chat.completion.chunk", json!([{ "index": 0, "delta": delta, "finish_reason": reason }]))
    };
    let mut chunks = vec![chunk(json!({ "role": "assistant", "content": "" }), Value::Null)];
    chunks.extend(pieces(text, |piece| chunk(json!({ "content": piece }), Value::Null)));
    if let Some(calls) = calls {
        chunks.push(chunk(json!({ "tool_calls": calls }), Value::Null));
    }
    chunks.push(chunk(json!({}), json!(reason)));
    let mut last = base("chat.completion.chunk", json!([]));
    last["usage"] = usage;
    chunks.push(last);
    call.begin_events()?;
    for chunk in &chunks {
        call.event(None, chunk)?;
    }
    std::io::Write::write_all(call.out, b"data: [DONE]\n\n")
}

/// The path below the directory that the agent says it works in: Qwen Code refuses others.
fn whole_path(body: &Value, path: String) -> String {
    let said = body["messages"].to_string();
    match said.split_once("working in the directory: ").map(|(_, rest)| rest) {
        Some(rest) if !path.starts_with('/') => {
            let place: String = rest.chars().take_while(|letter| !letter.is_whitespace() && *letter != '\\').collect();
            format!("{place}/{path}")
        }
        _ => path,
    }
}

/// The arguments that the tool's own schema names.
fn known_only(body: &Value, name: &str, mut input: Value) -> Value {
    let tools = body["tools"].as_array().into_iter().flatten();
    let properties = tools
        .map(|tool| &tool["function"])
        .find(|function| function["name"] == name)
        .map(|f| &f["parameters"]["properties"]);
    if let (Some(Value::Object(known)), Some(given)) = (properties, input.as_object_mut()) {
        given.retain(|key, _| known.contains_key(key));
    }
    input
}

fn error(call: &mut Call<'_>, status: u16) -> std::io::Result<()> {
    let kind = if status >= 500 { "server_error" } else { "invalid_request_error" };
    let error = json!({ "message": format!("mock error {status}"), "type": kind, "code": format!("mock_{status}") });
    json_reply(call.out, status, &json!({ "error": error }))
}

fn tool_names(tools: &Value, name: fn(&Value) -> &Value) -> Vec<String> {
    tools.as_array().into_iter().flatten().filter_map(|tool| name(tool).as_str().map(str::to_owned)).collect()
}

/// The person's last message (what Codex adds about the machine left out) and how many tools answered after it.
fn last_input(body: &Value) -> (String, usize) {
    let (mut prompt, mut results) = (String::new(), 0);
    for item in body["input"].as_array().into_iter().flatten() {
        if item["type"].as_str().is_some_and(|kind| kind.ends_with("_call_output")) {
            results += 1;
        } else if item["role"] == "user" {
            let text = texts(&item["content"]);
            let added =
                ["<environment_context>", "<user_instructions>", "# AGENTS.md", "<turn_aborted>", "<permissions"];
            if !added.iter().any(|start| text.trim_start().starts_with(start)) && !text.trim().is_empty() {
                (prompt, results) = (text, 0);
            }
        }
    }
    (prompt, results)
}

fn last_message(body: &Value) -> (String, usize) {
    let (mut prompt, mut results) = (String::new(), 0);
    for message in body["messages"].as_array().into_iter().flatten() {
        if message["role"] == "tool" {
            results += 1;
        } else if message["role"] == "user" {
            let text = without(&without_reminders(&texts(&message["content"])), "current_datetime");
            if !text.trim().is_empty() {
                (prompt, results) = (text.trim_start().to_owned(), 0);
            }
        }
    }
    (prompt, results)
}
