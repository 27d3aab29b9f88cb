//! The terminal: bytes in; screen, history, answers and news out.

use std::num::NonZeroU16;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::frame::{self, Frame, Modes};
use super::history::History;
use super::line::Line;
use super::listener::{Listener, News};
use super::prepass::{Filtered, Mark, Prepass};

/// The most rows a terminal has, whatever is asked; with `MOST_COLUMNS` it bounds memory to about 30 MB.
pub const MOST_ROWS: u16 = 500;
/// The most columns.
pub const MOST_COLUMNS: u16 = 1000;
/// A wide character needs two columns.
const FEWEST_COLUMNS: u16 = 2;

/// A terminal without a window.
pub struct Terminal {
    pub(super) parser: vt100::Parser<Listener>,
    prepass: Prepass,
    filtered: Filtered,
    /// Rows that a narrower screen cut: as they were cut, and whole.
    pub(super) cut: Vec<(Line, Line)>,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// The size that is really used for one that was asked for.
pub(super) fn clamped(rows: u16, cols: u16) -> (NonZeroU16, NonZeroU16) {
    let rows = NonZeroU16::new(rows.min(MOST_ROWS)).unwrap_or(NonZeroU16::MIN);
    let cols = NonZeroU16::new(cols.clamp(FEWEST_COLUMNS, MOST_COLUMNS)).unwrap_or(NonZeroU16::MIN);
    (rows, cols)
}

impl Terminal {
    /// An empty screen; absurd sizes become the nearest possible one. `history` is in lines.
    pub fn new(rows: u16, cols: u16, history: usize) -> Self {
        let (rows, cols) = clamped(rows, cols);
        Self {
            parser: vt100::Parser::new_with_callbacks(rows, cols, 0, Listener::new(history)),
            prepass: Prepass::new(),
            filtered: Filtered::default(),
            cut: Vec::new(),
        }
    }

    /// Rows and columns.
    pub fn size(&self) -> (u16, u16) {
        let (rows, cols) = self.parser.screen().size();
        (rows.get(), cols.get())
    }

    /// Takes output of the program, in pieces of any size.
    pub fn process(&mut self, bytes: &[u8]) {
        let mut filtered = std::mem::take(&mut self.filtered);
        self.prepass.filter(bytes, &mut filtered);
        let mut done = 0;
        for &(at, mark) in &filtered.marks {
            self.parse(filtered.bytes.get(done..at).unwrap_or_default());
            done = at;
            self.mark(mark);
        }
        self.parse(filtered.bytes.get(done..).unwrap_or_default());
        self.filtered = filtered;
    }

    /// vt100 has internal assertions about wide characters; output that breaks one costs a blank screen, not the session.
    fn parse(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let parser = &mut self.parser;
        if catch_unwind(AssertUnwindSafe(|| parser.process(bytes))).is_err() {
            let (rows, cols) = self.size();
            let (rows, cols) = clamped(rows, cols);
            let listener = std::mem::replace(self.parser.callbacks_mut(), Listener::new(0));
            self.parser = vt100::Parser::new_with_callbacks(rows, cols, 0, listener);
            self.prepass = Prepass::new();
        }
    }

    fn mark(&mut self, mark: Mark) {
        match mark {
            Mark::EraseScreen => self.keep_screen(),
            Mark::EraseHistory => self.parser.callbacks_mut().history.clear(),
            Mark::Reset => self.parser.callbacks_mut().reset(),
        }
    }

    /// What is about to be erased from the main screen goes to the history.
    fn keep_screen(&mut self) {
        if self.parser.screen().alternate_screen() {
            return;
        }
        let (screen, listener) = self.parser.screen_and_callbacks_mut();
        let lines: Vec<Line> = (0..screen.size().0.get()).map(|row| frame::read_line(screen, row)).collect();
        let used = lines.iter().rposition(|line| !line.is_blank()).map_or(0, |last| last + 1);
        for line in lines.iter().take(used) {
            listener.history.push(line);
        }
    }

    /// The screen as it is.
    pub fn frame(&self) -> Frame {
        frame::read_frame(self.parser.screen(), self.parser.callbacks())
    }

    /// The modes as they are.
    pub fn modes(&self) -> Modes {
        frame::read_modes(self.parser.screen(), self.parser.callbacks())
    }

    /// The screen's rows as plain text.
    pub fn text(&self) -> Vec<String> {
        self.frame().lines.iter().map(Line::text).collect()
    }

    /// What scrolled away.
    pub fn history(&self) -> &History {
        &self.parser.callbacks().history
    }

    /// Inside a synchronized update (DEC 2026): the screen is half drawn.
    pub fn is_synchronizing(&self) -> bool {
        self.parser.callbacks().switches.synchronized
    }

    /// Gives up waiting for the end of a synchronized update.
    pub fn end_synchronizing(&mut self) {
        self.parser.callbacks_mut().switches.synchronized = false;
    }

    /// Asks to keep the complete frame before the next synchronized update, for a program that is always inside one.
    pub fn keep_settled(&mut self) {
        self.parser.callbacks_mut().keep_settled = true;
    }

    /// The frame that was kept; taken once.
    pub fn take_settled(&mut self) -> Option<Arc<Frame>> {
        self.parser.callbacks_mut().settled.take()
    }

    /// Answers to the program's questions, to be written to it.
    pub fn take_answers(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.parser.callbacks_mut().answers)
    }

    /// Clipboard and alerts since the last call.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.parser.callbacks_mut().news)
    }
}
