//! Claude Code: the settings file that one session gets, and what its hooks say.
//!
//! The person's own configuration is never touched: `--settings` adds to it for this session only. Hook payloads
//! as observed with version 2.1.329; what is not understood says nothing. Two traps: pressing Esc fires no hook
//! at all (title and screen must bring the state back, see `signals`), and after an API error `StopFailure`
//! comes instead of `Stop`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::model::{Reading, SessionState};

use super::HookNews;
use super::context::LaunchContext;
use super::words::{is_limit, news, reading, shell_quoted, text, tool, with_prompt, with_requests, working};

/// The events that a session reports.
const EVENTS: [&str; 10] = [
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "Notification",
    "PostToolUse",
    "PostToolUseFailure",
    "Stop",
    "StopFailure",
    "SessionEnd",
];

/// Seconds that a hook may take; the agent waits for it.
const HOOK_TIMEOUT: u32 = 10;

/// The settings file of one session: nothing may be changed in the person's checkout; `qd report` is allowed without
/// asking, and (full screen only; a headless run tells everything in its output) every event calls
/// `qd report hook EVENT`. `readable` are the places of prompts that no argument and no composer holds.
pub(super) fn settings(context: &LaunchContext<'_>, headless: bool, readable: &[PathBuf]) -> String {
    let mut allow = vec!["Bash(qd report:*)".to_owned()];
    // two slashes: an absolute path in permission rules
    allow.extend(readable.iter().map(|path| format!("Read(/{})", path.display())));
    let deny = context.fenced_off().map(|checkout| forbidden(checkout, context.hides_checkout)).unwrap_or_default();
    let mut settings = json!({ "permissions": { "allow": allow, "deny": deny } });
    if !headless {
        let own = shell_quoted(&context.qd.to_string_lossy());
        let hooks: serde_json::Map<String, Value> = EVENTS
            .iter()
            .map(|event| {
                let command = format!("{own} report hook {event}");
                let entry = json!([{ "matcher": "*", "hooks": [{ "type": "command", "command": command, "timeout": HOOK_TIMEOUT }] }]);
                ((*event).to_owned(), entry)
            })
            .collect();
        if let Some(object) = settings.as_object_mut() {
            object.insert("hooks".to_owned(), Value::Object(hooks));
        }
    }
    settings.to_string()
}

/// The rules against a directory. A rule for `Edit` counts for every tool that changes files; commands are refused
/// when they name the directory. They hold in every permission mode.
fn forbidden(checkout: &Path, reading: bool) -> Vec<String> {
    let place = checkout.display();
    let mut rules = vec![format!("Edit(/{place}/**)")];
    rules.extend(["", " *", "/*", "\"*", "'*", ";*"].map(|end| format!("Bash(*{place}{end})")));
    if reading {
        rules.push(format!("Read(/{place}/**)"));
    }
    rules
}

/// What a hook says.
pub(super) fn hook(event: &str, payload: &str) -> HookNews {
    let payload: Value = serde_json::from_str(payload).unwrap_or(Value::Null);
    let reading = match event {
        "UserPromptSubmit" => Some(working(format!("prompt: {}", text(&payload, "prompt").unwrap_or_default()))),
        "PreToolUse" => Some(working(tool(&payload))),
        "PostToolUse" | "PostToolUseFailure" => Some(working(format!("after {}", tool(&payload)))),
        "PermissionRequest" => Some(reading(SessionState::WaitingPermission, tool(&payload))),
        "Notification" => notification(&payload),
        "Stop" => Some(stop(&payload)),
        "StopFailure" => Some(stop_failure(&payload)),
        // SessionStart: dialogs may still follow. SessionEnd: also fires on `/clear`; the process decides.
        _ => None,
    };
    let news = with_prompt(news(text(&payload, "session_id"), reading), event, &payload);
    let mut news = with_requests(news, event, &payload);
    news.prompt = news.prompt.map(|prompt| unpasted(&prompt));
    news
}

/// A prompt without the marks that Claude Code puts around a paste of several lines:
/// `<pasted_content id="24b2">` and `</pasted_content id="24b2">`.
fn unpasted(prompt: &str) -> String {
    let mut kept = String::with_capacity(prompt.len());
    let mut rest = prompt;
    while let Some(place) = rest.find("pasted_content id=\"") {
        let (before, mark) = rest.split_at(place);
        kept.push_str(before.trim_end_matches('/').trim_end_matches('<'));
        rest = mark.split_once('>').map_or("", |(_, after)| after);
    }
    kept + rest
}

fn notification(payload: &Value) -> Option<Reading> {
    let message = text(payload, "message").unwrap_or_default();
    match text(payload, "notification_type")? {
        "permission_prompt" => Some(reading(SessionState::WaitingPermission, message)),
        "idle_prompt" | "elicitation_dialog" => Some(reading(SessionState::WaitingInput, message)),
        _ => None,
    }
}

/// The turn is over, unless something still runs in the background.
fn stop(payload: &Value) -> Reading {
    match payload.get("background_tasks").and_then(Value::as_array).map_or(0, Vec::len) {
        0 => reading(SessionState::WaitingInput, text(payload, "last_assistant_message").unwrap_or("the turn ended")),
        1 => working("the turn ended, 1 background task runs on"),
        count => working(format!("the turn ended, {count} background tasks run on")),
    }
}

/// The turn broke off with an error of the API.
fn stop_failure(payload: &Value) -> Reading {
    let error = text(payload, "error").unwrap_or("unknown");
    let message = text(payload, "last_assistant_message").unwrap_or(error);
    let limited = is_limit(error) || is_limit(message);
    reading(if limited { SessionState::Limited } else { SessionState::WaitingInput }, message)
}
