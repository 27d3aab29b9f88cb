//! Where panes go on the terminal: one alone has it whole, several share it evenly.

use clap::ValueEnum;

/// The smallest place that a pane among several is still of use in.
const FEWEST_ROWS: u16 = 4;
const FEWEST_COLUMNS: u16 = 20;

/// From how many panes on a grid is better than rows.
const GRID_FROM: usize = 4;

/// How several panes share the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Layout {
    /// One above the other
    Rows,
    /// In two columns
    Grid,
}

/// A pane's place: its rows and one more for its bar, when there is room for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub top: u16,
    pub left: u16,
    /// Rows of the pane, without the bar.
    pub rows: u16,
    pub cols: u16,
    /// Whether the row below the pane's rows is its bar.
    pub bar: bool,
    /// Whether it ends at the terminal's right edge.
    pub at_edge: bool,
}

impl Area {
    /// A piece of the terminal as a pane's place.
    fn of(top: u16, left: u16, height: u16, cols: u16, at_edge: bool) -> Self {
        let bar = height >= FEWEST_ROWS;
        Self { top, left, rows: height.saturating_sub(u16::from(bar)).max(1), cols, bar, at_edge }
    }

    /// The row after its last one, the bar included.
    pub(super) fn bottom(self) -> u16 {
        self.top + self.rows + u16::from(self.bar)
    }

    /// The column after its last one.
    pub(super) fn right(self) -> u16 {
        self.left + self.cols
    }

    /// Whether a cell of the terminal is in it or in its bar.
    pub(super) fn holds(self, row: u16, column: u16) -> bool {
        (self.top..self.bottom()).contains(&row) && (self.left..self.right()).contains(&column)
    }

    /// The whole terminal.
    pub(super) fn whole((rows, cols): (u16, u16)) -> Self {
        Self::of(0, 0, rows, cols, true)
    }
}

/// The places of `count` panes; `None` when they do not fit.
pub(super) fn split(size: (u16, u16), count: u16, layout: Option<Layout>) -> Option<Vec<Area>> {
    if count <= 1 {
        return Some(vec![Area::whole(size)]);
    }
    let (rows, cols) = size;
    let columns = match layout {
        Some(Layout::Grid) => 2,
        None if usize::from(count) >= GRID_FROM => 2,
        _ => 1,
    };
    let lines = count.div_ceil(columns);
    // one column between two panes is the line between them
    let widest = cols.saturating_sub(columns - 1) / columns;
    if rows / lines < FEWEST_ROWS || widest < FEWEST_COLUMNS {
        return None;
    }
    let area = |number: u16| {
        let (line, column) = (number / columns, number % columns);
        let (top, bottom) = (share(rows, lines, line), share(rows, lines, line + 1));
        // the last one of an uneven grid has its line alone
        let alone = number + 1 == count && column == 0;
        let left = if column == 0 { 0 } else { widest + 1 };
        let at_edge = alone || column + 1 == columns;
        let right = if at_edge { cols } else { widest };
        Area::of(top, left, bottom - top, right - left, at_edge)
    };
    Some((0..count).map(area).collect())
}

/// Where the `number`th of `parts` parts begins, as evenly as it goes.
fn share(whole: u16, parts: u16, number: u16) -> u16 {
    let begins = u32::from(whole) * u32::from(number) / u32::from(parts.max(1));
    u16::try_from(begins).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(size: (u16, u16), count: u16, layout: Option<Layout>) -> Vec<(u16, u16, u16, u16)> {
        let areas = split(size, count, layout).unwrap();
        areas.iter().map(|area| (area.top, area.left, area.rows, area.cols)).collect()
    }

    #[test]
    fn few_are_rows_and_more_are_a_grid() {
        assert_eq!(places((24, 80), 1, None), [(0, 0, 23, 80)]);
        assert_eq!(places((24, 80), 2, None), [(0, 0, 11, 80), (12, 0, 11, 80)]);
        assert_eq!(places((24, 80), 2, Some(Layout::Grid)), [(0, 0, 23, 39), (0, 40, 23, 40)]);
        assert_eq!(places((24, 80), 4, None), [(0, 0, 11, 39), (0, 40, 11, 40), (12, 0, 11, 39), (12, 40, 11, 40)]);
    }

    #[test]
    fn every_line_of_the_terminal_is_somebodys_and_nothing_overlaps() {
        for count in 2..=9 {
            for layout in [None, Some(Layout::Rows), Some(Layout::Grid)] {
                let Some(areas) = split((43, 131), count, layout) else { continue };
                let mut taken = vec![0; 43 * 131];
                for area in &areas {
                    for row in area.top..area.top + area.rows + u16::from(area.bar) {
                        for column in area.left..area.left + area.cols {
                            taken[usize::from(row) * 131 + usize::from(column)] += 1;
                        }
                    }
                }
                assert!(taken.iter().all(|count| *count <= 1), "{count} {layout:?}");
                let columns_between = taken.iter().filter(|count| **count == 0).count();
                assert!(columns_between <= 43, "{count} {layout:?}: only the line between two columns is nobody's");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(split((10, 80), 3, None), None);
        assert_eq!(split((24, 38), 4, None), None);
        assert!(split((3, 10), 1, None).is_some(), "one alone always fits");
    }
}
