//! The leader key in a stream of terminal input: leader then `d` detaches, the leader twice is the
//! leader for the inner program, and everything else passes through untouched.

use std::iter;

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

/// What comes of some input.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// For the inner program.
    pub bytes: Vec<u8>,
    /// The person wants to leave.
    pub detach: bool,
}

/// Finds the leader in input that comes in pieces.
#[derive(Debug)]
pub(super) struct Keys {
    forms: [Vec<u8>; 3],
    name: String,
    /// The leader as it was sent, while the key after it is awaited.
    led: Option<Vec<u8>>,
    /// Inside a bracketed paste every byte is text.
    pasting: bool,
    /// The latest bytes, to see the marks of a paste across pieces.
    tail: Vec<u8>,
}

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

impl Keys {
    /// With the configured leader, if one is and it is understood.
    pub(super) fn new(configured: Option<&str>) -> Self {
        let parsed =
            configured.and_then(|notation| Leader::parse(notation).map(|leader| (leader, notation.to_owned())));
        let (leader, name) = parsed.unwrap_or_else(|| (DEFAULT_LEADER, "Ctrl+Space".to_owned()));
        Self { forms: leader.forms(), name, led: None, pasting: false, tail: Vec::new() }
    }

    /// What the leader is called.
    pub(super) fn leader(&self) -> &str {
        &self.name
    }

    /// Whether the leader was pressed and the next key is ours.
    pub(super) fn is_waiting(&self) -> bool {
        self.led.is_some()
    }

    /// Takes a piece of input.
    pub(super) fn feed(&mut self, input: &[u8]) -> Taken {
        let mut taken = Taken::default();
        let mut rest = input;
        while let Some((first, others)) = rest.split_first() {
            let form = if self.pasting { None } else { self.forms.iter().find(|form| rest.starts_with(form)) };
            match (self.led.take(), form) {
                (None, Some(form)) => {
                    self.led = Some(form.clone());
                    rest = rest.get(form.len()..).unwrap_or_default();
                }
                (Some(_), Some(form)) => {
                    taken.bytes.extend_from_slice(form);
                    rest = rest.get(form.len()..).unwrap_or_default();
                }
                (Some(_), None) if is_d(rest) => {
                    taken.detach = true;
                    return taken;
                }
                (led, None) => {
                    taken.bytes.extend(led.into_iter().flatten().chain(iter::once(*first)));
                    self.watch_paste(*first);
                    rest = others;
                }
            }
        }
        taken
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

/// The key `d`, as a character or in the kitty protocol's form.
fn is_d(input: &[u8]) -> bool {
    input.first() == Some(&b'd') || input.starts_with(b"\x1b[100u") || input.starts_with(b"\x1b[100;1u")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(leader: Option<&str>, pieces: &[&[u8]]) -> Taken {
        let mut keys = Keys::new(leader);
        let mut all = Taken::default();
        for piece in pieces {
            let taken = keys.feed(piece);
            all.bytes.extend(taken.bytes);
            all.detach |= taken.detach;
        }
        all
    }

    #[test]
    fn leader_and_d_detaches_in_every_form() {
        for leader in [&b"\x00"[..], b"\x1b[32;5u", b"\x1b[27;5;32~"] {
            assert_eq!(fed(None, &[leader, b"d"]), Taken { bytes: vec![], detach: true });
            assert_eq!(fed(None, &[&[leader, b"d"].concat()]), Taken { bytes: vec![], detach: true });
            assert_eq!(fed(None, &[leader, b"\x1b[100u"]), Taken { bytes: vec![], detach: true });
        }
    }

    #[test]
    fn everything_else_passes_through() {
        assert_eq!(fed(None, &[b"abc\x1b[A\r"]).bytes, b"abc\x1b[A\r");
        assert_eq!(fed(None, &[b"\x00", b"x"]), Taken { bytes: b"\x00x".to_vec(), detach: false });
        assert_eq!(fed(None, &[b"d"]), Taken { bytes: b"d".to_vec(), detach: false });
        assert_eq!(fed(None, &["grüße 🦀".as_bytes()]).bytes, "grüße 🦀".as_bytes());
    }

    #[test]
    fn the_leader_twice_is_the_leader() {
        assert_eq!(fed(None, &[b"\x00\x00d"]), Taken { bytes: b"\x00d".to_vec(), detach: false });
    }

    #[test]
    fn a_paste_is_text() {
        let paste = b"\x1b[200~a\x00db\x1b[201~";
        assert_eq!(fed(None, &[paste]), Taken { bytes: paste.to_vec(), detach: false });
        let (one, two) = paste.split_at(4);
        assert_eq!(fed(None, &[one, two]), Taken { bytes: paste.to_vec(), detach: false });
        assert!(fed(None, &[paste, b"\x00d"]).detach, "after the paste the leader is the leader again");
    }

    #[test]
    fn another_leader_can_be_configured() {
        assert!(fed(Some("Ctrl+A"), &[b"\x01d"]).detach);
        assert_eq!(fed(Some("C-b"), &[b"\x00d"]).bytes, b"\x00d");
        assert_eq!(Keys::new(Some("Hyper+X")).leader(), "Ctrl+Space");
    }
}
