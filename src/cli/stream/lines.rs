//! A session's screen as lines of text: a line is given once it is final.

use crate::protocol::pane::{Row, ScreenUpdate, ToHost};

/// Lines of history asked for at once.
const PAGE: u32 = 500;

/// The screen as a window on a growing text: a line is final when the cursor has gone below it.
#[derive(Debug, Default)]
pub(super) struct Lines {
    screen: Vec<String>,
    /// Lines above the screen.
    history: u32,
    cursor: u32,
    alternate: bool,
    /// Lines that are printed or about to be.
    taken: u32,
    /// A page is on its way.
    asked: bool,
    ready: Vec<String>,
}

impl Lines {
    /// Takes what changed.
    pub(super) fn see(&mut self, update: ScreenUpdate) {
        if update.full {
            self.screen.clear();
        }
        self.screen.resize(usize::from(update.rows), String::new());
        for (row, content) in update.changed {
            if let Some(line) = self.screen.get_mut(usize::from(row)) {
                *line = text(&content);
            }
        }
        if update.history < self.history {
            // the oldest lines were forgotten, or the history was cleared
            self.taken = self.taken.min(update.history);
        }
        self.history = update.history;
        self.alternate = update.modes.alternate_screen;
        if let Some((row, _)) = update.cursor {
            self.cursor = u32::from(row);
        }
        self.take(self.cursor);
    }

    /// A request for lines that scrolled away before they were seen.
    pub(super) fn missing(&mut self) -> Option<ToHost> {
        let missing = self.history.saturating_sub(self.taken);
        if missing == 0 || self.asked {
            return None;
        }
        self.asked = true;
        let count = missing.min(PAGE);
        Some(ToHost::History { back: missing - count, count })
    }

    /// Takes a page of history; it may have grown since it was asked for.
    pub(super) fn fill(&mut self, page: &[Row], back: u32, total: u32) {
        self.asked = false;
        let length = u32::try_from(page.len()).unwrap_or(u32::MAX);
        let end = total.saturating_sub(back);
        let first = end.saturating_sub(length);
        // lines before the page were forgotten by the host; what is known already is left out
        let skip = usize::try_from(self.taken.saturating_sub(first)).unwrap_or(usize::MAX);
        self.ready.extend(page.iter().skip(skip).map(text));
        self.taken = self.taken.max(end);
        self.history = self.history.max(total);
        self.take(self.cursor);
    }

    /// Nothing more comes: all that is on the screen is final.
    pub(super) fn end(&mut self) {
        let used = self.screen.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        self.take(u32::try_from(used).unwrap_or(u32::MAX));
    }

    /// Takes the lines of the screen above `row`, if nothing before them is missing.
    fn take(&mut self, row: u32) {
        if self.alternate || self.taken < self.history {
            return;
        }
        let from = usize::try_from(self.taken - self.history).unwrap_or(usize::MAX);
        let count = usize::try_from(row).unwrap_or(usize::MAX).saturating_sub(from);
        let before = self.ready.len();
        self.ready.extend(self.screen.iter().skip(from).take(count).cloned());
        self.taken = self.taken.saturating_add(u32::try_from(self.ready.len() - before).unwrap_or(0));
    }

    /// The lines that became final since the last call.
    pub(super) fn take_ready(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ready)
    }
}

/// A row as text without blanks at its end.
fn text(row: &Row) -> String {
    let line: String = row.runs.iter().map(|run| run.text.as_str()).collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::pane::{Look, Modes, Run};

    fn row(text: &str) -> Row {
        Row { runs: vec![Run { text: text.to_owned(), look: Look::default(), link: None }], wrapped: false }
    }

    fn screen(lines: [&str; 3], cursor: u16, history: u32) -> ScreenUpdate {
        ScreenUpdate {
            rows: 3,
            cols: 20,
            full: true,
            changed: lines.iter().zip(0..).map(|(line, number)| (number, row(line))).collect(),
            cursor: Some((cursor, 0)),
            cursor_shape: 0,
            modes: Modes::default(),
            title: String::new(),
            history,
            locked: false,
            dropped: 0,
        }
    }

    #[test]
    fn every_line_comes_once_and_in_order_however_fast_it_scrolls() {
        let mut lines = Lines::default();
        lines.see(screen(["one", "tw", ""], 1, 0));
        assert_eq!(lines.ready, ["one"]);
        assert_eq!(lines.missing(), None);
        // two scrolled away unseen (`two`, `three`), the screen shows what follows
        lines.see(screen(["four", "five", "si"], 2, 3));
        assert_eq!(lines.ready, ["one"]);
        assert_eq!(lines.missing(), Some(ToHost::History { back: 0, count: 2 }));
        assert_eq!(lines.missing(), None, "asked once");
        lines.fill(&[row("two"), row("three")], 0, 3);
        assert_eq!(lines.ready, ["one", "two", "three", "four", "five"]);
        lines.end();
        assert_eq!(lines.ready.last().map(String::as_str), Some("si"));
    }
}
