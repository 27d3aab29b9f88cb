//! Widths of text in cells. One function for everything that is drawn, so that frames stay straight.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::protocol::pane::Row;

/// The cells that a text takes.
pub(crate) fn width(text: &str) -> u16 {
    u16::try_from(UnicodeWidthStr::width(text)).unwrap_or(u16::MAX)
}

/// At most this many cells of a text; the last is `…` when something was cut off.
pub(crate) fn fit(text: &str, cells: u16) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        let next = width(cluster);
        if used + next > cells.saturating_sub(1) {
            break;
        }
        used += next;
        short.push_str(cluster);
    }
    if cells > 0 {
        short.push('…');
    }
    short
}

/// A text in lines of at most this many cells, broken at spaces where possible.
pub(crate) fn wrap(text: &str, cells: u16) -> Vec<String> {
    let cells = cells.max(1);
    text.lines().flat_map(|line| wrap_line(line, cells)).collect()
}

fn wrap_line(line: &str, cells: u16) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split_inclusive(' ') {
        if width(&current) + width(word.trim_end()) > cells && !current.trim().is_empty() {
            lines.push(std::mem::take(&mut current).trim_end().to_owned());
        }
        for cluster in word.graphemes(true) {
            if width(&current) + width(cluster) > cells {
                lines.push(std::mem::take(&mut current).trim_end().to_owned());
                if cluster == " " {
                    continue;
                }
            }
            current.push_str(cluster);
        }
    }
    lines.push(current.trim_end().to_owned());
    lines
}

/// A character as drawn: where it begins, the cells it takes, and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cluster<'a> {
    pub(crate) column: u16,
    pub(crate) width: u16,
    pub(crate) text: &'a str,
}

/// The characters of a text with the cells that each takes; those that take none are left out.
pub(crate) fn measured(text: &str) -> impl Iterator<Item = (&str, u16)> {
    text.graphemes(true).map(|cluster| (cluster, width(cluster))).filter(|(_, width)| *width > 0)
}

/// The characters of a row, from the left.
pub(crate) fn clusters(row: &Row) -> Vec<Cluster<'_>> {
    let mut column = 0u16;
    let placed = row.runs.iter().flat_map(|run| measured(&run.text)).map(|(text, width)| {
        let cluster = Cluster { column, width, text };
        column = column.saturating_add(width);
        cluster
    });
    placed.collect()
}

/// The text of a row between two columns, both included; wide characters are whole.
pub(crate) fn slice(row: &Row, from: u16, to: u16) -> String {
    let shown = |cluster: &Cluster<'_>| cluster.column <= to && cluster.column + cluster.width > from;
    clusters(row).iter().filter(|cluster| shown(cluster)).map(|cluster| cluster.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_cells_not_characters() {
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("short", 5), "short");
        assert_eq!(fit("anything", 0), "");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("  indented", 20), ["  indented"]);
    }
}
