//! The input box on an agent's screen: where it is, and the text in it. Two shapes are known: rows from a mark on
//! (`❯`, `>`), and a box that stands on an edge of its own (`╹▀▀▀`), whose columns are as wide as that edge.

use crate::config::Composer;
use crate::protocol::pane::Observation;

use super::pattern::{Pattern, any};

/// Rows of such a box that are no text: the space above it; the space below it and the line with model and mode.
const BOX_ABOVE: usize = 1;
/// See `BOX_ABOVE`.
const BOX_BELOW: usize = 2;

/// What a row begins with that is the box's own edge, and not a line of facts that changes by itself.
const DRAWN: [char; 4] = ['─', '╰', '▀', '╹'];

/// How one agent's composer is read.
#[derive(Debug)]
pub(super) struct ComposerReader {
    mark: String,
    edge: String,
    above: Vec<Pattern>,
    end: Vec<Pattern>,
    empty: Vec<Pattern>,
    pasted: Vec<Pattern>,
    shown_whole: usize,
}

/// A composer on a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ComposerText {
    /// The text in it, rows joined by newlines; empty when it shows only a hint.
    pub(super) text: String,
    /// What must still stand on the screen when something is written into it: pieces of the screen, one a line.
    pub(super) guard: String,
}

impl ComposerReader {
    pub(super) fn new(composer: &Composer) -> Self {
        Self {
            mark: composer.mark.clone(),
            edge: composer.edge.clone(),
            above: Pattern::list(&composer.above),
            end: Pattern::list(&composer.end),
            empty: Pattern::list(&composer.empty),
            pasted: Pattern::list(&composer.pasted),
            shown_whole: composer.shown_whole,
        }
    }

    /// Whether this agent's composer can be told from the rest of the screen.
    pub(super) fn is_known(&self) -> bool {
        !self.mark.is_empty() || !self.edge.is_empty()
    }

    /// The composer on the screen, if there is one.
    pub(super) fn find(&self, seen: &Observation) -> Option<ComposerText> {
        let (text, guard) = if !self.mark.is_empty() {
            self.marked(&seen.screen)?
        } else if !self.edge.is_empty() {
            self.boxed(&seen.screen)?
        } else {
            return None;
        };
        let text = text.join("\n").trim().to_owned();
        let text = if any(&self.empty, &text) { String::new() } else { text };
        Some(ComposerText { text, guard })
    }

    /// Rows from the mark on.
    fn marked<'s>(&self, rows: &'s [String]) -> Option<(Vec<&'s str>, String)> {
        let first = (0..rows.len()).rev().find(|place| self.begins_at(rows, *place))?;
        let (mut text, mut raw): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        if let Some(above) = first.checked_sub(1).and_then(|above| rows.get(above)).filter(|_| !self.above.is_empty()) {
            raw.push(above.trim());
        }
        for (place, whole) in rows.iter().skip(first).enumerate() {
            let row = unframed(whole);
            if place == 0 {
                text.push(row.strip_prefix(self.mark.as_str()).unwrap_or(row).trim());
            } else if any(&self.end, row) || (self.end.is_empty() && row.trim().is_empty()) {
                if row.starts_with(DRAWN) {
                    raw.push(whole.trim());
                }
                break;
            } else {
                text.push(row.trim_end());
            }
            raw.push(whole.trim());
        }
        // they follow each other: an option of a question that begins with the same mark is another one
        Some((text, raw.join(" ")))
    }

    /// Whether the composer's first row is this one. The same mark also stands before what was said and before options.
    fn begins_at(&self, rows: &[String], place: usize) -> bool {
        let starts = |row: &str| row.starts_with(&self.mark);
        // the mark may itself be what other agents draw a box with
        let marked = rows.get(place).is_some_and(|row| starts(unframed(row)) || starts(row.trim()));
        let above = place.checked_sub(1).and_then(|above| rows.get(above)).map_or("", String::as_str);
        marked && (self.above.is_empty() || any(&self.above, above))
    }

    /// Rows of the box above the edge, without its side, and no wider than the edge: other columns have their own text.
    fn boxed<'s>(&self, rows: &'s [String]) -> Option<(Vec<&'s str>, String)> {
        let bottom = rows.iter().rposition(|row| row.trim_start().starts_with(&self.edge))?;
        let edge = rows.get(bottom)?;
        let left = edge.chars().take_while(|c| *c == ' ').count();
        let width = edge.chars().skip(left + 1).take_while(|c| *c == '▀').count();
        let side = |row: &&String| row.chars().nth(left) == Some('┃');
        let height = rows.iter().take(bottom).rev().take_while(side).count();
        let inside: Vec<&str> =
            rows.iter().take(bottom).skip(bottom - height).map(|row| columns(row, left + 1, width).trim()).collect();
        let text = inside.get(BOX_ABOVE..height.checked_sub(BOX_BELOW)?)?.to_vec();
        // all of it, down to the edge: that an empty one is empty can be told from nothing less
        let drawn: Vec<&str> = rows.get(bottom - height..=bottom)?.iter().map(|row| row.trim()).collect();
        Some((text, drawn.join(" ")))
    }

    /// Whether something else may stand for a text that was pasted.
    pub(super) fn may_replace(&self, text: &str) -> bool {
        let text = text.trim();
        // a space may have been added at its end
        !self.pasted.is_empty() && (text.contains('\n') || text.encode_utf16().count() >= self.shown_whole)
    }

    /// Whether a row holds what stands for a long paste.
    pub(super) fn shows_paste(&self, row: &str) -> bool {
        any(&self.pasted, row)
    }

    /// Whether a composer's text is what stands for one long paste, and nothing else.
    pub(super) fn is_paste(&self, text: &str) -> bool {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let one = text.starts_with('[') && text.ends_with(']') && text.matches('[').count() == 1;
        one && text.matches(']').count() == 1 && any(&self.pasted, &text)
    }
}

/// These columns of a row. Wide characters take two.
fn columns(row: &str, from: usize, width: usize) -> &str {
    let mut column = 0;
    let (mut start, mut end) = (row.len(), row.len());
    for (place, c) in row.char_indices() {
        if column >= from && start == row.len() {
            start = place;
        }
        if column >= from + width {
            end = place;
            break;
        }
        column += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
    }
    row.get(start..end).unwrap_or_default()
}

/// A row without the box around it.
pub(super) fn unframed(row: &str) -> &str {
    row.trim().trim_matches(['│', '┃']).trim()
}
