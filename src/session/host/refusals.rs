//! What a fence refused, as far as programs say it: the system's own words for it in their output. That is
//! the honest limit: a program that says nothing, or in another language, is not heard, and a text that only
//! quotes the words is. So it is a note for the person, and nothing else follows from it.

use crate::model::{one_line, truncate};

/// What the C library and Rust say (`EROFS`, `ENETUNREACH`, `EAI_AGAIN`), and what it means.
const WORDS: &[&str] = &[
    "Read-only file system",
    "read-only file system",
    "EROFS",
    "Network is unreachable",
    "Temporary failure in name resolution",
    "Could not resolve host",
    "EAI_AGAIN",
    "ENETUNREACH",
];
/// Notes of one session at most: the first ones say it.
const MOST_NOTES: usize = 5;
/// What is kept of a line that is not complete yet, in bytes.
const LONGEST_LINE: usize = 512;
/// What a note quotes, in characters.
const LONGEST_QUOTE: usize = 160;

/// Looks for refusals in what is printed.
pub(super) struct Refusals {
    fence: String,
    line: Vec<u8>,
    told: Vec<String>,
}

impl Refusals {
    /// `fence` says what is allowed.
    pub(super) fn new(fence: String) -> Self {
        Self { fence, line: Vec::new(), told: Vec::new() }
    }

    /// The next note, if these bytes end a line that tells of a refusal not told yet.
    pub(super) fn look(&mut self, bytes: &[u8]) -> Option<String> {
        if self.told.len() >= MOST_NOTES {
            return None;
        }
        let mut found = None;
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let ended = piece.ends_with(b"\n") || piece.ends_with(b"\r");
            let room = LONGEST_LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or_default());
            if ended {
                let line = std::mem::take(&mut self.line);
                found = found.or_else(|| self.note(&line));
            }
        }
        found
    }

    fn note(&mut self, line: &[u8]) -> Option<String> {
        // most lines are ruled out without a copy
        let text = std::str::from_utf8(line).ok()?;
        if !WORDS.iter().any(|words| text.contains(words)) {
            return None;
        }
        let quote = truncate(one_line(text).trim(), LONGEST_QUOTE);
        if self.told.contains(&quote) {
            return None;
        }
        self.told.push(quote.clone());
        Some(format!("the fence refused something: “{quote}”; {}", self.fence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_once_also_when_it_comes_in_pieces() {
        let mut refusals = Refusals::new("it may write to its worktree".to_owned());
        assert_eq!(refusals.look(b"all is well\r\ntouch: cannot touch 'x': Read-on"), None);
        let told = refusals.look(b"ly file system\r\nmore").unwrap();
        assert!(told.contains("cannot touch 'x'") && told.ends_with("it may write to its worktree"), "{told}");
        assert_eq!(refusals.look(b"\ntouch: cannot touch 'x': Read-only file system\n"), None);
    }

    #[test]
    fn it_ends_somewhere() {
        let mut refusals = Refusals::new(String::new());
        let told = (0..50).filter_map(|n| refusals.look(format!("{n}: EROFS\n").as_bytes())).count();
        assert_eq!(told, MOST_NOTES);
        assert_eq!(refusals.look(&vec![b'x'; 1 << 20]), None);
        assert!(refusals.line.len() <= LONGEST_LINE);
    }
}
