//! Changing the size without losing text. vt100 cuts rows when the screen gets narrower and inserts blank
//! rows when it gets higher; here what was cut is kept and put back, and rows return from the history.
//! Only the main screen: programs on the alternate screen redraw everything themselves.

use std::fmt::Write as _;
use std::mem;

use super::extras::Extras;
use super::frame;
use super::line::Line;
use super::prepass::{Filtered, Prepass};
use super::sgr;
use super::terminal::{Terminal, clamped};
use super::touched::Touched;

impl Terminal {
    /// Changes the size; absurd ones become the nearest possible one.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        let (rows, cols) = clamped(rows, cols);
        if self.parser.screen().size() == (rows, cols) {
            return;
        }
        self.catch_up();
        self.margins = [None; 2];
        self.alternate.look_away();
        self.touched = Touched::All;
        let (before, cursor_before) = self.read_main();
        let whole = self.whole_rows(before);
        self.parser.set_size(rows, cols);
        let (_, cursor_after) = self.read_main();
        let rows = rows.get();
        let mut wanted: Vec<Line> = Vec::with_capacity(usize::from(rows));
        if let Some(pulled) = cursor_after.checked_sub(cursor_before) {
            self.ahead.told = self.ahead.told.saturating_sub(usize::from(pulled));
            wanted.extend(self.pull(pulled));
            wanted.extend(whole);
        } else {
            wanted.extend(whole.into_iter().skip(usize::from(cursor_before - cursor_after)));
        }
        wanted.truncate(usize::from(rows));
        self.restore(wanted, usize::from(cols.get()));
    }

    /// The newest `count` lines of the history, blank ones first when there are not as many.
    fn pull(&mut self, count: u16) -> Vec<Line> {
        let history = &mut self.parser.callbacks_mut().history;
        let mut lines: Vec<Line> = (0..count).map(|_| history.pop().unwrap_or_default()).collect();
        lines.reverse();
        lines
    }

    /// The rows as they were before earlier cuts, as far as they are still the same rows.
    fn whole_rows(&mut self, rows: Vec<Line>) -> Vec<Line> {
        let mut cut = mem::take(&mut self.cut).into_iter().peekable();
        let mut kept: Vec<(Line, Line)> = Vec::new();
        rows.into_iter()
            .map(|row| {
                if row.is_blank() {
                    return row;
                }
                if let Some(at) = kept.iter().position(|(clipped, _)| clipped.spans == row.spans) {
                    return kept.drain(..=at).next_back().map_or(row, |(_, whole)| whole);
                }
                for (clipped, whole) in cut.by_ref() {
                    if clipped.spans == row.spans {
                        kept.clear();
                        return whole;
                    }
                    kept.push((clipped, whole));
                }
                row
            })
            .collect()
    }

    /// Draws the rows that should say more than vt100 kept of them, and remembers what is cut now.
    fn restore(&mut self, wanted: Vec<Line>, cols: usize) {
        let mut drawing = String::new();
        let mut cut = Vec::new();
        let (current, _) = self.read_main();
        for (number, (whole, current)) in wanted.into_iter().zip(current).enumerate() {
            let clipped = whole.clipped(cols);
            if clipped.spans != current.spans {
                // Writing to a `String` cannot fail.
                let _ = write!(drawing, "\x1b[{};1H\x1b[m\x1b[2K", number + 1);
                sgr::format_line(&clipped, &mut drawing);
            }
            if clipped.spans != whole.spans {
                cut.push((clipped, whole));
            }
        }
        self.cut = cut;
        if !drawing.is_empty() {
            // with the marks of what vt100 has no room for
            let mut marked = Filtered::default();
            Prepass::new().filter(drawing.as_bytes(), &mut marked, &mut self.parser.callbacks_mut().extras);
            self.on_main_screen(|parser| draw(parser, &marked.bytes));
        }
    }

    /// Rows and the cursor's row of the main screen.
    fn read_main(&mut self) -> (Vec<Line>, u16) {
        let extras = mem::take(&mut self.parser.callbacks_mut().extras);
        let read = self.on_main_screen(|parser| read(parser.screen(), &extras));
        self.parser.callbacks_mut().extras = extras;
        read
    }

    /// Runs something on the main screen with a parser of its own: the real one may be in the middle of a sequence.
    fn on_main_screen<T>(&mut self, run: impl FnOnce(&mut vt100::Parser) -> T) -> T {
        self.on_screens(|scratch| {
            let alternate = scratch.screen().alternate_screen();
            if alternate {
                scratch.process(b"\x1b[?47l");
            }
            let result = run(scratch);
            if alternate {
                scratch.process(b"\x1b[?47h");
            }
            result
        })
    }

    /// Reads the screen that is shown and the other one.
    pub(super) fn on_both_screens<T>(&mut self, read: impl Fn(&vt100::Screen) -> T) -> [T; 2] {
        self.on_screens(|scratch| {
            let shown = read(scratch.screen());
            let (there, back): (&[u8], &[u8]) = if scratch.screen().alternate_screen() {
                (b"\x1b[?47l", b"\x1b[?47h")
            } else {
                (b"\x1b[?47h", b"\x1b[?47l")
            };
            scratch.process(there);
            let other = read(scratch.screen());
            scratch.process(back);
            [shown, other]
        })
    }

    fn on_screens<T>(&mut self, run: impl FnOnce(&mut vt100::Parser) -> T) -> T {
        let (rows, cols) = self.parser.screen().size();
        let mut scratch = vt100::Parser::new(rows, cols, 0);
        mem::swap(scratch.screen_mut(), self.parser.screen_mut());
        let result = run(&mut scratch);
        mem::swap(scratch.screen_mut(), self.parser.screen_mut());
        result
    }
}

fn read(screen: &vt100::Screen, extras: &Extras) -> (Vec<Line>, u16) {
    let rows = screen.size().0.get();
    ((0..rows).map(|row| frame::read_line(screen, row, extras)).collect(), screen.cursor_position().0)
}

/// Draws, and leaves cursor and attributes as they were.
fn draw(parser: &mut vt100::Parser, drawing: &[u8]) {
    let attributes = parser.screen().attributes_formatted();
    let (row, col) = frame::position(parser.screen());
    parser.process(drawing);
    parser.process(format!("{attributes}\x1b[{};{}H", row + 1, col + 1).as_bytes());
}
