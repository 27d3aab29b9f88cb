//! Reading and searching what scrolled away. The terminal is locked for a slice at a time, so that a search
//! through a long history never keeps the PTY waiting; line numbers are absolute, so that lines may come and
//! go between two slices.

use super::requests::LONGEST_PAGE;
use super::state::{PeerId, Shared};
use crate::protocol::pane::{Found, FromHost};
use crate::session::convert;
use crate::term::search::{Pattern, SearchRow};
use crate::term::{History, Line, Terminal, Transcript};

/// Lines that are looked through under one lock: some 100 µs.
const SLICE: usize = 400;
/// Rows that one wrapped line is followed over the end of a slice.
const LONGEST_WRAP: usize = 200;
/// The longest capture, in bytes; what is older is left out.
const LONGEST_CAPTURE: usize = 8 * 1024 * 1024;
/// The longest pattern, in bytes.
const LONGEST_PATTERN: usize = 1_000;

/// What is looked for.
pub(in crate::session) struct Search {
    pub(in crate::session) id: u32,
    pub(in crate::session) pattern: String,
    pub(in crate::session) from: (u64, u16),
    pub(in crate::session) backward: bool,
}

/// A page of history by absolute numbers.
pub(super) fn lines(shared: &Shared, peer: PeerId, from: u64, count: u32) {
    let mut state = shared.state();
    let answer = page_of(&mut state.terminal, from, count);
    state.send(peer, answer);
}

/// The answer to a question for lines by their absolute numbers.
pub(in crate::session) fn page_of(terminal: &mut Terminal, from: u64, count: u32) -> FromHost {
    let history = terminal.history();
    let count = usize::try_from(count.min(LONGEST_PAGE)).unwrap_or(0);
    let first = from.max(history.dropped());
    let skipped = usize::try_from(first - from).unwrap_or(usize::MAX);
    let lines = page(history, first, count.saturating_sub(skipped)).iter().map(convert::row).collect();
    FromHost::Lines { first, lines, dropped: history.dropped(), history: number(history.len()) }
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

/// History, when asked for, and screen as text.
pub(super) fn capture(shared: &Shared, peer: PeerId, ansi: bool, history: bool) {
    let (mut main, mut alternate) = (Transcript::new(ansi), Transcript::new(ansi));
    // the next line of either screen
    let mut next = (0, 0);
    loop {
        let mut state = shared.state();
        let more = history
            && (add(&mut main, state.terminal.main_history(), &mut next.0) || {
                let log = state.terminal.alternate_history();
                log.is_some_and(|log| add(&mut alternate, log, &mut next.1))
            });
        if !more {
            // the screen goes out under the lock of the last slice: nothing moves in between
            let frame = state.terminal.frame();
            if frame.modes.alternate_screen {
                main.append(alternate);
            }
            frame.lines.iter().for_each(|line| main.take(line));
            return state.send(peer, FromHost::Captured(main.text(LONGEST_CAPTURE)));
        }
        drop(state);
        main.keep_end(LONGEST_CAPTURE);
        alternate.keep_end(LONGEST_CAPTURE);
        // those who wait for the terminal come first
        std::thread::yield_now();
    }
}

/// Adds the next lines; answers whether there may be more, for another turn.
fn add(to: &mut Transcript, history: &History, next: &mut u64) -> bool {
    let first = (*next).max(history.dropped());
    let lines = page(history, first, SLICE);
    for line in &lines {
        to.take(line);
    }
    *next = first + u64::try_from(lines.len()).unwrap_or(0);
    lines.len() == SLICE
}

/// Looks through history and screen, and answers.
pub(super) fn search(shared: &Shared, peer: PeerId, search: &Search) {
    let pattern = match pattern_of(search) {
        Ok(pattern) => pattern,
        Err(why) => return shared.state().send(peer, FromHost::Refused(why.to_owned())),
    };
    let mut tally = Tally::new(search.from);
    let mut next = 0;
    loop {
        let mut state = shared.state();
        let (rows, first, end) = slice(&mut state.terminal, next);
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

/// Looks through a terminal that nobody else waits for.
pub(in crate::session) fn find_in(terminal: &mut Terminal, search: &Search) -> FromHost {
    let pattern = match pattern_of(search) {
        Ok(pattern) => pattern,
        Err(why) => return FromHost::Refused(why.to_owned()),
    };
    let mut tally = Tally::new(search.from);
    let mut next = Some(0);
    while let Some(from) = next {
        let (rows, first, end) = slice(terminal, from);
        tally.take(&pattern, &rows, first);
        next = end;
    }
    FromHost::Found(tally.found(search))
}

fn pattern_of(search: &Search) -> Result<Pattern, &'static str> {
    if search.pattern.len() > LONGEST_PATTERN {
        return Err("the text to look for is too long");
    }
    Pattern::new(&search.pattern).ok_or("there is nothing to look for")
}

/// The rows from an absolute number on, the number of the first, and where to go on; `None` after the screen.
fn slice(terminal: &mut Terminal, from: u64) -> (Vec<SearchRow>, u64, Option<u64>) {
    let history = terminal.history();
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
    rows.extend(terminal.frame().lines.iter().map(row));
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
