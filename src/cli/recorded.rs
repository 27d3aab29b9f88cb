//! What a session has written (`session::Recorded`) as lines of plain text.

use crate::model::sanitize;

/// A line longer than this comes in pieces, in bytes.
const LONGEST_LINE: usize = 1024 * 1024;

/// The last `count` lines of some output.
pub(super) fn last_lines(output: &[u8], count: usize) -> &[u8] {
    let whole = output.strip_suffix(b"\n").unwrap_or(output);
    let ends = whole.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let begin = match count.checked_sub(1) {
        Some(before) => { ends }.nth(before).unwrap_or(0),
        None => output.len(),
    };
    output.get(begin..).unwrap_or_default()
}

/// Output cut into lines of plain text.
#[derive(Debug, Default)]
pub(super) struct PlainLines {
    part: Vec<u8>,
}

impl PlainLines {
    /// The lines that these bytes complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.part.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.part.len() > LONGEST_LINE {
                lines.push(plain(&std::mem::take(&mut self.part)));
            }
        }
        lines
    }

    /// The last line, when it has no end.
    pub(super) fn rest(&mut self) -> Option<String> {
        let part = std::mem::take(&mut self.part);
        (!part.is_empty()).then(|| plain(&part))
    }
}

/// A line without escapes, as it stood at its end: what a carriage return let be overwritten is left out.
fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end_matches(['\r', '\n']);
    sanitize(text.rsplit('\r').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_plain_and_what_was_overwritten_is_left_out() {
        let mut lines = PlainLines::default();
        assert_eq!(lines.feed(b"one\r\n\x1b[31mred\x1b[0m\n10%\r20%\r\nha"), ["one", "red", "20%"]);
        assert_eq!(lines.feed(b"lf\n"), ["half"]);
        assert_eq!(lines.rest(), None);
        assert_eq!(lines.feed(b"\xff end"), Vec::<String>::new());
        assert_eq!(lines.rest().as_deref(), Some("\u{fffd} end"));
    }

    #[test]
    fn the_last_lines_are_counted_from_the_end() {
        assert_eq!(last_lines(b"a\nb\nc\n", 2), b"b\nc\n");
        assert_eq!(last_lines(b"a\nb\nc", 1), b"c");
        assert_eq!(last_lines(b"a\nb\n", 9), b"a\nb\n");
        assert_eq!(last_lines(b"a\n", 0), b"");
        assert_eq!(last_lines(b"", 3), b"");
    }
}
