//! Where the person reads in a session's history, and the lines around it that are known here. Lines have
//! absolute numbers, so that what is read stays where it is whatever comes in or is dropped.

use std::collections::BTreeMap;

use crate::protocol::pane::Row;

/// Lines kept on each side of what is shown; others are asked for again.
const KEPT_AROUND: u64 = 2_000;

/// Where the person reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The first line shown.
    pub top: u64,
    /// The screen's first line when reading began.
    pub began_at: u64,
    /// Lines of history by number.
    pub lines: BTreeMap<u64, Row>,
    /// Rows as the screen last showed them before they scrolled away; shown until the host has answered.
    seen: BTreeMap<u64, Row>,
    /// The range that was asked for last: first line, and the one after the last.
    pub asked: Option<(u64, u64)>,
    /// Lines before this one are gone.
    pub lost: u64,
}

impl Reading {
    /// Begins at a line.
    pub fn at(top: u64, began_at: u64) -> Self {
        Self { top, began_at, ..Self::default() }
    }

    /// A line of history, if it is known.
    pub fn line(&self, number: u64) -> Option<&Row> {
        self.lines.get(&number).or_else(|| self.seen.get(&number))
    }

    /// Keeps rows of the screen that are about to scroll away, if they can be in sight.
    pub fn remember(&mut self, first: u64, rows: &[Row]) {
        let near = self.top.saturating_sub(KEPT_AROUND)..self.top.saturating_add(KEPT_AROUND);
        let count = u64::try_from(rows.len()).unwrap_or(0);
        if near.contains(&first) {
            self.seen.extend((first..first + count).zip(rows.iter().cloned()));
        }
    }

    /// Takes over lines of history.
    pub fn keep(&mut self, first: u64, rows: &[Row]) {
        self.asked = None;
        self.lines.extend((first..).zip(rows.iter().cloned()));
        let (from, to) = (self.top.saturating_sub(KEPT_AROUND), self.top.saturating_add(KEPT_AROUND));
        self.lines.retain(|number, _| (from..to).contains(number));
        let known = &self.lines;
        self.seen.retain(|number, _| (from..to).contains(number) && !known.contains_key(number));
    }

    /// The part of the history to ask for, so that `height` lines can be shown: the first line, and the one
    /// after the last. `until` is where the history ends, `oldest` where it begins. Asked for once.
    pub fn missing(&mut self, height: u16, oldest: u64, until: u64) -> Option<(u64, u64)> {
        let height = u64::from(height);
        let oldest = oldest.max(self.lost);
        let end = self.top.saturating_add(height).min(until);
        let gap = (self.top.max(oldest)..end).find(|line| !self.lines.contains_key(line))?;
        let from = gap.saturating_sub(height * 2).max(oldest);
        let to = end.saturating_add(height).min(until);
        if self.asked == Some((from, to)) {
            return None;
        }
        self.asked = Some((from, to));
        Some((from, to))
    }
}

/// What is said where the terminal has no lines above: the program draws its whole screen itself.
pub(crate) fn own_history(agent: &str) -> &'static str {
    match agent {
        "claude" => "this agent keeps its own history: Ctrl+O (Claude)",
        "codex" => "this agent keeps its own history: Ctrl+T (Codex)",
        _ => "this program keeps its own history: its own keys scroll",
    }
}
