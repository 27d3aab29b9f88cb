//! The person's input by the cockpit's own keymap: the leader key and what follows it, keys while a pane's history
//! is read, and everything else for the inner program, in order.

use crate::config::keymap::{Action, Chord, Context, Keymap};
use crate::term::input::{Piece, Sent};
use crate::term::mouse::MouseEvent;
use crate::tui::input::chord;

/// What comes of something that the person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// For the inner program of the focused pane: as it came, and the key that it is.
    Key(Piece, Option<Chord>),
    /// Pasted text, for the same.
    Paste(String),
    /// The mouse, in the terminal's coordinates.
    Mouse(MouseEvent),
    /// A command after the leader, or a move while a history is read; by this key.
    Act(Action, Chord),
    /// To be told to the person.
    Tell(String),
}

/// Who takes the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taker {
    /// The program.
    Program,
    /// The reader of its history.
    Reader,
    /// The reader of help.
    Help,
}

/// The keymap, and whether the leader was pressed.
#[derive(Debug)]
pub(super) struct Keys {
    keymap: Keymap,
    /// The leader was pressed: the next key is ours.
    led: bool,
}

impl Keys {
    pub(super) fn new(keymap: Keymap) -> Self {
        Self { keymap, led: false }
    }

    pub(super) fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// What the leader is called.
    pub(super) fn leader(&self) -> String {
        self.keymap.shown(Context::Direct, Action::AppLeader)
    }

    /// Whether the leader was pressed and the next key is ours.
    pub(super) fn is_waiting(&self) -> bool {
        self.led
    }

    /// What comes of one thing that was sent.
    pub(super) fn step(&mut self, piece: Piece, taker: Taker) -> Option<Step> {
        match piece.sent {
            Sent::Key(key) => match chord(key) {
                Some(chord) => self.key(piece, chord, taker),
                None => (taker == Taker::Program).then_some(Step::Key(piece, None)),
            },
            Sent::Mouse(event) => Some(Step::Mouse(event)),
            Sent::Paste(text) => Some(Step::Paste(text)),
            // keys let go, which only a program that asked for it is sent; nobody asks the terminal anything here
            Sent::Focus(_) | Sent::Unknown => (taker == Taker::Program).then_some(Step::Key(piece, None)),
            Sent::KeyboardFlags | Sent::Attributes => None,
        }
    }

    fn key(&mut self, piece: Piece, chord: Chord, taker: Taker) -> Option<Step> {
        let leads = self.keymap.action(Context::Direct, chord) == Some(Action::AppLeader);
        if std::mem::take(&mut self.led) {
            if leads {
                return Some(Step::Key(piece, Some(chord)));
            }
            return Some(match self.keymap.action(Context::Leader, chord) {
                Some(action) => Step::Act(action, chord),
                None => Step::Tell(format!("{chord} is no command after {}; ? shows them", self.leader())),
            });
        }
        if leads {
            self.led = true;
            return None;
        }
        let context = match taker {
            Taker::Program => return Some(Step::Key(piece, Some(chord))),
            Taker::Reader => Context::Scroll,
            Taker::Help => Context::Help,
        };
        self.keymap.action(context, chord).map(|action| Step::Act(action, chord))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::input::Input;

    fn keys(leader: Option<&str>) -> Keys {
        Keys::new(Keymap::load(None, leader).0)
    }

    fn steps_of(keys: &mut Keys, input: &[u8], taker: Taker) -> Vec<Step> {
        Input::default()
            .feed(input, std::time::Instant::now())
            .into_iter()
            .filter_map(|piece| keys.step(piece, taker))
            .collect()
    }

    fn words(steps: Vec<Step>) -> Vec<String> {
        let word = |step| match step {
            Step::Key(piece, _) => String::from_utf8_lossy(&piece.bytes).into_owned(),
            Step::Act(action, _) => action.name().to_owned(),
            Step::Paste(text) => format!("paste {text:?}"),
            other => format!("{other:?}"),
        };
        steps.into_iter().map(word).collect()
    }

    fn fed(leader: Option<&str>, input: &[u8]) -> Vec<String> {
        words(steps_of(&mut keys(leader), input, Taker::Program))
    }

    #[test]
    fn the_leader_in_every_form_and_the_cockpits_keys_after_it() {
        for leader in [&b"\x00"[..], b"\x1b[32;5u", b"\x1b[27;5;32~"] {
            assert_eq!(fed(None, &[leader, b"q"].concat()), ["app.detach"]);
            assert_eq!(fed(None, &[leader, b"\x1b[113u"].concat()), ["app.detach"]);
        }
        assert_eq!(fed(None, b"a\x00zb\x00\t\x002c"), ["a", "pane.zoom", "b", "pane.next", "worker.go-2", "c"]);
        assert_eq!(fed(Some("ctrl+a"), b"\x01q\x00q"), ["app.detach", "\0", "q"]);
    }

    #[test]
    fn everything_else_passes_through_and_the_leader_twice_is_the_leader() {
        assert_eq!(fed(None, b"q\x1b[A\r"), ["q", "\x1b[A", "\r"]);
        assert_eq!(fed(None, "grüße 🦀".as_bytes()).concat(), "grüße 🦀");
        assert_eq!(fed(None, b"\x00\x00q"), ["\0", "q"]);
        assert_eq!(fed(None, b"\x1b[97;1:3u"), ["\x1b[97;1:3u"], "a key let go");
        let told = fed(None, b"\x00%").concat();
        assert!(told.contains("% is no command after Ctrl+Space"), "{told}");
    }

    #[test]
    fn a_paste_is_text() {
        assert_eq!(fed(None, b"\x1b[200~a\x00q"), Vec::<String>::new());
        assert_eq!(fed(None, b"\x1b[200~a\x00qb\x1b[201~\x00q"), ["paste \"a\\0qb\"", "app.detach"]);
    }

    #[test]
    fn while_a_history_is_read_keys_move_in_it() {
        let steps = words(steps_of(&mut keys(None), b"x\x1b[A\x1b[6~gq\x00q", Taker::Reader));
        assert_eq!(
            steps,
            ["scroll.up", "scroll.page-down", "scroll.top", "scroll.leave", "app.detach"],
            "other keys do nothing"
        );
    }
}
