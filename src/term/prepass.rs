//! What happens to the bytes before vt100 sees them: the DEC line drawing charset is mapped, characters with
//! attributes that vt100 has no room for are marked (`extras`), endless strings are cut, control sequences that
//! vt100 lacks or misreads are said in other words (`controls`), and what needs the screen as it is at that
//! moment is announced (`mark`).

use unicode_width::UnicodeWidthChar as _;

use super::controls::Settings;
use super::extras::{self, Extras, LEAD, LENGTH};
use super::mark::{Careful, Mark};

/// The longest OSC or DCS string that is kept, in bytes; a hostile one would otherwise grow without end.
const LONGEST_STRING: usize = 1024 * 1024;
/// The longest CSI parameter string that is passed on.
const LONGEST_PARAMETERS: usize = 256;
/// What is kept of a DCS: requests are short, pictures are not for us.
const LONGEST_REQUEST: usize = 4096;

/// DEC Special Graphics for 0x5f–0x7e (VT220 Programmer Reference, table 2-4).
const LINE_DRAWING: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽', '├', '┤',
    '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

pub(super) const ESCAPE: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;
const BELL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;
const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;
/// Asks for the emoji form of the character before it, which is wider.
const EMOJI: char = '\u{fe0f}';

/// What is printed for bytes that are no character.
const REPLACEMENT: &str = "\u{fffd}";

/// Where in an escape sequence the stream is (the states of ECMA-48 that matter here).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    Escape,
    Intermediate(u8),
    Charset(usize),
    Control,
    /// A control sequence too long to be one.
    Overlong,
    Osc,
    Dcs,
    /// SOS, PM, APC: nobody here reads them.
    Ignored,
}

/// The filter; its state spans chunks.
#[derive(Debug)]
pub(super) struct Prepass {
    state: State,
    pub(super) settings: Settings,
    saved: Settings,
    parameters: Vec<u8>,
    string: Vec<u8>,
    /// The beginning of a character whose end is in the next chunk.
    held: Vec<u8>,
    /// The last character that was printed with a marker.
    last: Option<char>,
}

/// What one chunk became.
#[derive(Debug, Default)]
pub(super) struct Filtered {
    /// The bytes for vt100.
    pub(super) bytes: Vec<u8>,
    /// Marks and the place in `bytes` before which they happen.
    pub(super) marks: Vec<(usize, Mark)>,
}

impl Filtered {
    pub(super) fn mark(&mut self, mark: Mark) {
        self.marks.push((self.bytes.len(), mark));
    }

    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}

impl Prepass {
    pub(super) fn new() -> Self {
        Self {
            state: State::Ground,
            settings: Settings::default(),
            saved: Settings::default(),
            parameters: Vec::new(),
            string: Vec::new(),
            held: Vec::new(),
            last: None,
        }
    }

    /// Whether text goes through as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.state == State::Ground && self.held.is_empty() && self.settings.is_plain()
    }

    /// Filters one chunk into `out`, which is emptied first.
    pub(super) fn filter(&mut self, bytes: &[u8], out: &mut Filtered, extras: &mut Extras) {
        out.bytes.clear();
        out.marks.clear();
        if self.held.is_empty() {
            self.run(bytes, out, extras);
        } else {
            let mut whole = std::mem::take(&mut self.held);
            whole.extend_from_slice(bytes);
            self.run(&whole, out, extras);
        }
    }

    fn run(&mut self, bytes: &[u8], out: &mut Filtered, extras: &mut Extras) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            if self.state == State::Ground {
                rest = self.ground(rest, out);
                continue;
            }
            match self.state {
                State::Ground => {}
                State::Escape => self.escape(byte, out, extras),
                State::Intermediate(first) => self.intermediate(first, byte, out),
                State::Charset(slot) => self.charset(slot, byte),
                State::Control => self.control(byte, out, extras),
                State::Overlong => self.overlong(byte),
                State::Osc => self.osc(byte, out, extras),
                State::Dcs => self.dcs(byte, out),
                State::Ignored => self.ignored(byte),
            }
            rest = tail;
        }
    }

    /// Plain text up to the next escape sequence or shift, in one piece.
    fn ground<'a>(&mut self, bytes: &'a [u8], out: &mut Filtered) -> &'a [u8] {
        let own_tabs = self.settings.own_tabs;
        let is_special =
            |byte: u8| matches!(byte, ESCAPE | BACKSPACE | SHIFT_OUT | SHIFT_IN | LEAD) || own_tabs && byte == b'\t';
        let end = bytes.iter().position(|byte| is_special(*byte)).unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at(end);
        let (whole, begun) = text.split_at(text.len() - incomplete(text));
        self.text(whole, out);
        let Some((&special, after)) = rest.split_first() else {
            // here and in vte it is easier to see it whole
            self.held.extend_from_slice(begun);
            return rest;
        };
        if !begun.is_empty() {
            // what vte does with it, whether or not this byte reaches it and in whatever pieces
            self.text(REPLACEMENT.as_bytes(), out);
        }
        match special {
            SHIFT_OUT => self.settings.shifted = true,
            SHIFT_IN => self.settings.shifted = false,
            LEAD => return self.lead(rest, out),
            BACKSPACE => out.mark(Mark::Back(1)),
            b'\t' => out.mark(Mark::TabForward(1)),
            _ => self.state = State::Escape,
        }
        after
    }

    /// A character that may be one of our own markers: those come from us only.
    fn lead<'a>(&mut self, bytes: &'a [u8], out: &mut Filtered) -> &'a [u8] {
        let (first, rest) = bytes.split_at(LENGTH.min(bytes.len()));
        match std::str::from_utf8(first) {
            Ok(text) if text.chars().all(extras::is_marker) => rest,
            Ok(_) => {
                self.text(first, out);
                rest
            }
            Err(error) if error.error_len().is_none() && rest.is_empty() => {
                self.held.extend_from_slice(first);
                rest
            }
            Err(_) => {
                out.bytes.push(LEAD);
                bytes.get(1..).unwrap_or_default()
            }
        }
    }

    pub(super) fn text(&mut self, text: &[u8], out: &mut Filtered) {
        if text.is_empty() {
            return;
        }
        let careful = self.settings.careful();
        if careful != Careful::default() {
            out.mark(Mark::Careful(careful));
        }
        if self.settings.is_drawing() {
            let drawn: Vec<u8> = text.iter().fold(Vec::new(), |mut drawn, byte| {
                draw(*byte, &mut drawn);
                drawn
            });
            self.print(&drawn, out);
        } else {
            self.print(text, out);
        }
        if careful != Careful::default() {
            out.mark(Mark::Plain);
        }
    }

    fn print(&mut self, text: &[u8], out: &mut Filtered) {
        let newline = self.settings.newline;
        let Some(marker) = self.settings.marker else {
            self.last = None;
            if newline {
                for byte in text {
                    feed(*byte, out);
                }
            } else {
                out.say(text);
            }
            return;
        };
        for chunk in text.utf8_chunks() {
            for c in chunk.valid().chars() {
                match u8::try_from(c) {
                    Ok(byte) if newline && byte.is_ascii() => feed(byte, out),
                    _ => push(c, out),
                }
                self.marked(c, marker, out);
            }
            out.say(chunk.invalid());
        }
    }

    /// Marks the character that was just printed.
    fn marked(&mut self, c: char, marker: char, out: &mut Filtered) {
        if c.is_control() {
            self.last = None;
        } else if c.width() != Some(0) {
            push(marker, out);
            self.last = Some(c);
        } else if let Some(last) = self.last.filter(|last| c == EMOJI && last.width() == Some(1)) {
            // vt100 makes it wider only when it stands right behind its character
            let length = out.bytes.len() - EMOJI.len_utf8();
            out.bytes.truncate(length);
            out.bytes.push(BACKSPACE);
            push(last, out);
            push(EMOJI, out);
            push(marker, out);
            self.last = None;
        }
    }

    fn escape(&mut self, byte: u8, out: &mut Filtered, extras: &mut Extras) {
        self.state = State::Ground;
        match byte {
            b'[' => {
                self.parameters.clear();
                self.state = State::Control;
            }
            b']' => {
                self.string.clear();
                self.state = State::Osc;
            }
            b'P' => {
                self.string.clear();
                self.state = State::Dcs;
            }
            b'X' | b'^' | b'_' => self.state = State::Ignored,
            b'(' => self.state = State::Charset(0),
            b')' => self.state = State::Charset(1),
            b'7' => self.save(out),
            b'8' => self.restore(out, extras),
            b'D' => out.say(b"\n"),
            b'E' => out.say(b"\r\n"),
            b'H' => {
                self.settings.own_tabs = true;
                out.mark(Mark::SetTab);
            }
            b'Z' => out.say(b"\x1b[c"),
            b'c' => {
                *self = Self::new();
                out.mark(Mark::Reset);
                out.say(b"\x1bc");
            }
            ESCAPE => self.state = State::Escape,
            CANCEL | SUBSTITUTE => {}
            0x20..=0x2f => self.state = State::Intermediate(byte),
            0x00..=0x1f => {
                self.state = State::Escape;
                out.bytes.push(byte);
            }
            _ => out.say(&[ESCAPE, byte]),
        }
    }

    /// DECSC, and what vt100 does not save with it.
    pub(super) fn save(&mut self, out: &mut Filtered) {
        self.saved = self.settings.clone();
        out.say(b"\x1b7");
    }

    /// DECRC.
    pub(super) fn restore(&mut self, out: &mut Filtered, extras: &mut Extras) {
        self.settings.restore(&self.saved, extras);
        out.say(b"\x1b8");
    }

    /// The settings are kept without a word to vt100, which saves its own.
    pub(super) fn save_silently(&mut self) {
        self.saved = self.settings.clone();
    }

    /// The settings come back without a word to vt100.
    pub(super) fn restore_silently(&mut self, extras: &mut Extras) {
        self.settings.restore(&self.saved, extras);
    }

    /// Nothing was saved (after a reset).
    pub(super) fn forget_saved(&mut self) {
        self.saved = Settings::default();
    }

    fn intermediate(&mut self, first: u8, byte: u8, out: &mut Filtered) {
        match byte {
            ESCAPE => self.state = State::Escape,
            b'8' if first == b'#' => {
                self.state = State::Ground;
                out.mark(Mark::Align);
            }
            0x30..=0x7e | CANCEL | SUBSTITUTE => self.state = State::Ground,
            0x20..=0x2f => self.state = State::Intermediate(0),
            0x00..=0x1f => out.bytes.push(byte),
            _ => {}
        }
    }

    fn charset(&mut self, slot: usize, byte: u8) {
        match byte {
            0x20..=0x2f => return,
            ESCAPE => {
                self.state = State::Escape;
                return;
            }
            _ => {}
        }
        self.settings.choose_charset(slot, byte);
        self.state = State::Ground;
    }

    fn control(&mut self, byte: u8, out: &mut Filtered, extras: &mut Extras) {
        match byte {
            ESCAPE => self.state = State::Escape,
            CANCEL | SUBSTITUTE => self.state = State::Ground,
            0x00..=0x1f => out.bytes.push(byte),
            0x20..=0x3f => {
                self.parameters.push(byte);
                if self.parameters.len() > LONGEST_PARAMETERS {
                    self.state = State::Overlong;
                }
            }
            0x40..=0x7e => {
                self.state = State::Ground;
                let parameters = std::mem::take(&mut self.parameters);
                self.finish_control(&parameters, byte, self.last, out, extras);
                self.parameters = parameters;
            }
            _ => {}
        }
    }

    fn overlong(&mut self, byte: u8) {
        match byte {
            ESCAPE => self.state = State::Escape,
            0x40..=0x7e | CANCEL | SUBSTITUTE => self.state = State::Ground,
            _ => {}
        }
    }

    fn osc(&mut self, byte: u8, out: &mut Filtered, extras: &mut Extras) {
        match byte {
            ESCAPE => {
                self.finish_osc(out, extras);
                self.state = State::Escape;
            }
            BELL => {
                self.finish_osc(out, extras);
                self.state = State::Ground;
            }
            CANCEL | SUBSTITUTE => self.state = State::Ground,
            _ if self.string.len() < LONGEST_STRING => self.string.push(byte),
            _ => {}
        }
    }

    fn finish_osc(&mut self, out: &mut Filtered, extras: &mut Extras) {
        if let Some(link) = self.string.strip_prefix(b"8;") {
            self.settings.extra.link = extras::parse_link(link);
            self.settings.marker = extras.marker(&self.settings.extra);
            return;
        }
        out.say(b"\x1b]");
        out.bytes.extend(self.string.iter().filter(|byte| **byte >= 0x20));
        out.say(b"\x1b\\");
    }

    fn dcs(&mut self, byte: u8, out: &mut Filtered) {
        match byte {
            ESCAPE => {
                if self.string.starts_with(b"+q") || self.string.starts_with(b"$q") {
                    out.mark(Mark::Request(std::mem::take(&mut self.string), self.settings.extra.clone()));
                }
                self.state = State::Escape;
            }
            CANCEL | SUBSTITUTE => self.state = State::Ground,
            _ if self.string.len() < LONGEST_REQUEST => self.string.push(byte),
            _ => {}
        }
    }

    fn ignored(&mut self, byte: u8) {
        match byte {
            ESCAPE => self.state = State::Escape,
            CANCEL | SUBSTITUTE => self.state = State::Ground,
            _ => {}
        }
    }
}

/// How many bytes at the end of a text are the beginning of a character.
fn incomplete(text: &[u8]) -> usize {
    for length in 1..=3.min(text.len()) {
        let needed = match text.get(text.len() - length) {
            Some(0xc2..=0xdf) => 2,
            Some(0xe0..=0xef) => 3,
            Some(0xf0..=0xf4) => 4,
            Some(0x80..=0xbf) => continue,
            _ => return 0,
        };
        return if needed > length { length } else { 0 };
    }
    0
}

/// A byte in newline mode: a line feed goes to the first column, too.
fn feed(byte: u8, out: &mut Filtered) {
    if matches!(byte, 0x0a..=0x0c) {
        out.bytes.push(b'\r');
    }
    out.bytes.push(byte);
}

fn push(c: char, out: &mut Filtered) {
    out.say(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn draw(byte: u8, out: &mut Vec<u8>) {
    let drawn = byte.checked_sub(0x5f).and_then(|index| LINE_DRAWING.get(usize::from(index)));
    match drawn {
        Some(drawn) => out.extend_from_slice(drawn.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.push(byte),
    }
}
