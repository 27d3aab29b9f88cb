//! Keys and mouse as bytes for the inner program, in the form that it asked for: legacy, application
//! cursor keys, the kitty keyboard protocol (flags 1 and 8 change what is sent), xterm and SGR mouse.

use crate::config::keymap::{Chord, KeyName};
use crate::protocol::pane::{Modes, MouseMode};

use super::message::{Mouse, MouseKind};

/// Kitty flag 1: escape codes for keys that are ambiguous in legacy form.
const DISAMBIGUATE: u8 = 1;
/// Kitty flag 8: escape codes for all keys.
const ALL_KEYS: u8 = 8;

/// The bytes of a key press.
pub(crate) fn key(chord: Chord, modes: &Modes) -> Vec<u8> {
    let kitty = modes.keyboard_flags & (DISAMBIGUATE | ALL_KEYS) != 0;
    let every = modes.keyboard_flags & ALL_KEYS != 0;
    let modified = chord.ctrl || chord.alt || chord.shift;
    match chord.key {
        KeyName::Char(c) if every || (kitty && (chord.ctrl || chord.alt)) => csi_u(c, chord),
        KeyName::Char(c) => with_alt(chord, character(c, chord.ctrl)),
        KeyName::Esc if kitty => coded(27, chord),
        KeyName::Enter | KeyName::Tab | KeyName::Backspace if every || (kitty && modified) => coded(code(chord.key), chord),
        KeyName::Enter if modes.modify_other_keys > 0 && modified => other(13, chord),
        KeyName::Esc => with_alt(chord, vec![0x1b]),
        KeyName::Enter => with_alt(chord, vec![b'\r']),
        KeyName::Tab if chord.shift => b"\x1b[Z".to_vec(),
        KeyName::Tab => with_alt(chord, vec![b'\t']),
        KeyName::Backspace => with_alt(chord, vec![if chord.ctrl { 0x08 } else { 0x7f }]),
        _ => function(chord, modes, kitty),
    }
}

/// Cursor, editing and function keys.
fn function(chord: Chord, modes: &Modes, kitty: bool) -> Vec<u8> {
    let letter = match chord.key {
        KeyName::Up => Some('A'),
        KeyName::Down => Some('B'),
        KeyName::Right => Some('C'),
        KeyName::Left => Some('D'),
        KeyName::Home => Some('H'),
        KeyName::End => Some('F'),
        KeyName::F(1) => Some('P'),
        KeyName::F(2) => Some('Q'),
        KeyName::F(3) if !kitty => Some('R'),
        KeyName::F(4) => Some('S'),
        _ => None,
    };
    let modifiers = modifiers(chord);
    if let Some(letter) = letter {
        let single = modes.application_cursor || matches!(chord.key, KeyName::F(_));
        return match (modifiers, single) {
            (1, true) => format!("\x1bO{letter}").into_bytes(),
            (1, false) => format!("\x1b[{letter}").into_bytes(),
            _ => format!("\x1b[1;{modifiers}{letter}").into_bytes(),
        };
    }
    let number = match chord.key {
        KeyName::Insert => 2,
        KeyName::Delete => 3,
        KeyName::PageUp => 5,
        KeyName::PageDown => 6,
        KeyName::F(3) => 13,
        KeyName::F(n @ 5..=5) => n + 10,
        KeyName::F(n @ 6..=10) => n + 11,
        KeyName::F(n @ 11..=14) => n + 12,
        KeyName::F(n @ 15..=16) => n + 13,
        KeyName::F(n @ 17..=20) => n + 14,
        _ => return Vec::new(),
    };
    if modifiers == 1 { format!("\x1b[{number}~").into_bytes() } else { format!("\x1b[{number};{modifiers}~").into_bytes() }
}

/// xterm's modifier parameter: 1 plus shift 1, alt 2, control 4.
fn modifiers(chord: Chord) -> u8 {
    1 + u8::from(chord.shift) + 2 * u8::from(chord.alt) + 4 * u8::from(chord.ctrl)
}

fn code(key: KeyName) -> u32 {
    match key {
        KeyName::Enter => 13,
        KeyName::Tab => 9,
        _ => 127,
    }
}

/// A character in kitty form: its unshifted code, Shift as a modifier.
fn csi_u(c: char, chord: Chord) -> Vec<u8> {
    let shift = chord.shift || c.is_uppercase();
    let plain = c.to_lowercase().next().unwrap_or(c);
    coded(u32::from(plain), Chord { shift, ..chord })
}

fn coded(code: u32, chord: Chord) -> Vec<u8> {
    match modifiers(chord) {
        1 => format!("\x1b[{code}u").into_bytes(),
        modifiers => format!("\x1b[{code};{modifiers}u").into_bytes(),
    }
}

/// xterm's modifyOtherKeys form.
fn other(code: u32, chord: Chord) -> Vec<u8> {
    format!("\x1b[27;{};{code}~", modifiers(chord)).into_bytes()
}

fn with_alt(chord: Chord, bytes: Vec<u8>) -> Vec<u8> {
    if chord.alt { [vec![0x1b], bytes].concat() } else { bytes }
}

/// A character in legacy form: with Control, the C0 byte of the kitty specification's legacy table.
fn character(c: char, ctrl: bool) -> Vec<u8> {
    let control = match c {
        _ if !ctrl => None,
        ' ' | '@' | '2' => Some(0),
        'a'..='z' => u8::try_from(c).ok().map(|byte| byte - b'a' + 1),
        '[' | '3' => Some(0x1b),
        '\\' | '4' => Some(0x1c),
        ']' | '5' => Some(0x1d),
        '^' | '~' | '6' => Some(0x1e),
        '_' | '/' | '7' => Some(0x1f),
        '?' | '8' => Some(0x7f),
        _ => None,
    };
    control.map_or_else(|| c.to_string().into_bytes(), |byte| vec![byte])
}

/// Whether the inner program wants this mouse event.
pub(crate) fn wants(mode: MouseMode, what: MouseKind) -> bool {
    match (mode, what) {
        (MouseMode::Off, _) => false,
        (MouseMode::Press, MouseKind::Up(_) | MouseKind::Drag(_)) => false,
        (MouseMode::PressRelease, MouseKind::Drag(_)) => false,
        _ => true,
    }
}

/// The bytes of a mouse event at a cell of the pane (zero-based); `None` when it cannot be said in the
/// form that the program asked for.
pub(crate) fn mouse(event: Mouse, column: u16, row: u16, modes: &Modes) -> Option<Vec<u8>> {
    let (button, release) = match event.what {
        MouseKind::Down(button) => (button, false),
        MouseKind::Up(button) => (button, true),
        MouseKind::Drag(button) => (button + 32, false),
        MouseKind::WheelUp => (64, false),
        MouseKind::WheelDown => (65, false),
    };
    let held = 4 * u8::from(event.shift) + 8 * u8::from(event.alt) + 16 * u8::from(event.ctrl);
    if modes.mouse_sgr {
        let last = if release { 'm' } else { 'M' };
        return Some(format!("\x1b[<{};{};{}{last}", button + held, column + 1, row + 1).into_bytes());
    }
    let button = if release { 3 } else { button };
    let coordinate = |value: u16| u8::try_from(value.checked_add(33)?).ok();
    Some(vec![0x1b, b'[', b'M', 32 + button + held, coordinate(column)?, coordinate(row)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str, modes: &Modes) -> String {
        String::from_utf8(key(text.parse().unwrap(), modes)).unwrap()
    }

    #[test]
    fn legacy_keys() {
        let legacy = Modes::default();
        for (chord, expected) in [
            ("a", "a"),
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
            ("f5", "\x1b[15~"),
            ("f12", "\x1b[24~"),
        ] {
            assert_eq!(bytes(chord, &legacy), expected, "{chord}");
        }
        assert_eq!(bytes("up", &Modes { application_cursor: true, ..Modes::default() }), "\x1bOA");
        assert_eq!(bytes("shift+enter", &Modes { modify_other_keys: 2, ..Modes::default() }), "\x1b[27;2;13~");
    }

    #[test]
    fn kitty_keys() {
        let kitty = Modes { keyboard_flags: 1, ..Modes::default() };
        for (chord, expected) in [
            ("a", "a"),
            ("A", "A"),
            ("esc", "\x1b[27u"),
            ("ctrl+c", "\x1b[99;5u"),
            ("alt+b", "\x1b[98;3u"),
            ("shift+enter", "\x1b[13;2u"),
            ("enter", "\r"),
            ("backspace", "\x7f"),
            ("ctrl+backspace", "\x1b[127;5u"),
            ("up", "\x1b[A"),
        ] {
            assert_eq!(bytes(chord, &kitty), expected, "{chord}");
        }
        assert_eq!(bytes("A", &Modes { keyboard_flags: 9, ..Modes::default() }), "\x1b[97;2u");
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
        assert!(!wants(MouseMode::PressRelease, MouseKind::Drag(0)));
    }
}
