//! What the viewer shows: the pane's rows, and one line below them that says whose they are and how to
//! leave. It gives text for the terminal and touches nothing itself.

use crate::model::one_line;
use crate::protocol::pane::{Modes, Row, ScreenUpdate};

use super::super::table::fit;
use super::draw;
use super::keys::{Keys, Taken};

/// Below this height the line with the way out is left away.
const ROOM_FOR_STATUS: u16 = 4;

/// The pane as it is on the outer terminal.
pub(super) struct View {
    title: String,
    keys: Keys,
    rows: u16,
    cols: u16,
    screen: Vec<Row>,
    cursor: Option<(u16, u16)>,
    cursor_shape: u8,
    modes: Modes,
    locked: bool,
    /// What the host refused last; forgotten at the next key.
    refused: Option<String>,
    /// The status line as it was drawn last.
    drawn: String,
}

impl View {
    pub(super) fn new(title: String, keys: Keys, (rows, cols): (u16, u16)) -> Self {
        Self {
            title,
            keys,
            rows,
            cols,
            screen: Vec::new(),
            cursor: None,
            cursor_shape: 0,
            modes: Modes::default(),
            locked: false,
            refused: None,
            drawn: String::new(),
        }
    }

    /// Rows and columns for the pane.
    pub(super) fn pane_size(&self) -> (u16, u16) {
        if self.rows >= ROOM_FOR_STATUS { (self.rows - 1, self.cols) } else { (self.rows, self.cols) }
    }

    /// Takes the alternate screen, switches wrapping off, and puts an own entry on the stack of keyboard modes.
    pub(super) fn begin(&mut self) -> String {
        format!("\x1b[?1049h\x1b[>0u\x1b[?7l{}", self.whole())
    }

    /// Input of the person.
    pub(super) fn keys(&mut self, bytes: &[u8]) -> Taken {
        self.refused = None;
        self.keys.feed(bytes)
    }

    /// Whether the pane was never shown yet.
    pub(super) fn is_empty(&self) -> bool {
        self.screen.is_empty()
    }

    /// What the host refuses, to be shown until the next key.
    pub(super) fn tell(&mut self, refused: String) -> String {
        self.refused = Some(refused);
        self.status()
    }

    /// The terminal has another size.
    pub(super) fn resize(&mut self, (rows, cols): (u16, u16)) -> (u16, u16) {
        (self.rows, self.cols) = (rows, cols);
        self.pane_size()
    }

    /// Everything, drawn anew.
    pub(super) fn whole(&mut self) -> String {
        let mut text = String::from("\x1b[?2026h\x1b[?25l\x1b[0m\x1b[2J");
        let (rows, cols) = self.pane_size();
        for (number, row) in (0..rows).zip(&self.screen) {
            draw::row(&mut text, number, row, cols);
        }
        self.drawn.clear();
        self.finish(&mut text);
        text
    }

    /// What an update changes.
    pub(super) fn show(&mut self, update: ScreenUpdate) -> String {
        let mut text = String::from("\x1b[?2026h\x1b[?25l");
        draw::modes(&mut text, &self.modes, &update.modes);
        self.modes = update.modes;
        let resized = self.screen.len() != usize::from(update.rows);
        if update.full {
            self.screen.clear();
        }
        self.screen.resize(usize::from(update.rows), Row::default());
        let (rows, cols) = self.pane_size();
        if update.full || resized {
            text.push_str("\x1b[0m\x1b[2J");
            self.drawn.clear();
        }
        for (number, row) in update.changed {
            if number < rows {
                draw::row(&mut text, number, &row, cols);
            }
            if let Some(place) = self.screen.get_mut(usize::from(number)) {
                *place = row;
            }
        }
        self.cursor = update.cursor;
        if self.cursor_shape != update.cursor_shape {
            self.cursor_shape = update.cursor_shape;
            draw::shape(&mut text, self.cursor_shape);
        }
        self.locked = update.locked;
        self.finish(&mut text);
        text
    }

    /// The status line, when it says something else than before.
    pub(super) fn status(&mut self) -> String {
        let mut text = String::new();
        self.draw_status(&mut text);
        if !text.is_empty() {
            self.put_cursor(&mut text);
        }
        text
    }

    fn finish(&mut self, text: &mut String) {
        self.draw_status(text);
        self.put_cursor(text);
        text.push_str("\x1b[?2026l");
    }

    fn draw_status(&mut self, text: &mut String) {
        let (rows, cols) = self.pane_size();
        if rows == self.rows {
            return;
        }
        let line = self.line(usize::from(cols));
        if line != self.drawn {
            draw::place(text, rows, 0);
            text.push_str("\x1b[0;7m");
            text.push_str(&line);
            text.push_str("\x1b[0m");
            self.drawn = line;
        }
    }

    /// The status line's text, as wide as the terminal.
    fn line(&self, cols: usize) -> String {
        let leader = self.keys.leader();
        let line = match (self.keys.is_waiting(), self.locked) {
            (false, _) if self.refused.is_some() => {
                format!(" {} –  {leader} d detaches", one_line(self.refused.as_deref().unwrap_or_default()))
            }
            (true, _) => format!(" {leader} –  d detach   {leader} again: send it"),
            (false, true) => {
                format!(" {} – input is locked by a handoff –  {leader} d detaches", one_line(&self.title))
            }
            (false, false) => format!(" {} –  {leader} d detaches", one_line(&self.title)),
        };
        let line = fit(&line, cols);
        let blank = cols.saturating_sub(unicode_width::UnicodeWidthStr::width(line.as_str()));
        format!("{line}{}", " ".repeat(blank))
    }

    fn put_cursor(&self, text: &mut String) {
        let (rows, cols) = self.pane_size();
        match self.cursor {
            Some((row, column)) if row < rows => {
                draw::place(text, row, column.min(cols.saturating_sub(1)));
                text.push_str("\x1b[?25h");
            }
            _ => text.push_str("\x1b[?25l"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::pane::{Look, Run};

    fn view(rows: u16) -> View {
        View::new("worker 2 · claude".to_owned(), Keys::new(None), (rows, 60))
    }

    #[test]
    fn the_last_row_says_how_to_leave_when_there_is_room() {
        assert_eq!(view(24).pane_size(), (23, 60));
        assert_eq!(view(3).pane_size(), (3, 60));
        let mut view = view(5);
        assert!(view.begin().contains("\x1b[5;1H\x1b[0;7m worker 2 · claude –  Ctrl+Space d detaches "));
        assert_eq!(view.status(), "", "drawn once");
        view.keys(b"\x00");
        assert!(view.status().contains("d detach"));
    }

    #[test]
    fn an_update_draws_what_changed_and_nothing_below_the_pane() {
        let mut view = view(5);
        view.begin();
        let line =
            |text: &str| Row { runs: vec![Run { text: text.to_owned(), look: Look::default() }], wrapped: false };
        let text = view.show(ScreenUpdate {
            rows: 10,
            cols: 40,
            full: true,
            changed: vec![(0, line("top")), (9, line("below"))],
            cursor: Some((9, 0)),
            cursor_shape: 2,
            modes: Modes::default(),
            title: String::new(),
            history: 0,
            locked: false,
            dropped: 0,
        });
        assert!(text.contains("\x1b[1;1H\x1b[0mtop"));
        assert!(!text.contains("below"));
        assert!(text.contains("\x1b[2 q"));
        assert!(text.ends_with("\x1b[?25l\x1b[?2026l"), "a cursor below the pane is hidden: {text:?}");
    }
}
