//! Aligned columns. On a terminal the widest columns give way so that a row stays one line; in a pipe
//! nothing is cut.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::one_line;

use super::{Output, Stop, Tone};

/// Between two columns.
const GAP: usize = 2;

/// The narrowest that a column is cut to.
const NARROWEST: usize = 8;

/// A table that grows row by row.
#[derive(Debug)]
pub struct Table<const N: usize> {
    heading: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// An empty table.
    pub fn new(heading: [&'static str; N]) -> Self {
        Self { heading, rows: Vec::new() }
    }

    /// Adds a row; every cell is made safe and put on one line.
    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| one_line(&cell)));
    }

    /// Prints it, or `empty` when there is no row.
    pub fn print(&self, output: Output, empty: &str) -> Result<(), Stop> {
        if self.rows.is_empty() {
            return output.toned(Tone::Faint, empty);
        }
        let mut lines = self.lines(output.width).into_iter();
        if let Some(heading) = lines.next() {
            output.toned(Tone::Faint, heading)?;
        }
        lines.try_for_each(|line| output.line(line))
    }

    /// Heading and rows as text, at most `width` columns wide if that is possible.
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let widths = self.widths(width);
        let heading = self.heading.map(str::to_owned);
        let whole = std::iter::once(&heading).chain(&self.rows).map(|cells| line(cells, &widths));
        // a terminal narrower than all columns at their narrowest still gets one line a row
        whole.map(|line| width.map_or_else(|| line.clone(), |width| fit(&line, width))).collect()
    }

    /// Every column as wide as its widest cell; then the widest ones give way to fit into `width`.
    fn widths(&self, width: Option<usize>) -> [usize; N] {
        let mut widths = self.heading.map(str::width);
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let Some(limit) = width else { return widths };
        let mut over = (widths.iter().sum::<usize>() + GAP * N.saturating_sub(1)).saturating_sub(limit);
        // the widest gives way first, down to the next one, and so on
        while over > 0 {
            let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > NARROWEST) else { break };
            *widest -= 1;
            over -= 1;
        }
        widths
    }
}

/// One line of cells, padded, without blanks at its end.
fn line<const N: usize>(cells: &[String; N], widths: &[usize; N]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let cell = fit(cell, *width);
        line.push_str(&cell);
        line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + GAP));
    }
    line.trim_end().to_owned()
}

/// The text in at most `width` columns, ending in `…` when it was cut.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut fitted = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide >= width {
            break;
        }
        used += wide;
        fitted.push(c);
    }
    fitted.push('…');
    fitted
}
