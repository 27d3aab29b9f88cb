//! What the cockpit knows of one session's screen: its rows, its modes, where the person reads in its
//! history, and what is selected. Lines are counted from the oldest line of history, so that what is
//! read stays where it is while new lines come.

use std::collections::BTreeMap;

use crate::model::Exit;
use crate::protocol::pane::{Modes, Row, ScreenUpdate};

/// Lines of history kept while scrolled; more are asked for again.
const KEPT: usize = 4_000;

/// The connection to the session's host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Link {
    /// Not visible: no connection.
    #[default]
    Hidden,
    /// Being made; this many tries failed before.
    Connecting(u32),
    /// Made.
    Live,
    /// Cannot be made any more: why.
    Over(String),
}

/// Where the person reads in the history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The first line shown, from the oldest.
    pub top: u32,
    /// How many lines of history there were when reading began.
    pub began_at: u32,
    /// Lines of history by number.
    pub lines: BTreeMap<u32, Row>,
    /// The range that was asked for last.
    pub asked: Option<(u32, u32)>,
}

/// A selection with the mouse: two corners as line (from the oldest) and column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Where the button went down.
    pub from: (u32, u16),
    /// Where the pointer is.
    pub to: (u32, u16),
    /// The button is still down.
    pub dragging: bool,
}

impl Selection {
    /// The corners in reading order.
    pub fn ordered(&self) -> ((u32, u16), (u32, u16)) {
        if self.from <= self.to { (self.from, self.to) } else { (self.to, self.from) }
    }

    /// Whether a cell is in it.
    pub fn holds(&self, line: u32, column: u16) -> bool {
        let (start, end) = self.ordered();
        (line, column) >= start && (line, column) <= end
    }
}

/// One session's screen.
#[derive(Debug, Clone, Default)]
pub struct Pane {
    /// The connection.
    pub link: Link,
    /// The screen's rows.
    pub rows: Vec<Row>,
    /// The PTY's size: rows and columns.
    pub size: (u16, u16),
    /// The size that was asked for last: rows and columns.
    pub wanted: (u16, u16),
    /// Cursor row and column; `None` when hidden.
    pub cursor: Option<(u16, u16)>,
    /// What the inner program asked of its terminal.
    pub modes: Modes,
    /// Its title.
    pub title: String,
    /// Lines of history.
    pub history: u32,
    /// Input is locked by a handoff.
    pub locked: bool,
    /// How it ended.
    pub ended: Option<Exit>,
    /// Where the person reads; `None` follows the screen.
    pub reading: Option<Reading>,
    /// What is selected.
    pub selection: Option<Selection>,
}

impl Pane {
    /// Takes over what a host says of the screen. Answers the rows that changed, if that is all that did.
    pub fn apply(&mut self, update: ScreenUpdate) -> Option<Vec<u16>> {
        let only_rows = !update.full
            && self.size == (update.rows, update.cols)
            && (self.locked, &self.modes) == (update.locked, &update.modes)
            && (&self.reading, &self.selection) == (&None, &None)
            && self.title == crate::model::one_line(&update.title);
        let mut rows: Vec<u16> =
            self.cursor.filter(|_| self.cursor != update.cursor).iter().map(|(row, _)| *row).collect();
        if update.full {
            self.rows.clear();
        }
        self.rows.resize(usize::from(update.rows), Row::default());
        for (number, row) in update.changed {
            if let Some(place) = self.rows.get_mut(usize::from(number)).filter(|place| **place != row) {
                *place = row;
                rows.push(number);
            }
        }
        self.size = (update.rows, update.cols);
        if self.cursor != update.cursor {
            rows.extend(update.cursor.map(|(row, _)| row));
        }
        self.cursor = update.cursor;
        self.modes = update.modes;
        self.title = crate::model::one_line(&update.title);
        self.history = update.history;
        self.locked = update.locked;
        only_rows.then_some(rows)
    }

    /// The first line shown in a body of this many rows.
    pub fn top(&self, height: u16) -> u32 {
        match &self.reading {
            Some(reading) => reading.top,
            None => self.history.saturating_add(u32::from(self.hidden_above(height))),
        }
    }

    /// Screen rows that do not fit above a shorter body: the cursor's end is kept in sight.
    fn hidden_above(&self, height: u16) -> u16 {
        let rows = self.size.0;
        if rows <= height {
            return 0;
        }
        let lowest = self.cursor.map_or(rows, |(row, _)| row.saturating_add(1)).max(height);
        lowest.saturating_sub(height).min(rows - height)
    }

    /// A line by its number from the oldest, if it is known here.
    pub fn line(&self, number: u32) -> Option<&Row> {
        match number.checked_sub(self.history) {
            Some(row) => self.rows.get(usize::try_from(row).ok()?),
            None => self.reading.as_ref()?.lines.get(&number),
        }
    }

    /// Moves the reading place by lines (negative is up); reaching the end follows again. Answers whether
    /// there is anything above the screen to read.
    pub fn scroll(&mut self, lines: i64, height: u16) -> bool {
        let end = self.end(height);
        let top = i64::from(self.top(height).min(end)).saturating_add(lines);
        let top = u32::try_from(top.max(0)).unwrap_or(u32::MAX);
        if top >= end {
            self.reading = None;
            return self.history > 0 || end > 0;
        }
        let history = self.history;
        let reading = self.reading.get_or_insert_with(|| Reading { began_at: history, ..Reading::default() });
        reading.top = top;
        true
    }

    /// The first line shown when following.
    fn end(&self, height: u16) -> u32 {
        self.history.saturating_add(u32::from(self.size.0.saturating_sub(height)))
    }

    /// Lines that came since reading began.
    pub fn unread(&self) -> u32 {
        self.reading.as_ref().map_or(0, |reading| self.history.saturating_sub(reading.began_at))
    }

    /// The part of the history to ask for, so that a body of this many rows can be shown: `back` and `count`.
    pub fn missing(&mut self, height: u16) -> Option<(u32, u32)> {
        let history = self.history;
        let reading = self.reading.as_mut()?;
        let until = reading.top.saturating_add(u32::from(height)).min(history);
        let gap = (reading.top..until).find(|line| !reading.lines.contains_key(line))?;
        let from = gap.saturating_sub(u32::from(height) * 2);
        let to = until.saturating_add(u32::from(height)).min(history);
        if reading.asked == Some((from, to)) {
            return None;
        }
        reading.asked = Some((from, to));
        Some((history.saturating_sub(to), to.saturating_sub(from)))
    }

    /// Takes over a page of history.
    pub fn apply_history(&mut self, lines: Vec<Row>, back: u32, total: u32) {
        let Some(reading) = self.reading.as_mut() else { return };
        reading.asked = None;
        if reading.lines.len() + lines.len() > KEPT {
            reading.lines.clear();
        }
        let count = u32::try_from(lines.len()).unwrap_or(0);
        let first = total.saturating_sub(back).saturating_sub(count);
        for (offset, line) in (0u32..).zip(lines) {
            reading.lines.insert(first.saturating_add(offset), line);
        }
    }

    /// The selected text.
    pub fn selected(&self) -> String {
        let Some(selection) = &self.selection else { return String::new() };
        let (start, end) = selection.ordered();
        let mut text = String::new();
        for number in start.0..=end.0 {
            let Some(row) = self.line(number) else { continue };
            let from = if number == start.0 { start.1 } else { 0 };
            let to = if number == end.0 { end.1 } else { u16::MAX };
            let part = super::cells::slice(row, from, to);
            if row.wrapped && number != end.0 {
                text.push_str(&part);
            } else {
                text.push_str(part.trim_end());
                if number != end.0 {
                    text.push('\n');
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::pane::{Look, Run};

    fn row(text: &str) -> Row {
        Row { runs: vec![Run { text: text.to_owned(), look: Look::default(), link: None }], wrapped: false }
    }

    fn pane(history: u32) -> Pane {
        let rows = (0..4).map(|n| row(&format!("line {}", history + n))).collect();
        Pane { rows, size: (4, 20), history, ..Pane::default() }
    }

    #[test]
    fn what_is_read_stays_while_lines_come() {
        let mut pane = pane(100);
        assert!(pane.scroll(-10, 4));
        assert_eq!(pane.top(4), 90);
        assert_eq!(pane.missing(4), Some((2, 16)));
        assert_eq!(pane.missing(4), None);
        pane.apply_history((82..98).map(|n| row(&format!("line {n}"))).collect(), 2, 100);
        let shown = pane.line(90).cloned();
        pane.history = 10_100;
        assert_eq!(pane.top(4), 90);
        assert_eq!(pane.line(90).cloned(), shown);
        assert_eq!(shown, Some(row("line 90")));
        assert_eq!(pane.unread(), 10_000);
        pane.scroll(20_000, 4);
        assert_eq!(pane.reading, None);
    }

    #[test]
    fn a_selection_reads_in_order_and_without_trailing_blanks() {
        let mut pane = pane(0);
        pane.rows = vec![row("alpha beta   "), row("gamma"), row("delta")];
        pane.selection = Some(Selection { from: (2, 1), to: (0, 6), dragging: false });
        assert_eq!(pane.selected(), "beta\ngamma\nde");
    }
}
