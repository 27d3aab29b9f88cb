//! One pane on the terminal: its screen or what of its history is being read, and one line below it that says whose
//! it is. What it knows of its session's screen is what the cockpit knows (`tui::pane`). It gives text for the
//! terminal and touches nothing itself.

use unicode_width::UnicodeWidthStr;

use crate::config::keymap::Action;
use crate::model::one_line;
use crate::protocol::pane::{Modes, Row, ScreenUpdate, ToHost};
use crate::tui::pane::Pane as Screen;

use super::super::table::fit;
use super::draw;
use super::layout::Area;

/// As much of a title as is shown however narrow the terminal is.
const LEAST_TITLE: usize = 8;

/// Far enough for every history.
const ALL_THE_WAY: i64 = i64::MAX / 2;

/// What a pane's bar is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bar<'a> {
    /// It has the keyboard; this is the way out.
    Focused(&'a str),
    /// Its history is read; these are the keys of that.
    Read(&'a str),
    /// The leader was pressed; these are the keys that may follow.
    Led(&'a str),
    /// Another pane has the keyboard.
    Beside,
}

/// A pane as it is on the terminal.
pub(super) struct Pane {
    title: String,
    area: Area,
    /// Another pane covers it.
    hidden: bool,
    screen: Screen,
    cursor_shape: u8,
    /// What is to be told, until the next key.
    notice: Option<String>,
    /// How its session ended, when it did.
    over: Option<String>,
    /// The bar as it was drawn last.
    drawn: String,
}

impl Pane {
    pub(super) fn new(title: String, area: Area) -> Self {
        Self {
            title,
            area,
            hidden: false,
            screen: Screen::default(),
            cursor_shape: 0,
            notice: None,
            over: None,
            drawn: String::new(),
        }
    }

    pub(super) fn area(&self) -> Area {
        self.area
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.hidden
    }

    pub(super) fn modes(&self) -> &Modes {
        &self.screen.modes
    }

    pub(super) fn cursor_shape(&self) -> u8 {
        self.cursor_shape
    }

    /// Whether its history is being read.
    pub(super) fn is_reading(&self) -> bool {
        self.screen.reading.is_some()
    }

    /// Whether it was never shown yet.
    pub(super) fn is_empty(&self) -> bool {
        self.screen.rows.is_empty()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// The host's protocol version.
    pub(super) fn speaks(&mut self, version: u32) {
        self.screen.version = version;
    }

    /// It has another place, or is covered by another pane.
    pub(super) fn put(&mut self, area: Area, hidden: bool) {
        (self.area, self.hidden) = (area, hidden);
        self.drawn.clear();
    }

    /// What is to be told until the next key.
    pub(super) fn tell(&mut self, notice: Option<String>) {
        self.notice = notice;
    }

    /// Its session is over, or its host is gone.
    pub(super) fn end(&mut self, how: String) {
        self.over = Some(how);
        self.screen.cursor = None;
    }

    /// The number of the first line in sight.
    fn top(&self) -> u64 {
        self.screen.top(self.area.rows)
    }

    /// The rows of the screen that are above what is in sight.
    pub(super) fn skipped(&self) -> u16 {
        u16::try_from(self.top().saturating_sub(self.screen.first_row())).unwrap_or(0)
    }

    /// Where the cursor is on the terminal; `None` when it is hidden.
    pub(super) fn cursor(&self) -> Option<(u16, u16)> {
        let (row, column) = self.screen.cursor.filter(|_| !self.is_reading())?;
        let row = row.checked_sub(self.skipped()).filter(|row| *row < self.area.rows)?;
        Some((self.area.top + row, self.area.left + column.min(self.area.cols.saturating_sub(1))))
    }

    /// Everything, drawn anew.
    pub(super) fn whole(&mut self, text: &mut String) {
        self.drawn.clear();
        if self.hidden {
            return;
        }
        let (top, blank) = (self.top(), Row::default());
        for number in 0..self.area.rows {
            let row = self.screen.line(top.saturating_add(u64::from(number)));
            draw::row(text, self.area, number, row.unwrap_or(&blank));
        }
    }

    /// Takes an update and draws what it changes.
    pub(super) fn show(&mut self, update: ScreenUpdate, text: &mut String) {
        let before = self.skipped();
        self.cursor_shape = update.cursor_shape;
        let rows = self.screen.apply(update);
        match rows.filter(|_| self.skipped() == before && !self.is_reading()) {
            Some(rows) if !self.hidden => {
                let blank = Row::default();
                for number in rows {
                    let Some(place) = number.checked_sub(before).filter(|place| *place < self.area.rows) else {
                        continue;
                    };
                    let row = self.screen.rows.get(usize::from(number));
                    draw::row(text, self.area, place, row.unwrap_or(&blank));
                }
            }
            Some(_) => {}
            None => {
                let bar = std::mem::take(&mut self.drawn);
                self.whole(text);
                self.drawn = bar;
            }
        }
    }

    /// Moves in the history, or begins to read it; gives the question that this raises.
    pub(super) fn read(&mut self, action: Action, text: &mut String) -> Option<ToHost> {
        let rows = i64::from(self.area.rows);
        let (page, half) = ((rows - 1).max(1), (rows / 2).max(1));
        let lines = match action {
            Action::PaneScroll => 0,
            Action::ScrollUp | Action::ScrollLineUp => -1,
            Action::ScrollDown | Action::ScrollLineDown => 1,
            Action::ScrollHalfUp => -half,
            Action::ScrollHalfDown => half,
            Action::ScrollPageUp => -page,
            Action::ScrollPageDown => page,
            Action::ScrollTop => -ALL_THE_WAY,
            Action::ScrollBottom | Action::ScrollLeave => ALL_THE_WAY,
            other => {
                self.notice = Some(format!("{} is the cockpit's: `qd` opens it", other.description()));
                return None;
            }
        };
        self.scroll(lines, text)
    }

    /// Moves by lines; 0 only begins to read.
    pub(super) fn scroll(&mut self, lines: i64, text: &mut String) -> Option<ToHost> {
        if self.screen.first_row() == self.screen.dropped {
            if lines <= 0 {
                self.notice = Some("nothing has scrolled away yet".to_owned());
            }
            self.screen.reading = None;
        } else if lines == 0 {
            self.screen.hold(self.area.rows);
        } else {
            self.screen.scroll(lines, self.area.rows);
        }
        self.whole(text);
        self.missing()
    }

    /// The question for lines that are shown and not known.
    fn missing(&mut self) -> Option<ToHost> {
        let (from, to) = self.screen.missing(self.area.rows)?;
        let count = |lines: u64| u32::try_from(lines).unwrap_or(u32::MAX);
        Some(if self.screen.reads_by_number() {
            ToHost::Lines { from, count: count(to - from) }
        } else {
            ToHost::History { back: count(self.screen.first_row().saturating_sub(to)), count: count(to - from) }
        })
    }

    /// Takes lines of history; `oldest` is the first that there still is.
    pub(super) fn fill(&mut self, first: u64, lines: &[Row], oldest: u64, text: &mut String) -> Option<ToHost> {
        self.screen.apply_history(first, lines, oldest);
        if self.is_reading() {
            self.whole(text);
        }
        self.missing()
    }

    /// The bar, when it says something else than before.
    pub(super) fn bar(&mut self, bar: Bar<'_>, text: &mut String) {
        if !self.area.bar || self.hidden {
            return;
        }
        let line = self.line(bar);
        if line == self.drawn {
            return;
        }
        draw::place(text, self.area.top + self.area.rows, self.area.left);
        text.push_str(&line);
        text.push_str("\x1b[0m");
        self.drawn = line;
    }

    /// What the bar is about.
    fn what(&self) -> String {
        let title = one_line(&self.title);
        match (&self.over, &self.notice) {
            (Some(how), _) => format!("{title} – {}", one_line(how)),
            (None, Some(notice)) => one_line(notice),
            (None, None) if self.is_reading() => {
                let line = self.top().saturating_sub(self.screen.dropped) + 1;
                let new = match self.screen.unread() {
                    0 => String::new(),
                    unread => format!(", {unread} new"),
                };
                format!("SCROLL line {line} of {} above{new}", self.screen.history)
            }
            (None, None) if self.screen.locked => format!("{title} – input is locked"),
            (None, None) => title,
        }
    }

    /// The bar's text, as wide as the pane: inverse for the pane that has the keyboard.
    fn line(&self, bar: Bar<'_>) -> String {
        let what = self.what();
        let cols = usize::from(self.area.cols);
        let (look, line) = match bar {
            Bar::Led(keys) => ("\x1b[0;7m", format!(" {keys}")),
            // the way out stays readable when there is little room
            Bar::Focused(keys) | Bar::Read(keys) if self.notice.is_none() => {
                let room = cols.saturating_sub(keys.width() + 5).max(LEAST_TITLE);
                ("\x1b[0;7m", format!(" {} –  {keys}", fit(&what, room)))
            }
            Bar::Focused(_) | Bar::Read(_) => ("\x1b[0;7m", format!(" {what}")),
            Bar::Beside => ("\x1b[0;2m", format!(" {what} ")),
        };
        let line = fit(&line, cols);
        let filler = if bar == Bar::Beside { "─" } else { " " };
        let blank = cols.saturating_sub(line.width());
        format!("{look}{line}{}", filler.repeat(blank))
    }
}
