//! Skipping ahead: bulk text without escape sequences goes straight to the history and never through vt100,
//! except for the last screenful, which vt100 gets when somebody looks or something else arrives.
//!
//! It begins at the start of a blank bottom row of the main screen, with nothing set that changes how text is
//! printed. First text only waits; when a whole screenful of lines waits, what the screen showed has certainly
//! scrolled away, and the lines of the text are put into the history as they come. The newest lines there, one
//! screen less one, are those that are still on the screen. That nothing of this can be seen is held by a test
//! that compares it with the slow way.

use super::terminal::Terminal;

/// A shorter piece of output is not worth the look at the screen.
const LEAST: usize = 256;
/// Columns between tab stops.
const TAB: usize = 8;
/// vt100 counts the lines that scrolled away, and brings no more back when the screen gets higher. Beyond this
/// many it need not know of those that it never saw.
const MOST_TOLD: usize = 4 * super::terminal::MOST_ROWS as usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// Everything goes through vt100.
    #[default]
    Off,
    /// Text waits in `pending`.
    Waiting,
    /// Lines go to the history; vt100's screen is blank.
    Running,
}

/// Where it stands.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    phase: Phase,
    /// The row that the text is in, from its first column.
    line: String,
    /// A carriage return came, its line feed did not yet.
    returned: bool,
    /// The last character that was printed, for REP.
    last: Option<char>,
    /// What waits.
    pending: Vec<u8>,
    /// Line ends that wait.
    waiting: usize,
    /// Lines that scrolled away without vt100.
    skipped: usize,
    /// Lines that vt100 was told of afterwards.
    pub(super) told: usize,
    /// Never skip: for the test that compares.
    #[cfg(test)]
    pub(super) never: bool,
}

#[cfg(test)]
impl Ahead {
    /// Whether lines go to the history without vt100.
    pub(super) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }
}

impl Ahead {
    /// Whether everything goes through vt100.
    pub(super) fn is_off(&self) -> bool {
        self.phase == Phase::Off
    }
}

impl Terminal {
    /// Takes what can be skipped from the front of the output; the rest is for vt100, which is up to date then.
    pub(super) fn skip<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let mut rest = bytes;
        if self.ahead.phase == Phase::Off {
            let Some(begun) = self.begin(rest) else { return rest };
            rest = begun;
        }
        let taken = self.take(rest);
        let (skipped, left) = rest.split_at(taken);
        if self.ahead.phase == Phase::Waiting {
            self.ahead.pending.extend_from_slice(skipped);
            if self.ahead.waiting >= usize::from(self.size().0) {
                self.run_ahead();
            }
        }
        if !left.is_empty() {
            self.catch_up();
        }
        left
    }

    /// Brings the rest of a line through vt100, and begins to wait if all is as it has to be then.
    fn begin<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        #[cfg(test)]
        if self.ahead.never {
            return None;
        }
        if bytes.len() < LEAST || !self.prepass.is_plain() || self.parser.screen().alternate_screen() {
            return None;
        }
        let end = bytes.iter().position(|byte| *byte == b'\n')? + 1;
        let (line, rest) = bytes.split_at(end);
        if !line.iter().rev().skip(1).all(|byte| (0x20..0x7f).contains(byte) || *byte == b'\r' || *byte == b'\t') {
            return None;
        }
        self.parse(line);
        self.ahead.phase = if self.may_wait() { Phase::Waiting } else { Phase::Off };
        if self.ahead.phase == Phase::Off {
            self.slowly(rest);
            return Some(&[]);
        }
        Some(rest)
    }

    fn may_wait(&self) -> bool {
        let screen = self.parser.screen();
        let (rows, cols) = self.size();
        let plain = screen.fgcolor() == vt100::Color::Default
            && screen.bgcolor() == vt100::Color::Default
            && !(screen.bold() || screen.dim() || screen.italic() || screen.underline() || screen.inverse());
        plain
            && rows > 1
            && self.margins().is_none()
            && screen.cursor_position() == (rows - 1, 0)
            && !screen.row_wrapped(rows - 1)
            && (0..cols).all(|col| {
                screen.cell(rows - 1, col).is_some_and(|cell| {
                    !cell.has_contents() && !cell.is_wide_continuation() && cell.bgcolor() == vt100::Color::Default
                })
            })
    }

    /// Enough waits: what the screen shows goes to the history, and what waits after it.
    fn run_ahead(&mut self) {
        let above = usize::from(self.size().0) - 1;
        self.parse("\n".repeat(above).as_bytes());
        self.ahead.phase = Phase::Running;
        self.ahead.line.clear();
        self.ahead.returned = false;
        self.ahead.waiting = 0;
        self.ahead.skipped = 0;
        self.parser.callbacks_mut().history.set_reserve(above);
        let pending = std::mem::take(&mut self.ahead.pending);
        let taken = self.take(&pending);
        debug_assert_eq!(taken, pending.len());
        self.ahead.pending = pending;
        self.ahead.pending.clear();
    }

    /// Reads text as far as it is printable and ends its lines with CR LF; gives the number of bytes.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let cols = usize::from(self.size().1);
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if self.ahead.returned {
                if !rest.starts_with(b"\n") {
                    break;
                }
                self.ahead.returned = false;
                self.end_row(false);
                at += 1;
                continue;
            }
            let end = rest.iter().position(|byte| !(0x20..0x7f).contains(byte)).unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            // printable ASCII is UTF-8
            self.print_ahead(std::str::from_utf8(text).unwrap_or_default(), cols);
            at += end;
            match after.first() {
                Some(b'\r') => {
                    self.ahead.returned = true;
                    at += 1;
                }
                Some(b'\t') if self.tab_ahead(cols) => at += 1,
                _ => break,
            }
        }
        at
    }

    fn print_ahead(&mut self, text: &str, cols: usize) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.ahead.line.len() >= cols {
                self.end_row(true);
            }
            let (fits, left) = rest.split_at(rest.len().min(cols - self.ahead.line.len()));
            self.ahead.line.push_str(fits);
            rest = left;
        }
        self.ahead.last = text.chars().next_back().or(self.ahead.last);
    }

    /// A tab that stays within the row is so many blanks.
    fn tab_ahead(&mut self, cols: usize) -> bool {
        let stop = (self.ahead.line.len() / TAB + 1) * TAB;
        let fits = stop < cols;
        if fits {
            let blanks = stop - self.ahead.line.len();
            self.ahead.line.extend(std::iter::repeat_n(' ', blanks));
        }
        fits
    }

    fn end_row(&mut self, wrapped: bool) {
        if self.ahead.phase == Phase::Running {
            let listener = self.parser.callbacks_mut();
            listener.history.push_text(&self.ahead.line, wrapped);
            self.ahead.skipped += 1;
        } else {
            self.ahead.waiting += 1;
        }
        self.ahead.line.clear();
    }

    /// Gives vt100 what it was not given yet.
    pub(super) fn catch_up(&mut self) {
        let ahead = &mut self.ahead;
        let phase = std::mem::take(&mut ahead.phase);
        let returned = std::mem::take(&mut ahead.returned);
        let line = std::mem::take(&mut ahead.line);
        let last = ahead.last.take();
        ahead.waiting = 0;
        match phase {
            Phase::Off => {}
            Phase::Waiting => {
                let pending = std::mem::take(&mut ahead.pending);
                self.parse(&pending);
                self.ahead.pending = pending;
                self.ahead.pending.clear();
            }
            Phase::Running => self.draw_last_screenful(&line, last, returned),
        }
        // kept for its room
        self.ahead.line = line;
        self.ahead.line.clear();
    }

    /// vt100 scrolls its blank screen, so that it counts what it did not see.
    fn tell_skipped(&mut self, rows: usize) {
        let unseen = self.ahead.skipped.saturating_sub(rows - 1);
        let mut left = unseen.min(MOST_TOLD.saturating_sub(self.ahead.told));
        self.ahead.told += left;
        self.parser.callbacks_mut().muted = true;
        while left > 0 {
            let count = left.min(rows);
            self.parse(format!("\x1b[{count}S").as_bytes());
            left -= count;
        }
        self.parser.callbacks_mut().muted = false;
    }

    fn draw_last_screenful(&mut self, line: &str, last: Option<char>, returned: bool) {
        let (rows, cols) = self.size();
        let history = &mut self.parser.callbacks_mut().history;
        let mut above: Vec<_> = (1..rows).filter_map(|_| history.pop()).collect();
        history.set_reserve(0);
        above.reverse();
        self.tell_skipped(usize::from(rows));
        let mut drawing = format!("\r\x1b[{}A", rows - 1);
        let mut goes_on = false;
        for row in &above {
            let text = row.text();
            drawing.push_str(&text);
            if row.wrapped {
                drawing.extend(std::iter::repeat_n(' ', usize::from(cols).saturating_sub(text.len())));
            } else {
                // of blanks that were printed here, one is needed, so that the row above wraps
                drawing.push_str(if goes_on && text.is_empty() { " \r\n" } else { "\r\n" });
            }
            goes_on = row.wrapped;
        }
        // blanks that a tab made were not printed: REP must not repeat them
        let printed = if last == Some(' ') { line } else { line.trim_end_matches(' ') };
        if let Some(last) = last.filter(|_| printed.is_empty()) {
            drawing.push(last);
            drawing.push_str("\r\x1b[K");
        }
        drawing.push_str(printed);
        if printed.len() < line.len() {
            drawing.push_str(&format!("\x1b[{}C", line.len() - printed.len()));
        }
        if returned {
            drawing.push('\r');
        }
        self.parse(drawing.as_bytes());
    }
}
