//! Reading and searching what scrolled away. The terminal is locked for a slice at a time, so that a search
//! through a long history never keeps the PTY waiting; line numbers are absolute, so that lines may come and
//! go between two slices.

use super::requests::LONGEST_PAGE;
use super::state::{PeerId, Shared, State};
use crate::protocol::pane::{Found, FromHost};
use crate::session::convert;
use crate::term::search::{Pattern, SearchRow};
use crate::term::{History, Line};

/// Lines that are looked through under one lock: some 100 µs.
const SLICE: usize = 400;
/// Rows that one wrapped line is followed over the end of a slice.
const LONGEST_WRAP: usize = 200;
/// The longest pattern, in bytes.
const LONGEST_PATTERN: usize = 1_000;

/// What is looked for.
pub(super) struct Search {
    pub(super) id: u32,
    pub(super) pattern: String,
    pub(super) from: (u64, u16),
    pub(super) backward: bool,
}

/// A page of history by absolute numbers.
pub(super) fn lines(shared: &Shared, peer: PeerId, from: u64, count: u32) {
    let mut state = shared.state();
    let history = state.terminal.history();
    let count = usize::try_from(count.min(LONGEST_PAGE)).unwrap_or(0);
    let first = from.max(history.dropped());
    let skipped = usize::try_from(first - from).unwrap_or(usize::MAX);
    let lines = page(history, first, count.saturating_sub(skipped)).iter().map(convert::row).collect();
    let answer = FromHost::Lines { first, lines, dropped: history.dropped(), history: number(history.len()) };
    state.send(peer, answer);
}

/// Lines of the history from an absolute number on.
fn page(history: &History, first: u64, count: usize) -> Vec<Line> {
    let place = usize::try_from(first.saturating_sub(history.dropped())).unwrap_or(usize::MAX);
    let left = history.len().saturating_sub(place);
    let count = count.min(left);
    history.page(left - count, count)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Looks through history and screen, and answers.
pub(super) fn search(shared: &Shared, peer: PeerId, search: &Search) {
    let refused = |why: &str| shared.state().send(peer, FromHost::Refused(why.to_owned()));
    if search.pattern.len() > LONGEST_PATTERN {
        return refused("the text to look for is too long");
    }
    let Some(pattern) = Pattern::new(&search.pattern) else { return refused("there is nothing to look for") };
    let mut tally = Tally::new(search.from);
    let mut next = 0;
    loop {
        let mut state = shared.state();
        let (rows, first, end) = slice(&mut state, next);
        if end.is_none() {
            // the last slice is the screen, and the answer goes out under the same lock: nothing moves in between
            tally.take(&pattern, &rows, first);
            return state.send(peer, FromHost::Found(tally.found(search)));
        }
        drop(state);
        tally.take(&pattern, &rows, first);
        next = end.unwrap_or(next);
        // those who wait for the terminal come first
        std::thread::yield_now();
    }
}

/// The rows from an absolute number on, the number of the first, and where to go on; `None` after the screen.
fn slice(state: &mut State, from: u64) -> (Vec<SearchRow>, u64, Option<u64>) {
    let history = state.terminal.history();
    let first = from.max(history.dropped());
    let mut rows: Vec<SearchRow> = page(history, first, SLICE).iter().map(row).collect();
    let at = |rows: &[SearchRow]| first + u64::try_from(rows.len()).unwrap_or(0);
    for _ in 0..LONGEST_WRAP {
        let more = match rows.last() {
            Some(last) if last.wrapped && rows.len() >= SLICE => page(history, at(&rows), 1),
            _ => break,
        };
        if more.is_empty() {
            break;
        }
        rows.extend(more.iter().map(row));
    }
    let next = at(&rows);
    let end = history.dropped() + u64::try_from(history.len()).unwrap_or(0);
    if next < end {
        return (rows, first, Some(next));
    }
    rows.extend(state.terminal.frame().lines.iter().map(row));
    (rows, first, None)
}

fn row(line: &Line) -> SearchRow {
    SearchRow { text: line.text(), wrapped: line.wrapped }
}

/// Counts matches and keeps those that may be the answer.
struct Tally {
    from: (u64, u16),
    total: u32,
    first: Option<(u64, u16)>,
    last: Option<(u64, u16)>,
    before: Option<((u64, u16), u32)>,
    after: Option<((u64, u16), u32)>,
}

impl Tally {
    fn new(from: (u64, u16)) -> Self {
        Self { from, total: 0, first: None, last: None, before: None, after: None }
    }

    fn take(&mut self, pattern: &Pattern, rows: &[SearchRow], first: u64) {
        for hit in pattern.find(rows) {
            let (row, column) = hit.start;
            let at = (first + u64::try_from(row).unwrap_or(0), column);
            self.total = self.total.saturating_add(1);
            self.first.get_or_insert(at);
            self.last = Some(at);
            if at < self.from {
                self.before = Some((at, self.total));
            } else if at > self.from {
                self.after.get_or_insert((at, self.total));
            }
        }
    }

    fn found(&self, search: &Search) -> Found {
        let (ahead, around) = if search.backward {
            (self.before, self.last.map(|at| (at, self.total)))
        } else {
            (self.after, self.first.map(|at| (at, 1)))
        };
        let hit = ahead.or(around);
        Found {
            id: search.id,
            at: hit.map(|(at, _)| at),
            index: hit.map_or(0, |(_, index)| index),
            total: self.total,
            wrapped: ahead.is_none() && hit.is_some(),
        }
    }
}
