//! The terminal: bytes in; screen, history, answers and news out.

use std::num::NonZeroU16;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::ahead::Ahead;
use super::alternate::AlternateLog;
use super::extras;
use super::frame::{self, Frame, Modes};
use super::history::History;
use super::line::Line;
use super::listener::{Listener, News};
use super::mark::Careful;
use super::prepass::{Filtered, Prepass};
use super::tabs::Tabs;
use super::touched::Touched;

/// The most rows a terminal has, whatever is asked; with `MOST_COLUMNS` it bounds memory to about 30 MB.
pub const MOST_ROWS: u16 = 500;
/// The most columns.
pub const MOST_COLUMNS: u16 = 1000;
/// A wide character needs two columns.
const FEWEST_COLUMNS: u16 = 2;

/// U+FE0F, which asks for the emoji form of the character before it.
const WIDE_FORM: &[u8] = "\u{fe0f}".as_bytes();

/// A terminal without a window.
pub struct Terminal {
    pub(super) parser: vt100::Parser<Listener>,
    pub(super) prepass: Prepass,
    filtered: Filtered,
    /// Rows that a narrower screen cut: as they were cut, and whole.
    pub(super) cut: Vec<(Line, Line)>,
    /// Margins of the main and the alternate screen, zero-based and inclusive, unless they are the edges.
    pub(super) margins: [Option<(u16, u16)>; 2],
    pub(super) tabs: Tabs,
    /// Text is printed one character at a time now.
    pub(super) careful: Option<Careful>,
    pub(super) ahead: Ahead,
    /// What scrolled away on the alternate screen.
    pub(super) alternate: AlternateLog,
    /// The frame that `latest` gave last, and what may have changed since.
    pub(super) latest: Option<Arc<Frame>>,
    pub(super) touched: Touched,
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
            margins: [None; 2],
            tabs: Tabs::default(),
            careful: None,
            ahead: Ahead::default(),
            alternate: AlternateLog::new(history),
            latest: None,
            touched: Touched::default(),
        }
    }

    /// Rows and columns.
    pub fn size(&self) -> (u16, u16) {
        let (rows, cols) = self.parser.screen().size();
        (rows.get(), cols.get())
    }

    /// Takes output of the program, in pieces of any size.
    pub fn process(&mut self, bytes: &[u8]) {
        let row = self.row_of(bytes);
        let rest = self.skip(bytes);
        if !rest.is_empty() {
            self.slowly(rest);
        }
        self.touch(row);
    }

    /// Takes output through vt100.
    pub(super) fn slowly(&mut self, bytes: &[u8]) {
        if self.parser.callbacks().extras.is_full() {
            self.forget_unused_extras();
        }
        let mut filtered = std::mem::take(&mut self.filtered);
        self.prepass.filter(bytes, &mut filtered, &mut self.parser.callbacks_mut().extras);
        let mut done = 0;
        for (at, mark) in &filtered.marks {
            self.print(filtered.bytes.get(done..*at).unwrap_or_default());
            done = *at;
            self.mark(mark);
        }
        self.print(filtered.bytes.get(done..).unwrap_or_default());
        self.filtered = filtered;
    }

    fn print(&mut self, bytes: &[u8]) {
        match self.careful {
            Some(careful) => self.print_carefully(bytes, careful),
            None => self.parse(bytes),
        }
    }

    /// Too many kinds of styled links were seen: those that no cell shows any more make room.
    fn forget_unused_extras(&mut self) {
        let used = self.on_both_screens(|screen| {
            let (rows, cols) = screen.size();
            let cells = (0..rows.get()).flat_map(|row| (0..cols.get()).map(move |col| (row, col)));
            let contents = cells.filter_map(|(row, col)| screen.cell(row, col)).map(vt100::Cell::contents);
            contents.flat_map(str::chars).filter(|c| extras::is_marker(*c)).collect::<Vec<char>>()
        });
        let used = used.into_iter().flatten().chain(self.prepass.settings.marker).collect();
        self.parser.callbacks_mut().extras.keep(&used);
    }

    /// What vt100 is given. In the last column there is no room for the wide form of a character: vt100 would leave
    /// half of one there, and break on that later; it keeps its narrow form.
    pub(super) fn parse(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if !bytes.is_ascii() {
            while let Some(at) = rest.windows(WIDE_FORM.len()).position(|window| window == WIDE_FORM) {
                self.parse_whole(rest.get(..at).unwrap_or_default());
                if !self.is_narrow_at_the_edge() {
                    self.parse_whole(WIDE_FORM);
                }
                rest = rest.get(at + WIDE_FORM.len()..).unwrap_or_default();
            }
        }
        self.parse_whole(rest);
    }

    /// Whether the character before the cursor is a narrow one in the last column.
    fn is_narrow_at_the_edge(&self) -> bool {
        let screen = self.parser.screen();
        let ((row, col), cols) = (screen.cursor_position(), self.size().1);
        col >= cols && screen.cell(row, cols - 1).is_some_and(|cell| !cell.is_wide_continuation())
    }

    /// vt100 has internal assertions about wide characters; output that breaks one costs a blank screen, not the session.
    fn parse_whole(&mut self, bytes: &[u8]) {
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
            self.careful = None;
            self.margins = [None; 2];
            self.touched = Touched::All;
        }
    }

    /// The screen as it is. Not free: what was skipped is drawn now.
    pub fn frame(&mut self) -> Frame {
        self.catch_up();
        let mut frame = frame::read_frame(self.parser.screen(), self.parser.callbacks());
        if frame.modes.alternate_screen {
            let scrolled = std::mem::take(&mut self.parser.callbacks_mut().alternate_scrolled);
            self.alternate.look(&frame.lines, scrolled);
            self.count_alternate(&mut frame);
        } else {
            self.alternate.look_away();
        }
        frame
    }

    /// On the alternate screen the history is what could be seen to leave that.
    pub(super) fn count_alternate(&self, frame: &mut Frame) {
        frame.history = u32::try_from(self.alternate.history().len()).unwrap_or(u32::MAX);
        frame.dropped = self.alternate.history().dropped();
    }

    /// The modes as they are.
    pub fn modes(&self) -> Modes {
        frame::read_modes(self.parser.screen(), self.parser.callbacks())
    }

    /// The screen's rows as plain text.
    pub fn text(&mut self) -> Vec<String> {
        self.frame().lines.iter().map(Line::text).collect()
    }

    /// What scrolled away from the screen that is shown: the main screen's history, or what could be seen to
    /// leave the alternate screen.
    pub fn history(&mut self) -> &History {
        self.catch_up();
        if self.parser.screen().alternate_screen() {
            self.frame();
            self.alternate.history()
        } else {
            &self.parser.callbacks().history
        }
    }

    /// What scrolled away from the main screen, whichever is shown.
    pub fn main_history(&mut self) -> &History {
        self.catch_up();
        &self.parser.callbacks().history
    }

    /// What could be seen to leave the alternate screen, while that is shown.
    pub fn alternate_history(&mut self) -> Option<&History> {
        let alternate = self.frame().modes.alternate_screen;
        alternate.then(|| self.alternate.history())
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
