//! Finding text in lines of a terminal: plain text, not a regular expression; letters of any case unless the
//! pattern has a capital letter. Rows that were wrapped are one line, wide characters are whole.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    exact: bool,
}

/// A match: its first and last cell, as row (counted from the first row that was given) and column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The first cell.
    pub start: (usize, u16),
    /// The last cell.
    pub end: (usize, u16),
}

/// A row as far as a search needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRow {
    /// Its text.
    pub text: String,
    /// Whether it goes on in the next row.
    pub wrapped: bool,
}

/// A character as drawn: where it is, and where its text begins in what is searched.
struct Place {
    byte: usize,
    row: usize,
    column: u16,
    width: u16,
}

impl Pattern {
    /// A pattern; `None` for no text.
    pub fn new(text: &str) -> Option<Self> {
        let exact = text.chars().any(char::is_uppercase);
        let text = if exact { text.to_owned() } else { folded(text) };
        (!text.is_empty()).then_some(Self { text, exact })
    }

    /// All matches, in order, without overlaps.
    pub fn find(&self, rows: &[SearchRow]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut first = 0;
        for line in rows.split_inclusive(|row| !row.wrapped) {
            self.find_in_line(line, first, &mut hits);
            first += line.len();
        }
        hits
    }

    fn find_in_line(&self, line: &[SearchRow], first: usize, hits: &mut Vec<Hit>) {
        if let [row] = line
            && row.text.is_ascii()
        {
            return self.find_in_ascii(&row.text, first, hits);
        }
        let mut text = String::new();
        let mut places = Vec::new();
        for (offset, row) in line.iter().enumerate() {
            let mut column = 0u16;
            for cluster in row.text.graphemes(true) {
                let width = u16::try_from(cluster.width()).unwrap_or(0);
                places.push(Place { byte: text.len(), row: first + offset, column, width });
                if self.exact {
                    text.push_str(cluster);
                } else {
                    text.push_str(&folded(cluster));
                }
                column = column.saturating_add(width);
            }
        }
        let at = |byte: usize| places.get(places.partition_point(|place| place.byte <= byte).checked_sub(1)?);
        for (byte, _) in text.match_indices(self.text.as_str()) {
            if let (Some(start), Some(end)) = (at(byte), at(byte + self.text.len() - 1)) {
                let last = end.column.saturating_add(end.width.saturating_sub(1));
                hits.push(Hit { start: (start.row, start.column), end: (end.row, last) });
            }
        }
    }

    /// The same for a row in which a byte is a cell, which is nearly all of them.
    fn find_in_ascii(&self, text: &str, row: usize, hits: &mut Vec<Hit>) {
        let lower = if self.exact { None } else { Some(text.to_ascii_lowercase()) };
        let column = |byte: usize| u16::try_from(byte).unwrap_or(u16::MAX);
        for (byte, _) in lower.as_deref().unwrap_or(text).match_indices(self.text.as_str()) {
            hits.push(Hit { start: (row, column(byte)), end: (row, column(byte + self.text.len() - 1)) });
        }
    }
}

/// Lowercase, character by character (the whole text's rules for a final sigma would move places).
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[(&str, bool)]) -> Vec<SearchRow> {
        texts.iter().map(|(text, wrapped)| SearchRow { text: (*text).to_owned(), wrapped: *wrapped }).collect()
    }

    fn found(pattern: &str, texts: &[(&str, bool)]) -> Vec<((usize, u16), (usize, u16))> {
        let pattern = Pattern::new(pattern).unwrap();
        pattern.find(&rows(texts)).iter().map(|hit| (hit.start, hit.end)).collect()
    }

    #[test]
    fn case_matters_only_with_a_capital_letter() {
        let texts = [("Error error ERROR", false)];
        assert_eq!(found("error", &texts).len(), 3);
        assert_eq!(found("Error", &texts), [((0, 0), (0, 4))]);
        assert_eq!(found("ÄRGER", &[("ÄRGER ärger", false)]).len(), 1);
        assert_eq!(found("ärger", &[("ÄRGER ärger", false)]), [((0, 0), (0, 4)), ((0, 6), (0, 10))]);
        assert_eq!(Pattern::new(""), None);
    }

    #[test]
    fn wrapped_rows_are_one_line_and_others_are_not() {
        assert_eq!(found("world", &[("hello wo", true), ("rld", false)]), [((0, 6), (1, 2))]);
        assert_eq!(found("world", &[("hello wo", false), ("rld", false)]), []);
        assert_eq!(found("x", &[("a", false), ("x", true), ("x", false)]), [((1, 0), (1, 0)), ((2, 0), (2, 0))]);
    }

    #[test]
    fn wide_characters_are_whole() {
        assert_eq!(found("字", &[("漢字 x", false)]), [((0, 2), (0, 3))]);
        assert_eq!(found("x", &[("漢字 x", false)]), [((0, 5), (0, 5))]);
        assert_eq!(found("é", &[("e\u{301}é", false)]), [((0, 1), (0, 1))]);
        assert_eq!(found("i", &[("İi", false)]), [((0, 0), (0, 0)), ((0, 1), (0, 1))]);
    }

    #[test]
    fn regular_expressions_are_plain_text() {
        assert_eq!(found("a.c*", &[("abc a.c*", false)]), [((0, 4), (0, 7))]);
    }
}
