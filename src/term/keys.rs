//! Keys, paste and focus as the bytes that a program asked for: legacy, application cursor, xterm's
//! modifyOtherKeys, and the kitty keyboard protocol (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/>).

use super::frame::Modes;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// A character, as typed (with shift: the shifted one).
    Char(char),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Escape.
    Escape,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Insert.
    Insert,
    /// Delete.
    Delete,
    /// A function key, from 1 to 24.
    Function(u8),
    /// A key of the number pad: a digit, one of `.+-*/=,`, or CR for its Enter.
    Keypad(char),
}

/// Held modifier keys, as the bits of the kitty protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modifiers(pub u8);

impl Modifiers {
    /// Shift.
    pub const SHIFT: Modifiers = Modifiers(1);
    /// Alt.
    pub const ALT: Modifiers = Modifiers(2);
    /// Control.
    pub const CONTROL: Modifiers = Modifiers(4);
    /// Super.
    pub const SUPER: Modifiers = Modifiers(8);

    /// Both together.
    #[must_use]
    pub fn and(self, other: Modifiers) -> Modifiers {
        Modifiers(self.0 | other.0)
    }

    /// Whether shift is held.
    pub fn shift(self) -> bool {
        self.0 & Self::SHIFT.0 != 0
    }

    /// Whether alt is held.
    pub fn alt(self) -> bool {
        self.0 & Self::ALT.0 != 0
    }

    /// Whether control is held.
    pub fn control(self) -> bool {
        self.0 & Self::CONTROL.0 != 0
    }

    fn beyond_shift(self) -> bool {
        self.0 & !Self::SHIFT.0 != 0
    }

    /// The parameter that xterm and kitty write: one more than the bits.
    fn parameter(self) -> u8 {
        (self.0 & 0x0f) + 1
    }
}

/// A key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub code: Code,
    /// With what.
    pub modifiers: Modifiers,
}

/// Kitty flag: tell Esc from escape sequences and Ctrl+I from Tab.
const DISAMBIGUATE: u8 = 1;
/// Kitty flag: with the shifted key beside the plain one.
const ALTERNATES: u8 = 4;
/// Kitty flag: every key as an escape sequence.
const ALL_KEYS: u8 = 8;
/// Kitty flag: with the text that the key makes.
const WITH_TEXT: u8 = 16;

/// The key's bytes.
pub fn encode(key: Key, modes: &Modes) -> Vec<u8> {
    let key = normalised(key);
    if let Some(special) = special(key, modes) {
        return special;
    }
    if modes.keyboard_flags & (DISAMBIGUATE | ALL_KEYS) != 0 {
        if let Some(bytes) = kitty(key, modes.keyboard_flags) {
            return bytes;
        }
    } else if let Some(bytes) = other_key(key, modes.modify_other_keys) {
        return bytes;
    }
    legacy(key)
}

/// A lowercase letter with shift is the capital that it types.
fn normalised(key: Key) -> Key {
    match key.code {
        Code::Char(c) if key.modifiers.shift() && c.is_lowercase() && !key.modifiers.beyond_shift() => {
            let mut capital = c.to_uppercase();
            let code = Code::Char(capital.next().unwrap_or(c));
            Key { code, ..key }
        }
        _ => key,
    }
}

/// Arrows and function keys: the same shapes everywhere.
fn special(key: Key, modes: &Modes) -> Option<Vec<u8>> {
    let lettered =
        |letter| Some(with_letter(key.modifiers, letter, modes.application_cursor && modes.keyboard_flags == 0));
    let numbered = |number| Some(with_number(key.modifiers, number));
    match key.code {
        Code::Up => lettered('A'),
        Code::Down => lettered('B'),
        Code::Right => lettered('C'),
        Code::Left => lettered('D'),
        Code::Home => lettered('H'),
        Code::End => lettered('F'),
        Code::Insert => numbered(2),
        Code::Delete => numbered(3),
        Code::PageUp => numbered(5),
        Code::PageDown => numbered(6),
        Code::Function(number) => function_key(key.modifiers, number, modes.keyboard_flags),
        Code::Keypad(c) => keypad(c, key.modifiers, modes),
        _ => None,
    }
}

fn function_key(modifiers: Modifiers, number: u8, flags: u8) -> Option<Vec<u8>> {
    const NUMBERS: [u8; 20] = [11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34];
    match (number, flags) {
        (1, _) => Some(with_letter(modifiers, 'P', flags == 0)),
        (2, _) => Some(with_letter(modifiers, 'Q', flags == 0)),
        (3, 0) => Some(with_letter(modifiers, 'R', true)),
        (4, _) => Some(with_letter(modifiers, 'S', flags == 0)),
        (13..=24, 1..) => Some(with_code(KITTY_F13 + u32::from(number) - 13, modifiers)),
        // xterm has no numbers for these: they are F9 to F12 with Shift, as on a PC keyboard
        (21..=24, 0) => function_key(modifiers.and(Modifiers::SHIFT), number - 12, 0),
        _ => NUMBERS.get(usize::from(number.checked_sub(1)?)).map(|number| with_number(modifiers, *number)),
    }
}

/// Kitty's code point for F13, and for 0 on the number pad.
const KITTY_F13: u32 = 57376;
const KITTY_KEYPAD: u32 = 57399;
/// The keys of the number pad in the order of kitty's code points, and the letters of DECKPAM's `SS3 letter`.
const KEYPAD: [(char, char); 18] = [
    ('0', 'p'),
    ('1', 'q'),
    ('2', 'r'),
    ('3', 's'),
    ('4', 't'),
    ('5', 'u'),
    ('6', 'v'),
    ('7', 'w'),
    ('8', 'x'),
    ('9', 'y'),
    ('.', 'n'),
    ('/', 'o'),
    ('*', 'j'),
    ('-', 'm'),
    ('+', 'k'),
    ('\r', 'M'),
    ('=', 'X'),
    (',', 'l'),
];

fn keypad(c: char, modifiers: Modifiers, modes: &Modes) -> Option<Vec<u8>> {
    let known = (0..).zip(KEYPAD).find(|(_, (key, _))| *key == c);
    match known {
        Some((number, _)) if modes.keyboard_flags & (DISAMBIGUATE | ALL_KEYS) != 0 => {
            Some(with_code(KITTY_KEYPAD + number, modifiers))
        }
        Some((_, (_, letter))) if modes.application_keypad && modifiers.0 == 0 => {
            Some(format!("\x1bO{letter}").into_bytes())
        }
        _ => None,
    }
}

/// Kitty's form: `CSI code ; modifiers u`.
fn with_code(code: u32, modifiers: Modifiers) -> Vec<u8> {
    if modifiers.0 == 0 { format!("\x1b[{code}u") } else { format!("\x1b[{code};{}u", modifiers.parameter()) }
        .into_bytes()
}

fn with_letter(modifiers: Modifiers, letter: char, application: bool) -> Vec<u8> {
    match (modifiers.0, application) {
        (0, true) => format!("\x1bO{letter}"),
        (0, false) => format!("\x1b[{letter}"),
        _ => format!("\x1b[1;{}{letter}", modifiers.parameter()),
    }
    .into_bytes()
}

fn with_number(modifiers: Modifiers, number: u8) -> Vec<u8> {
    if modifiers.0 == 0 { format!("\x1b[{number}~") } else { format!("\x1b[{number};{}~", modifiers.parameter()) }
        .into_bytes()
}

/// The number that names the key in kitty's and xterm's sequences.
fn number(code: Code) -> Option<u32> {
    match code {
        Code::Enter => Some(13),
        Code::Tab => Some(9),
        Code::Backspace => Some(127),
        Code::Escape => Some(27),
        Code::Char(c) => Some(u32::from(c)),
        _ => None,
    }
}

fn kitty(key: Key, flags: u8) -> Option<Vec<u8>> {
    let all = flags & ALL_KEYS != 0;
    let escaped = match key.code {
        Code::Escape => true,
        Code::Enter | Code::Tab | Code::Backspace => all || key.modifiers.0 != 0,
        Code::Char(_) => all || key.modifiers.beyond_shift(),
        _ => false,
    };
    if !escaped {
        return None;
    }
    let unshifted = match key.code {
        Code::Char(c) => Code::Char(c.to_lowercase().next().unwrap_or(c)),
        code => code,
    };
    let number = number(unshifted)?;
    let text = match key.code {
        Code::Char(c) if all && flags & WITH_TEXT != 0 && !key.modifiers.beyond_shift() => format!(";{}", u32::from(c)),
        _ => String::new(),
    };
    let shifted = match key.code {
        Code::Char(c) if flags & ALTERNATES != 0 && key.modifiers.shift() && u32::from(c) != number => {
            format!(":{}", u32::from(c))
        }
        _ => String::new(),
    };
    let modifiers = match (key.modifiers.0, text.is_empty()) {
        (0, true) => String::new(),
        (0, false) => ";".to_owned(),
        _ => format!(";{}", key.modifiers.parameter()),
    };
    Some(format!("\x1b[{number}{shifted}{modifiers}{text}u").into_bytes())
}

/// xterm's modifyOtherKeys: level 1 for what legacy bytes can't say, level 2 for every modified key.
fn other_key(key: Key, level: u8) -> Option<Vec<u8>> {
    let plain_shift = matches!(key.code, Code::Char(_)) && !key.modifiers.beyond_shift();
    if level == 0 || key.modifiers.0 == 0 || plain_shift {
        return None;
    }
    let sayable = match key.code {
        Code::Char(c) => !key.modifiers.control() || control_byte(c).is_some_and(|_| !c.is_ascii_digit()),
        Code::Tab | Code::Backspace => !key.modifiers.control(),
        Code::Enter => key.modifiers == Modifiers::ALT,
        _ => true,
    };
    if level == 1 && sayable {
        return None;
    }
    let number = number(key.code)?;
    Some(format!("\x1b[27;{};{number}~", key.modifiers.parameter()).into_bytes())
}

fn legacy(key: Key) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8);
    if key.modifiers.alt() {
        bytes.push(0x1b);
    }
    match key.code {
        Code::Char(c) => match control_byte(c).filter(|_| key.modifiers.control()) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        },
        Code::Enter => bytes.push(b'\r'),
        Code::Tab if key.modifiers.shift() => bytes.extend_from_slice(b"\x1b[Z"),
        Code::Tab => bytes.push(b'\t'),
        Code::Backspace => bytes.push(if key.modifiers.control() { 0x08 } else { 0x7f }),
        Code::Escape => bytes.push(0x1b),
        Code::Keypad(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        _ => {}
    }
    bytes
}

/// The control character that Ctrl makes of a character, as xterm does it.
fn control_byte(c: char) -> Option<u8> {
    match c {
        'a'..='z' | 'A'..='Z' => u8::try_from(c).ok().map(|byte| byte & 0x1f),
        ' ' | '@' | '2' => Some(0),
        '[' | '3' => Some(0x1b),
        '\\' | '4' => Some(0x1c),
        ']' | '5' => Some(0x1d),
        '^' | '6' | '~' => Some(0x1e),
        '_' | '7' | '/' | '-' => Some(0x1f),
        '?' | '8' => Some(0x7f),
        _ => None,
    }
}

/// Pasted text: line ends as Enter types them, inside marks when the program asked for them; the text
/// cannot end the marks by itself.
pub fn paste(text: &str, modes: &Modes) -> Vec<u8> {
    let text = text.replace("\r\n", "\r").replace('\n', "\r").replace('\x1b', "");
    if modes.bracketed_paste { format!("\x1b[200~{text}\x1b[201~").into_bytes() } else { text.into_bytes() }
}

/// Focus gained or lost; nothing when the program did not ask.
pub fn focus(gained: bool, modes: &Modes) -> &'static [u8] {
    match (modes.focus_events, gained) {
        (false, _) => b"",
        (true, true) => b"\x1b[I",
        (true, false) => b"\x1b[O",
    }
}

/// The kitty protocol's stack of flags; each screen has one.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyboardStack {
    current: u8,
    below: Vec<u8>,
}

/// Entries of a stack; the protocol lets the oldest go.
const DEEPEST: usize = 16;

impl KeyboardStack {
    pub(super) fn flags(&self) -> u8 {
        self.current
    }

    pub(super) fn push(&mut self, flags: u8) {
        if self.below.len() >= DEEPEST {
            self.below.remove(0);
        }
        self.below.push(self.current);
        self.current = flags & 0x1f;
    }

    pub(super) fn pop(&mut self, count: u16) {
        for _ in 0..usize::from(count).min(DEEPEST + 1) {
            self.current = self.below.pop().unwrap_or(0);
        }
    }

    /// `CSI = flags ; mode u`: 1 sets, 2 adds, 3 removes.
    pub(super) fn set(&mut self, flags: u8, mode: u16) {
        let flags = flags & 0x1f;
        self.current = match mode {
            2 => self.current | flags,
            3 => self.current & !flags,
            _ => flags,
        };
    }
}
