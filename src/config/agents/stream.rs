//! What an agent puts out headless, and how much is known of it beyond its definition.

use serde::Deserialize;

/// What Quarterdeck knows about an agent beyond its definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adapter {
    /// Only what the definition says.
    #[default]
    Plain,
    /// Claude Code: per-session settings with hooks.
    Claude,
    /// Codex: hooks of this session alone on its command line, trusted by their digests; an outbox for its sandbox.
    Codex,
    /// Gemini CLI: a policy file for this session.
    Gemini,
    /// OpenCode: a plugin for this session.
    Opencode,
    /// Qwen Code: a file of defaults with hooks for this session.
    Qwen,
    /// The person's shell: runs a task's command.
    Shell,
}

impl Adapter {
    /// What a headless run of it puts out, if its definition says nothing else.
    pub(super) fn stream(self) -> StreamFormat {
        match self {
            Adapter::Plain | Adapter::Shell => StreamFormat::Text,
            Adapter::Claude => StreamFormat::Claude,
            Adapter::Qwen => StreamFormat::Qwen,
            Adapter::Codex => StreamFormat::Codex,
            Adapter::Gemini => StreamFormat::Gemini,
            Adapter::Opencode => StreamFormat::Opencode,
        }
    }
}

/// What a headless run puts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamFormat {
    /// Text for people: the exit code is the result.
    #[default]
    Text,
    /// Claude Code's `stream-json`.
    Claude,
    /// Qwen Code's `stream-json`: Claude Code's, but its input tokens include the cached ones.
    Qwen,
    /// `codex exec --json`.
    Codex,
    /// Gemini CLI's `stream-json`.
    Gemini,
    /// `opencode run --format json`.
    Opencode,
    /// Kimi Code's `stream-json`: messages without a result, so that the exit code is the result.
    Kimi,
    /// Copilot CLI's `--output-format json`.
    Copilot,
}

impl StreamFormat {
    /// The word of definitions and command lines.
    pub fn word(self) -> &'static str {
        match self {
            StreamFormat::Text => "text",
            StreamFormat::Claude => "claude",
            StreamFormat::Qwen => "qwen",
            StreamFormat::Codex => "codex",
            StreamFormat::Gemini => "gemini",
            StreamFormat::Opencode => "opencode",
            StreamFormat::Kimi => "kimi",
            StreamFormat::Copilot => "copilot",
        }
    }

    /// By its word; what is not known is text.
    pub fn named(word: &str) -> Self {
        use StreamFormat::{Claude, Codex, Copilot, Gemini, Kimi, Opencode, Qwen, Text};
        [Claude, Qwen, Codex, Gemini, Opencode, Kimi, Copilot]
            .into_iter()
            .find(|format| format.word() == word)
            .unwrap_or(Text)
    }
}
