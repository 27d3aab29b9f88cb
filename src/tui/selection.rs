//! What is marked in a pane, by mouse or by keys, and its text: rows that were wrapped are joined, blanks at
//! the end of lines are left out, wide characters are whole.

use crate::protocol::pane::Row;

use super::cells;
use super::motion::{self, Point};

/// What a selection grows by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Cells.
    #[default]
    Cell,
    /// Words, as a double click marks them: paths and addresses are one.
    Word,
    /// Lines, with all rows that they were wrapped into.
    Line,
    /// A rectangle of cells.
    Block,
}

/// A selection while it is made, and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Where it began.
    pub anchor: Point,
    /// Where it ends: the pointer, or the cursor.
    pub head: Point,
    /// What it grows by.
    pub unit: Unit,
    /// The mouse button is still down.
    pub dragging: bool,
    /// The pointer is above (-1) or below (1) the pane: it scrolls on by itself.
    pub beyond: i8,
}

/// The cells that are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// The first cell.
    pub start: Point,
    /// The last cell.
    pub end: Point,
    /// Only the columns between them, in every line.
    pub block: bool,
}

impl Selection {
    /// A selection that begins and ends at a cell.
    pub fn at(point: Point, unit: Unit) -> Self {
        Self { anchor: point, head: point, unit, dragging: false, beyond: 0 }
    }

    /// The cells that it marks, given the lines that are known.
    pub fn marked<'a>(&self, line: impl Fn(u64) -> Option<&'a Row>) -> Marked {
        let (start, end) = if self.anchor <= self.head { (self.anchor, self.head) } else { (self.head, self.anchor) };
        match self.unit {
            Unit::Cell => Marked { start, end, block: false },
            Unit::Word => {
                Marked { start: motion::word_start(&line, start), end: motion::word_end(&line, end), block: false }
            }
            Unit::Line => Marked {
                start: (motion::first_row(&line, start.0), 0),
                end: (motion::last_row(&line, end.0), u16::MAX),
                block: false,
            },
            Unit::Block => {
                let (left, right) = (self.anchor.1.min(self.head.1), self.anchor.1.max(self.head.1));
                Marked { start: (start.0, left), end: (end.0, right), block: true }
            }
        }
    }
}

impl Marked {
    /// Whether cells of a line are marked: a character of several is as a whole.
    pub fn holds(&self, line: u64, column: u16, width: u16) -> bool {
        let last = column.saturating_add(width.saturating_sub(1));
        self.columns(line).is_some_and(|(from, to)| column <= to && last >= from)
    }

    /// The marked columns of a line, first and last.
    fn columns(&self, line: u64) -> Option<(u16, u16)> {
        if line < self.start.0 || line > self.end.0 {
            return None;
        }
        let from = if self.block || line == self.start.0 { self.start.1 } else { 0 };
        let to = if self.block || line == self.end.0 { self.end.1 } else { u16::MAX };
        Some((from, to))
    }

    /// The marked text, as far as the lines are known.
    pub fn text<'a>(&self, line: impl Fn(u64) -> Option<&'a Row>) -> String {
        let mut text = String::new();
        for number in self.start.0..=self.end.0 {
            let (Some(row), Some((from, to))) = (line(number), self.columns(number)) else { continue };
            let part = cells::slice(row, from, to);
            let last = number == self.end.0;
            if row.wrapped && !last && !self.block {
                text.push_str(&part);
                continue;
            }
            text.push_str(if last && row.wrapped && !self.block { &part } else { part.trim_end() });
            if !last {
                text.push('\n');
            }
        }
        text
    }
}

/// How many lines a text has, in words.
pub(crate) fn lines_of(text: &str) -> String {
    match text.lines().count() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    }
}

/// The last block of code in a session's text: the last fenced one, else the last lines that are set in by
/// four blanks or more. Its own indentation is taken off.
pub(crate) fn last_code(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    fenced(&lines).or_else(|| indented(&lines))
}

fn fenced(lines: &[&str]) -> Option<String> {
    let marks: Vec<usize> = (0..)
        .zip(lines)
        .filter(|(_, line)| line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '`').starts_with("```"))
        .map(|(number, _)| number)
        .collect();
    let closing =
        marks.iter().rposition(|mark| lines.get(*mark).is_some_and(|line| line.trim_end().ends_with("```")))?;
    let (open, close) = (*marks.get(closing.checked_sub(1)?)?, *marks.get(closing)?);
    let block = lines.get(open + 1..close)?;
    (!block.is_empty()).then(|| without_indentation(block))
}

fn indented(lines: &[&str]) -> Option<String> {
    let inside = |line: &str| line.starts_with("    ") && !line.trim().is_empty();
    let last = lines.iter().rposition(|line| inside(line))?;
    let before = lines.get(..last)?;
    let first = before.iter().rposition(|line| !line.trim().is_empty() && !inside(line)).map_or(0, |line| line + 1);
    let block: Vec<&str> = lines.get(first..=last)?.iter().copied().skip_while(|line| line.trim().is_empty()).collect();
    (!block.is_empty()).then(|| without_indentation(&block))
}

fn without_indentation(lines: &[&str]) -> String {
    let depth = |line: &&&str| line.len() - line.trim_start_matches(' ').len();
    let common = lines.iter().filter(|line| !line.trim().is_empty()).map(|line| depth(&line)).min().unwrap_or(0);
    let cut: Vec<&str> = lines.iter().map(|line| line.get(common..).unwrap_or_default().trim_end()).collect();
    cut.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::pane::{Look, Run};

    fn row(text: &str, wrapped: bool) -> Row {
        Row { runs: vec![Run { text: text.to_owned(), look: Look::default(), link: None }], wrapped }
    }

    fn text(rows: &[Row], selection: Selection) -> String {
        let line = |number: u64| rows.get(usize::try_from(number).unwrap());
        selection.marked(line).text(line)
    }

    fn marking(anchor: Point, head: Point, unit: Unit) -> Selection {
        Selection { head, ..Selection::at(anchor, unit) }
    }

    #[test]
    fn wrapped_rows_are_joined_and_trailing_blanks_left_out() {
        let rows = [row("alpha beta   ", false), row("gamma del", true), row("ta", false), row("end", false)];
        assert_eq!(text(&rows, marking((3, 1), (0, 6), Unit::Cell)), "beta\ngamma delta\nen");
        assert_eq!(text(&rows, marking((2, 1), (2, 0), Unit::Line)), "gamma delta");
        assert_eq!(text(&rows, marking((0, 0), (1, 2), Unit::Block)), "alp\ngam");
    }

    #[test]
    fn wide_characters_are_never_cut() {
        let rows = [row("漢字 x", false)];
        assert_eq!(text(&rows, marking((0, 1), (0, 2), Unit::Cell)), "漢字");
        assert!(marking((0, 3), (0, 3), Unit::Cell).marked(|_| rows.first()).holds(0, 2, 2));
    }

    #[test]
    fn a_double_click_takes_paths_and_addresses_whole() {
        let rows = [row("see https://a.example/x?y=1, and (src/tui/", true), row("pane.rs:12) there", false)];
        assert_eq!(text(&rows, marking((0, 9), (0, 9), Unit::Word)), "https://a.example/x?y=1");
        assert_eq!(text(&rows, marking((1, 2), (1, 2), Unit::Word)), "src/tui/pane.rs:12");
    }

    #[test]
    fn the_last_code_block_is_found() {
        assert_eq!(
            last_code("a\n```rust\nfn a() {}\n```\ntext\n  ```\n  x\n    y\n  ```\nend"),
            Some("x\n  y".to_owned())
        );
        assert_eq!(last_code("say:\n\n    one\n\n      two\nend\n"), Some("one\n\n  two".to_owned()));
        assert_eq!(last_code("nothing\nhere"), None);
    }
}
