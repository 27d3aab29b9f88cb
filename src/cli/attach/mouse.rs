//! Mouse reports of the terminal as the program in one of several panes expects them: counted from its
//! own corner, and only those that are inside it.

use super::layout::Area;

/// Input with its SGR mouse reports (`CSI < button ; column ; row M`) put into the pane's own
/// coordinates; those outside the pane are left out. A pane in the corner alone needs no change.
pub(super) fn placed(input: Vec<u8>, area: Area) -> Vec<u8> {
    let mut placed = Vec::with_capacity(input.len());
    let mut rest = input.as_slice();
    while let Some((first, others)) = rest.split_first() {
        if let Some((report, length)) = report(rest) {
            placed.extend(report.inside(area).into_iter().flat_map(String::into_bytes));
            rest = rest.get(length..).unwrap_or_default();
        } else {
            placed.push(*first);
            rest = others;
        }
    }
    placed
}

/// Where a press of the first button was, if there is one in the input: row and column, zero-based.
pub(super) fn pressed(input: &[u8]) -> Option<(u16, u16)> {
    (0..input.len()).filter_map(|at| report(input.get(at..).unwrap_or_default())).find_map(|(report, _)| {
        (report.button == 0 && report.last == 'M')
            .then(|| (report.row.saturating_sub(1), report.column.saturating_sub(1)))
    })
}

/// One report; row and column count from 1.
struct Report {
    button: u16,
    column: u16,
    row: u16,
    last: char,
}

impl Report {
    fn inside(&self, area: Area) -> Option<String> {
        let column = self.column.checked_sub(area.left).filter(|column| (1..=area.cols).contains(column))?;
        let row = self.row.checked_sub(area.top).filter(|row| (1..=area.rows).contains(row))?;
        Some(format!("\x1b[<{};{column};{row}{}", self.button, self.last))
    }
}

/// The report at the beginning of some input, and its length.
fn report(input: &[u8]) -> Option<(Report, usize)> {
    let rest = input.strip_prefix(b"\x1b[<")?;
    let length = rest.iter().position(|byte| matches!(byte, b'M' | b'm'))?;
    let numbers = std::str::from_utf8(rest.get(..length)?).ok()?;
    let mut numbers = numbers.split(';').map(|number| number.parse().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let last = char::from(*rest.get(length)?);
    Some((Report { button, column, row, last }, length + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_counted_from_the_panes_corner_and_others_are_left_out() {
        let area = Area { top: 12, left: 40, rows: 11, cols: 40, bar: true, at_edge: true };
        let input = b"a\x1b[<0;41;13M\x1b[<0;3;13Mb\x1b[<64;80;24m\x1b[<35;80;23m".to_vec();
        assert_eq!(placed(input.clone(), area), b"a\x1b[<0;1;1Mb\x1b[<35;40;11m");
        assert_eq!(pressed(&input), Some((12, 40)));
        assert_eq!(placed(b"\x1b[<".to_vec(), area), b"\x1b[<");
    }
}
