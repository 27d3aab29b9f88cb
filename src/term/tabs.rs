//! Tab stops (HTS, TBC, CHT, CBT): every eight columns unless a program set its own.

use std::collections::BTreeSet;

/// Columns between default stops.
const EVERY: u16 = 8;

/// Where the stops are.
#[derive(Debug, Clone, Default)]
pub(super) struct Tabs {
    /// The columns; `None` for the default ones.
    own: Option<BTreeSet<u16>>,
}

impl Tabs {
    /// No stops at all.
    pub(super) fn none() -> Self {
        Self { own: Some(BTreeSet::new()) }
    }

    /// Sets or clears the stop of a column.
    pub(super) fn set(&mut self, col: u16, on: bool) {
        let own = self.own.get_or_insert_with(|| {
            (1..=(super::terminal::MOST_COLUMNS / EVERY)).map(|number| number * EVERY).collect()
        });
        if on {
            own.insert(col);
        } else {
            own.remove(&col);
        }
    }

    /// The next stop behind a column, at most the last column.
    pub(super) fn after(&self, col: u16, cols: u16) -> u16 {
        let next = match &self.own {
            None => Some((col / EVERY + 1) * EVERY),
            Some(own) => own.range(col.saturating_add(1)..).next().copied(),
        };
        next.unwrap_or(u16::MAX).min(cols.saturating_sub(1)).max(col)
    }

    /// The stop before a column, at least the first column.
    pub(super) fn before(&self, col: u16) -> u16 {
        match &self.own {
            None => col.saturating_sub(1) / EVERY * EVERY,
            Some(own) => own.range(..col).next_back().copied().unwrap_or(0),
        }
    }
}
