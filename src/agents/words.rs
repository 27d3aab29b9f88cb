//! Words and shapes that hooks, plugins and streams of several agents share: what a tool is about, what sounds
//! like a limit, one word for `sh`.

use serde_json::Value;

use crate::model::{Reading, SessionState, StateSource, one_line, truncate};

use super::HookNews;

/// A reading from a hook or a plugin.
pub(super) fn reading(state: SessionState, evidence: impl AsRef<str>) -> Reading {
    Reading { state, source: StateSource::Hook, evidence: truncate(&one_line(evidence.as_ref()), 200), dialog: None }
}

/// A turn is under way.
pub(super) fn working(evidence: impl AsRef<str>) -> Reading {
    reading(SessionState::Working, evidence)
}

/// What a hook says that carries a conversation's id and perhaps a reading.
pub(super) fn news(conversation: Option<&str>, reading: Option<Reading>) -> HookNews {
    let conversation = conversation.filter(|id| !id.is_empty()).map(str::to_owned);
    HookNews { reading, conversation, ..HookNews::default() }
}

/// What `UserPromptSubmit` says besides: a prompt was taken, and which.
pub(super) fn with_prompt(news: HookNews, event: &str, payload: &Value) -> HookNews {
    if event != "UserPromptSubmit" {
        return news;
    }
    HookNews { turn_started: true, prompt: text(payload, "prompt").map(str::to_owned), ..news }
}

/// What the hooks say that Claude Code and Codex share: a permission is asked for, a tool ran, a turn ended.
pub(super) fn with_requests(news: HookNews, event: &str, payload: &Value) -> HookNews {
    let exact = || {
        let name = text(payload, "tool_name").unwrap_or("a tool");
        payload.get("tool_input").map(|input| super::exact::of_tool(name, input))
    };
    match event {
        "PermissionRequest" => HookNews { asks: exact(), ..news },
        "PostToolUse" | "PostToolUseFailure" => HookNews { ran: exact(), ..news },
        "UserPromptSubmit" | "Stop" | "StopFailure" | "Interrupt" | "SessionEnd" => {
            HookNews { all_answered: true, ..news }
        }
        _ => news,
    }
}

/// The text under a key.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// A whole number under a key; 0 when there is none.
pub(super) fn count(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

/// Tool and what it is to do: `Bash: touch sub.txt`.
pub(super) fn tool(payload: &Value) -> String {
    let name = text(payload, "tool_name").unwrap_or("a tool");
    match payload.get("tool_input").and_then(subject) {
        Some(subject) => format!("{name}: {subject}"),
        None => name.to_owned(),
    }
}

/// The argument of a tool that tells a person what it is about.
pub(super) fn subject(input: &Value) -> Option<&str> {
    const KEYS: [&str; 11] = [
        "command",
        "cmd",
        "file_path",
        "filePath",
        "notebook_path",
        "path",
        "pattern",
        "url",
        "query",
        "description",
        "prompt",
    ];
    KEYS.iter().find_map(|key| text(input, key)).filter(|subject| !subject.is_empty())
}

/// Whether an error's words mean that the provider's limit is reached.
pub(super) fn is_limit(words: &str) -> bool {
    let said = words.to_lowercase();
    ["rate_limit", "rate limit", "usage limit", "hit your", "billing", "quota", "resource_exhausted", "429"]
        .iter()
        .any(|word| said.contains(word))
}

/// One word for `sh`: hooks are command lines, and a path may have any character.
pub(super) fn shell_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
