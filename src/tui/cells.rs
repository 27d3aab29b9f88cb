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

/// The text of a row between two columns, both included.
pub(crate) fn slice(row: &Row, from: u16, to: u16) -> String {
    let mut column = 0u16;
    let mut text = String::new();
    for cluster in row.runs.iter().flat_map(|run| run.text.graphemes(true)) {
        if column >= from && column <= to {
            text.push_str(cluster);
        }
        column = column.saturating_add(width(cluster));
    }
    text
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
