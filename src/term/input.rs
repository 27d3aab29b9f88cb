//! What the person's own terminal sends, as keys, mouse events, pastes and answers: the reverse of `keys` and
//! `mouse`. It knows every form that terminals and multiplexers use for a key with modifiers: control characters,
//! xterm's sequences, the kitty keyboard protocol (`CSI code ; modifiers u`) and xterm's modifyOtherKeys
//! (`CSI 27 ; modifiers ; code ~`). Pure; what is not whole yet waits for the next piece, by the caller's clock and
//! never for long: then it counts as what it is.

mod decode;

use std::time::{Duration, Instant};

use super::keys::{Code, Key, Modifiers};
use super::mouse::MouseEvent;
use decode::Taken;

/// A sequence longer than this is none.
const LONGEST_SEQUENCE: usize = 4_096;

/// What may be a key by itself waits so long for the rest of a sequence: terminals send sequences whole, but a read
/// or the network may cut them. Nobody feels it.
const KEY_WAITS: Duration = Duration::from_millis(25);

/// What is no key by itself waits so long: a piece that was lost on the way is sent again within this time.
const SEQUENCE_WAITS: Duration = Duration::from_secs(1);

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
const ESCAPE: u8 = 0x1b;

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something; rows and columns are the terminal's.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The window got or lost the focus.
    Focus(bool),
    /// The answer to `CSI ? u`: it speaks the kitty keyboard protocol.
    KeyboardFlags,
    /// The answer to `CSI c`.
    Attributes,
    /// Nothing that means something here.
    Unknown,
}

/// One thing that was sent, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What.
    pub sent: Sent,
    /// As it came.
    pub bytes: Vec<u8>,
    /// It is a key in a form that only terminals with extended keys send.
    pub extended: bool,
}

/// Puts input together that comes in pieces.
#[derive(Debug, Default)]
pub struct Input {
    pending: Vec<u8>,
    /// Since when it is there.
    since: Option<Instant>,
    /// What was pasted so far, while its end has not come.
    paste: Option<Vec<u8>>,
}

impl Input {
    /// What these bytes make whole, in order. What is left waits until [`due`](Self::due).
    pub fn feed(&mut self, bytes: &[u8], now: Instant) -> Vec<Piece> {
        self.pending.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        while let Some(piece) = self.next() {
            pieces.push(piece);
        }
        let same = if pieces.is_empty() { self.since } else { None };
        self.since = if self.pending.is_empty() { None } else { same.or(Some(now)) };
        pieces
    }

    /// When what is not whole has waited for long enough, if anything waits. A paste waits for its end.
    pub fn due(&self) -> Option<Instant> {
        let patience = if alone(&self.pending).is_some() { KEY_WAITS } else { SEQUENCE_WAITS };
        Some(self.since? + patience)
    }

    /// What has waited for long enough, as what it is: keys, or the rest of a sequence that was broken off.
    pub fn settle(&mut self, now: Instant) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while self.due().is_some_and(|due| due <= now) {
            let (sent, length) = match (alone(&self.pending), &*self.pending) {
                (Some(key), _) => (Sent::Key(key), self.pending.len()),
                // an answer comes whole: this was a key, and others after it
                (None, [ESCAPE, introducer, ..]) if decode::begins_string(*introducer) => {
                    (Sent::Key(held(*introducer)), 2)
                }
                _ => (Sent::Unknown, self.pending.len()),
            };
            pieces.push(self.taken(sent, length, false));
            self.since = None;
            pieces.extend(self.feed(&[], now));
        }
        pieces
    }

    /// The next thing that is whole.
    fn next(&mut self) -> Option<Piece> {
        if self.paste.is_none() && self.pending.starts_with(PASTE_BEGINS) {
            self.pending.drain(..PASTE_BEGINS.len());
            self.paste = Some(Vec::new());
        }
        if self.paste.is_some() {
            return self.pasted();
        }
        match decode::first(&self.pending) {
            Taken::Nothing => None,
            Taken::Whole { sent, length, extended } => Some(self.taken(sent, length, extended)),
            Taken::Part if self.pending.len() > LONGEST_SEQUENCE => {
                Some(self.taken(Sent::Unknown, self.pending.len(), false))
            }
            Taken::Part => None,
        }
    }

    fn taken(&mut self, sent: Sent, length: usize, extended: bool) -> Piece {
        let bytes = self.pending.drain(..length.clamp(1, self.pending.len().max(1))).collect();
        Piece { sent, bytes, extended }
    }

    /// The paste that is under way, when its end has come.
    fn pasted(&mut self) -> Option<Piece> {
        let paste = self.paste.as_mut()?;
        let from = paste.len().saturating_sub(PASTE_ENDS.len());
        paste.append(&mut self.pending);
        let tail = paste.get(from..).unwrap_or_default();
        let end = from + tail.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS)?;
        let mut text = self.paste.take()?;
        self.pending = text.split_off(end).split_off(PASTE_ENDS.len());
        let bytes = [PASTE_BEGINS, &text, PASTE_ENDS].concat();
        Some(Piece { sent: Sent::Paste(String::from_utf8_lossy(&text).into_owned()), bytes, extended: false })
    }
}

/// The key that these bytes are when nothing follows them.
fn alone(pending: &[u8]) -> Option<Key> {
    match pending {
        [ESCAPE] => Some(Key { code: Code::Escape, modifiers: Modifiers::default() }),
        [ESCAPE, introducer] if introducer.is_ascii_graphic() => Some(held(*introducer)),
        _ => None,
    }
}

/// A character with Alt.
fn held(character: u8) -> Key {
    Key { code: Code::Char(char::from(character)), modifiers: Modifiers::ALT }
}

#[cfg(test)]
mod tests;
