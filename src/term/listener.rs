//! Hears what vt100 does not handle itself: queries (answered), keyboard protocols, synchronized output,
//! titles, clipboard and alerts (collected), and rows that scroll away (kept).

use std::sync::Arc;

use base64::Engine as _;
use vt100::Screen;

use super::answers::{self, Switches};
use super::colours::Colours;
use super::extras::{self, Extras};
use super::frame::{self, Frame};
use super::history::History;
use super::keys::KeyboardStack;
use super::line::{Line, LineBuilder, Style};
use super::sgr;

/// Answers that are not collected in time are dropped beyond this many bytes.
const MOST_ANSWERS: usize = 64 * 1024;
/// News that nobody takes are dropped beyond this number.
const MOST_NEWS: usize = 64;
/// The longest title that is kept, in characters.
const LONGEST_TITLE: usize = 512;
/// The most titles on the stack of `CSI 22 t`; xterm keeps ten.
const MOST_TITLES: usize = 10;
/// Rows of the alternate screen that nobody looked at are dropped beyond this number.
const MOST_SCROLLED: usize = 5_000;

/// Something for people that is not on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// OSC 52: text for the clipboard.
    Clipboard(String),
    /// The bell (empty), OSC 9 or OSC 777.
    Alert(String),
}

/// The state beside vt100's own.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) history: History,
    /// Rows that left the alternate screen since the last look.
    pub(super) alternate_scrolled: Vec<Line>,
    pub(super) extras: Extras,
    /// Rows that scroll away now are none of the program's.
    pub(super) muted: bool,
    pub(super) title: String,
    titles: Vec<String>,
    colours: Colours,
    pub(super) switches: Switches,
    pub(super) answers: Vec<u8>,
    pub(super) news: Vec<News>,
    /// Somebody waits for the end of a synchronized update: keep the frame when the next one begins.
    pub(super) keep_settled: bool,
    pub(super) settled: Option<Arc<Frame>>,
    main_keyboard: KeyboardStack,
    alternate_keyboard: KeyboardStack,
    scrolling: Scrolling,
}

/// How rows that scroll away are read: vt100 formats them as one continuing text.
#[derive(Debug, Default)]
struct Scrolling {
    state: vt100::capture::BasicFormattedCaptureState,
    style: Style,
    row: String,
}

impl Listener {
    pub(super) fn new(history: usize) -> Self {
        Self {
            history: History::new(history),
            alternate_scrolled: Vec::new(),
            extras: Extras::default(),
            muted: false,
            title: String::new(),
            titles: Vec::new(),
            colours: Colours::default(),
            switches: Switches::default(),
            answers: Vec::new(),
            news: Vec::new(),
            keep_settled: false,
            settled: None,
            main_keyboard: KeyboardStack::default(),
            alternate_keyboard: KeyboardStack::default(),
            scrolling: Scrolling::default(),
        }
    }

    /// What a full or soft reset of the terminal resets here.
    pub(super) fn reset(&mut self) {
        self.switches = Switches::default();
        self.main_keyboard = KeyboardStack::default();
        self.alternate_keyboard = KeyboardStack::default();
    }

    /// The keyboard stack of a screen; each has its own.
    pub(super) fn keyboard(&self, alternate: bool) -> &KeyboardStack {
        if alternate { &self.alternate_keyboard } else { &self.main_keyboard }
    }

    fn keyboard_mut(&mut self, alternate: bool) -> &mut KeyboardStack {
        if alternate { &mut self.alternate_keyboard } else { &mut self.main_keyboard }
    }

    pub(super) fn answer(&mut self, bytes: &[u8]) {
        if self.answers.len() + bytes.len() <= MOST_ANSWERS {
            self.answers.extend_from_slice(bytes);
        }
    }

    fn tell(&mut self, news: News) {
        if self.news.len() < MOST_NEWS && self.news.last() != Some(&news) {
            self.news.push(news);
        }
    }

    fn switch(&mut self, screen: &Screen, mode: u16, on: bool) {
        match mode {
            7 => self.switches.no_wrap = !on,
            1004 => self.switches.focus_events = on,
            2026 => self.synchronize(screen, on),
            2031 => self.switches.scheme_updates = on,
            _ => {}
        }
    }

    fn synchronize(&mut self, screen: &Screen, on: bool) {
        if on && !self.switches.synchronized && self.keep_settled {
            self.keep_settled = false;
            self.settled = Some(Arc::new(frame::read_frame(screen, self)));
        }
        self.switches.synchronized = on;
    }

    fn plain_query(&mut self, screen: &Screen, first: u16, last: char) {
        let (rows, cols) = screen.size();
        match (last, first) {
            ('c', 0) => self.answer(answers::PRIMARY),
            ('n', 5) => self.answer(answers::STATUS),
            ('n', 6) => self.answer(&answers::cursor(frame::position(screen), false)),
            ('t', 22) => self.push_title(),
            ('t', 23) => self.title = self.titles.pop().unwrap_or_else(|| std::mem::take(&mut self.title)),
            ('t', what) => {
                if let Some(answer) = answers::size(what, rows.get(), cols.get()) {
                    self.answer(&answer);
                }
            }
            _ => {}
        }
    }

    fn push_title(&mut self) {
        if self.titles.len() >= MOST_TITLES {
            self.titles.remove(0);
        }
        self.titles.push(self.title.clone());
    }

    fn private_query(&mut self, screen: &Screen, first: u16, last: char) {
        match (last, first) {
            ('n', 6) => self.answer(&answers::cursor(frame::position(screen), true)),
            ('n', 996) => self.answer(answers::DARK),
            ('u', _) => self.answer(&answers::keyboard(self.keyboard(screen.alternate_screen()).flags())),
            ('m', 4) => self.answer(&answers::modify_other_keys(self.switches.modify_other_keys)),
            _ => {}
        }
    }

    fn extended(&mut self, screen: &Screen, first: u16, second: Option<u16>, last: char) {
        let alternate = screen.alternate_screen();
        match last {
            'c' if first == 0 => self.answer(answers::SECONDARY),
            'q' if first == 0 => self.answer(&answers::version()),
            'u' => self.keyboard_mut(alternate).push(low_bits(first)),
            'm' if first == 4 => self.switches.modify_other_keys = low_bits(second.unwrap_or(0)).min(2),
            'n' if first == 4 => self.switches.modify_other_keys = 0,
            _ => {}
        }
    }

    fn colour_request(&mut self, params: &[&[u8]]) {
        for answer in self.colours.request(params) {
            self.answer(&answer);
        }
    }
}

fn low_bits(number: u16) -> u8 {
    number.to_be_bytes()[1]
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(LONGEST_TITLE).collect()
}

impl vt100::Callbacks for Listener {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.tell(News::Alert(String::new()));
    }

    fn visual_bell(&mut self, _: &mut Screen) {
        self.tell(News::Alert(String::new()));
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.title = text(title);
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(data) {
            self.tell(News::Clipboard(String::from_utf8_lossy(&bytes).into_owned()));
        }
    }

    fn unhandled_csi(&mut self, screen: &mut Screen, i1: Option<u8>, i2: Option<u8>, params: &[&[u16]], c: char) {
        let number = |index: usize| params.get(index).and_then(|param| param.first()).copied();
        let first = number(0).unwrap_or(0);
        match (i1, i2, c) {
            (Some(b'?'), None, 'h' | 'l') => {
                for mode in params.iter().filter_map(|param| param.first()) {
                    self.switch(screen, *mode, c == 'h');
                }
            }
            (Some(b'?'), Some(b'$'), 'p') => {
                let modes = frame::read_modes(screen, self);
                let answer = answers::mode(first, &modes, &self.switches, !screen.hide_cursor());
                self.answer(&answer);
            }
            (Some(b'='), None, 'c') if first == 0 => self.answer(answers::TERTIARY),
            (Some(b'$'), None, 'p') => self.answer(format!("\x1b[{first};0$y").as_bytes()),
            (Some(b'?'), None, _) => self.private_query(screen, first, c),
            (Some(b'>'), None, _) => self.extended(screen, first, number(1), c),
            (Some(b'<'), None, 'u') => self.keyboard_mut(screen.alternate_screen()).pop(first.max(1)),
            (Some(b'='), None, 'u') => {
                self.keyboard_mut(screen.alternate_screen()).set(low_bits(first), number(1).unwrap_or(1));
            }
            (None, None, _) => self.plain_query(screen, first, c),
            _ => {}
        }
    }

    fn unhandled_osc(&mut self, _: &mut Screen, params: &[&[u8]]) {
        match params {
            [b"4" | b"10" | b"11" | b"12" | b"104" | b"110" | b"111" | b"112", ..] => self.colour_request(params),
            // OSC 9;4 is ConEmu's progress report
            [b"9", b"4", ..] => {}
            [b"9", rest @ ..] => self.tell(News::Alert(text(&rest.join(&b';')))),
            [b"777", b"notify", title, body @ ..] => {
                let body = text(&body.join(&b';'));
                let title = text(title);
                self.tell(News::Alert(if body.is_empty() { title } else { format!("{title}: {body}") }));
            }
            [b"0" | b"2", rest @ ..] => self.title = text(&rest.join(&b';')),
            _ => {}
        }
    }

    fn on_scroll(&mut self, contents: vt100::capture::RowContents<'_>, alternate_screen: bool) {
        if self.muted {
            return;
        }
        if alternate_screen && self.alternate_scrolled.len() >= MOST_SCROLLED {
            self.alternate_scrolled.remove(0);
        }
        let Self { scrolling: Scrolling { state, style, row }, extras, history, alternate_scrolled, .. } = self;
        row.clear();
        // Writing to a `String` cannot fail.
        let _ = contents.write_formatted_basic(row, state);
        let row = row.strip_prefix('\n').unwrap_or(row);
        let wrapped = goes_on(&contents, state);
        let marked = |byte: &u8| matches!(*byte, 0x1b | extras::LEAD);
        if alternate_screen {
            let mut line = LineBuilder::default();
            sgr::read_row(row, style, extras, &mut |(text, style, link)| line.push(text, style, link));
            alternate_scrolled.push(line.finish(wrapped));
        } else if *style == Style::default() && !row.as_bytes().iter().any(marked) {
            history.push_text(row, wrapped);
        } else {
            history.push_pieces(wrapped, |line| {
                sgr::read_row(row, style, extras, &mut |(text, style, link)| line.push(text, style, link));
            });
        }
    }
}

/// Whether the row that was just written is soft-wrapped: then vt100 would not begin the next with a newline.
fn goes_on(contents: &vt100::capture::RowContents<'_>, state: &vt100::capture::BasicFormattedCaptureState) -> bool {
    let mut first = FirstCharacter::default();
    // The error is how the writer stops after the first character.
    let _ = contents.write_formatted_basic(&mut first, &mut state.clone());
    first.0 != Some('\n')
}

/// Takes one character and refuses the rest.
#[derive(Default)]
struct FirstCharacter(Option<char>);

impl std::fmt::Write for FirstCharacter {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.is_none() {
            self.0 = text.chars().next();
        }
        if self.0.is_some() { Err(std::fmt::Error) } else { Ok(()) }
    }
}
