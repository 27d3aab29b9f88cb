//! The first thing in some input. Sources: the kitty keyboard protocol, xterm's ctlseqs.

use super::super::keys::{Code, Key, Modifiers};
use super::super::mouse::{Action, Button, MouseEvent};
use super::{ESCAPE, Sent, held};

/// What stands at the beginning of some input.
pub(super) enum Taken {
    /// There is no input.
    Nothing,
    /// Something that is not whole.
    Part,
    /// Something whole.
    Whole { sent: Sent, length: usize, extended: bool },
}

fn whole(sent: Sent, length: usize) -> Taken {
    Taken::Whole { sent, length, extended: false }
}

fn key(code: Code, modifiers: Modifiers) -> Sent {
    Sent::Key(Key { code, modifiers })
}

/// The first thing in some input.
pub(super) fn first(input: &[u8]) -> Taken {
    match input {
        [] => Taken::Nothing,
        [ESCAPE, rest @ ..] => escaped(rest),
        _ => typed(input),
    }
}

/// What follows an escape character; lengths count that too.
fn escaped(rest: &[u8]) -> Taken {
    match rest {
        [] => Taken::Part,
        [b'[', rest @ ..] => sequence(rest),
        [b'O', rest @ ..] => match rest {
            [] => Taken::Part,
            [last, ..] if last.is_ascii_control() => whole(Sent::Key(held(b'O')), 2),
            [last, ..] => whole(function(*last).unwrap_or(Sent::Unknown), 3),
        },
        [introducer, rest @ ..] if begins_string(*introducer) => string(*introducer, rest),
        // two of them are two
        [ESCAPE, ..] => whole(key(Code::Escape, Modifiers::default()), 1),
        _ => match typed(rest) {
            Taken::Whole { sent: Sent::Key(Key { code, modifiers }), length, .. } => {
                whole(key(code, modifiers.and(Modifiers::ALT)), length + 1)
            }
            Taken::Whole { length, .. } => whole(Sent::Unknown, length + 1),
            other => other,
        },
    }
}

/// Whether an escape character and this begin a string (OSC, DCS, APC, PM, SOS).
pub(super) fn begins_string(introducer: u8) -> bool {
    matches!(introducer, b']' | b'P' | b'_' | b'^' | b'X')
}

/// A string: an answer to a question that nobody here asked. Answers have no control characters: one that does not
/// end it says that the introducer was a key with Alt.
fn string(introducer: u8, rest: &[u8]) -> Taken {
    let Some(end) = rest.iter().position(u8::is_ascii_control) else { return Taken::Part };
    match rest.get(end..).unwrap_or_default() {
        [7, ..] => whole(Sent::Unknown, end + 3),
        [ESCAPE] => Taken::Part,
        [ESCAPE, b'\\', ..] => whole(Sent::Unknown, end + 4),
        _ => whole(Sent::Key(held(introducer)), 2),
    }
}

/// A character or control character.
fn typed(input: &[u8]) -> Taken {
    let Some(byte) = input.first().copied() else { return Taken::Part };
    let none = Modifiers::default();
    let control = |c: u8| key(Code::Char(char::from(c)), Modifiers::CONTROL);
    let sent = match byte {
        0 => control(b' '),
        b'\r' => key(Code::Enter, none),
        b'\t' => key(Code::Tab, none),
        0x7f => key(Code::Backspace, none),
        0x1c..=0x1f => control(byte + 0x40),
        1..=0x1a => control(byte + 0x60),
        0x20..=0x7e => key(Code::Char(char::from(byte)), none),
        _ => return wide(input),
    };
    whole(sent, 1)
}

/// A character of several bytes.
fn wide(input: &[u8]) -> Taken {
    let length = match input.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return whole(Sent::Unknown, 1),
    };
    let bytes = input.get(..length).unwrap_or(input);
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let sent = text.chars().next().map_or(Sent::Unknown, |c| key(Code::Char(c), Modifiers::default()));
            whole(sent, length)
        }
        Err(error) if error.error_len().is_none() => Taken::Part,
        Err(_) => whole(Sent::Unknown, 1),
    }
}

/// `CSI …`; lengths count the introducer's two bytes too.
fn sequence(rest: &[u8]) -> Taken {
    // the Linux console's F1 to F5
    if let [b'[', last, ..] = rest {
        let number = last.checked_sub(b'A').filter(|number| *number < 5);
        return whole(number.map_or(Sent::Unknown, |number| key(Code::Function(number + 1), Modifiers::default())), 4);
    }
    let Some(length) = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else { return Taken::Part };
    let last = rest.get(length).copied().unwrap_or_default();
    if last == b'[' && length == 0 {
        return Taken::Part;
    }
    if length == 0 && last.is_ascii_control() {
        return whole(Sent::Key(held(b'[')), 2);
    }
    if !(0x40..=0x7e).contains(&last) {
        // broken off by something else
        return whole(Sent::Unknown, length + 2);
    }
    let parameters = rest.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let sent = meaning(parameters, last).unwrap_or(Sent::Unknown);
    let extended = matches!(sent, Sent::Key(_)) && (last == b'u' || (last == b'~' && parameters.starts_with("27;")));
    Taken::Whole { sent, length: length + 3, extended }
}

/// What `CSI parameters last` means.
fn meaning(parameters: &str, last: u8) -> Option<Sent> {
    if let Some(report) = parameters.strip_prefix('<') {
        return mouse(report, last).map(Sent::Mouse);
    }
    match (last, parameters) {
        (b'u', _) if parameters.starts_with('?') => return Some(Sent::KeyboardFlags),
        (b'c', _) if parameters.starts_with('?') => return Some(Sent::Attributes),
        (b'I', "") => return Some(Sent::Focus(true)),
        (b'O', "") => return Some(Sent::Focus(false)),
        (b'Z', _) => return Some(key(Code::Tab, Modifiers::SHIFT)),
        // the old form of mouse reports, which nobody asks for
        (b'M', _) => return None,
        _ => {}
    }
    let mut parts = parameters.split(';');
    let first = part(parts.next())?;
    let second = part(parts.next())?;
    let third = part(parts.next())?;
    // event type 3 is the key's release
    if second.get(1) == Some(&3) {
        return None;
    }
    let number = first.first().copied().unwrap_or(1);
    let held = modifiers(second.first().copied().unwrap_or(1));
    let code = match last {
        b'u' => of_code(number)?,
        b'~' if number == 27 => of_code(third.first().copied()?)?,
        b'~' => numbered(number)?,
        _ => match function(last)? {
            Sent::Key(key) => key.code,
            _ => return None,
        },
    };
    Some(key(code, held))
}

/// A parameter and its sub-parameters; what is left out is none, what is no number makes it nothing.
fn part(text: Option<&str>) -> Option<Vec<u32>> {
    let text = text.unwrap_or_default();
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(':').map(|number| if number.is_empty() { Some(1) } else { number.parse().ok() }).collect()
}

/// Modifiers as xterm and kitty write them: one more than the bits. Hyper and meta count as super.
fn modifiers(parameter: u32) -> Modifiers {
    let bits = parameter.saturating_sub(1);
    let low = u8::try_from(bits & 0x0f).unwrap_or(0);
    Modifiers(low | if bits & 0x30 == 0 { 0 } else { Modifiers::SUPER.0 })
}

/// The key of `CSI … last` and `SS3 last`.
fn function(last: u8) -> Option<Sent> {
    let code = match last {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'H' => Code::Home,
        b'F' => Code::End,
        b'M' => Code::Enter,
        b'P'..=b'S' => Code::Function(last - b'P' + 1),
        _ => return None,
    };
    Some(key(code, Modifiers::default()))
}

/// The key of `CSI number ~`.
fn numbered(number: u32) -> Option<Code> {
    let code = match number {
        1 | 7 => Code::Home,
        2 => Code::Insert,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => Code::Function(small(number - 10)?),
        17..=21 => Code::Function(small(number - 11)?),
        23..=26 => Code::Function(small(number - 12)?),
        28 | 29 => Code::Function(small(number - 13)?),
        31..=34 => Code::Function(small(number - 14)?),
        _ => return None,
    };
    Some(code)
}

fn small(number: u32) -> Option<u8> {
    u8::try_from(number).ok()
}

/// The key of a code point; kitty has keys of its own in Unicode's private area.
fn of_code(code: u32) -> Option<Code> {
    let keypad = |character: u8| Some(Code::Char(char::from(character)));
    match code {
        9 => Some(Code::Tab),
        13 | 57_414 => Some(Code::Enter),
        27 => Some(Code::Escape),
        8 | 127 => Some(Code::Backspace),
        57_376..=57_387 => small(code - 57_376 + 13).map(Code::Function),
        57_399..=57_408 => keypad(small(code - 57_399)? + b'0'),
        57_409 => keypad(b'.'),
        57_410 => keypad(b'/'),
        57_411 => keypad(b'*'),
        57_412 => keypad(b'-'),
        57_413 => keypad(b'+'),
        57_415 => keypad(b'='),
        57_417 => Some(Code::Left),
        57_418 => Some(Code::Right),
        57_419 => Some(Code::Up),
        57_420 => Some(Code::Down),
        57_421 => Some(Code::PageUp),
        57_422 => Some(Code::PageDown),
        57_423 => Some(Code::Home),
        57_424 => Some(Code::End),
        57_425 => Some(Code::Insert),
        57_426 => Some(Code::Delete),
        // keys that only change others, media keys
        57_344..=63_743 => None,
        _ => char::from_u32(code).filter(|c| !c.is_control()).map(Code::Char),
    }
}

/// `CSI < button ; column ; row M`, or `m` for a release (SGR 1006).
fn mouse(report: &str, last: u8) -> Option<MouseEvent> {
    let mut numbers = report.split(';').map(|number| number.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let which = match button & 3 {
        0 => Some(Button::Left),
        1 => Some(Button::Middle),
        2 => Some(Button::Right),
        _ => None,
    };
    let action = match (button & 0xe0, last) {
        (0, b'M') => Action::Press(which?),
        (0, b'm') => Action::Release(which?),
        (32, b'M') => which.map_or(Action::Move, Action::Drag),
        (64, b'M') => match button & 3 {
            0 => Action::ScrollUp,
            1 => Action::ScrollDown,
            2 => Action::ScrollLeft,
            _ => Action::ScrollRight,
        },
        _ => return None,
    };
    let held = [(4, Modifiers::SHIFT), (8, Modifiers::ALT), (16, Modifiers::CONTROL)];
    let modifiers =
        held.into_iter().filter(|(bit, _)| button & bit != 0).fold(Modifiers::default(), |all, (_, one)| all.and(one));
    Some(MouseEvent { action, row: row.checked_sub(1)?, col: column.checked_sub(1)?, modifiers })
}
