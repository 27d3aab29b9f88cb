//! One pane on the terminal: its screen, what of its history is being read, and one line below it that
//! says whose it is. It gives text for the terminal and touches nothing itself.

use unicode_width::UnicodeWidthStr;

use crate::model::one_line;
use crate::protocol::pane::{Modes, Row, ScreenUpdate};

use super::super::table::fit;
use super::draw;
use super::keys::Scroll;
use super::layout::Area;

/// As much of a title as is shown however narrow the terminal is.
const LEAST_TITLE: usize = 8;

/// A page of history to ask the host for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// Distance of its end from the screen's first row.
    pub back: u32,
    /// Lines.
    pub count: u32,
}

/// A place in the history: lines are counted from the oldest, so that it stays while more arrive.
#[derive(Debug, Default)]
struct Reading {
    /// The first line shown.
    top: u32,
    /// The lines known around it, and the number of their first.
    lines: Vec<Row>,
    first: u32,
}

/// What a pane's bar is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bar<'a> {
    /// It has the keyboard; this is the way out.
    Focused(&'a str),
    /// The leader was pressed; these are the keys that may follow.
    Led(&'a str),
    /// Another pane has the keyboard.
    Beside,
}

/// A pane as it is on the terminal.
pub(super) struct Pane {
    title: String,
    area: Area,
    screen: Vec<Row>,
    cursor: Option<(u16, u16)>,
    cursor_shape: u8,
    modes: Modes,
    locked: bool,
    history: u32,
    reading: Option<Reading>,
    /// What the host refused last; forgotten at the next key.
    refused: Option<String>,
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
            screen: Vec::new(),
            cursor: None,
            cursor_shape: 0,
            modes: Modes::default(),
            locked: false,
            history: 0,
            reading: None,
            refused: None,
            over: None,
            drawn: String::new(),
        }
    }

    pub(super) fn area(&self) -> Area {
        self.area
    }

    pub(super) fn modes(&self) -> &Modes {
        &self.modes
    }

    pub(super) fn cursor_shape(&self) -> u8 {
        self.cursor_shape
    }

    /// Whether its history is being read.
    pub(super) fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// Whether it was never shown yet.
    pub(super) fn is_empty(&self) -> bool {
        self.screen.is_empty()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// It has another place.
    pub(super) fn put(&mut self, area: Area) {
        self.area = area;
        self.drawn.clear();
    }

    /// What the host refuses, to be shown until the next key.
    pub(super) fn refuse(&mut self, reason: Option<String>) {
        self.refused = reason;
    }

    /// Its session is over, or its host is gone.
    pub(super) fn end(&mut self, how: String) {
        self.over = Some(how);
        self.cursor = None;
    }

    /// Where the cursor is on the terminal; `None` when it is hidden.
    pub(super) fn cursor(&self) -> Option<(u16, u16)> {
        let (row, column) = self.cursor.filter(|_| self.reading.is_none())?;
        (row < self.area.rows)
            .then(|| (self.area.top + row, self.area.left + column.min(self.area.cols.saturating_sub(1))))
    }

    /// Everything, drawn anew.
    pub(super) fn whole(&mut self, text: &mut String) {
        let blank = Row::default();
        for number in 0..self.area.rows {
            draw::row(text, self.area, number, self.row(number).unwrap_or(&blank));
        }
        self.drawn.clear();
    }

    /// Takes an update and draws what it changes.
    pub(super) fn show(&mut self, update: ScreenUpdate, text: &mut String) {
        let resized = self.screen.len() != usize::from(update.rows);
        if update.full {
            self.screen.clear();
        }
        self.screen.resize(usize::from(update.rows), Row::default());
        let moved = self.history != update.history;
        self.history = update.history;
        let whole = update.full || resized || (self.is_reading() && moved);
        for (number, row) in update.changed {
            if !whole && !self.is_reading() && number < self.area.rows {
                draw::row(text, self.area, number, &row);
            }
            if let Some(place) = self.screen.get_mut(usize::from(number)) {
                *place = row;
            }
        }
        (self.cursor, self.cursor_shape) = (update.cursor, update.cursor_shape);
        (self.modes, self.locked) = (update.modes, update.locked);
        if whole || self.is_reading() {
            self.whole(text);
        }
    }

    /// A row of the pane: of the screen, or of what is read.
    fn row(&self, number: u16) -> Option<&Row> {
        let Some(reading) = &self.reading else { return self.screen.get(usize::from(number)) };
        let line = reading.top + u32::from(number);
        match line.checked_sub(self.history) {
            Some(row) => self.screen.get(usize::try_from(row).ok()?),
            None => reading.lines.get(usize::try_from(line.checked_sub(reading.first)?).ok()?),
        }
    }

    /// Moves in the history; gives the page that is needed for it.
    pub(super) fn scroll(&mut self, scroll: Scroll, text: &mut String) -> Option<Page> {
        let page = u32::from(self.area.rows.saturating_sub(1).max(1));
        let top = self.reading.as_ref().map_or(self.history, |reading| reading.top);
        let top = match scroll {
            Scroll::Begin => top,
            Scroll::Up => top.saturating_sub(1),
            Scroll::Down => top + 1,
            Scroll::PageUp => top.saturating_sub(page),
            Scroll::PageDown => top + page,
            Scroll::Top => 0,
            Scroll::End => u32::MAX,
        };
        if (top >= self.history && scroll != Scroll::Begin) || self.history == 0 {
            if scroll != Scroll::End && self.history == 0 {
                self.refused = Some("nothing has scrolled away yet".to_owned());
            }
            self.reading = None;
            self.whole(text);
            return None;
        }
        self.reading.get_or_insert_default().top = top;
        self.whole(text);
        self.missing()
    }

    /// The page that is shown and not known.
    fn missing(&self) -> Option<Page> {
        let reading = self.reading.as_ref()?;
        let end = (reading.top + u32::from(self.area.rows)).min(self.history);
        let known = reading.first + u32::try_from(reading.lines.len()).unwrap_or(u32::MAX);
        let needed = reading.top < end && (reading.top < reading.first || end > known);
        needed.then(|| Page { back: self.history - end, count: end - reading.top })
    }

    /// Takes a page of history; it may have grown since it was asked for.
    pub(super) fn fill(&mut self, lines: Vec<Row>, back: u32, total: u32, text: &mut String) -> Option<Page> {
        let reading = self.reading.as_mut()?;
        let end = total.saturating_sub(back);
        reading.first = end.saturating_sub(u32::try_from(lines.len()).unwrap_or(u32::MAX));
        reading.lines = lines;
        let asked_again = self.history != total;
        self.history = self.history.max(total);
        self.whole(text);
        // what the host no longer has is not asked for again
        if asked_again { self.missing() } else { None }
    }

    /// The bar, when it says something else than before.
    pub(super) fn bar(&mut self, bar: Bar<'_>, text: &mut String) {
        if !self.area.bar {
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

    /// The bar's text, as wide as the pane: inverse for the pane that has the keyboard.
    fn line(&self, bar: Bar<'_>) -> String {
        let title = one_line(&self.title);
        let what = match (&self.over, &self.refused, &self.reading) {
            (Some(how), ..) => format!("{title} – {}", one_line(how)),
            (None, Some(refused), _) => one_line(refused),
            (None, None, Some(reading)) => {
                format!("line {} of {} above – ↑ ↓ PgUp PgDn g, q back", reading.top + 1, self.history)
            }
            (None, None, None) if self.locked => format!("{title} – input is locked by a handoff"),
            (None, None, None) => title,
        };
        let cols = usize::from(self.area.cols);
        let (look, line) = match bar {
            Bar::Led(keys) => ("\x1b[0;7m", format!(" {keys}")),
            Bar::Focused(_) if self.is_reading() => ("\x1b[0;7m", format!(" {what}")),
            // the way out stays readable when there is little room
            Bar::Focused(keys) => {
                let room = cols.saturating_sub(keys.width() + 5).max(LEAST_TITLE);
                ("\x1b[0;7m", format!(" {} –  {keys}", fit(&what, room)))
            }
            Bar::Beside => ("\x1b[0;2m", format!(" {what} ")),
        };
        let line = fit(&line, cols);
        let filler = if bar == Bar::Beside { "─" } else { " " };
        let blank = cols.saturating_sub(line.width());
        format!("{look}{line}{}", filler.repeat(blank))
    }
}
