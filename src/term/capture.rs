//! The whole terminal as text, for `Capture`, logs and people.

use super::line::Line;
use super::sgr;
use super::terminal::Terminal;

/// Lines as text: soft-wrapped rows are joined, blank rows at the end left out.
#[derive(Debug)]
pub struct Transcript {
    text: String,
    /// Where the last row that is not blank ends.
    used: usize,
    ansi: bool,
}

impl Transcript {
    /// An empty one, with SGR escapes or without.
    pub fn new(ansi: bool) -> Self {
        Self { text: String::new(), used: 0, ansi }
    }

    /// Adds a row.
    pub fn take(&mut self, line: &Line) {
        if self.ansi {
            sgr::format_line(line, &mut self.text);
        } else {
            line.spans.iter().for_each(|span| self.text.push_str(&span.text));
        }
        if !line.wrapped {
            self.text.push('\n');
        }
        if !line.is_blank() {
            self.used = self.text.len();
        }
    }

    /// Adds what another one holds.
    pub fn append(&mut self, other: Self) {
        if other.used > 0 {
            self.used = self.text.len() + other.used;
        }
        self.text.push_str(&other.text);
    }

    /// Forgets old lines when it has become twice as long as this many bytes.
    pub fn keep_end(&mut self, bytes: usize) {
        if self.text.len() / 2 >= bytes {
            self.cut(bytes);
        }
    }

    /// The text, at most this many bytes of it, from the beginning of a line on.
    pub fn text(mut self, most: usize) -> String {
        self.text.truncate(self.used);
        self.cut(most);
        self.text
    }

    fn cut(&mut self, most: usize) {
        let Some(excess) = self.text.len().checked_sub(most).filter(|excess| *excess > 0) else { return };
        let newline = self.text.bytes().skip(excess - 1).position(|byte| byte == b'\n');
        let cut = newline.map_or(self.text.len(), |at| excess + at);
        self.text.drain(..cut);
        self.used = self.used.saturating_sub(cut);
    }
}

impl Terminal {
    /// Screen, and history when asked for, as text; soft-wrapped rows are joined, trailing blank rows left out.
    pub fn capture(&mut self, ansi: bool, history: bool) -> String {
        let frame = self.frame();
        let mut transcript = Transcript::new(ansi);
        if history {
            self.parser.callbacks().history.lines().for_each(|line| transcript.take(&line));
            if frame.modes.alternate_screen {
                self.alternate.history().lines().for_each(|line| transcript.take(&line));
            }
        }
        frame.lines.iter().for_each(|line| transcript.take(line));
        transcript.text(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Transcript {
        let mut transcript = Transcript::new(false);
        for line in lines {
            transcript.take(&Line::plain((*line).to_owned(), false));
        }
        transcript
    }

    #[test]
    fn blank_rows_count_only_in_between() {
        let mut whole = of(&["one", ""]);
        whole.append(of(&["", "two", ""]));
        whole.append(of(&["", ""]));
        assert_eq!(whole.text(usize::MAX), "one\n\n\ntwo\n");
    }

    #[test]
    fn what_is_too_long_loses_its_first_lines_whole() {
        assert_eq!(of(&["one", "two", "three"]).text(10), "two\nthree\n");
        assert_eq!(of(&["one", "two", "three"]).text(9), "three\n");
        let mut long = of(&["one", "two", "three", ""]);
        long.keep_end(8);
        assert_eq!(long.text(100), "one\ntwo\nthree\n", "not twice as long yet");
        let mut long = of(&["one", "two", "three", ""]);
        long.keep_end(7);
        assert_eq!(long.text(100), "three\n");
    }
}
