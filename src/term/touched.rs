//! Which row a little output can have changed: what echoes a key stays in the cursor's row, and only that is read
//! again then. Whatever is not certain counts as everything.

use std::sync::Arc;

use super::frame::{self, Frame};
use super::terminal::Terminal;

/// Longer output is not looked through.
const LONGEST: usize = 256;

/// The rows that may differ from those that were read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Touched {
    /// Any.
    #[default]
    All,
    /// This one.
    Row(u16),
    /// None.
    Nothing,
}

impl Touched {
    fn and(self, row: u16) -> Self {
        match self {
            Self::Nothing => Self::Row(row),
            Self::Row(known) if known == row => self,
            Self::Row(_) | Self::All => Self::All,
        }
    }
}

/// What output does that stays within a row: it prints, goes back and forth in it, erases in it.
fn stays_in_row(bytes: &[u8], wraps_unseen: bool) -> bool {
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            0x1b => {
                let Some(parameters) = tail.strip_prefix(b"[") else { return false };
                let end = parameters.iter().position(|byte| !(byte.is_ascii_digit() || *byte == b';'));
                let Some((last, after)) = end.and_then(|end| parameters.get(end..)).and_then(<[u8]>::split_first)
                else {
                    return false;
                };
                match last {
                    b'm' | b'K' | b'D' | b'P' | b'X' | b'@' => after,
                    b'C' | b'G' if !wraps_unseen => after,
                    _ => return false,
                }
            }
            b'\r' | 0x07 | 0x08 => tail,
            0x20..=0x7e | 0x80.. => tail,
            _ => return false,
        };
    }
    true
}

impl Terminal {
    /// The cursor's row, if this output is certain to change nothing else. A line that wraps leaves it, except in the
    /// last row of what scrolls: there it must not come to its end.
    pub(super) fn row_of(&self, bytes: &[u8]) -> Option<u16> {
        if bytes.len() > LONGEST || !self.prepass.is_at_rest() || !self.ahead.is_off() {
            return None;
        }
        let (row, col) = self.parser.screen().cursor_position();
        let (rows, cols) = self.size();
        let wraps_unseen = row + 1 >= rows || self.margins().is_some();
        let fits = usize::from(col) + bytes.len() < usize::from(cols);
        ((fits || !wraps_unseen) && stays_in_row(bytes, wraps_unseen)).then_some(row)
    }

    /// Notes what output changed that was expected to stay in a row.
    pub(super) fn touch(&mut self, expected: Option<u16>) {
        let row = expected.filter(|row| *row == self.parser.screen().cursor_position().0);
        self.touched = row.map_or(Touched::All, |row| self.touched.and(row));
    }

    /// The screen as it is, for those who look often: only what may have changed is read again.
    pub fn latest(&mut self) -> Arc<Frame> {
        self.catch_up();
        let row = match (&self.latest, self.touched) {
            (Some(latest), Touched::Nothing) => Err(Arc::clone(latest)),
            (Some(latest), Touched::Row(row)) if (latest.rows, latest.cols) == self.size() => Ok(row),
            _ => Err(Arc::new(self.frame())),
        };
        let frame = row.map_or_else(|whole| whole, |row| Arc::new(self.frame_with(row)));
        self.touched = Touched::Nothing;
        self.latest = Some(Arc::clone(&frame));
        frame
    }

    /// The screen that was read last, with one row of it read anew.
    fn frame_with(&mut self, row: u16) -> Frame {
        let Some(latest) = &self.latest else { return self.frame() };
        let screen = self.parser.screen();
        let line = frame::read_line(screen, row, &self.parser.callbacks().extras);
        let mut lines = latest.lines.clone();
        if let Some(place) = lines.get_mut(usize::from(row)) {
            *place = line;
        }
        let mut frame = frame::frame_of(lines, screen, self.parser.callbacks());
        if frame.modes.alternate_screen {
            self.alternate.look_at_row(row, &frame.lines);
            self.count_alternate(&mut frame);
        }
        frame
    }
}
