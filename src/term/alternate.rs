//! What scrolled away on the alternate screen. Programs there draw as they like, so it can only be seen: rows
//! that vt100 reports as scrolled off, and from one look at the screen to the next, a stretch of rows that moved
//! up, whose first rows are gone then. Between two looks more may pass than anybody can tell; when the program
//! scrolls back, what comes into sight again is taken out of the log.

use super::history::History;
use super::line::Line;

/// The most lines that are kept, whatever the main screen's history may hold.
const MOST_LINES: usize = 5_000;
/// The number of the first line: beyond all of the main screen's, so that no line has two numbers.
pub const FIRST_LINE: u64 = 1 << 48;
/// A stretch that moved has at least this many rows that are not blank and differ from each other.
const LEAST_ROWS: usize = 4;

/// The log.
#[derive(Debug)]
pub(super) struct AlternateLog {
    history: History,
    /// The screen at the last look.
    seen: Vec<Line>,
}

/// A stretch of rows that is on the screen again, some rows away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moved {
    /// Its first row now.
    top: usize,
    by: usize,
    up: bool,
    /// How many of its rows say something, each counted once.
    weight: usize,
}

impl AlternateLog {
    pub(super) fn new(limit: usize) -> Self {
        Self { history: History::numbered_from(FIRST_LINE, limit.min(MOST_LINES)), seen: Vec::new() }
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn clear(&mut self) {
        self.history.clear();
    }

    /// The next look has nothing to compare with: another screen was shown, or the size changed.
    pub(super) fn look_away(&mut self) {
        self.seen.clear();
    }

    /// Looks at the screen. `scrolled` are the rows that are known to have left it since the last look.
    pub(super) fn look(&mut self, lines: &[Line], scrolled: Vec<Line>) {
        if scrolled.is_empty() {
            if self.seen == lines {
                return;
            }
            self.compare(lines);
        } else {
            for line in &scrolled {
                self.history.push(line);
            }
        }
        self.seen = lines.to_vec();
    }

    /// Looks at a screen of which only one row can have changed: nothing moved.
    pub(super) fn look_at_row(&mut self, row: u16, lines: &[Line]) {
        let row = usize::from(row);
        match (self.seen.get_mut(row), lines.get(row)) {
            (Some(seen), Some(line)) => seen.clone_from(line),
            _ => self.seen = lines.to_vec(),
        }
    }

    fn compare(&mut self, lines: &[Line]) {
        let Some(moved) = moved(&self.seen, lines) else { return };
        if moved.up {
            let gone = self.seen.get(moved.top..moved.top + moved.by).unwrap_or_default();
            for line in gone {
                self.history.push(line);
            }
        } else {
            let back = lines.get(moved.top - moved.by..moved.top).unwrap_or_default();
            let newest = self.history.page(0, back.len());
            if newest == back {
                for _ in back {
                    self.history.pop();
                }
            }
        }
    }
}

/// The weightiest stretch of rows that moved, if it outweighs what stayed where it was there.
fn moved(before: &[Line], after: &[Line]) -> Option<Moved> {
    if before.len() != after.len() {
        return None;
    }
    let rows = after.len();
    let mut best: Option<Moved> = None;
    for by in 1..rows.saturating_sub(LEAST_ROWS) {
        for up in [true, false] {
            let candidate = if up { stretch(before, after, by, up) } else { stretch(after, before, by, up) };
            if let Some(candidate) = candidate.filter(|new| best.is_none_or(|best| new.weight > best.weight)) {
                best = Some(candidate);
            }
        }
    }
    best.filter(|best| best.weight >= LEAST_ROWS)
}

/// The longest stretch where `to[row] == from[row + by]`, rows that did not change at all not counted.
fn stretch(from: &[Line], to: &[Line], by: usize, up: bool) -> Option<Moved> {
    let mut best: Option<Moved> = None;
    let mut top = 0;
    let mut weight = 0;
    let mut last: Option<&Line> = None;
    for (row, (target, source)) in to.iter().zip(from.iter().skip(by)).enumerate() {
        if target != source {
            (top, weight, last) = (row + 1, 0, None);
            continue;
        }
        let stayed = from.get(row) == Some(target);
        if !target.is_blank() && !stayed && last != Some(target) {
            weight += 1;
            last = Some(target);
        }
        if best.is_none_or(|best| weight > best.weight) {
            best = Some(Moved { top: if up { top } else { top + by }, by, up, weight });
        }
    }
    best.filter(|best| best.weight > 0)
}
