//! The screen and history of a session whose host is gone, made again from what it has written. It answers what a
//! viewer asks as the host would; nothing can be typed into it.

use std::io;
use std::path::Path;

use super::convert;
use super::host::{Search, find_in, page_of};
use super::launch::size_of;
use super::recorded::Recorded;
use super::sizes::Sizes;
use crate::protocol::pane::{FromHost, ToHost};
use crate::term::Terminal;

/// Rows and columns of a session that did not write its size down.
const USUAL_SIZE: (u16, u16) = (24, 80);

/// A record that was played to its end.
pub struct Played {
    terminal: Terminal,
}

impl Played {
    /// Plays the record in a session's directory, with at most `history` lines that have scrolled away, at the sizes
    /// that its screen had. For sessions that did not record those, `size` is what it had at its end (rows, columns),
    /// where that is known; else what it began with. Takes as long as the terminal needs for all of it.
    ///
    /// # Errors
    /// When there is no record, or it cannot be read.
    pub fn open(directory: &Path, size: Option<(u16, u16)>, history: usize) -> io::Result<Self> {
        let mut log = Recorded::open(directory)?;
        let sizes = Sizes::read(directory);
        let mut place = sizes.start(log.has_both_halves());
        let usual = if sizes.is_known() { sizes.at(place) } else { size };
        let (rows, cols) = usual.or_else(|| size_of(directory)).unwrap_or(USUAL_SIZE);
        let mut terminal = Terminal::new(rows, cols, history);
        loop {
            let piece = log.more()?;
            if piece.is_empty() {
                break;
            }
            let mut rest = piece.as_slice();
            while let Some((after, (rows, cols))) = sizes.next(place) {
                let until = usize::try_from(after - place).unwrap_or(usize::MAX);
                let Some((before, later)) = rest.split_at_checked(until) else { break };
                terminal.process(before);
                terminal.resize(rows, cols);
                (place, rest) = (after, later);
            }
            place += u64::try_from(rest.len()).unwrap_or(0);
            terminal.process(rest);
            // nobody is there whom its questions could be answered to
            drop(terminal.take_answers());
            drop(terminal.take_news());
        }
        terminal.end_synchronizing();
        Ok(Self { terminal })
    }

    /// The last screen.
    pub fn screen(&mut self) -> FromHost {
        FromHost::Screen(convert::screen(&self.terminal.frame()))
    }

    /// Screen and history as text.
    pub fn capture(&mut self, ansi: bool, history: bool) -> String {
        self.terminal.capture(ansi, history)
    }

    /// The answer to a viewer's question; `None` for what asks nothing.
    pub fn answer(&mut self, message: ToHost) -> Option<FromHost> {
        match message {
            ToHost::Lines { from, count } => Some(page_of(&mut self.terminal, from, count)),
            ToHost::Search { id, pattern, from, backward } => {
                Some(find_in(&mut self.terminal, &Search { id, pattern, from, backward }))
            }
            ToHost::Capture { ansi, history } => Some(FromHost::Captured(self.capture(ansi, history))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_played_at_the_sizes_that_the_screen_had() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        // a narrow screen wraps the first line, a wide one takes the second whole
        write("stream.log", "0123456789abcdef\r\n0123456789abcdef");
        write("sizes.log", "size 0 5 10\nsize 18 5 20\n");
        let mut played = Played::open(directory.path(), Some((9, 9)), 100).unwrap();
        // what wrapped in the narrow one stays so: nothing reflows
        assert_eq!(played.capture(false, false).trim_end(), "0123456789\nabcdef\n0123456789abcdef");
        let FromHost::Screen(screen) = played.screen() else { panic!("no screen") };
        let rows: Vec<String> =
            screen.changed.iter().map(|(_, row)| row.runs.iter().map(|run| run.text.as_str()).collect()).collect();
        assert_eq!(
            (screen.rows, screen.cols, &rows[..3]),
            (5, 20, &["0123456789", "abcdef", "0123456789abcdef"].map(str::to_owned)[..])
        );
        // what is left of a long log begins in its middle
        write("stream.log.1", "0123456789abcdef\r\n");
        write("sizes.log", "size 0 5 10\nhalf 500\nsize 510 5 20\nhalf 518\nsize 600 6 30\n");
        let mut played = Played::open(directory.path(), None, 100).unwrap();
        let FromHost::Screen(screen) = played.screen() else { panic!("no screen") };
        assert_eq!((screen.rows, screen.cols), (5, 20), "the last size came after more than is left");
    }

    #[test]
    fn what_a_session_wrote_is_shown_read_and_found_again_without_its_host() {
        let directory = tempfile::tempdir().unwrap();
        let text: String = (0..100).map(|n| format!("line {n}\r\n")).collect();
        std::fs::write(directory.path().join("stream.log"), text).unwrap();
        let mut played = Played::open(directory.path(), Some((10, 40)), 1_000).unwrap();
        let FromHost::Screen(screen) = played.screen() else { panic!("no screen") };
        assert_eq!((screen.rows, screen.cols, screen.history), (10, 40, 91));
        let Some(FromHost::Lines { first, lines, .. }) = played.answer(ToHost::Lines { from: 5, count: 2 }) else {
            panic!("no lines")
        };
        assert_eq!((first, lines[0].runs[0].text.as_str(), lines.len()), (5, "line 5", 2));
        let question = ToHost::Search { id: 3, pattern: "line 42".to_owned(), from: (95, 0), backward: true };
        let Some(FromHost::Found(found)) = played.answer(question) else { panic!("nothing found") };
        assert_eq!((found.id, found.at, found.total), (3, Some((42, 0)), 1));
        assert!(played.capture(false, true).starts_with("line 0\nline 1\n"));
        assert!(played.answer(ToHost::Input(b"x".to_vec())).is_none());
    }
}
