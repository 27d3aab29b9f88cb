//! What the outer terminal sends as messages.

use crate::config::keymap::{Chord, KeyName};
use crate::term::input::Sent;
use crate::term::keys::{Code, Key, Modifiers};
use crate::term::mouse::{Action, Button, MouseEvent};

use super::message::{Mouse, MouseKind, Msg};

/// The message of what was sent, if it has one.
pub(crate) fn message(sent: Sent) -> Option<Msg> {
    match sent {
        Sent::Key(key) => chord(key).map(Msg::Key),
        Sent::Mouse(event) => mouse(event).map(Msg::Mouse),
        Sent::Paste(text) => Some(Msg::Paste(text)),
        Sent::Focus(focused) => Some(Msg::Focused(focused)),
        Sent::KeyboardFlags | Sent::Attributes | Sent::Unknown => None,
    }
}

/// The chord of a key press.
pub(crate) fn chord(key: Key) -> Option<Chord> {
    // with it held the key is the desktop's, or an agent's that cannot be told of it: not the bare key
    if key.modifiers.0 & Modifiers::SUPER.0 != 0 {
        return None;
    }
    let name = match key.code {
        Code::Char(c) | Code::Keypad(c) => KeyName::Char(c),
        Code::Function(number) => KeyName::F(number),
        Code::Enter => KeyName::Enter,
        Code::Escape => KeyName::Esc,
        Code::Tab => KeyName::Tab,
        Code::Backspace => KeyName::Backspace,
        Code::Delete => KeyName::Delete,
        Code::Insert => KeyName::Insert,
        Code::Home => KeyName::Home,
        Code::End => KeyName::End,
        Code::PageUp => KeyName::PageUp,
        Code::PageDown => KeyName::PageDown,
        Code::Up => KeyName::Up,
        Code::Down => KeyName::Down,
        Code::Left => KeyName::Left,
        Code::Right => KeyName::Right,
    };
    let (ctrl, alt, shift) = (key.modifiers.control(), key.modifiers.alt(), key.modifiers.shift());
    Some(Chord { key: name, ctrl, alt, shift }.normal())
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let number = |button| match button {
        Button::Left => 0,
        Button::Middle => 1,
        Button::Right => 2,
    };
    let what = match event.action {
        Action::Press(button) => MouseKind::Down(number(button)),
        Action::Release(button) => MouseKind::Up(number(button)),
        Action::Drag(button) => MouseKind::Drag(number(button)),
        Action::ScrollUp => MouseKind::WheelUp,
        Action::ScrollDown => MouseKind::WheelDown,
        Action::Move | Action::ScrollLeft | Action::ScrollRight => return None,
    };
    Some(Mouse {
        x: event.col,
        y: event.row,
        what,
        shift: event.modifiers.shift(),
        alt: event.modifiers.alt(),
        ctrl: event.modifiers.control(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::input::Input;

    fn chord_of(bytes: &[u8]) -> Option<Chord> {
        let sent = Input::default().feed(bytes, std::time::Instant::now()).pop().unwrap().sent;
        match message(sent)? {
            Msg::Key(chord) => Some(chord),
            other => panic!("{other:?}"),
        }
    }

    /// The table of what old and new terminals send, replayed.
    #[test]
    fn nothing_fires_by_accident() {
        let expected: &[(&[u8], &str)] = &[
            (b"1", "1"),
            (b"\x00", "ctrl+space"),
            (b"\x1c", "ctrl+\\"),
            (b"\x1d", "ctrl+]"),
            (b"\x1b[49;5u", "ctrl+1"),
            (b"\x1b[27;5;49~", "ctrl+1"),
            (b"\x1b[52;5u", "ctrl+4"),
            (b"\x1b[Z", "shift+tab"),
            (b"\x1b[27;2;13~", "shift+enter"),
            (b"\x1b[13;5u", "ctrl+enter"),
            (b"\x1b1", "alt+1"),
            (b"\x1b[98;4u", "alt+B"),
            (b"\x1b[104;6u", "ctrl+shift+h"),
        ];
        for (bytes, chord) in expected {
            assert_eq!(chord_of(bytes), Some(chord.parse().unwrap()), "{bytes:?}");
        }
        assert_eq!(chord_of(b"\x1b[97;9u"), None, "the desktop's key");
    }
}
