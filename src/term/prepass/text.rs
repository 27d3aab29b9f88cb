//! Text between escape sequences: shifted into the line drawing charset, marked where it has what vt100 has
//! no room for, and kept whole where a piece of output ends in the middle of a character.

use unicode_width::UnicodeWidthChar as _;

use super::{BACKSPACE, ESCAPE, Filtered, Prepass, SHIFT_IN, SHIFT_OUT, State};
use crate::term::extras::{self, LEAD, LENGTH};
use crate::term::mark::{Careful, Mark};

/// DEC Special Graphics for 0x5f–0x7e (VT220 Programmer Reference, table 2-4).
const LINE_DRAWING: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽', '├', '┤',
    '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// Asks for the emoji form of the character before it, which is wider.
const EMOJI: char = '\u{fe0f}';

/// What is printed for bytes that are no character.
const REPLACEMENT: &str = "\u{fffd}";

impl Prepass {
    /// Plain text up to the next escape sequence or shift, in one piece.
    pub(super) fn ground<'a>(&mut self, bytes: &'a [u8], out: &mut Filtered) -> &'a [u8] {
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

    pub(in crate::term) fn text(&mut self, text: &[u8], out: &mut Filtered) {
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
            let mut rest = chunk.valid();
            while !rest.is_empty() {
                rest = self.print_ascii(rest, marker, out);
                let Some(c) = rest.chars().next() else { break };
                match u8::try_from(c) {
                    Ok(byte) if newline && byte.is_ascii() => feed(byte, out),
                    _ => push(c, out),
                }
                self.marked(c, marker, out);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
            out.say(chunk.invalid());
        }
    }

    /// Prints and marks what is plain ASCII at the front; answers the rest.
    fn print_ascii<'a>(&mut self, text: &'a str, marker: char, out: &mut Filtered) -> &'a str {
        let end = text.bytes().position(|byte| !(0x20..0x7f).contains(&byte)).unwrap_or(text.len());
        let (ascii, rest) = text.split_at(end);
        let mut mark = [0; LENGTH];
        let mark = marker.encode_utf8(&mut mark).as_bytes();
        out.bytes.reserve(ascii.len() * (1 + LENGTH));
        for byte in ascii.bytes() {
            out.bytes.push(byte);
            out.say(mark);
        }
        self.last = ascii.chars().next_back().or(self.last);
        rest
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
