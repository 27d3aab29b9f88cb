//! What the viewer shows: the panes side by side and which of them has the keyboard. It gives text for
//! the terminal and touches nothing itself.

use crate::protocol::pane::{Modes, MouseMode, Row, ScreenUpdate};

use super::draw;
use super::keys::{Keys, Scroll, Step, Toward};
use super::layout::{Area, Layout, split};
use super::mouse;
use super::pane::{Bar, Page, Pane};

/// Below this many columns a bar says less.
const NARROW: u16 = 60;

/// The panes as they are on the outer terminal.
pub(super) struct View {
    keys: Keys,
    size: (u16, u16),
    layout: Option<Layout>,
    panes: Vec<Pane>,
    focus: usize,
    /// What the terminal was told last.
    modes: Modes,
    cursor_shape: u8,
}

/// What has to be done for some input besides drawing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Give this to the program of a pane.
    Input(usize, Vec<u8>),
    /// Ask a pane's host for a page of history.
    Page(usize, Page),
    /// The person wants to leave.
    Detach,
}

impl View {
    /// Panes with these titles; `None` when they do not fit on the terminal.
    pub(super) fn new(titles: Vec<String>, keys: Keys, size: (u16, u16), layout: Option<Layout>) -> Option<Self> {
        let areas = split(size, u16::try_from(titles.len()).ok()?, layout)?;
        let panes = titles.into_iter().zip(areas).map(|(title, area)| Pane::new(title, area)).collect();
        Some(Self { keys, size, layout, panes, focus: 0, modes: Modes::default(), cursor_shape: 0 })
    }

    /// Rows and columns of every pane.
    pub(super) fn sizes(&self) -> Vec<(u16, u16)> {
        self.panes.iter().map(|pane| (pane.area().rows, pane.area().cols)).collect()
    }

    /// Takes the alternate screen, switches wrapping off, and puts an own entry on the stack of keyboard modes.
    pub(super) fn begin(&mut self) -> String {
        format!("\x1b[?1049h\x1b[>0u\x1b[?7l{}", self.whole())
    }

    /// Whether a pane was never shown yet.
    pub(super) fn is_empty(&self, number: usize) -> bool {
        self.panes.get(number).is_none_or(Pane::is_empty)
    }

    /// Whether no session of all is left.
    pub(super) fn is_over(&self) -> bool {
        self.panes.iter().all(Pane::is_over)
    }

    /// Input of the person: what is to be drawn and done, in order.
    pub(super) fn input(&mut self, bytes: &[u8]) -> (String, Vec<Deed>) {
        let mut text = begun();
        let mut deeds = Vec::new();
        if let Some(pane) = self.panes.get_mut(self.focus) {
            pane.refuse(None);
        }
        if let Some(number) = self.pressed_on(bytes) {
            self.focus = number;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let reading = self.panes.get(self.focus).is_some_and(Pane::is_reading);
            self.keys.read(reading);
            let (step, left) = self.keys.feed(rest);
            rest = left;
            match step {
                None => {}
                Some(Step::Detach) => {
                    deeds.push(Deed::Detach);
                    break;
                }
                Some(Step::Input(bytes)) => deeds.extend(self.for_program(bytes)),
                Some(Step::Focus(toward)) => self.turn(toward),
                Some(Step::Scroll(scroll)) => deeds.extend(self.scroll(scroll, &mut text)),
            }
        }
        self.finish(&mut text);
        (text, deeds)
    }

    /// The pane that a mouse press among several was on.
    fn pressed_on(&self, bytes: &[u8]) -> Option<usize> {
        let (row, column) = if self.panes.len() > 1 { mouse::pressed(bytes)? } else { return None };
        self.panes.iter().position(|pane| {
            let Area { top, left, rows, cols, bar, .. } = pane.area();
            (top..top + rows + u16::from(bar)).contains(&row) && (left..left + cols).contains(&column)
        })
    }

    fn for_program(&self, bytes: Vec<u8>) -> Option<Deed> {
        let pane = self.panes.get(self.focus).filter(|pane| !pane.is_over())?;
        let bytes = if self.panes.len() > 1 { mouse::placed(bytes, pane.area()) } else { bytes };
        (!bytes.is_empty()).then_some(Deed::Input(self.focus, bytes))
    }

    fn turn(&mut self, toward: Toward) {
        let count = self.panes.len().max(1);
        self.focus = match toward {
            Toward::Next => (self.focus + 1) % count,
            Toward::Previous => (self.focus + count - 1) % count,
            Toward::Nth(number) if number < count => number,
            Toward::Nth(_) => self.focus,
        };
    }

    fn scroll(&mut self, scroll: Scroll, text: &mut String) -> Option<Deed> {
        let page = self.panes.get_mut(self.focus)?.scroll(scroll, text)?;
        Some(Deed::Page(self.focus, page))
    }

    /// What an update of a pane changes.
    pub(super) fn show(&mut self, number: usize, update: ScreenUpdate) -> String {
        self.draw(number, |pane, text| pane.show(update, text))
    }

    /// A page of a pane's history came; another one may be needed.
    pub(super) fn fill(&mut self, number: usize, lines: Vec<Row>, back: u32, total: u32) -> (String, Option<Deed>) {
        let mut page = None;
        let text = self.draw(number, |pane, text| page = pane.fill(lines, back, total, text));
        (text, page.map(|page| Deed::Page(number, page)))
    }

    /// What a host refuses, to be shown until the next key.
    pub(super) fn refuse(&mut self, number: usize, reason: String) -> String {
        self.draw(number, |pane, _| pane.refuse(Some(reason)))
    }

    /// A pane's session is over.
    pub(super) fn end(&mut self, number: usize, how: String) -> String {
        self.draw(number, |pane, _| pane.end(how))
    }

    fn draw(&mut self, number: usize, change: impl FnOnce(&mut Pane, &mut String)) -> String {
        let mut text = begun();
        if let Some(pane) = self.panes.get_mut(number) {
            change(pane, &mut text);
        }
        self.finish(&mut text);
        text
    }

    /// The terminal has another size. Panes that no longer fit keep their places, which the terminal cuts.
    pub(super) fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        let count = u16::try_from(self.panes.len()).unwrap_or(u16::MAX);
        if let Some(areas) = split(size, count, self.layout) {
            self.panes.iter_mut().zip(areas).for_each(|(pane, area)| pane.put(area));
        }
    }

    /// Everything, drawn anew.
    pub(super) fn whole(&mut self) -> String {
        let mut text = format!("{}\x1b[0m\x1b[2J", begun());
        for pane in &mut self.panes {
            pane.whole(&mut text);
        }
        for area in self.panes.iter().map(Pane::area).filter(|area| !area.at_edge) {
            text.push_str("\x1b[0;2m");
            for row in area.top..area.top + area.rows + u16::from(area.bar) {
                draw::place(&mut text, row, area.left + area.cols);
                text.push('│');
            }
            text.push_str("\x1b[0m");
        }
        self.finish(&mut text);
        text
    }

    /// Bars, modes and cursor, as the pane with the keyboard wants them.
    fn finish(&mut self, text: &mut String) {
        let keys = self.spoken_keys();
        let focused = if self.keys.is_waiting() { Bar::Led(&keys) } else { Bar::Focused(&keys) };
        for (number, pane) in self.panes.iter_mut().enumerate() {
            pane.bar(if number == self.focus { focused } else { Bar::Beside }, text);
        }
        let Some(pane) = self.panes.get(self.focus) else { return };
        let mut modes = pane.modes().clone();
        if self.panes.len() > 1 && !modes.mouse_sgr {
            // only these reports can be put into a pane's own coordinates
            modes.mouse = MouseMode::Off;
        }
        draw::modes(text, &self.modes, &modes);
        self.modes = modes;
        if self.cursor_shape != pane.cursor_shape() {
            self.cursor_shape = pane.cursor_shape();
            draw::shape(text, self.cursor_shape);
        }
        match pane.cursor() {
            Some((row, column)) => {
                draw::place(text, row, column);
                text.push_str("\x1b[?25h");
            }
            None => text.push_str("\x1b[?25l"),
        }
        text.push_str("\x1b[?2026l");
    }

    /// What the keys do now, as far as the pane with the keyboard is wide.
    fn spoken_keys(&self) -> String {
        let leader = self.keys.leader();
        let several = self.panes.len() > 1;
        let narrow = self.panes.get(self.focus).is_some_and(|pane| pane.area().cols < NARROW);
        match (self.keys.is_waiting(), narrow) {
            (true, true) if several => "d detach  n next  1–9 pane  [ history".to_owned(),
            (true, false) if several => {
                format!("{leader} –  d detach  n next  1–9 pane  [ history  {leader} again: send it")
            }
            (true, true) => format!("d detach  [ history  {leader}: send it"),
            (true, false) => format!("{leader} –  d detach  [ history  {leader} again: send it"),
            (false, true) => format!("{leader} d leaves"),
            (false, false) if several => format!("{leader} d detaches, n next"),
            (false, false) => format!("{leader} d detaches"),
        }
    }
}

/// A frame begins: nothing is shown until it is whole.
fn begun() -> String {
    String::from("\x1b[?2026h\x1b[?25l")
}

#[cfg(test)]
mod tests;
