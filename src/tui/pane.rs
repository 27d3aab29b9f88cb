//! What the cockpit knows of one session's screen: its rows, its modes, where the person reads in its
//! history, what is marked and looked for. Lines are counted by absolute numbers (see
//! `ScreenUpdate::dropped`), so that what is read stays where it is while new lines come and old ones go.

use std::collections::BTreeMap;

use crate::model::Exit;
use crate::protocol::pane::{Found, Modes, Row, ScreenUpdate};
use crate::term::search::{Pattern, SearchRow};

use super::motion::Point;
use super::reading::Reading;
use super::selection::{Marked, Selection};

/// Hosts from this version on answer `Lines` and `Search`.
const READS_BY_NUMBER: u32 = 2;

/// Lines of the alternate screen have this bit in their numbers.
const ALTERNATE_BITS: u32 = 48;

/// Lines that are asked for at once to copy what is not known here.
const GATHERED_AT_ONCE: u64 = 1_000;

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

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The text, as typed.
    pub text: String,
    /// Towards older lines.
    pub backward: bool,
    /// Counts the questions: an answer to an older one is none.
    pub id: u32,
    /// The answer; `None` while it is waited for.
    pub found: Option<Found>,
    /// The host is too old to search: only what is loaded was looked through.
    pub partial: bool,
}

/// What a marked text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The clipboard.
    Copy,
    /// A file.
    Write,
}

/// A marked text of which lines are still being fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gather {
    /// What was marked.
    pub marked: Marked,
    /// What for.
    pub purpose: Purpose,
    lines: BTreeMap<u64, Row>,
    lost: u64,
}

/// A marked text, as far as there still is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// The text.
    pub text: String,
    /// Some of its lines are no more.
    pub gone: bool,
    /// What it is for.
    pub purpose: Purpose,
}

/// What the whole text of a session was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// To open it in the person's editor.
    Edit,
    /// To copy the last block of code in it.
    Code,
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
    /// Lines that the history has forgotten.
    pub dropped: u64,
    /// The host's protocol version; 0 until it has said.
    pub version: u32,
    /// The PTY had the wanted size since that was asked for: another one is another viewer's.
    pub agreed: bool,
    /// Input is locked, by a handoff or by a budget.
    pub locked: bool,
    /// Its host is gone: what is shown comes from its record.
    pub recorded: bool,
    /// How it ended.
    pub ended: Option<Exit>,
    /// Where the person reads; `None` follows the screen.
    pub reading: Option<Reading>,
    /// What is marked.
    pub selection: Option<Selection>,
    /// What is looked for.
    pub search: Option<Search>,
    /// A marked text that is being fetched.
    pub gather: Option<Gather>,
    /// What its whole text was asked for, in order.
    pub errands: Vec<Errand>,
}

impl Pane {
    /// Takes over what a host says of the screen. Answers the rows that changed, if that is all that did.
    pub fn apply(&mut self, update: ScreenUpdate) -> Option<Vec<u16>> {
        let (first, follows) = (self.first_row(), !self.modes.alternate_screen && !update.modes.alternate_screen);
        let other_screen = self.modes.alternate_screen != update.modes.alternate_screen;
        let only_rows = !update.full
            && self.size == (update.rows, update.cols)
            && (self.locked, &self.modes) == (update.locked, &update.modes)
            && (&self.reading, &self.selection, &self.search) == (&None, &None, &None)
            && self.title == crate::model::one_line(&update.title);
        if let Some(reading) = self.reading.as_mut().filter(|_| follows) {
            reading.remember(first, &self.rows);
        }
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
        self.dropped = update.dropped;
        self.locked = update.locked;
        if other_screen {
            // its lines are no neighbours of those that are shown now
            self.selection = None;
        }
        self.agreed |= self.size == self.wanted;
        only_rows.then_some(rows)
    }

    /// The number of the screen's first row.
    pub fn first_row(&self) -> u64 {
        self.dropped + u64::from(self.history)
    }

    /// Whether another viewer decides the size now.
    pub fn is_sized_by_another(&self) -> bool {
        self.agreed && self.size != self.wanted && self.link == Link::Live
    }

    /// The first line shown in a body of this many rows.
    pub fn top(&self, height: u16) -> u64 {
        match &self.reading {
            Some(reading) => reading.top,
            None => self.first_row().saturating_add(u64::from(self.hidden_above(height))),
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

    /// A line by its number, if it is known here.
    pub fn line(&self, number: u64) -> Option<&Row> {
        match number.checked_sub(self.first_row()) {
            Some(row) => self.rows.get(usize::try_from(row).ok()?),
            None => self.reading.as_ref()?.line(number),
        }
    }

    /// The number after the last line.
    pub fn end(&self) -> u64 {
        self.first_row() + u64::try_from(self.rows.len()).unwrap_or(0)
    }

    /// Stays at what is shown now, whatever comes in.
    pub fn hold(&mut self, height: u16) -> &mut Reading {
        let (top, first) = (self.top(height), self.first_row());
        self.reading.get_or_insert_with(|| Reading::at(top, first))
    }

    /// Moves the reading place by lines (negative is up); reaching the end follows again. Answers whether
    /// there is anything above the screen to read.
    pub fn scroll(&mut self, lines: i64, height: u16) -> bool {
        let last = self.last_top(height);
        let top = self.top(height).min(last);
        let floor = self.dropped.min(top);
        let mut to = top.saturating_add_signed(lines).max(floor);
        if lines > 0 && to < self.dropped && self.line(to).is_none() {
            // what was between is gone
            to = self.dropped;
        }
        // a screen that is higher than the pane has rows below what is followed, for those who go on
        let follow = self.first_row().saturating_add(u64::from(self.hidden_above(height)));
        if to >= last || (top < follow && to >= follow) {
            self.reading = None;
            return last > floor;
        }
        self.hold(height).top = to;
        true
    }

    /// The first line shown when following.
    fn last_top(&self, height: u16) -> u64 {
        self.first_row().saturating_add(u64::from(self.size.0.saturating_sub(height)))
    }

    /// Brings a line into sight: where it is, or into the middle.
    pub fn reveal(&mut self, line: u64, height: u16) {
        let top = self.top(height);
        if line >= top && line < top.saturating_add(u64::from(height)) {
            self.hold(height);
            return;
        }
        let wanted = line.saturating_sub(u64::from(height / 2)).max(self.dropped.min(line));
        let wanted = wanted.min(self.last_top(height).max(top));
        self.hold(height).top = wanted;
    }

    /// Lines that came since reading began.
    pub fn unread(&self) -> u64 {
        let here = self.reading.as_ref().filter(|_| !self.is_elsewhere());
        here.map_or(0, |reading| self.first_row().saturating_sub(reading.began_at))
    }

    /// Whether what is read belongs to another screen than the one that is shown now (the alternate one).
    pub fn is_elsewhere(&self) -> bool {
        let screen = |line: u64| line >> ALTERNATE_BITS;
        self.reading.as_ref().is_some_and(|reading| screen(reading.began_at) != screen(self.first_row()))
    }

    /// The history to ask for, so that a body of this many rows can be shown and what is being copied can be
    /// completed: the first line, and the one after the last.
    pub fn missing(&mut self, height: u16) -> Option<(u64, u64)> {
        let (first, oldest) = (self.first_row(), self.dropped);
        if let Some(gap) = self.gather.as_ref().and_then(|gather| gather.gap(oldest, first)) {
            return Some(gap);
        }
        if self.is_elsewhere() {
            return None;
        }
        self.reading.as_mut()?.missing(height, oldest, first)
    }

    /// Whether a line is older than all that the history still has.
    pub fn is_gone(&self, line: u64) -> bool {
        let lost = self.reading.as_ref().map_or(0, |reading| reading.lost);
        line < self.dropped.max(lost)
    }

    /// Whether its host answers by absolute numbers.
    pub fn reads_by_number(&self) -> bool {
        self.version >= READS_BY_NUMBER
    }

    /// Takes over lines of history; `oldest` is the first that there still is.
    pub fn apply_history(&mut self, first: u64, lines: &[Row], oldest: u64) {
        if let Some(reading) = self.reading.as_mut() {
            reading.lost = reading.lost.max(oldest);
            reading.keep(first, lines);
        }
        if let Some(gather) = self.gather.as_mut() {
            gather.lost = gather.lost.max(oldest);
            gather.lines.extend((first..).zip(lines.iter().cloned()));
        }
    }

    /// The marked cells.
    pub fn marked(&self) -> Option<Marked> {
        self.selection.map(|selection| selection.marked(|number| self.line(number)))
    }

    /// Begins to put a marked text together.
    pub fn begin_gather(&mut self, marked: Marked, purpose: Purpose) {
        let known = self.reading.as_ref().map(|reading| reading.lines.clone()).unwrap_or_default();
        self.gather = Some(Gather { marked, purpose, lines: known, lost: 0 });
    }

    /// The marked text, when all of it that there still is is known.
    pub fn gathered(&mut self) -> Option<Gathered> {
        let (first, oldest) = (self.first_row(), self.dropped);
        if self.gather.as_ref()?.gap(oldest, first).is_some() {
            return None;
        }
        let gather = self.gather.take()?;
        let (start, end) = (gather.marked.start.0, gather.marked.end.0);
        let history = gather.lines.iter().map(|(number, row)| (*number, row)).filter(|(number, _)| *number < first);
        let known: Vec<_> =
            history.chain((first..).zip(&self.rows)).filter(|(number, _)| (start..=end).contains(number)).collect();
        let all = end.saturating_sub(start).saturating_add(1);
        let gone = u64::try_from(known.len()).unwrap_or(u64::MAX) < all;
        Some(Gathered { text: gather.marked.text(known.into_iter()), gone, purpose: gather.purpose })
    }

    /// The lines that are known in a range of numbers, as a search takes them: from the first of them on
    /// without a gap, with the rows before it that are wrapped into it.
    pub fn known(&self, from: u64, to: u64) -> (u64, Vec<SearchRow>) {
        let start = super::motion::first_row(&|number| self.line(number), from);
        let rows = (start..to).map_while(|number| self.line(number));
        let text = |row: &Row| row.runs.iter().map(|run| run.text.as_str()).collect();
        (start, rows.map(|row| SearchRow { text: text(row), wrapped: row.wrapped }).collect())
    }

    /// Looks through what is known here, for hosts that cannot search: the answer that such a host would give.
    pub fn find_known(&self, pattern: &Pattern, from: Point, backward: bool) -> Found {
        let known = |number: &u64| self.line(*number).is_some();
        let oldest = (self.dropped..=from.0).rev().take_while(known).last().unwrap_or_else(|| self.first_row());
        let (first, rows) = self.known(oldest, self.end());
        let line = |row: usize| first + u64::try_from(row).unwrap_or(0);
        let hits: Vec<Point> = pattern.find(&rows).iter().map(|hit| (line(hit.start.0), hit.start.1)).collect();
        let ahead =
            if backward { hits.iter().rposition(|hit| *hit < from) } else { hits.iter().position(|hit| *hit > from) };
        let around = if backward { hits.len().checked_sub(1) } else { hits.first().map(|_| 0) };
        let chosen = ahead.or(around);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Found {
            id: 0,
            at: chosen.and_then(|index| hits.get(index).copied()),
            index: chosen.map_or(0, |index| count(index + 1)),
            total: count(hits.len()),
            wrapped: ahead.is_none() && chosen.is_some(),
        }
    }
}

impl Gather {
    /// The next lines of history that are missing.
    fn gap(&self, oldest: u64, until: u64) -> Option<(u64, u64)> {
        let from = self.marked.start.0.max(oldest).max(self.lost);
        let to = self.marked.end.0.saturating_add(1).min(until);
        let first = (from..to).find(|line| !self.lines.contains_key(line))?;
        Some((first, to.min(first + GATHERED_AT_ONCE)))
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

    fn lines(numbers: std::ops::Range<u32>) -> Vec<Row> {
        numbers.map(|n| row(&format!("line {n}"))).collect()
    }

    #[test]
    fn what_is_read_stays_while_lines_come_and_old_ones_are_dropped() {
        let mut pane = pane(100);
        assert!(pane.scroll(-10, 4));
        assert_eq!(pane.top(4), 90);
        assert_eq!(pane.missing(4), Some((82, 98)));
        assert_eq!(pane.missing(4), None);
        pane.apply_history(82, &lines(82..98), 0);
        (pane.history, pane.dropped) = (100, 10_000);
        assert_eq!(pane.top(4), 90);
        assert_eq!(pane.line(90), Some(&row("line 90")));
        assert_eq!(pane.unread(), 10_000);
        assert_eq!(pane.missing(4), None, "what is dropped is not asked for");
        pane.scroll(20_000, 4);
        assert_eq!(pane.reading, None);
    }

    #[test]
    fn rows_that_scroll_away_stay_in_sight_until_the_host_has_answered() {
        let mut pane = pane(100);
        pane.hold(4);
        let update = ScreenUpdate {
            rows: 4,
            cols: 20,
            full: true,
            changed: (0u16..).zip(lines(150..154)).collect(),
            cursor: None,
            cursor_shape: 0,
            modes: Modes::default(),
            title: String::new(),
            history: 150,
            locked: false,
            dropped: 0,
        };
        pane.apply(update);
        assert_eq!(pane.line(101), Some(&row("line 101")));
        assert_eq!(pane.missing(4), Some((92, 108)));
    }

    #[test]
    fn a_marked_text_is_fetched_in_pieces() {
        let mut pane = pane(3_000);
        let marked = Marked { start: (500, 0), end: (3_001, 5), block: false };
        pane.begin_gather(marked, Purpose::Copy);
        assert_eq!(pane.gathered(), None);
        while let Some((from, to)) = pane.missing(4) {
            let range = u32::try_from(from).unwrap()..u32::try_from(to).unwrap();
            pane.apply_history(from, &lines(range), 0);
        }
        let Gathered { text, gone, .. } = pane.gathered().unwrap();
        assert!(!gone);
        assert_eq!(text.lines().count(), 2_502);
        assert!(text.starts_with("line 500\n") && text.ends_with("line 3000\nline 3"), "{text}");
    }
}
