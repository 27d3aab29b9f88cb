//! Standard output: text made safe, tones when a terminal shows them, JSON, and a quiet end when nobody
//! reads any more.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::model::{Kind, sanitize};

use super::Stop;

/// What a piece of text means; only a terminal shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// A heading.
    Strong,
    /// Beside the point.
    Faint,
    /// Fine.
    Good,
    /// Wants attention.
    Warning,
    /// Broken.
    Bad,
}

impl Tone {
    /// Its SGR parameters (ECMA-48 §8.3.117), in the terminal's own palette.
    fn sgr(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "1;31",
        }
    }
}

/// Where a command prints.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Whether tones are shown.
    pub tones: bool,
    /// The terminal's columns; `None` when it is not a terminal and lines may be as long as they are.
    pub width: Option<usize>,
}

impl Output {
    /// Standard output as it is: tones only on a terminal that has them and when `NO_COLOR` does not forbid it.
    pub fn standard() -> Self {
        let terminal = io::stdout().is_terminal();
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let width = terminal.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)));
        Self { tones: terminal && !forbidden && !dumb, width }
    }

    /// Whether a person looks at it.
    pub fn is_terminal(self) -> bool {
        self.width.is_some()
    }

    /// One line (or several), made safe.
    pub fn line(self, text: impl AsRef<str>) -> Result<(), Stop> {
        self.write(format!("{}\n", sanitize(text.as_ref())).as_bytes())
    }

    /// One line in one tone.
    pub fn toned(self, tone: Tone, text: impl AsRef<str>) -> Result<(), Stop> {
        self.write(format!("{}\n", self.paint(tone, text.as_ref())).as_bytes())
    }

    /// Text made safe and toned, to be part of a line given to `write`.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let text = sanitize(text);
        if self.tones && tone != Tone::Plain { format!("\x1b[{}m{text}\x1b[0m", tone.sgr()) } else { text }
    }

    /// One JSON document: indented for a person, on one line for a program.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        if !self.is_terminal() {
            return self.json_line(value);
        }
        self.json_text(serde_json::to_string_pretty(value))
    }

    /// One JSON document on one line, for a stream of them.
    pub fn json_line<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        self.json_text(serde_json::to_string(value))
    }

    fn json_text(self, text: serde_json::Result<String>) -> Result<(), Stop> {
        let text =
            text.map_err(|error| Stop::new(Kind::Internal, format!("this cannot be written as JSON: {error}")))?;
        self.write(format!("{text}\n").as_bytes())
    }

    /// Bytes as they are. Whoever calls answers for what they do to a terminal.
    pub fn write(self, bytes: &[u8]) -> Result<(), Stop> {
        let mut to = io::stdout().lock();
        to.write_all(bytes).and_then(|()| to.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::OutputClosed,
            _ => Stop::system("standard output cannot be written", &error),
        })
    }
}
