//! What the person's own terminal sends, as keys, mouse events, pastes and answers: the reverse of `keys` and
//! `mouse`. It knows every form that terminals and multiplexers use for a key with modifiers: control characters,
//! xterm's sequences, the kitty keyboard protocol (`CSI code ; modifiers u`) and xterm's modifyOtherKeys
//! (`CSI 27 ; modifiers ; code ~`). Pure; what is not whole yet waits for the next piece.

mod decode;

use super::keys::{Code, Key, Modifiers};
use super::mouse::MouseEvent;
use decode::Taken;

/// A sequence longer than this is none.
const LONGEST_SEQUENCE: usize = 4_096;

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
    /// What was pasted so far, while its end has not come.
    paste: Option<Vec<u8>>,
}

impl Input {
    /// What these bytes make whole, in order.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.pending.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        loop {
            if self.paste.is_some() {
                match self.pasted() {
                    Some(piece) => pieces.push(piece),
                    None => return pieces,
                }
            }
            if self.pending.starts_with(PASTE_BEGINS) {
                self.pending.drain(..PASTE_BEGINS.len());
                self.paste = Some(Vec::new());
                continue;
            }
            let (sent, length, extended) = match decode::first(&self.pending) {
                Taken::Nothing => return pieces,
                Taken::Whole { sent, length, extended } => (sent, length, extended),
                Taken::Part if self.pending.len() > LONGEST_SEQUENCE => (Sent::Unknown, self.pending.len(), false),
                Taken::Part => match alone(&self.pending) {
                    Some(key) => (Sent::Key(key), self.pending.len(), false),
                    None => return pieces,
                },
            };
            let bytes = self.pending.drain(..length.clamp(1, self.pending.len())).collect();
            pieces.push(Piece { sent, bytes, extended });
        }
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

/// A key that looks like the beginning of a sequence, when nothing follows it: terminals send sequences whole.
fn alone(pending: &[u8]) -> Option<Key> {
    match pending {
        [ESCAPE] => Some(Key { code: Code::Escape, modifiers: Modifiers::default() }),
        [ESCAPE, introducer] if introducer.is_ascii_graphic() => {
            Some(Key { code: Code::Char(char::from(*introducer)), modifiers: Modifiers::ALT })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
