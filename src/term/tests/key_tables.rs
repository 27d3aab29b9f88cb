//! Keys against the tables of xterm (ctlseqs, «PC-Style Function Keys», modifyOtherKeys) and of kitty's keyboard
//! protocol, each row as those documents write it.

use super::super::keys::{Code, Key, Modifiers, encode};
use super::*;

const NONE: Modifiers = Modifiers(0);
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const CTRL: Modifiers = Modifiers::CONTROL;

fn modes(keyboard_flags: u8, modify_other_keys: u8) -> Modes {
    Modes { keyboard_flags, modify_other_keys, ..Modes::default() }
}

fn said(code: Code, modifiers: Modifiers, modes: &Modes) -> String {
    String::from_utf8(encode(Key { code, modifiers }, modes)).unwrap()
}

/// Keys whose final letter or number stands for them everywhere: `CSI 1 ; m letter` or `CSI number ; m ~`.
const FUNCTIONAL: [(Code, &str, &str); 22] = [
    (Code::Up, "\x1b[A", "\x1b[1;mA"),
    (Code::Down, "\x1b[B", "\x1b[1;mB"),
    (Code::Right, "\x1b[C", "\x1b[1;mC"),
    (Code::Left, "\x1b[D", "\x1b[1;mD"),
    (Code::Home, "\x1b[H", "\x1b[1;mH"),
    (Code::End, "\x1b[F", "\x1b[1;mF"),
    (Code::Insert, "\x1b[2~", "\x1b[2;m~"),
    (Code::Delete, "\x1b[3~", "\x1b[3;m~"),
    (Code::PageUp, "\x1b[5~", "\x1b[5;m~"),
    (Code::PageDown, "\x1b[6~", "\x1b[6;m~"),
    (Code::Function(1), "\x1bOP", "\x1b[1;mP"),
    (Code::Function(2), "\x1bOQ", "\x1b[1;mQ"),
    (Code::Function(3), "\x1bOR", "\x1b[1;mR"),
    (Code::Function(4), "\x1bOS", "\x1b[1;mS"),
    (Code::Function(5), "\x1b[15~", "\x1b[15;m~"),
    (Code::Function(6), "\x1b[17~", "\x1b[17;m~"),
    (Code::Function(7), "\x1b[18~", "\x1b[18;m~"),
    (Code::Function(8), "\x1b[19~", "\x1b[19;m~"),
    (Code::Function(9), "\x1b[20~", "\x1b[20;m~"),
    (Code::Function(10), "\x1b[21~", "\x1b[21;m~"),
    (Code::Function(11), "\x1b[23~", "\x1b[23;m~"),
    (Code::Function(12), "\x1b[24~", "\x1b[24;m~"),
];

/// Modifiers and the number that stands for them: one more than shift 1, alt 2, control 4, super 8.
fn all_modifiers() -> impl Iterator<Item = (Modifiers, u8)> {
    (1..16).map(|bits| (Modifiers(bits), bits + 1))
}

#[test]
fn functional_keys_with_every_modifier() {
    for (code, plain, modified) in FUNCTIONAL {
        assert_eq!(said(code, NONE, &modes(0, 0)), plain, "{code:?}");
        for (modifiers, number) in all_modifiers() {
            let expected = modified.replace('m', &number.to_string());
            for modes in [modes(0, 0), modes(0, 1), modes(0, 2)] {
                assert_eq!(said(code, modifiers, &modes), expected, "{code:?} {modifiers:?}");
            }
            // in kitty's protocol F3 is told from a cursor report by its number
            let expected = if code == Code::Function(3) { format!("\x1b[13;{number}~") } else { expected };
            for flags in [1, 3, 8, 31] {
                assert_eq!(said(code, modifiers, &modes(flags, 0)), expected, "{code:?} {modifiers:?} {flags}");
            }
        }
    }
}

#[test]
fn application_modes_change_unmodified_keys_only() {
    let application = Modes { application_cursor: true, application_keypad: true, ..Modes::default() };
    for (code, letter) in [(Code::Up, 'A'), (Code::Left, 'D'), (Code::Home, 'H'), (Code::End, 'F')] {
        assert_eq!(said(code, NONE, &application), format!("\x1bO{letter}"));
        assert_eq!(said(code, CTRL, &application), format!("\x1b[1;5{letter}"));
        let kitty = Modes { keyboard_flags: 1, ..application.clone() };
        assert_eq!(said(code, NONE, &kitty), format!("\x1b[{letter}"));
    }
}

#[test]
fn high_function_keys() {
    // xterm's numbers for F13 to F20, kitty's private code points for F13 to F24
    let legacy = [25, 26, 28, 29, 31, 32, 33, 34];
    for (function, number) in (13..).zip(legacy) {
        assert_eq!(said(Code::Function(function), NONE, &modes(0, 0)), format!("\x1b[{number}~"));
    }
    // beyond, xterm writes F1 to F12 with Shift, which is F13 to F24 on a PC keyboard
    assert_eq!(said(Code::Function(21), NONE, &modes(0, 0)), "\x1b[20;2~");
    assert_eq!(said(Code::Function(24), NONE, &modes(0, 0)), "\x1b[24;2~");
    assert_eq!(said(Code::Function(24), CTRL, &modes(0, 0)), "\x1b[24;6~");
    for function in 13u8..=24 {
        let number = 57376 + u32::from(function) - 13;
        assert_eq!(said(Code::Function(function), NONE, &modes(1, 0)), format!("\x1b[{number}u"));
        assert_eq!(said(Code::Function(function), SHIFT, &modes(1, 0)), format!("\x1b[{number};2u"));
    }
}

#[test]
fn legacy_text_keys() {
    let table: [(Code, Modifiers, &str); 26] = [
        (Code::Enter, NONE, "\r"),
        (Code::Enter, SHIFT, "\r"),
        (Code::Enter, CTRL, "\r"),
        (Code::Enter, ALT, "\x1b\r"),
        (Code::Escape, NONE, "\x1b"),
        (Code::Escape, ALT, "\x1b\x1b"),
        (Code::Backspace, NONE, "\x7f"),
        (Code::Backspace, SHIFT, "\x7f"),
        (Code::Backspace, CTRL, "\x08"),
        (Code::Backspace, ALT, "\x1b\x7f"),
        (Code::Backspace, CTRL.and(ALT), "\x1b\x08"),
        (Code::Tab, NONE, "\t"),
        (Code::Tab, SHIFT, "\x1b[Z"),
        (Code::Tab, CTRL, "\t"),
        (Code::Tab, ALT, "\x1b\t"),
        (Code::Tab, ALT.and(SHIFT), "\x1b\x1b[Z"),
        (Code::Char(' '), CTRL, "\0"),
        (Code::Char(' '), ALT, "\x1b "),
        (Code::Char('a'), ALT, "\x1ba"),
        (Code::Char('A'), ALT.and(SHIFT), "\x1bA"),
        (Code::Char('c'), CTRL, "\x03"),
        (Code::Char('C'), CTRL.and(SHIFT), "\x03"),
        (Code::Char('c'), CTRL.and(ALT), "\x1b\x03"),
        (Code::Char('['), CTRL, "\x1b"),
        (Code::Char('/'), CTRL, "\x1f"),
        (Code::Char('1'), CTRL, "1"),
    ];
    for (code, modifiers, bytes) in table {
        assert_eq!(said(code, modifiers, &modes(0, 0)), bytes, "{code:?} {modifiers:?}");
    }
    // the control characters of kitty's legacy table
    for (c, byte) in [
        ('@', 0),
        ('2', 0),
        ('3', 27),
        ('4', 28),
        ('5', 29),
        ('6', 30),
        ('7', 31),
        ('8', 127),
        ('?', 127),
        ('\\', 28),
        (']', 29),
        ('^', 30),
        ('_', 31),
        ('~', 30),
    ] {
        assert_eq!(encode(Key { code: Code::Char(c), modifiers: CTRL }, &modes(0, 0)), [byte], "{c}");
    }
}

#[test]
fn kitty_disambiguates() {
    let table: [(Code, Modifiers, &str); 18] = [
        (Code::Escape, NONE, "\x1b[27u"),
        (Code::Escape, SHIFT, "\x1b[27;2u"),
        (Code::Enter, NONE, "\r"),
        (Code::Enter, SHIFT, "\x1b[13;2u"),
        (Code::Enter, CTRL, "\x1b[13;5u"),
        (Code::Enter, ALT, "\x1b[13;3u"),
        (Code::Tab, NONE, "\t"),
        (Code::Tab, SHIFT, "\x1b[9;2u"),
        (Code::Tab, CTRL, "\x1b[9;5u"),
        (Code::Backspace, NONE, "\x7f"),
        (Code::Backspace, CTRL, "\x1b[127;5u"),
        (Code::Char('a'), NONE, "a"),
        (Code::Char('A'), SHIFT, "A"),
        (Code::Char('a'), CTRL, "\x1b[97;5u"),
        (Code::Char('a'), ALT, "\x1b[97;3u"),
        (Code::Char('A'), CTRL.and(SHIFT), "\x1b[97;6u"),
        (Code::Char(' '), CTRL, "\x1b[32;5u"),
        (Code::Char('é'), CTRL.and(ALT), "\x1b[233;7u"),
    ];
    for (code, modifiers, bytes) in table {
        assert_eq!(said(code, modifiers, &modes(1, 0)), bytes, "{code:?} {modifiers:?}");
        // event types (2) are «press», which is not written; alternate keys (4) are not known outside
        if !matches!(modifiers, SHIFT if matches!(code, Code::Char(_))) {
            assert_eq!(said(code, modifiers, &modes(3, 0)), bytes, "{code:?} {modifiers:?} with 2");
        }
    }
}

#[test]
fn kitty_reports_every_key_when_asked() {
    let table: [(Code, Modifiers, u8, &str); 10] = [
        (Code::Char('a'), NONE, 8, "\x1b[97u"),
        (Code::Char('A'), SHIFT, 8, "\x1b[97;2u"),
        (Code::Enter, NONE, 8, "\x1b[13u"),
        (Code::Tab, NONE, 8, "\x1b[9u"),
        (Code::Backspace, NONE, 8, "\x1b[127u"),
        (Code::Char('a'), NONE, 24, "\x1b[97;;97u"),
        (Code::Char('A'), SHIFT, 24, "\x1b[97;2;65u"),
        (Code::Char('a'), CTRL, 24, "\x1b[97;5u"),
        (Code::Escape, NONE, 24, "\x1b[27u"),
        // with alternate keys: the shifted one is known, the one of the base layout is not
        (Code::Char('A'), SHIFT, 12, "\x1b[97:65;2u"),
    ];
    for (code, modifiers, flags, bytes) in table {
        assert_eq!(said(code, modifiers, &modes(flags, 0)), bytes, "{code:?} {modifiers:?} {flags}");
    }
}

#[test]
fn modify_other_keys_as_xterm_does() {
    // xterm's «Special Keys» and modified-keys tables, formatOtherKeys 0
    let table: [(Code, Modifiers, &str, &str); 14] = [
        (Code::Enter, SHIFT, "\x1b[27;2;13~", "\x1b[27;2;13~"),
        (Code::Enter, CTRL, "\x1b[27;5;13~", "\x1b[27;5;13~"),
        (Code::Enter, ALT, "\x1b\r", "\x1b[27;3;13~"),
        (Code::Tab, CTRL, "\x1b[27;5;9~", "\x1b[27;5;9~"),
        (Code::Tab, SHIFT, "\x1b[Z", "\x1b[27;2;9~"),
        (Code::Backspace, CTRL, "\x1b[27;5;127~", "\x1b[27;5;127~"),
        (Code::Char('a'), NONE, "a", "a"),
        (Code::Char('A'), SHIFT, "A", "A"),
        (Code::Char('a'), CTRL, "\x01", "\x1b[27;5;97~"),
        (Code::Char('a'), ALT, "\x1ba", "\x1b[27;3;97~"),
        (Code::Char('1'), CTRL, "\x1b[27;5;49~", "\x1b[27;5;49~"),
        (Code::Char(';'), CTRL, "\x1b[27;5;59~", "\x1b[27;5;59~"),
        (Code::Char('A'), CTRL.and(SHIFT), "\x01", "\x1b[27;6;65~"),
        (Code::Escape, NONE, "\x1b", "\x1b"),
    ];
    for (code, modifiers, one, two) in table {
        assert_eq!(said(code, modifiers, &modes(0, 1)), one, "{code:?} {modifiers:?} at level 1");
        assert_eq!(said(code, modifiers, &modes(0, 2)), two, "{code:?} {modifiers:?} at level 2");
    }
}

#[test]
fn the_keypad_tells_itself_apart_when_asked() {
    let application = Modes { application_keypad: true, ..Modes::default() };
    let table = [
        ('0', "\x1bOp"),
        ('9', "\x1bOy"),
        ('.', "\x1bOn"),
        ('+', "\x1bOk"),
        ('-', "\x1bOm"),
        ('*', "\x1bOj"),
        ('/', "\x1bOo"),
        ('\r', "\x1bOM"),
        ('=', "\x1bOX"),
        (',', "\x1bOl"),
    ];
    for (c, bytes) in table {
        assert_eq!(said(Code::Keypad(c), NONE, &application), bytes, "{c:?}");
        assert_eq!(said(Code::Keypad(c), NONE, &modes(0, 0)), c.to_string());
    }
    assert_eq!(said(Code::Keypad('5'), NONE, &modes(8, 0)), "\x1b[57404u");
    assert_eq!(said(Code::Keypad('\r'), SHIFT, &modes(1, 0)), "\x1b[57414;2u");
    assert_eq!(said(Code::Keypad('5'), NONE, &modes(1, 0)), "\x1b[57404u");
}
