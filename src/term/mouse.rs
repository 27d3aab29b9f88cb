//! Mouse events as the bytes that a program asked for (X10, 1000, 1002, 1003; legacy or SGR 1006 form).

use super::frame::{Modes, Mouse};
use super::keys::Modifiers;

/// A mouse button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Left.
    Left,
    /// Middle.
    Middle,
    /// Right.
    Right,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A button went down.
    Press(Button),
    /// A button went up.
    Release(Button),
    /// It moved with a button down.
    Drag(Button),
    /// It moved.
    Move,
    /// The wheel, away from the person.
    ScrollUp,
    /// The wheel, towards the person.
    ScrollDown,
    /// The wheel to the left.
    ScrollLeft,
    /// The wheel to the right.
    ScrollRight,
}

/// A mouse event in the program's own coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MouseEvent {
    /// What.
    pub action: Action,
    /// Zero-based row.
    pub row: u16,
    /// Zero-based column.
    pub col: u16,
    /// Held keys.
    pub modifiers: Modifiers,
}

/// The event's bytes; `None` when the program did not ask for it or the old form can't say it.
pub fn encode(event: MouseEvent, modes: &Modes) -> Option<Vec<u8>> {
    if !is_wanted(event.action, modes.mouse) {
        return None;
    }
    let mut code = code(event.action);
    if modes.mouse != Mouse::Press {
        code += modifier_bits(event.modifiers);
    }
    let (column, row) = (u32::from(event.col) + 1, u32::from(event.row) + 1);
    let release = matches!(event.action, Action::Release(_));
    if modes.mouse_sgr {
        let last = if release { 'm' } else { 'M' };
        return Some(format!("\x1b[<{code};{column};{row}{last}").into_bytes());
    }
    let code = if release { 3 + modifier_bits(event.modifiers) } else { code };
    // 223 is the last position that fits one byte
    let byte = |number: u32| u8::try_from(number + 32).ok();
    Some(vec![0x1b, b'[', b'M', byte(u32::from(code))?, byte(column)?, byte(row)?])
}

fn is_wanted(action: Action, mode: Mouse) -> bool {
    match action {
        Action::Press(_) | Action::ScrollUp | Action::ScrollDown => mode != Mouse::Off,
        Action::Release(_) | Action::ScrollLeft | Action::ScrollRight => !matches!(mode, Mouse::Off | Mouse::Press),
        Action::Drag(_) => matches!(mode, Mouse::Drag | Mouse::Any),
        Action::Move => mode == Mouse::Any,
    }
}

fn code(action: Action) -> u8 {
    let number = |button| match button {
        Button::Left => 0,
        Button::Middle => 1,
        Button::Right => 2,
    };
    match action {
        Action::Press(button) | Action::Release(button) => number(button),
        Action::Drag(button) => 32 + number(button),
        Action::Move => 35,
        Action::ScrollUp => 64,
        Action::ScrollDown => 65,
        Action::ScrollLeft => 66,
        Action::ScrollRight => 67,
    }
}

fn modifier_bits(modifiers: Modifiers) -> u8 {
    let bit = |held: bool, value: u8| if held { value } else { 0 };
    bit(modifiers.shift(), 4) + bit(modifiers.alt(), 8) + bit(modifiers.control(), 16)
}
