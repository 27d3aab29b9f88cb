//! A headless run, readable: each line of the agent's structured output becomes coloured text for the pane and
//! facts for the engine. Whether the run succeeded is decided by its result event: exit codes lie (Claude Code
//! ends with 0 after SIGINT, and says `success` with `is_error` after an API error).
//!
//! Nothing is lost: a line that is not understood is shown dimmed, as it came (without its control characters).

mod claude;
mod codex;
mod copilot;
mod gemini;
mod kimi;
mod opencode;

use serde_json::Value;

use claude::Dialect;

use crate::config::StreamFormat;
use crate::model::{one_line, sanitize, truncate};

/// What an agent used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// Tokens read, without the cached ones.
    pub input_tokens: u64,
    /// Tokens read from the provider's cache.
    pub cached_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// US dollars, as the agent says; 0 when it says nothing.
    pub cost_usd: f64,
}

/// One fact of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// It began: the agent's conversation id and model.
    Started {
        /// Its own id of the conversation.
        conversation: String,
        /// The model.
        model: String,
    },
    /// It said something.
    Text(String),
    /// It uses a tool: name and what for.
    Tool {
        /// Which.
        name: String,
        /// Command, path or pattern; may be empty.
        subject: String,
    },
    /// A tool answered.
    ToolResult {
        /// Whether it says that it failed.
        failed: bool,
    },
    /// The provider did not answer; the agent tries again.
    Retrying {
        /// Which try.
        attempt: u64,
        /// Why.
        error: String,
    },
    /// It is over.
    Finished {
        /// Whether it succeeded.
        succeeded: bool,
        /// Its last words, or the error.
        text: String,
        /// What it used.
        usage: Usage,
    },
}

/// One line, readable.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rendered {
    /// What to print, with colours, each line ended by `\n`; empty when there is nothing to show.
    pub text: String,
    /// What it says.
    pub news: Vec<News>,
}

/// How the run is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitVerdict {
    /// The exit code to end with: 0 only if the run succeeded.
    pub code: i32,
    /// One line for the pane's end.
    pub text: String,
}

/// A run that is being read.
#[derive(Debug, Clone)]
pub struct Transcript {
    format: StreamFormat,
    /// What was heard so far, for formats whose end does not repeat it.
    heard: Heard,
    finished: Option<(bool, String)>,
}

/// What a run said before its end.
#[derive(Debug, Clone, Default)]
struct Heard {
    /// Its last words.
    words: String,
    /// The last error or refusal.
    trouble: Option<String>,
    /// What its steps used.
    usage: Usage,
    /// Whether its conversation was named already.
    named: bool,
    /// The last piece of text did not end its line.
    is_open: bool,
    /// How often the model was asked again.
    tries: u64,
}

impl Transcript {
    /// For output of this format. Text is passed on as it is.
    pub fn new(format: StreamFormat) -> Self {
        Self { format, heard: Heard::default(), finished: None }
    }

    /// Reads one line (without its end).
    pub fn line(&mut self, line: &str) -> Rendered {
        if line.trim().is_empty() {
            return Rendered::default();
        }
        if self.format == StreamFormat::Text {
            return Rendered { text: format!("{}\n", sanitize(line)), news: vec![] };
        }
        let rendered = serde_json::from_str(line).ok().and_then(|event| self.event(&event));
        let rendered =
            rendered.unwrap_or_else(|| Rendered { text: dim(&truncate(&one_line(line), 400)), news: vec![] });
        for news in &rendered.news {
            match news {
                News::Finished { succeeded, text, .. } => self.finished = Some((*succeeded, text.clone())),
                News::Text(words) => self.heard.words.clone_from(words),
                _ => {}
            }
        }
        rendered
    }

    /// `None` when the event is not known.
    fn event(&mut self, event: &Value) -> Option<Rendered> {
        match self.format {
            StreamFormat::Text => None,
            StreamFormat::Claude => claude::render(event, Dialect::Claude),
            StreamFormat::Qwen => claude::render(event, Dialect::Qwen),
            StreamFormat::Codex => codex::render(event, &mut self.heard),
            StreamFormat::Gemini => gemini::render(event, &mut self.heard),
            StreamFormat::Opencode => opencode::render(event, &mut self.heard),
            StreamFormat::Kimi => kimi::render(event),
            StreamFormat::Copilot => copilot::render(event, &mut self.heard),
        }
    }

    /// Whether the end is told in the output, so that the exit code alone says nothing good.
    fn tells_result(&self) -> bool {
        !matches!(self.format, StreamFormat::Text | StreamFormat::Kimi)
    }

    /// The program ended. Without a result event a structured run failed, whatever the code says.
    pub fn finish(&self, exit_code: Option<i32>) -> ExitVerdict {
        let failed = exit_code.filter(|code| *code != 0).unwrap_or(1);
        match (&self.finished, self.tells_result()) {
            (Some((true, _)), _) => ExitVerdict { code: 0, text: paint(GREEN, "finished") },
            (Some((false, why)), _) => {
                ExitVerdict { code: failed, text: paint(RED, &format!("failed: {}", truncate(&one_line(why), 200))) }
            }
            (None, false) if exit_code == Some(0) => ExitVerdict { code: 0, text: paint(GREEN, "finished") },
            (None, _) => {
                let how = exit_code
                    .map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with exit code {code}"));
                let why = self.heard.trouble.as_ref().map(|why| format!(": {}", truncate(&one_line(why), 200)));
                let text = format!("{how} before it told a result{}", why.unwrap_or_default());
                ExitVerdict { code: failed, text: paint(RED, &text) }
            }
        }
    }
}

const RED: u8 = 31;
const GREEN: u8 = 32;
const CYAN: u8 = 36;
const DIM: u8 = 2;

/// SGR of the sixteen basic colours: the pane's terminal decides how they look.
fn paint(code: u8, text: &str) -> String {
    format!("\u{1b}[{code}m{text}\u{1b}[0m\n")
}

fn dim(text: &str) -> String {
    paint(DIM, text)
}

/// The agent's words.
fn said(words: &str) -> Rendered {
    let words = sanitize(words);
    if words.trim().is_empty() {
        return Rendered::default();
    }
    Rendered { text: format!("{}\n", words.trim_end()), news: vec![News::Text(words)] }
}

/// A tool that is used.
fn tool_line(name: &str, subject: &str) -> Rendered {
    let (name, subject) = (one_line(name), one_line(subject));
    let line = paint(CYAN, &truncate(format!("● {name} {subject}").trim_end(), 300));
    Rendered { text: line, news: vec![News::Tool { name, subject }] }
}

/// What a tool answered, its first lines.
fn result_lines(words: &str, failed: bool) -> Rendered {
    let words = sanitize(words);
    let mut lines: Vec<String> = words.lines().take(4).map(|line| format!("  {}", truncate(line, 160))).collect();
    let more = words.lines().count().saturating_sub(4);
    if more > 0 {
        lines.push(format!("  … {more} more lines"));
    }
    let shown = lines.join("\n");
    let shown = if failed { paint(RED, &shown) } else { dim(&shown) };
    Rendered { text: if words.is_empty() { String::new() } else { shown }, news: vec![News::ToolResult { failed }] }
}

/// The conversation's name and model, as the run's first line.
fn started(title: &str, conversation: &str, model: &str) -> Rendered {
    let line = [title, model, conversation].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let (conversation, model) = (conversation.to_owned(), model.to_owned());
    Rendered { text: dim(&one_line(&line)), news: vec![News::Started { conversation, model }] }
}

/// The provider did not answer.
fn retrying(attempt: u64, error: &str) -> Rendered {
    let error = one_line(error);
    let line = paint(RED, &format!("no answer from the model ({error}), try {attempt}"));
    Rendered { text: line, news: vec![News::Retrying { attempt, error }] }
}

/// The end, with what it used.
fn finished(succeeded: bool, words: &str, usage: Usage) -> Rendered {
    let words = sanitize(words);
    let mut text = if succeeded {
        paint(GREEN, "✓ the agent finished")
    } else {
        paint(RED, &format!("✗ {}", truncate(&one_line(&words), 300)))
    };
    text.push_str(&dim(&format!("  {}", used(&usage))));
    Rendered { text, news: vec![News::Finished { succeeded, text: words, usage }] }
}

/// Tokens and money in words. An agent that names no price is not said to be free.
fn used(usage: &Usage) -> String {
    let tokens = format!("{} tokens in, {} out", usage.input_tokens + usage.cached_tokens, usage.output_tokens);
    if usage.cost_usd > 0.0 { format!("{tokens}, ${:.4}", usage.cost_usd) } else { tokens }
}
