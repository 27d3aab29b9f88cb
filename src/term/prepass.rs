//! What happens to the bytes before vt100 sees them: the DEC line drawing charset is mapped, SGR forms that
//! it misreads are rewritten, endless strings are cut, and erasing the screen is announced (vt100 tells nobody).

use super::sgr;

/// The longest OSC string that is passed on, in bytes; a hostile one would otherwise grow without end.
const LONGEST_STRING: usize = 1024 * 1024;
/// The longest CSI parameter string that is passed on.
const LONGEST_PARAMETERS: usize = 256;

/// DEC Special Graphics for 0x5f–0x7e (VT220 Programmer Reference, table 2-4).
const LINE_DRAWING: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽', '├', '┤',
    '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

const ESCAPE: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;
const BELL: u8 = 0x07;
const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;

/// Something that must happen between two bytes of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// `CSI 2 J` follows.
    EraseScreen,
    /// `CSI 3 J` follows.
    EraseHistory,
    /// `ESC c` or `CSI ! p` follows.
    Reset,
}

/// Where in an escape sequence the stream is (the states of ECMA-48 that matter here).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    Escape,
    Intermediate,
    Charset(usize),
    Control,
    /// A control sequence too long to be one.
    Overlong,
    Osc,
    /// DCS, SOS, PM, APC: nobody here reads them.
    Ignored,
}

/// The filter; its state spans chunks.
#[derive(Debug)]
pub(super) struct Prepass {
    state: State,
    drawing: [bool; 2],
    shifted: bool,
    parameters: Vec<u8>,
    string_length: usize,
}

/// What one chunk became.
#[derive(Debug, Default)]
pub(super) struct Filtered {
    /// The bytes for vt100.
    pub(super) bytes: Vec<u8>,
    /// Marks and the place in `bytes` before which they happen.
    pub(super) marks: Vec<(usize, Mark)>,
}

impl Prepass {
    pub(super) fn new() -> Self {
        Self { state: State::Ground, drawing: [false; 2], shifted: false, parameters: Vec::new(), string_length: 0 }
    }

    /// Filters one chunk into `out`, which is emptied first.
    pub(super) fn filter(&mut self, bytes: &[u8], out: &mut Filtered) {
        out.bytes.clear();
        out.marks.clear();
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            if self.state == State::Ground {
                rest = self.ground(rest, out);
                continue;
            }
            match self.state {
                State::Ground => {}
                State::Escape => self.escape(byte, out),
                State::Intermediate => self.intermediate(byte, out),
                State::Charset(slot) => self.charset(slot, byte),
                State::Control => self.control(byte, out),
                State::Overlong => self.overlong(byte),
                State::Osc => self.osc(byte, out),
                State::Ignored => self.ignored(byte),
            }
            rest = tail;
        }
    }

    /// Plain text up to the next escape sequence or shift, in one piece.
    fn ground<'a>(&mut self, bytes: &'a [u8], out: &mut Filtered) -> &'a [u8] {
        let end = bytes.iter().position(|byte| matches!(*byte, ESCAPE | SHIFT_OUT | SHIFT_IN)).unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at(end);
        if self.is_drawing() {
            for &byte in text {
                draw(byte, &mut out.bytes);
            }
        } else {
            out.bytes.extend_from_slice(text);
        }
        let Some((&special, rest)) = rest.split_first() else { return rest };
        match special {
            SHIFT_OUT => self.shifted = true,
            SHIFT_IN => self.shifted = false,
            _ => self.state = State::Escape,
        }
        rest
    }

    fn is_drawing(&self) -> bool {
        let [first, second] = self.drawing;
        if self.shifted { second } else { first }
    }

    fn escape(&mut self, byte: u8, out: &mut Filtered) {
        self.state = State::Ground;
        match byte {
            b'[' => {
                self.parameters.clear();
                self.state = State::Control;
            }
            b']' => {
                self.string_length = 0;
                self.state = State::Osc;
                out.bytes.extend_from_slice(b"\x1b]");
            }
            b'P' | b'X' | b'^' | b'_' => self.state = State::Ignored,
            b'(' => self.state = State::Charset(0),
            b')' => self.state = State::Charset(1),
            b'c' => {
                *self = Self::new();
                out.marks.push((out.bytes.len(), Mark::Reset));
                out.bytes.extend_from_slice(b"\x1bc");
            }
            ESCAPE => self.state = State::Escape,
            CANCEL | SUBSTITUTE => {}
            0x20..=0x2f => {
                self.state = State::Intermediate;
                out.bytes.extend_from_slice(&[ESCAPE, byte]);
            }
            0x00..=0x1f => {
                self.state = State::Escape;
                out.bytes.push(byte);
            }
            _ => out.bytes.extend_from_slice(&[ESCAPE, byte]),
        }
    }

    fn intermediate(&mut self, byte: u8, out: &mut Filtered) {
        out.bytes.push(byte);
        match byte {
            ESCAPE => {
                out.bytes.pop();
                self.state = State::Escape;
            }
            0x30..=0x7e | CANCEL | SUBSTITUTE => self.state = State::Ground,
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
        if let Some(drawing) = self.drawing.get_mut(slot) {
            *drawing = byte == b'0';
        }
        self.state = State::Ground;
    }

    fn control(&mut self, byte: u8, out: &mut Filtered) {
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
                self.finish_control(byte, out);
            }
            _ => {}
        }
    }

    fn finish_control(&mut self, last: u8, out: &mut Filtered) {
        let parameters = self.parameters.as_slice();
        match (parameters, last) {
            (b"2" | b"?2", b'J') => out.marks.push((out.bytes.len(), Mark::EraseScreen)),
            (b"3" | b"?3", b'J') => out.marks.push((out.bytes.len(), Mark::EraseHistory)),
            (b"!", b'p') => out.marks.push((out.bytes.len(), Mark::Reset)),
            // vt100 knows the older name of the same switch only
            (b"?1047", b'h' | b'l') => {
                out.bytes.extend_from_slice(b"\x1b[?47");
                out.bytes.push(last);
                return;
            }
            (_, b'm')
                if parameters.first().is_none_or(|first| !(b'<'..=b'?').contains(first))
                    && sgr::needs_rewrite(parameters) =>
            {
                if let Some(rewritten) = sgr::rewrite(parameters) {
                    out.bytes.extend_from_slice(b"\x1b[");
                    out.bytes.extend_from_slice(rewritten.as_bytes());
                    out.bytes.push(b'm');
                }
                return;
            }
            _ => {}
        }
        out.bytes.extend_from_slice(b"\x1b[");
        out.bytes.extend_from_slice(parameters);
        out.bytes.push(last);
    }

    fn overlong(&mut self, byte: u8) {
        match byte {
            ESCAPE => self.state = State::Escape,
            0x40..=0x7e | CANCEL | SUBSTITUTE => self.state = State::Ground,
            _ => {}
        }
    }

    fn osc(&mut self, byte: u8, out: &mut Filtered) {
        match byte {
            ESCAPE => {
                out.bytes.extend_from_slice(b"\x1b\\");
                self.state = State::Escape;
            }
            BELL | CANCEL | SUBSTITUTE => {
                out.bytes.push(byte);
                self.state = State::Ground;
            }
            _ => {
                self.string_length += 1;
                if self.string_length <= LONGEST_STRING {
                    out.bytes.push(byte);
                }
            }
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

fn draw(byte: u8, out: &mut Vec<u8>) {
    let drawn = byte.checked_sub(0x5f).and_then(|index| LINE_DRAWING.get(usize::from(index)));
    match drawn {
        Some(drawn) => out.extend_from_slice(drawn.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.push(byte),
    }
}
