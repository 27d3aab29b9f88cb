//! What happens to the bytes before vt100 sees them: the DEC line drawing charset is mapped, characters with
//! attributes that vt100 has no room for are marked (`extras`), endless strings are cut, control sequences that
//! vt100 lacks or misreads are said in other words (`controls`), and what needs the screen as it is at that
//! moment is announced (`mark`).

mod text;

use super::controls::Settings;
use super::extras::{self, Extras};
use super::mark::Mark;

/// The longest OSC or DCS string that is kept, in bytes; a hostile one would otherwise grow without end.
const LONGEST_STRING: usize = 1024 * 1024;
/// The longest CSI parameter string that is passed on.
const LONGEST_PARAMETERS: usize = 256;
/// What is kept of a DCS: requests are short, pictures are not for us.
const LONGEST_REQUEST: usize = 4096;

pub(super) const ESCAPE: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;
const BELL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;
const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;
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
        self.is_at_rest() && self.settings.is_plain()
    }

    /// Whether nothing is begun: no escape sequence, no character.
    pub(super) fn is_at_rest(&self) -> bool {
        self.state == State::Ground && self.held.is_empty()
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
            match self.state {
                State::Ground => {
                    rest = self.ground(rest, out);
                    continue;
                }
                State::Control if self.parameters.is_empty() => {
                    if let Some(after) = self.whole_control(rest, out, extras) {
                        rest = after;
                        continue;
                    }
                    self.control(byte, out, extras);
                }
                State::Osc if !ends_string(byte) => {
                    rest = self.string(rest);
                    continue;
                }
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

    /// A control sequence that is there from its first parameter to its end, as nearly all are.
    fn whole_control<'a>(&mut self, bytes: &'a [u8], out: &mut Filtered, extras: &mut Extras) -> Option<&'a [u8]> {
        let end = bytes.iter().take(LONGEST_PARAMETERS).position(|byte| !(0x20..0x40).contains(byte))?;
        let (parameters, rest) = bytes.split_at(end);
        let (&last, after) = rest.split_first().filter(|(last, _)| (0x40..0x7f).contains(*last))?;
        self.state = State::Ground;
        self.finish_control(parameters, last, self.last, out, extras);
        Some(after)
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

    /// The text of an OSC as far as it is there.
    fn string<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = bytes.iter().position(|byte| ends_string(*byte)).unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at(end);
        let room = LONGEST_STRING - self.string.len().min(LONGEST_STRING);
        self.string.extend_from_slice(text.get(..room).unwrap_or(text));
        rest
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
            // what is in between `string` has taken
            _ => self.state = State::Ground,
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

/// Whether a byte ends an OSC, or breaks it off.
fn ends_string(byte: u8) -> bool {
    matches!(byte, ESCAPE | BELL | CANCEL | SUBSTITUTE)
}
