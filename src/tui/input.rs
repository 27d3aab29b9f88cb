//! Events of the outer terminal as messages.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::config::keymap::{Chord, KeyName};

use super::message::{Mouse, MouseKind, Msg};

/// The message of an event, if it has one. `enhanced` says whether the terminal speaks the enhanced
/// keyboard protocol.
pub(crate) fn message(event: Event, enhanced: bool) -> Option<Msg> {
    match event {
        Event::Key(key) => chord(key, enhanced).map(Msg::Key),
        Event::Mouse(mouse) => mouse_message(mouse),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resized(columns, rows)),
        Event::FocusGained => Some(Msg::Focused(true)),
        Event::FocusLost => Some(Msg::Focused(false)),
    }
}

/// The chord of a key press. On old terminals the C0 bytes 0x1c–0x1f come as Ctrl+4 to Ctrl+7: they are
/// what their keys usually are.
pub(crate) fn chord(key: KeyEvent, enhanced: bool) -> Option<Chord> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let name = match key.code {
        KeyCode::Char(c) => KeyName::Char(c),
        KeyCode::F(number) => KeyName::F(number),
        KeyCode::Enter => KeyName::Enter,
        KeyCode::Esc => KeyName::Esc,
        KeyCode::Tab | KeyCode::BackTab => KeyName::Tab,
        KeyCode::Backspace => KeyName::Backspace,
        KeyCode::Delete => KeyName::Delete,
        KeyCode::Insert => KeyName::Insert,
        KeyCode::Home => KeyName::Home,
        KeyCode::End => KeyName::End,
        KeyCode::PageUp => KeyName::PageUp,
        KeyCode::PageDown => KeyName::PageDown,
        KeyCode::Up => KeyName::Up,
        KeyCode::Down => KeyName::Down,
        KeyCode::Left => KeyName::Left,
        KeyCode::Right => KeyName::Right,
        KeyCode::Null => return Some(Chord::ctrl(' ')),
        _ => return None,
    };
    // with these held the key is the desktop's, or an agent's that cannot be told of them: not the bare key
    if key.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META) {
        return None;
    }
    let chord = Chord {
        key: name,
        ctrl: key.modifiers.contains(KeyModifiers::CONTROL),
        alt: key.modifiers.contains(KeyModifiers::ALT),
        shift: key.modifiers.contains(KeyModifiers::SHIFT) || key.code == KeyCode::BackTab,
    };
    Some(if enhanced { chord.normal() } else { legacy(chord).normal() })
}

fn legacy(chord: Chord) -> Chord {
    let key = match chord.key {
        KeyName::Char('4') if chord.ctrl => KeyName::Char('\\'),
        KeyName::Char('5') if chord.ctrl => KeyName::Char(']'),
        KeyName::Char('6') if chord.ctrl => KeyName::Char('^'),
        KeyName::Char('7') if chord.ctrl => KeyName::Char('_'),
        other => other,
    };
    Chord { key, ..chord }
}

fn mouse_message(event: MouseEvent) -> Option<Msg> {
    let number = |button| match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    };
    let what = match event.kind {
        MouseEventKind::Down(button) => MouseKind::Down(number(button)),
        MouseEventKind::Up(button) => MouseKind::Up(number(button)),
        MouseEventKind::Drag(button) => MouseKind::Drag(number(button)),
        MouseEventKind::ScrollUp => MouseKind::WheelUp,
        MouseEventKind::ScrollDown => MouseKind::WheelDown,
        MouseEventKind::Moved | MouseEventKind::ScrollLeft | MouseEventKind::ScrollRight => return None,
    };
    Some(Msg::Mouse(Mouse {
        x: event.column,
        y: event.row,
        what,
        shift: event.modifiers.contains(KeyModifiers::SHIFT),
        alt: event.modifiers.contains(KeyModifiers::ALT),
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of what crossterm reports on an old terminal, replayed.
    #[test]
    fn old_terminals_fire_nothing_by_accident() {
        let report = |code, modifiers| chord(KeyEvent::new(code, modifiers), false).unwrap();
        assert_eq!(report(KeyCode::Char('1'), KeyModifiers::NONE), Chord::char('1'));
        assert_eq!(report(KeyCode::Char(' '), KeyModifiers::CONTROL), Chord::ctrl(' '));
        assert_eq!(report(KeyCode::Char('4'), KeyModifiers::CONTROL), Chord::ctrl('\\'));
        assert_eq!(report(KeyCode::Char('5'), KeyModifiers::CONTROL), Chord::ctrl(']'));
        assert_eq!(report(KeyCode::BackTab, KeyModifiers::SHIFT), "shift+tab".parse().unwrap());
        let enhanced = chord(KeyEvent::new(KeyCode::Char('4'), KeyModifiers::CONTROL), true);
        assert_eq!(enhanced, Some(Chord::ctrl('4')));
    }
}
