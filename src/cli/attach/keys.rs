//! The person's input: the leader key and what follows it, keys while a pane's history is read, and
//! everything else untouched for the inner program, in order.

use std::iter;

use super::press::{Press, press};

/// The leader when nothing else is configured: Ctrl+Space.
const DEFAULT_LEADER: Leader = Leader { byte: 0, code: 32 };

/// A control key, in the three ways that terminals send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Leader {
    /// The old way: one control character.
    byte: u8,
    /// The key's code point in `CSI code ; 5 u` (kitty keyboard protocol) and `CSI 27 ; 5 ; code ~`
    /// (xterm's modifyOtherKeys).
    code: u32,
}

impl Leader {
    /// From keymap notation: `Ctrl+Space`, `ctrl-a`, `C-b`.
    fn parse(notation: &str) -> Option<Self> {
        let notation = notation.trim().to_ascii_lowercase();
        let key = ["ctrl+", "ctrl-", "c-"].iter().find_map(|prefix| notation.strip_prefix(prefix))?;
        match key.as_bytes() {
            b"space" | b"@" => Some(DEFAULT_LEADER),
            [letter @ b'a'..=b'z'] => Some(Self { byte: letter - b'a' + 1, code: u32::from(*letter) }),
            [b'\\'] => Some(Self { byte: 0x1c, code: 0x5c }),
            [b']'] => Some(Self { byte: 0x1d, code: 0x5d }),
            _ => None,
        }
    }

    /// The ways it can be sent.
    fn forms(self) -> [Vec<u8>; 3] {
        [
            vec![self.byte],
            format!("\x1b[{};5u", self.code).into_bytes(),
            format!("\x1b[27;5;{}~", self.code).into_bytes(),
        ]
    }
}

/// What comes of some input, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// For the inner program of the focused pane.
    Input(Vec<u8>),
    /// The person wants to leave.
    Detach,
    /// Another pane gets the keyboard.
    Focus(Toward),
    /// Move in what has scrolled away; begins to read it, or ends it at its end.
    Scroll(Scroll),
}

/// Which pane gets the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toward {
    Next,
    Previous,
    /// By its place, from 0.
    Nth(usize),
}

/// A move in what has scrolled away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scroll {
    Begin,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    End,
}

/// Finds the leader in input that comes in pieces.
#[derive(Debug)]
pub(super) struct Keys {
    forms: [Vec<u8>; 3],
    name: String,
    /// Whether there are several panes to switch between.
    several: bool,
    /// The leader as it was sent, while the key after it is awaited.
    led: Option<Vec<u8>>,
    /// The focused pane's history is read: keys move in it.
    reading: bool,
    /// Inside a bracketed paste every byte is text.
    pasting: bool,
    /// The latest bytes, to see the marks of a paste across pieces.
    tail: Vec<u8>,
}

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

impl Keys {
    /// With the configured leader, if one is and it is understood.
    pub(super) fn new(configured: Option<&str>, several: bool) -> Self {
        let parsed =
            configured.and_then(|notation| Leader::parse(notation).map(|leader| (leader, notation.to_owned())));
        let (leader, name) = parsed.unwrap_or_else(|| (DEFAULT_LEADER, "Ctrl+Space".to_owned()));
        Self { forms: leader.forms(), name, several, led: None, reading: false, pasting: false, tail: Vec::new() }
    }

    /// What the leader is called.
    pub(super) fn leader(&self) -> &str {
        &self.name
    }

    /// Whether the leader was pressed and the next key is ours.
    pub(super) fn is_waiting(&self) -> bool {
        self.led.is_some()
    }

    /// Whether the keys move in a history from now on.
    pub(super) fn read(&mut self, reading: bool) {
        self.reading = reading;
    }

    /// Takes a piece of input as far as the first thing that may change what the rest means: gives that
    /// step and what is left.
    pub(super) fn feed<'a>(&mut self, input: &'a [u8]) -> (Option<Step>, &'a [u8]) {
        let mut bytes = Vec::new();
        let mut rest = input;
        while let Some((first, others)) = rest.split_first() {
            let form = if self.pasting { None } else { self.forms.iter().find(|form| rest.starts_with(form)).cloned() };
            if let Some(form) = form {
                rest = rest.get(form.len()..).unwrap_or_default();
                match self.led.take() {
                    Some(_) => bytes.extend(form),
                    None => self.led = Some(form),
                }
                continue;
            }
            let ours = !self.pasting && (self.led.is_some() || (self.reading && !rest.starts_with(PASTE_BEGINS)));
            if ours && !bytes.is_empty() {
                return (Some(Step::Input(bytes)), rest);
            }
            let (key, length) = press(rest);
            if ours && let Some(step) = self.command(key) {
                self.led = None;
                return (Some(step), rest.get(length..).unwrap_or_default());
            }
            if ours && self.reading {
                self.led = None;
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            if self.reading {
                // a paste is for the program
                self.reading = false;
                return (Some(Step::Scroll(Scroll::End)), rest);
            }
            bytes.extend(self.led.take().into_iter().flatten().chain(iter::once(*first)));
            self.watch_paste(*first);
            rest = others;
        }
        (Some(Step::Input(bytes)).filter(|step| *step != Step::Input(Vec::new())), rest)
    }

    /// What a key means after the leader, or while a history is read.
    fn command(&self, key: Press) -> Option<Step> {
        if self.led.is_some() {
            return match key {
                Press::Char('d') => Some(Step::Detach),
                Press::Char('[') => Some(Step::Scroll(Scroll::Begin)),
                Press::PageUp => Some(Step::Scroll(Scroll::PageUp)),
                _ if !self.several => None,
                Press::Char('n' | '\t') | Press::Right | Press::Down => Some(Step::Focus(Toward::Next)),
                Press::Char('p') | Press::Left | Press::Up => Some(Step::Focus(Toward::Previous)),
                Press::Char(digit @ '1'..='9') => {
                    let number = digit.to_digit(10).and_then(|number| usize::try_from(number).ok());
                    number.map(|number| Step::Focus(Toward::Nth(number.saturating_sub(1))))
                }
                _ => None,
            };
        }
        let scroll = match key {
            Press::Up | Press::Char('k') => Scroll::Up,
            Press::Down | Press::Char('j') => Scroll::Down,
            Press::PageUp | Press::Char('b' | '\u{2}') => Scroll::PageUp,
            Press::PageDown | Press::Char('f' | ' ' | '\u{6}') => Scroll::PageDown,
            Press::Home | Press::Char('g') => Scroll::Top,
            Press::End | Press::Escape | Press::Char('G' | 'q' | '\r') => Scroll::End,
            _ => return None,
        };
        Some(Step::Scroll(scroll))
    }

    /// Keeps track of the marks around a paste.
    fn watch_paste(&mut self, byte: u8) {
        if self.tail.len() == PASTE_BEGINS.len() {
            self.tail.remove(0);
        }
        self.tail.push(byte);
        if self.tail == PASTE_BEGINS {
            self.pasting = true;
        } else if self.tail == PASTE_ENDS {
            self.pasting = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps_of(keys: &mut Keys, pieces: &[&[u8]]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                let (step, left) = keys.feed(rest);
                rest = left;
                match (steps.last_mut(), step) {
                    (Some(Step::Input(before)), Some(Step::Input(more))) => before.extend(more),
                    (_, step) => steps.extend(step),
                }
            }
        }
        steps
    }

    fn fed(leader: Option<&str>, pieces: &[&[u8]]) -> Vec<Step> {
        steps_of(&mut Keys::new(leader, false), pieces)
    }

    fn input(bytes: &[u8]) -> Step {
        Step::Input(bytes.to_vec())
    }

    #[test]
    fn leader_and_d_detaches_in_every_form() {
        for leader in [&b"\x00"[..], b"\x1b[32;5u", b"\x1b[27;5;32~"] {
            assert_eq!(fed(None, &[leader, b"d"]), [Step::Detach]);
            assert_eq!(fed(None, &[&[leader, b"d"].concat()]), [Step::Detach]);
            assert_eq!(fed(None, &[leader, b"\x1b[100u"]), [Step::Detach]);
        }
    }

    #[test]
    fn everything_else_passes_through() {
        assert_eq!(fed(None, &[b"abc\x1b[A\r"]), [input(b"abc\x1b[A\r")]);
        assert_eq!(fed(None, &[b"\x00", b"x"]), [input(b"\x00x")]);
        assert_eq!(fed(None, &[b"\x00n"]), [input(b"\x00n")], "there is no other pane");
        assert_eq!(fed(None, &[b"d"]), [input(b"d")]);
        assert_eq!(fed(None, &["grüße 🦀".as_bytes()]), [input("grüße 🦀".as_bytes())]);
    }

    #[test]
    fn the_leader_twice_is_the_leader() {
        assert_eq!(fed(None, &[b"\x00\x00d"]), [input(b"\x00d")]);
    }

    #[test]
    fn a_paste_is_text() {
        let paste = b"\x1b[200~a\x00db\x1b[201~";
        assert_eq!(fed(None, &[paste]), [input(paste)]);
        let (one, two) = paste.split_at(4);
        assert_eq!(fed(None, &[one, two]), [input(paste)]);
        assert_eq!(fed(None, &[paste, b"\x00d"]), [input(paste), Step::Detach]);
    }

    #[test]
    fn another_leader_can_be_configured() {
        assert_eq!(fed(Some("Ctrl+A"), &[b"\x01d"]), [Step::Detach]);
        assert_eq!(fed(Some("C-b"), &[b"\x00d"]), [input(b"\x00d")]);
        assert_eq!(Keys::new(Some("Hyper+X"), false).leader(), "Ctrl+Space");
    }

    #[test]
    fn what_is_typed_goes_to_the_pane_that_had_the_keyboard_then() {
        let mut keys = Keys::new(None, true);
        let steps = steps_of(&mut keys, &[b"one\x00ntwo\x00p\x002three"]);
        let expected = [
            input(b"one"),
            Step::Focus(Toward::Next),
            input(b"two"),
            Step::Focus(Toward::Previous),
            Step::Focus(Toward::Nth(1)),
            input(b"three"),
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn while_a_history_is_read_keys_move_in_it_and_a_paste_ends_it() {
        let mut keys = Keys::new(None, false);
        assert_eq!(steps_of(&mut keys, &[b"\x00["]), [Step::Scroll(Scroll::Begin)]);
        keys.read(true);
        let moves = [Scroll::Up, Scroll::PageDown, Scroll::Top, Scroll::End].map(Step::Scroll);
        assert_eq!(steps_of(&mut keys, &[b"x\x1b[Ay\x1b[6~g\x1b"]), moves, "other keys do nothing");
        let pasted = steps_of(&mut keys, &[b"\x1b[200~rm\x1b[201~"]);
        assert_eq!(pasted, [Step::Scroll(Scroll::End), input(b"\x1b[200~rm\x1b[201~")]);
    }
}
