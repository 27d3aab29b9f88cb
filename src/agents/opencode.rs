//! OpenCode: the plugin that one session gets, and what it says.
//!
//! `OPENCODE_CONFIG_CONTENT` adds a plugin by its path to the person's own configuration, for this process only. The
//! plugin passes the few events on that tell the state; it decides nothing. Events as observed with version 1.18.33.

use std::path::Path;

use serde_json::{Value, json};

use crate::model::{Exact, SessionState};

use super::HookNews;
use super::context::LaunchContext;
use super::words::{is_limit, news, reading, text, working};

/// The plugin: JavaScript that calls `qd report hook EVENT` with the event's properties, one after the other so that
/// they arrive in their order.
pub(super) fn plugin(context: &LaunchContext<'_>) -> String {
    PLUGIN.replace("\"{qd}\"", &Value::String(context.qd.to_string_lossy().into_owned()).to_string())
}

const PLUGIN: &str = r#"// Quarterdeck: tells the session's host what OpenCode does. For this session only.
import { spawn } from "node:child_process"
const QD = "{qd}"
const TOLD = ["session.created", "session.status", "session.idle", "session.error", "permission.asked", "permission.replied"]
let last = Promise.resolve()
const tell = (event, payload) => {
  last = last.then(() => new Promise((done) => {
    try {
      const child = spawn(QD, ["report", "hook", event], { stdio: ["pipe", "ignore", "ignore"] })
      child.on("error", done)
      child.on("exit", done)
      child.stdin.on("error", () => {})
      child.stdin.end(JSON.stringify(payload))
    } catch {
      done()
    }
  }))
  return last
}
export const Quarterdeck = async () => ({
  event: async ({ event }) => {
    if (TOLD.includes(event.type)) tell(event.type, event.properties ?? {})
    // what an answer used, once it is whole
    const info = event.type === "message.updated" ? event.properties?.info : undefined
    if (info?.role === "assistant" && info.time?.completed) {
      const { id, modelID, providerID, tokens, cost } = info
      tell(event.type, { info: { id, modelID, providerID, tokens, cost } })
    }
  },
  "chat.message": async (input, output) => {
    const said = (output?.parts ?? []).filter((part) => part.type === "text" && !part.synthetic)
    tell("chat.message", { sessionID: input.sessionID, prompt: said.map((part) => part.text ?? "").join("\n") })
  },
  "tool.execute.before": async (input, output) => {
    tell("tool.before", { sessionID: input.sessionID, tool: input.tool, args: output?.args ?? {} })
  },
})
"#;

/// What is added to the person's configuration: the plugin; where long prompts are, to be read; and no access to the
/// person's checkout (it lies outside the worktree, for which OpenCode has rules by directory).
pub(super) fn configuration(context: &LaunchContext<'_>, plugin: Option<&Path>, prompts: &Path) -> String {
    let mut places = serde_json::Map::new();
    places.insert(format!("{}/*", prompts.display()), json!("allow"));
    if let Some(checkout) = context.fenced_off() {
        places.insert(checkout.display().to_string(), json!("deny"));
        places.insert(format!("{}/*", checkout.display()), json!("deny"));
    }
    let mut added = json!({ "permission": { "external_directory": places } });
    if let (Some(plugin), Some(added)) = (plugin, added.as_object_mut()) {
        added.insert("plugin".to_owned(), json!([format!("file://{}", plugin.display())]));
    }
    added.to_string()
}

/// What an event of the plugin says.
pub(super) fn hook(event: &str, payload: &str) -> HookNews {
    let payload: Value = serde_json::from_str(payload).unwrap_or(Value::Null);
    let info = payload.get("info").unwrap_or(&Value::Null);
    // a subagent's session has a parent; the conversation is the one that the person talks to
    let is_child = text(info, "parentID").is_some();
    let conversation = (event == "session.created" && !is_child).then(|| text(info, "id")).flatten();
    let status = payload.get("status").and_then(|status| text(status, "type"));
    let said = match (event, status) {
        ("session.status", Some("busy")) => Some(working("busy")),
        ("session.status", Some("retry")) => Some(retry(&payload)),
        ("session.idle", _) => Some(reading(SessionState::WaitingInput, "the turn ended")),
        ("session.error", _) => Some(error(&payload)),
        ("permission.asked", _) => Some(reading(SessionState::WaitingPermission, permission(&payload))),
        ("permission.replied", _) => Some(working("a permission was answered")),
        ("chat.message", _) => Some(working(format!("prompt: {}", text(&payload, "prompt").unwrap_or_default()))),
        ("tool.before", _) => Some(working(tool(&payload))),
        _ => None,
    };
    let asks = (event == "permission.asked").then(|| asked(&payload));
    let all_answered = matches!(event, "permission.replied" | "session.idle" | "session.error" | "chat.message");
    let news = HookNews { asks, all_answered, ..news(conversation, said) };
    if event != "chat.message" {
        return news;
    }
    HookNews { turn_started: true, prompt: text(&payload, "prompt").map(str::to_owned), ..news }
}

fn tool(payload: &Value) -> String {
    let name = text(payload, "tool").unwrap_or("a tool");
    match payload.get("args").and_then(super::words::subject) {
        Some(subject) => format!("{name}: {subject}"),
        None => name.to_owned(),
    }
}

/// `edit: d.txt`, `bash: cargo test`.
fn permission(payload: &Value) -> String {
    let what = text(payload, "permission").unwrap_or("a permission");
    let patterns = payload.get("patterns").and_then(Value::as_array);
    let patterns: Vec<&str> = patterns.into_iter().flatten().filter_map(Value::as_str).collect();
    if patterns.is_empty() { what.to_owned() } else { format!("{what}: {}", patterns.join(", ")) }
}

/// The command or the change that is asked for.
fn asked(payload: &Value) -> Exact {
    let what = text(payload, "permission").unwrap_or("a permission");
    let given = payload.get("metadata").filter(|given| given.as_object().is_some_and(|given| !given.is_empty()));
    super::exact::of_tool(what, given.unwrap_or(&serde_json::json!({ "pattern": permission(payload) })))
}

/// The provider did not answer; OpenCode tries again by itself.
fn retry(payload: &Value) -> crate::model::Reading {
    let words = payload.get("status").and_then(|status| text(status, "message")).unwrap_or("no answer");
    if is_limit(words) { reading(SessionState::Limited, words) } else { working(format!("trying again: {words}")) }
}

fn error(payload: &Value) -> crate::model::Reading {
    let error = payload.get("error").unwrap_or(&Value::Null);
    let data = error.get("data").unwrap_or(&Value::Null);
    let words = text(data, "message").or_else(|| text(error, "name")).unwrap_or("an error");
    let limited = is_limit(words) || data.get("statusCode").and_then(Value::as_u64) == Some(429);
    reading(if limited { SessionState::Limited } else { SessionState::WaitingInput }, words)
}
