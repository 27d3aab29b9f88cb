//! A headless run, readable: each line of the agent's structured output becomes coloured text for the pane and
//! facts for the engine. Whether the run succeeded is decided by its result event: exit codes lie (Claude Code
//! ends with 0 after SIGINT, and says `success` with `is_error` after an API error).
//!
//! Nothing is lost: a line that is not understood is shown dimmed, as it came (without its control characters).

mod claude;

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
    /// US dollars, as the agent says.
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
    structured: bool,
    finished: Option<(bool, String)>,
}

impl Transcript {
    /// For the agent of this name. Output of agents whose format is not known is passed on as text.
    pub fn new(agent: &str) -> Self {
        Self { structured: agent.starts_with("claude"), finished: None }
    }

    /// Reads one line (without its end).
    pub fn line(&mut self, line: &str) -> Rendered {
        if line.trim().is_empty() {
            return Rendered::default();
        }
        if !self.structured {
            return Rendered { text: format!("{}\n", sanitize(line)), news: vec![] };
        }
        let rendered = serde_json::from_str(line).ok().and_then(|event| claude::render(&event));
        let rendered =
            rendered.unwrap_or_else(|| Rendered { text: dim(&truncate(&one_line(line), 400)), news: vec![] });
        for news in &rendered.news {
            if let News::Finished { succeeded, text, .. } = news {
                self.finished = Some((*succeeded, text.clone()));
            }
        }
        rendered
    }

    /// The program ended. Without a result event a structured run failed, whatever the code says.
    pub fn finish(&self, exit_code: Option<i32>) -> ExitVerdict {
        let failed = exit_code.filter(|code| *code != 0).unwrap_or(1);
        match (&self.finished, self.structured) {
            (Some((true, _)), _) => ExitVerdict { code: 0, text: paint(GREEN, "finished") },
            (Some((false, why)), _) => {
                ExitVerdict { code: failed, text: paint(RED, &format!("failed: {}", truncate(&one_line(why), 200))) }
            }
            (None, false) if exit_code == Some(0) => ExitVerdict { code: 0, text: paint(GREEN, "finished") },
            (None, _) => {
                let how = exit_code
                    .map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with exit code {code}"));
                ExitVerdict { code: failed, text: paint(RED, &format!("{how} before it told a result")) }
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
