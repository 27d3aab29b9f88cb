//! Keys and mouse events of the cockpit in the terms of `term`, which knows the bytes that a program
//! asked for. No encoding happens here.

use crate::config::keymap::{Chord, KeyName};
use crate::protocol::pane::{Modes, MouseMode};
use crate::term::keys::{self, Code, Key, Modifiers};
use crate::term::mouse::{self, Action, Button, MouseEvent};
use crate::term::{self, Mouse as Wanted};

use super::message::{Mouse, MouseKind};

/// The bytes of a key press.
pub(crate) fn key(chord: Chord, modes: &Modes) -> Vec<u8> {
    let code = match chord.key {
        KeyName::Char(c) => Code::Char(c),
        KeyName::F(number) => Code::Function(number),
        KeyName::Enter => Code::Enter,
        KeyName::Esc => Code::Escape,
        KeyName::Tab => Code::Tab,
        KeyName::Backspace => Code::Backspace,
        KeyName::Delete => Code::Delete,
        KeyName::Insert => Code::Insert,
        KeyName::Home => Code::Home,
        KeyName::End => Code::End,
        KeyName::PageUp => Code::PageUp,
        KeyName::PageDown => Code::PageDown,
        KeyName::Up => Code::Up,
        KeyName::Down => Code::Down,
        KeyName::Left => Code::Left,
        KeyName::Right => Code::Right,
    };
    // A chord says Shift with a letter by the capital alone.
    let capital = matches!(chord.key, KeyName::Char(c) if c.is_uppercase());
    let modifiers = modifiers(chord.shift || capital, chord.alt, chord.ctrl);
    keys::encode(Key { code, modifiers }, &of_term(modes))
}

/// The key that makes a new line in a prompt: Shift+Enter where the program can be told of it, else a line feed.
pub(crate) fn newline(modes: &Modes) -> Chord {
    let held = Chord { shift: true, ..Chord::plain(KeyName::Enter) };
    if key(held, modes) == b"\r" { Chord::ctrl('j') } else { held }
}

/// The bytes of a mouse event at a cell of the pane (zero-based); `None` when the program did not ask
/// for it, or cannot be told in the form that it asked for.
pub(crate) fn mouse(event: Mouse, col: u16, row: u16, modes: &Modes) -> Option<Vec<u8>> {
    let action = match event.what {
        MouseKind::Down(number) => Action::Press(button(number)),
        MouseKind::Up(number) => Action::Release(button(number)),
        MouseKind::Drag(number) => Action::Drag(button(number)),
        MouseKind::WheelUp => Action::ScrollUp,
        MouseKind::WheelDown => Action::ScrollDown,
    };
    let modifiers = modifiers(event.shift, event.alt, event.ctrl);
    mouse::encode(MouseEvent { action, row, col, modifiers }, &of_term(modes))
}

/// The bytes that tell a program of the window's focus; none when it did not ask.
pub(crate) fn focus(gained: bool, modes: &Modes) -> &'static [u8] {
    keys::focus(gained, &of_term(modes))
}

fn modifiers(shift: bool, alt: bool, control: bool) -> Modifiers {
    let held = [(shift, Modifiers::SHIFT), (alt, Modifiers::ALT), (control, Modifiers::CONTROL)];
    held.into_iter().filter(|(held, _)| *held).fold(Modifiers::default(), |all, (_, one)| all.and(one))
}

fn button(number: u8) -> Button {
    match number {
        0 => Button::Left,
        1 => Button::Middle,
        _ => Button::Right,
    }
}

/// The wire's modes as the terminal's own.
pub(crate) fn of_term(modes: &Modes) -> term::Modes {
    term::Modes {
        alternate_screen: modes.alternate_screen,
        application_cursor: modes.application_cursor,
        application_keypad: modes.application_keypad,
        bracketed_paste: modes.bracketed_paste,
        focus_events: modes.focus_events,
        mouse: match modes.mouse {
            MouseMode::Off => Wanted::Off,
            MouseMode::Press => Wanted::Press,
            MouseMode::PressRelease => Wanted::PressRelease,
            MouseMode::Drag => Wanted::Drag,
            MouseMode::Any => Wanted::Any,
        },
        mouse_sgr: modes.mouse_sgr,
        keyboard_flags: modes.keyboard_flags,
        modify_other_keys: modes.modify_other_keys,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str, modes: &Modes) -> String {
        String::from_utf8(key(text.parse().unwrap(), modes)).unwrap()
    }

    #[test]
    fn chords_arrive_as_their_keys() {
        let legacy = Modes::default();
        for (chord, expected) in [
            ("a", "a"),
            ("A", "A"),
            ("é", "é"),
            ("ctrl+c", "\x03"),
            ("ctrl+space", "\0"),
            ("ctrl+h", "\x08"),
            ("ctrl+\\", "\x1c"),
            ("alt+b", "\x1bb"),
            ("enter", "\r"),
            ("shift+tab", "\x1b[Z"),
            ("backspace", "\x7f"),
            ("up", "\x1b[A"),
            ("ctrl+right", "\x1b[1;5C"),
            ("pgup", "\x1b[5~"),
            ("f1", "\x1bOP"),
            ("f12", "\x1b[24~"),
        ] {
            assert_eq!(bytes(chord, &legacy), expected, "{chord}");
        }
    }

    #[test]
    fn what_the_program_asked_for_decides() {
        let kitty = Modes { keyboard_flags: 1, ..Modes::default() };
        for (chord, expected) in
            [("A", "A"), ("esc", "\x1b[27u"), ("alt+B", "\x1b[98;4u"), ("shift+enter", "\x1b[13;2u")]
        {
            assert_eq!(bytes(chord, &kitty), expected, "{chord}");
        }
        assert_eq!(bytes("A", &Modes { keyboard_flags: 9, ..Modes::default() }), "\x1b[97;2u");
        assert_eq!(bytes("up", &Modes { application_cursor: true, ..Modes::default() }), "\x1bOA");
        assert_eq!(bytes("shift+enter", &Modes { modify_other_keys: 2, ..Modes::default() }), "\x1b[27;2;13~");
        assert_eq!(focus(true, &Modes { focus_events: true, ..Modes::default() }), b"\x1b[I");
    }

    #[test]
    fn mouse_in_both_forms() {
        let event = Mouse { x: 0, y: 0, what: MouseKind::WheelUp, shift: false, alt: false, ctrl: true };
        let sgr = Modes { mouse: MouseMode::Any, mouse_sgr: true, ..Modes::default() };
        assert_eq!(mouse(event, 300, 4, &sgr), Some(b"\x1b[<80;301;5M".to_vec()));
        let old = Modes { mouse: MouseMode::PressRelease, ..Modes::default() };
        assert_eq!(mouse(event, 300, 4, &old), None);
        let up = Mouse { what: MouseKind::Up(0), ctrl: false, ..event };
        assert_eq!(mouse(up, 0, 0, &old), Some(vec![0x1b, b'[', b'M', 35, 33, 33]));
        assert_eq!(mouse(Mouse { what: MouseKind::Drag(0), ..up }, 0, 0, &old), None);
    }
}
