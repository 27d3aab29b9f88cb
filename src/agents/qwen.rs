//! Qwen Code: hooks that exist for one session only, and its suggestions switched off.
//!
//! It takes a file of defaults from its environment, below everything that the person configured: our hooks go there, and
//! they have Claude Code's shape. After a turn it would put a prompt of its own invention into the input box, which the
//! next Enter sends: no delivery could be sure of what it submits, so that is off unless the person's settings say otherwise.
//! A machine's own file of defaults (`/etc/qwen-code/system-defaults.json`) does not count in such a session.
//! Events and payloads as observed with version 0.24.4.

use serde_json::{Value, json};

use super::context::LaunchContext;
use super::words::shell_quoted;
use super::{HookNews, claude};

/// Names the file.
pub(super) const VARIABLE: &str = "QWEN_CODE_SYSTEM_DEFAULTS_PATH";

/// The events that a session reports.
const EVENTS: [&str; 8] = [
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "PostToolUseFailure",
    "Stop",
    "StopFailure",
    "SessionEnd",
];

/// Milliseconds that a hook may take; the agent waits for it.
const HOOK_TIMEOUT: u32 = 10_000;

/// The defaults of one session.
pub(super) fn defaults(context: &LaunchContext<'_>) -> String {
    let own = shell_quoted(&context.qd.to_string_lossy());
    let hooks: serde_json::Map<String, Value> = EVENTS
        .iter()
        .map(|event| {
            let hook =
                json!({ "type": "command", "command": format!("{own} report hook {event}"), "timeout": HOOK_TIMEOUT });
            ((*event).to_owned(), json!([{ "matcher": "*", "hooks": [hook] }]))
        })
        .collect();
    json!({ "ui": { "enableFollowupSuggestions": false }, "hooks": hooks }).to_string()
}

/// What a hook says. It also tells an empty prompt whenever it goes on after a tool: no turn begins with that.
pub(super) fn hook(event: &str, payload: &str) -> HookNews {
    let news = claude::hook(event, payload);
    let goes_on = news.prompt.as_ref().is_some_and(|prompt| prompt.trim().is_empty());
    if goes_on { HookNews { turn_started: false, prompt: None, ..news } } else { news }
}
