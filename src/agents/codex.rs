//! Codex: hooks that exist for one session only, and what they say.
//!
//! Codex takes hooks from configuration overrides on its command line, but runs only hooks that are trusted by
//! their digest. We trust exactly our own, by the same kind of override: the person's files stay as they are,
//! and none of their hooks that they have not trusted runs (as `--dangerously-bypass-hook-trust` would do).
//! Should another version compute digests in another way, our hooks are silently left out, and title and screen
//! still tell the state. Events and payloads as observed with version 0.169.0; they have Claude Code's shape.
//!
//! `notify` is not used: setting it would replace the person's own.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::model::SessionState;

use super::HookNews;
use super::context::LaunchContext;
use super::words::{news, reading, shell_quoted, text, tool, with_prompt, with_requests, working};

/// An event, its name in keys, and the seconds that its hook may take (more than 3 are clamped for the last two,
/// and what is clamped has another digest).
const EVENTS: [(&str, &str, u32); 8] = [
    ("SessionStart", "session_start", 10),
    ("UserPromptSubmit", "user_prompt_submit", 10),
    ("PreToolUse", "pre_tool_use", 10),
    ("PermissionRequest", "permission_request", 10),
    ("PostToolUse", "post_tool_use", 10),
    ("Stop", "stop", 10),
    ("Interrupt", "interrupt", 3),
    ("SessionEnd", "session_end", 3),
];

/// What a headless run reports: its output tells the rest, this one also empties the outbox.
const HEADLESS: &str = "PostToolUse";

/// Where hooks from the command line come from, in Codex's words.
const SOURCE: &str = "/<session-flags>/config.toml";

/// The overrides that add our hooks.
pub(super) fn arguments(context: &LaunchContext<'_>, headless: bool) -> Vec<String> {
    let own = shell_quoted(&context.qd.to_string_lossy());
    let mut arguments = Vec::new();
    let mut trusted = Vec::new();
    for (event, key, seconds) in EVENTS.into_iter().filter(|(event, ..)| !headless || *event == HEADLESS) {
        let command = format!("{own} report hook {event}");
        let hook = format!("[{{hooks=[{{type=\"command\",command={},timeout={seconds}}}]}}]", quoted(&command));
        arguments.extend(["-c".to_owned(), format!("hooks.{event}={hook}")]);
        trusted.push(format!(
            "{}={{trusted_hash=\"{}\"}}",
            quoted(&format!("{SOURCE}:{key}:0:0")),
            digest(key, &command, seconds)
        ));
    }
    arguments.extend(["-c".to_owned(), format!("hooks.state={{{}}}", trusted.join(","))]);
    arguments
}

/// A TOML basic string: what JSON writes is one.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// What Codex computes of a hook: SHA-256 over its canonical JSON (keys sorted, no white space).
fn digest(key: &str, command: &str, seconds: u32) -> String {
    let hook = json!({ "async": false, "command": command, "timeout": seconds, "type": "command" });
    // `serde_json` keeps the keys of an object sorted
    let identity = json!({ "event_name": key, "hooks": [hook] }).to_string();
    let hex: String = Sha256::digest(identity.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// What a hook says.
pub(super) fn hook(event: &str, payload: &str) -> HookNews {
    let payload: Value = serde_json::from_str(payload).unwrap_or(Value::Null);
    let reading = match event {
        "UserPromptSubmit" => Some(working(format!("prompt: {}", text(&payload, "prompt").unwrap_or_default()))),
        "PreToolUse" => Some(working(tool(&payload))),
        "PostToolUse" => Some(working(format!("after {}", tool(&payload)))),
        "PermissionRequest" => Some(reading(SessionState::WaitingPermission, tool(&payload))),
        "Stop" => {
            let said = text(&payload, "last_assistant_message").unwrap_or("the turn ended");
            Some(reading(SessionState::WaitingInput, said))
        }
        "Interrupt" => Some(reading(SessionState::WaitingInput, "the turn was interrupted")),
        _ => None,
    };
    with_requests(with_prompt(news(text(&payload, "session_id"), reading), event, &payload), event, &payload)
}

#[cfg(test)]
mod tests {
    use super::{digest, quoted};

    /// Computed apart from this code; `real_codex` shows that the program takes our digests for its own.
    #[test]
    fn digests_are_those_of_codex() {
        let known = "sha256:3c75cb092e3950863ad8058f4bb30d306cedb26dfb7b5eb217733b2635579c77";
        assert_eq!(digest("stop", "/bin/true", 10), known);
        assert_eq!(quoted("a \"b\" \\ 'c'"), r#""a \"b\" \\ 'c'""#);
    }
}
