//! What a session has written, as its host keeps it on disk: `stream.log` and the half before it. It is
//! there for ended sessions too, and without a daemon.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::model::sanitize;

/// A line longer than this comes in pieces, in bytes.
const LONGEST_LINE: usize = 1024 * 1024;

/// Read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// The two halves as one text that may still grow.
#[derive(Debug)]
pub(super) struct Recorded {
    path: PathBuf,
    /// Oldest first; the last one grows until another takes its place.
    files: VecDeque<File>,
}

impl Recorded {
    /// The log in a session's directory.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let path = directory.join("stream.log");
        loop {
            let newer = File::open(&path)?;
            let older = match File::open(directory.join("stream.log.1")) {
                Ok(older) => Some(older),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            // the newer half became the older one just now
            let same = match &older {
                Some(older) => older.metadata()?.ino() == newer.metadata()?.ino(),
                None => false,
            };
            if !same {
                return Ok(Self { path, files: older.into_iter().chain([newer]).collect() });
            }
        }
    }

    /// What was written since the last call, at most a piece; empty when there is nothing new.
    pub(super) fn more(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = vec![0; PIECE];
        while let Some(file) = self.files.front_mut() {
            let length = file.read(&mut piece)?;
            if length > 0 {
                piece.truncate(length);
                return Ok(piece);
            }
            if self.files.len() > 1 || self.follow_on()? {
                self.files.pop_front();
            } else {
                break;
            }
        }
        Ok(Vec::new())
    }

    /// Whether another file has taken the place of the last one, which is then read next.
    fn follow_on(&mut self) -> io::Result<bool> {
        let Some(last) = self.files.back() else { return Ok(false) };
        let next = match File::open(&self.path) {
            Ok(next) => next,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let moved_on = next.metadata()?.ino() != last.metadata()?.ino();
        if moved_on {
            self.files.push_back(next);
        }
        Ok(moved_on)
    }

    /// Everything that is there now.
    pub(super) fn all(&mut self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let piece = self.more()?;
            if piece.is_empty() {
                return Ok(all);
            }
            all.extend(piece);
        }
    }
}

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
    use std::io::Write;

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

    #[test]
    fn a_log_is_read_across_its_halves_while_it_grows() {
        let directory = tempfile::tempdir().unwrap();
        let (newer, older) = (directory.path().join("stream.log"), directory.path().join("stream.log.1"));
        std::fs::write(&older, "one ").unwrap();
        std::fs::write(&newer, "two ").unwrap();
        let mut log = Recorded::open(directory.path()).unwrap();
        assert_eq!(log.all().unwrap(), b"one two ");
        File::options().append(true).open(&newer).unwrap().write_all(b"three ").unwrap();
        assert_eq!(log.all().unwrap(), b"three ");
        std::fs::rename(&newer, &older).unwrap();
        std::fs::write(&newer, "four").unwrap();
        assert_eq!(log.all().unwrap(), b"four");
        assert_eq!(log.all().unwrap(), b"");
    }
}
