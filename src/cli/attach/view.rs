//! What the viewer shows: the panes side by side (or one of them zoomed) and which of them has the keyboard. It gives
//! text for the terminal and touches nothing itself.

use crate::config::keymap::{Action, Chord, KeyName};
use crate::model::WorkerNumber;
use crate::protocol::pane::{Modes, MouseMode, Row, ScreenUpdate, ToHost};
use crate::term::input::Piece;
use crate::term::mouse::{self, Button, MouseEvent};
use crate::tui::encode;

use super::draw;
use super::help;
use super::keys::{Keys, Step, Taker};
use super::layout::{Area, Layout, split};
use super::pane::{Bar, Pane};

/// Below this many columns a bar says less.
const NARROW: u16 = 60;

/// Lines that a turn of the wheel moves.
const WHEEL: i64 = 3;

/// A pane that is to be shown: what it is called, and whose it is.
pub(super) struct Title {
    /// `worker 2 · claude · #7`
    pub(super) text: String,
    /// The worker.
    pub(super) worker: WorkerNumber,
}

/// The panes as they are on the outer terminal.
pub(super) struct View {
    keys: Keys,
    size: (u16, u16),
    layout: Option<Layout>,
    /// The wheel and clicks are ours where the program does not want them.
    mouse: bool,
    panes: Vec<Pane>,
    workers: Vec<WorkerNumber>,
    focus: usize,
    zoomed: bool,
    /// Help is shown from this line on.
    help: Option<usize>,
    /// Everything has to be drawn anew.
    stale: bool,
    /// What the terminal was told last.
    modes: Modes,
    cursor_shape: u8,
}

/// What has to be done for some input besides drawing.
#[derive(Debug, PartialEq)]
pub(super) enum Deed {
    /// Say this to the host of a pane.
    Say(usize, ToHost),
    /// Panes have other sizes.
    Sizes,
    /// The person wants to leave.
    Detach,
}

impl View {
    /// Panes with these titles; `None` when they do not fit on the terminal.
    pub(super) fn new(
        titles: Vec<Title>,
        keys: Keys,
        size: (u16, u16),
        layout: Option<Layout>,
        mouse: bool,
    ) -> Option<Self> {
        let areas = split(size, u16::try_from(titles.len()).ok()?, layout)?;
        let workers = titles.iter().map(|title| title.worker).collect();
        let panes = titles.into_iter().zip(areas).map(|(title, area)| Pane::new(title.text, area)).collect();
        Some(Self {
            keys,
            size,
            layout,
            mouse,
            panes,
            workers,
            focus: 0,
            zoomed: false,
            help: None,
            stale: false,
            modes: Modes::default(),
            cursor_shape: 0,
        })
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
    pub(super) fn input(&mut self, pieces: Vec<Piece>) -> (String, Vec<Deed>) {
        let mut text = begun();
        let mut deeds = Vec::new();
        for piece in pieces {
            self.tell(None);
            let taker = self.taker();
            if let Some(step) = self.keys.step(piece, taker) {
                self.take(step, &mut text, &mut deeds);
            }
            if deeds.last() == Some(&Deed::Detach) {
                break;
            }
        }
        if std::mem::take(&mut self.stale) {
            return (self.whole(), deeds);
        }
        self.finish(&mut text);
        (text, deeds)
    }

    /// Who takes the keys now.
    fn taker(&self) -> Taker {
        match self.panes.get(self.focus) {
            _ if self.help.is_some() => Taker::Help,
            Some(pane) if pane.is_reading() => Taker::Reader,
            _ => Taker::Program,
        }
    }

    fn take(&mut self, step: Step, text: &mut String, deeds: &mut Vec<Deed>) {
        match step {
            Step::Key(piece, chord) => deeds.extend(self.key(piece, chord)),
            Step::Paste(pasted) => {
                // a paste is for the program
                deeds.extend(self.read(Action::ScrollLeave, text));
                deeds.extend(self.say(self.focus, ToHost::Paste(pasted)));
            }
            Step::Mouse(event) => deeds.extend(self.mouse(event, text)),
            Step::Act(action, chord) => self.act(action, chord, text, deeds),
            Step::Tell(notice) => self.tell(Some(notice)),
        }
    }

    /// A key for the program, as it came; a form that the program did not ask for is put into one that it did.
    fn key(&self, piece: Piece, chord: Option<Chord>) -> Option<Deed> {
        let modes = self.panes.get(self.focus)?.modes();
        let bytes = match chord {
            Some(chord) if piece.extended && modes.keyboard_flags <= 1 => encode::key(chord, modes),
            _ => piece.bytes,
        };
        self.say(self.focus, ToHost::Input(bytes))
    }

    /// Says something to the host of a pane, if its session lives.
    fn say(&self, number: usize, message: ToHost) -> Option<Deed> {
        let lives = self.panes.get(number).is_some_and(|pane| !pane.is_over());
        let empty = matches!(&message, ToHost::Input(bytes) if bytes.is_empty());
        (lives && !empty).then_some(Deed::Say(number, message))
    }

    fn tell(&mut self, notice: Option<String>) {
        if let Some(pane) = self.panes.get_mut(self.focus) {
            pane.tell(notice);
        }
    }

    /// A command after the leader, or a move in what is read.
    fn act(&mut self, action: Action, chord: Chord, text: &mut String, deeds: &mut Vec<Deed>) {
        if let Some(worker) = action.worker() {
            return match self.workers.iter().position(|number| number.0 == worker) {
                Some(number) => self.give(number, deeds),
                None => self.tell(Some(format!("worker {worker} is not shown here"))),
            };
        }
        match action {
            Action::AppDetach => deeds.push(Deed::Detach),
            Action::AppHelp => self.help(Some(0)),
            Action::DialogClose => self.help(None),
            _ if self.help.is_some() => self.help(help::moved(self.help, action, self.size.0)),
            Action::PaneNext => self.give((self.focus + 1) % self.panes.len().max(1), deeds),
            Action::PaneLeft | Action::PaneRight | Action::PaneUp | Action::PaneDown => self.towards(action, deeds),
            Action::PaneZoom => self.zoom(!self.zoomed, deeds),
            Action::PaneScroll if chord.key == KeyName::PageUp => deeds.extend(self.read(Action::ScrollPageUp, text)),
            Action::PaneNewline => deeds.extend(self.newline()),
            Action::WorkerInterrupt => deeds.extend(self.press(Chord::plain(KeyName::Esc))),
            other => deeds.extend(self.read(other, text)),
        }
    }

    /// A key that the person did not press themselves.
    fn press(&self, chord: Chord) -> Option<Deed> {
        let modes = self.panes.get(self.focus)?.modes();
        self.say(self.focus, ToHost::Input(encode::key(chord, modes)))
    }

    /// A new line in the agent's prompt, for terminals that cannot send Shift+Enter.
    fn newline(&self) -> Option<Deed> {
        let modes = self.panes.get(self.focus)?.modes();
        self.press(encode::newline(modes))
    }

    fn help(&mut self, from: Option<usize>) {
        self.stale |= self.help != from;
        self.help = from;
    }

    /// Gives the keyboard to a pane.
    fn give(&mut self, number: usize, deeds: &mut Vec<Deed>) {
        if number == self.focus || number >= self.panes.len() {
            return;
        }
        self.tell(None);
        self.focus = number;
        if self.zoomed {
            self.zoom(true, deeds);
        }
    }

    /// The pane that lies in a direction.
    fn towards(&mut self, action: Action, deeds: &mut Vec<Deed>) {
        let places = split(self.size, u16::try_from(self.panes.len()).unwrap_or(u16::MAX), self.layout);
        let Some(places) = places else { return };
        let Some(here) = places.get(self.focus).copied() else { return };
        let beside = |there: &Area| match action {
            Action::PaneLeft => there.left < here.left && there.top <= here.top && here.top < there.bottom(),
            Action::PaneRight => there.left > here.left && there.top <= here.top && here.top < there.bottom(),
            Action::PaneUp => there.bottom() == here.top && there.left <= here.left && here.left < there.right(),
            _ => here.bottom() == there.top && there.left <= here.left && here.left < there.right(),
        };
        if let Some(number) = places.iter().position(beside) {
            self.give(number, deeds);
        }
    }

    /// One pane alone, or all again.
    fn zoom(&mut self, zoomed: bool, deeds: &mut Vec<Deed>) {
        if self.panes.len() < 2 {
            return;
        }
        self.zoomed = zoomed;
        self.place();
        self.stale = true;
        deeds.push(Deed::Sizes);
    }

    fn read(&mut self, action: Action, text: &mut String) -> Option<Deed> {
        let pane = self.panes.get_mut(self.focus)?;
        if action == Action::ScrollLeave && !pane.is_reading() {
            return None;
        }
        let question = pane.read(action, text)?;
        self.say(self.focus, question)
    }

    /// The mouse: a press gives the keyboard, the wheel moves in what has scrolled away, and a program that asked
    /// for it gets all of it.
    fn mouse(&mut self, event: MouseEvent, text: &mut String) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let wheel = match event.action {
            mouse::Action::ScrollUp => -WHEEL,
            mouse::Action::ScrollDown => WHEEL,
            _ => 0,
        };
        if self.help.is_some() {
            let action = if wheel < 0 { Action::ScrollUp } else { Action::ScrollDown };
            if wheel != 0 {
                self.help(help::moved(self.help, action, self.size.0));
            }
            return deeds;
        }
        let at = |area: Area| area.holds(event.row, event.col);
        let Some(number) = self.panes.iter().position(|pane| !pane.is_hidden() && at(pane.area())) else {
            return deeds;
        };
        if event.action == mouse::Action::Press(Button::Left) {
            self.give(number, &mut deeds);
        }
        let Some(pane) = self.panes.get_mut(number) else { return deeds };
        let area = pane.area();
        let Some(row) = event.row.checked_sub(area.top).filter(|row| *row < area.rows) else { return deeds };
        let modes = encode::of_term(pane.modes());
        let follows = !pane.is_reading();
        let inside = MouseEvent { row: row + pane.skipped(), col: event.col - area.left, ..event };
        let wanted = if follows { mouse::encode(inside, &modes) } else { None };
        let question = match wanted {
            Some(bytes) => Some(ToHost::Input(bytes)),
            None if wheel == 0 => None,
            None if follows && modes.alternate_screen && modes.mouse == crate::term::Mouse::Off => {
                // as other terminals do it (xterm's alternateScroll): there is nothing above
                let key = Chord::plain(if wheel < 0 { KeyName::Up } else { KeyName::Down });
                Some(ToHost::Input(encode::key(key, pane.modes()).repeat(WHEEL.unsigned_abs().try_into().unwrap_or(1))))
            }
            None if follows && wheel > 0 => None,
            None => pane.scroll(wheel, text),
        };
        deeds.extend(question.and_then(|question| self.say(number, question)));
        deeds
    }

    /// What an update of a pane changes.
    pub(super) fn show(&mut self, number: usize, update: ScreenUpdate) -> String {
        self.draw(number, |pane, text| pane.show(update, text))
    }

    /// Which version of the protocol a pane's host speaks.
    pub(super) fn speaks(&mut self, number: usize, version: u32) {
        if let Some(pane) = self.panes.get_mut(number) {
            pane.speaks(version);
        }
    }

    /// Lines of a pane's history came; more may be needed.
    pub(super) fn fill(&mut self, number: usize, first: u64, lines: &[Row], oldest: u64) -> (String, Option<Deed>) {
        let mut question = None;
        let text = self.draw(number, |pane, text| question = pane.fill(first, lines, oldest, text));
        (text, question.and_then(|question| self.say(number, question)))
    }

    /// What is to be told of a pane until the next key.
    pub(super) fn refuse(&mut self, number: usize, reason: String) -> String {
        self.draw(number, |pane, _| pane.tell(Some(reason)))
    }

    /// A pane's session is over.
    pub(super) fn end(&mut self, number: usize, how: String) -> String {
        self.draw(number, |pane, _| pane.end(how))
    }

    fn draw(&mut self, number: usize, change: impl FnOnce(&mut Pane, &mut String)) -> String {
        let mut text = begun();
        let mut below = String::new();
        let covered = self.help.is_some();
        if let Some(pane) = self.panes.get_mut(number) {
            change(pane, if covered { &mut below } else { &mut text });
        }
        self.finish(&mut text);
        text
    }

    /// The terminal has another size. Panes that no longer fit keep their places, which the terminal cuts.
    pub(super) fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.place();
    }

    /// Gives every pane its place.
    fn place(&mut self) {
        let count = u16::try_from(self.panes.len()).unwrap_or(u16::MAX);
        let Some(areas) = split(self.size, count, self.layout) else { return };
        for (number, (pane, area)) in self.panes.iter_mut().zip(areas).enumerate() {
            let alone = self.zoomed && number == self.focus;
            pane.put(if alone { Area::whole(self.size) } else { area }, self.zoomed && !alone);
        }
    }

    /// Everything, drawn anew.
    pub(super) fn whole(&mut self) -> String {
        let mut text = format!("{}\x1b[0m\x1b[2J", begun());
        if let Some(from) = self.help {
            help::draw(&mut text, self.keys.keymap(), from, self.size);
            text.push_str("\x1b[?2026l");
            return text;
        }
        for pane in &mut self.panes {
            pane.whole(&mut text);
        }
        for area in self.panes.iter().filter(|pane| !pane.is_hidden()).map(Pane::area).filter(|area| !area.at_edge) {
            text.push_str("\x1b[0;2m");
            for row in area.top..area.bottom() {
                draw::place(&mut text, row, area.right());
                text.push('│');
            }
            text.push_str("\x1b[0m");
        }
        self.finish(&mut text);
        text
    }

    /// Bars, modes and cursor, as the pane with the keyboard wants them.
    fn finish(&mut self, text: &mut String) {
        if self.help.is_some() {
            text.push_str("\x1b[?2026l");
            return;
        }
        let keys = self.spoken_keys();
        let waiting = self.keys.is_waiting();
        for (number, pane) in self.panes.iter_mut().enumerate() {
            let bar = match () {
                () if number != self.focus => Bar::Beside,
                () if waiting => Bar::Led(&keys),
                () if pane.is_reading() => Bar::Read(&keys),
                () => Bar::Focused(&keys),
            };
            pane.bar(bar, text);
        }
        let Some(pane) = self.panes.get(self.focus) else { return };
        let modes = self.outer_modes(pane.modes());
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

    /// What the terminal must be told, so that all arrives here that the program wants, and what is ours.
    fn outer_modes(&self, inner: &Modes) -> Modes {
        let mouse = match inner.mouse {
            MouseMode::Off | MouseMode::Press if self.mouse => MouseMode::PressRelease,
            other => other,
        };
        // a program that asks for the one way means all keys: a terminal (or tmux) that knows only the other way
        // is asked in that, and what comes is put into the program's
        let asks = inner.keyboard_flags != 0 || inner.modify_other_keys != 0;
        Modes {
            mouse,
            mouse_sgr: mouse != MouseMode::Off,
            // the host marks a paste for programs that want that
            bracketed_paste: true,
            modify_other_keys: inner.modify_other_keys.max(u8::from(asks)),
            ..inner.clone()
        }
    }

    /// What the keys do now, as far as the pane with the keyboard is wide.
    fn spoken_keys(&self) -> String {
        let narrow = self.panes.get(self.focus).is_some_and(|pane| pane.area().cols < NARROW);
        let reading = self.panes.get(self.focus).is_some_and(Pane::is_reading);
        help::spoken(&self.keys, self.panes.len() > 1, reading, narrow)
    }
}

/// A frame begins: nothing is shown until it is whole.
fn begun() -> String {
    String::from("\x1b[?2026h\x1b[?25l")
}

#[cfg(test)]
mod tests;
