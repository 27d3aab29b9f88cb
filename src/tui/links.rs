//! Links in a pane: those that a program marked as such (OSC 8), and addresses in its text. Hostile text: only what
//! `term::links` lets through is shown, copied, passed on or opened.

use crate::protocol::pane::Row;
use crate::term::links;

use super::motion::{self, Point};
use super::{cells, pane::Pane};

/// Rows that one wrapped line is followed.
const LONGEST_WRAP: u64 = 50;

/// A link, or the part of one that is in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkPart {
    /// The line's absolute number.
    pub(crate) line: u64,
    /// The first column.
    pub(crate) from: u16,
    /// The last column.
    pub(crate) to: u16,
    /// The address.
    pub(crate) uri: String,
}

/// Cells of the outer terminal, in one row, that lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The row.
    pub(crate) y: u16,
    /// The first column.
    pub(crate) from: u16,
    /// The last column.
    pub(crate) to: u16,
    /// The address; safe to be written to a terminal.
    pub(crate) uri: String,
}

impl Spot {
    /// Whether it holds a cell.
    pub(crate) fn holds(&self, x: u16, y: u16) -> bool {
        self.y == y && (self.from..=self.to).contains(&x)
    }
}

/// The links that a program marked in a row.
pub(crate) fn marked(line: u64, row: &Row) -> Vec<LinkPart> {
    let mut column = 0u16;
    let mut parts = Vec::new();
    for run in &row.runs {
        let from = column;
        column = cells::measured(&run.text).fold(column, |column, (_, width)| column.saturating_add(width));
        let uri = run.link.as_ref().filter(|_| column > from).and_then(|link| links::safe(&link.uri));
        parts.extend(uri.map(|uri| LinkPart { line, from, to: column - 1, uri }));
    }
    parts
}

/// All links in sight: marked ones first, then addresses in the text.
pub(crate) fn in_sight(pane: &Pane, height: u16) -> Vec<LinkPart> {
    let top = pane.top(height);
    let end = top.saturating_add(u64::from(height)).min(pane.end());
    let mut parts: Vec<LinkPart> =
        (top..end).filter_map(|line| Some(marked(line, pane.line(line)?))).flatten().collect();
    let mut line = motion::first_row(&|number| pane.line(number), top);
    while line < end {
        let (plain, next) = in_text(pane, line);
        let new = |part: &LinkPart| {
            (top..end).contains(&part.line)
                && !parts.iter().any(|one| one.line == part.line && one.from <= part.to && part.from <= one.to)
        };
        let plain: Vec<LinkPart> = plain.into_iter().filter(new).collect();
        parts.extend(plain);
        line = next;
    }
    parts
}

/// The link at a place.
pub(crate) fn at(pane: &Pane, height: u16, (line, column): Point) -> Option<String> {
    let here = |part: &LinkPart| part.line == line && (part.from..=part.to).contains(&column);
    in_sight(pane, height).into_iter().find(here).map(|part| part.uri)
}

/// The addresses in one line of text, however many rows it takes, and the row after it.
fn in_text(pane: &Pane, first: u64) -> (Vec<LinkPart>, u64) {
    let mut text = String::new();
    // where each character begins: byte, line, first and last column
    let mut places: Vec<(usize, u64, u16, u16)> = Vec::new();
    let mut line = first;
    while let Some(row) = pane.line(line) {
        for cluster in cells::clusters(row) {
            places.push((text.len(), line, cluster.column, cluster.column + cluster.width.saturating_sub(1)));
            text.push_str(cluster.text);
        }
        line += 1;
        if !row.wrapped || line - first >= LONGEST_WRAP {
            break;
        }
    }
    let mut parts: Vec<LinkPart> = Vec::new();
    for (start, end) in links::find(&text) {
        let Some(uri) = text.get(start..end).and_then(links::safe) else { continue };
        for (_, line, from, to) in places.iter().filter(|(at, ..)| (start..end).contains(at)) {
            match parts.last_mut().filter(|part| part.line == *line && part.uri == uri && part.to + 1 == *from) {
                Some(part) => part.to = *to,
                None => parts.push(LinkPart { line: *line, from: *from, to: *to, uri: uri.clone() }),
            }
        }
    }
    (parts, line.max(first + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::pane::{Link, Look, Run};

    fn run(text: &str, uri: Option<&str>) -> Run {
        let link = uri.map(|uri| Link { id: String::new(), uri: uri.to_owned() });
        Run { text: text.to_owned(), look: Look::default(), link }
    }

    #[test]
    fn marked_links_and_addresses_across_rows_are_found_where_they_stand() {
        let rows = vec![
            Row {
                runs: vec![run("see ", None), run("漢字", Some("https://a.example/")), run("!", None)],
                wrapped: false,
            },
            Row { runs: vec![run("at https://b.exa", None)], wrapped: true },
            Row { runs: vec![run("mple/x.", None)], wrapped: false },
            Row { runs: vec![run("bad", Some("javascript:x"))], wrapped: false },
        ];
        let pane = Pane { rows, size: (4, 16), ..Pane::default() };
        let found: Vec<(u64, u16, u16, String)> =
            in_sight(&pane, 4).into_iter().map(|part| (part.line, part.from, part.to, part.uri)).collect();
        let plain = "https://b.example/x".to_owned();
        assert_eq!(
            found,
            [(0, 4, 7, "https://a.example/".to_owned()), (1, 3, 15, plain.clone()), (2, 0, 5, plain.clone())]
        );
        assert_eq!(at(&pane, 4, (2, 5)), Some(plain));
        assert_eq!((at(&pane, 4, (2, 6)), at(&pane, 4, (3, 1))), (None, None));
    }
}
