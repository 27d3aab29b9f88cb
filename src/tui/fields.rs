//! Text fields: their keys are a shell's.

use ratatui::style::{Modifier, Style};
use tui_textarea::{CursorMove, Input, Key, TextArea, WrapMode};

use crate::config::keymap::{Chord, KeyName};

/// Makes a field look like ours: wrapped, no line under the cursor's line.
pub(crate) fn dress(field: &mut TextArea<'static>) {
    field.set_wrap_mode(WrapMode::WordOrGlyph);
    field.set_cursor_line_style(Style::default());
    field.set_cursor_style(Style::default().add_modifier(Modifier::REVERSED));
}

/// A field with a text in it, the cursor at its end.
pub(crate) fn field(text: &str) -> TextArea<'static> {
    let lines: Vec<String> = text.lines().map(crate::model::sanitize).collect();
    let mut field = TextArea::new(if lines.is_empty() { vec![String::new()] } else { lines });
    dress(&mut field);
    field.move_cursor(CursorMove::Bottom);
    field.move_cursor(CursorMove::End);
    field
}

/// The text of a field.
pub(crate) fn text(field: &TextArea<'static>) -> String {
    field.lines().join("\n")
}

/// Gives a key to a field; `ctrl_h_deletes` where Ctrl+H cannot be told from Backspace.
pub(crate) fn press(field: &mut TextArea<'static>, chord: Chord, ctrl_h_deletes: bool) {
    if chord == Chord::ctrl('h') {
        if ctrl_h_deletes {
            field.delete_char();
        }
        return;
    }
    if chord == Chord::ctrl('u') {
        field.delete_line_by_head();
        return;
    }
    if let Some(input) = input(chord) {
        field.input(input);
    }
}

/// Pastes into a field: control characters are dropped, lines stay.
pub(crate) fn paste(field: &mut TextArea<'static>, text: &str) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    field.insert_str(crate::model::sanitize(&text));
}

fn input(chord: Chord) -> Option<Input> {
    let key = match chord.key {
        KeyName::Char(c) => Key::Char(c),
        KeyName::Enter => Key::Enter,
        KeyName::Tab => return None,
        KeyName::Backspace => Key::Backspace,
        KeyName::Delete => Key::Delete,
        KeyName::Home => Key::Home,
        KeyName::End => Key::End,
        KeyName::PageUp => Key::PageUp,
        KeyName::PageDown => Key::PageDown,
        KeyName::Up => Key::Up,
        KeyName::Down => Key::Down,
        KeyName::Left => Key::Left,
        KeyName::Right => Key::Right,
        KeyName::Esc | KeyName::Insert | KeyName::F(_) => return None,
    };
    Some(Input { key, ctrl: chord.ctrl, alt: chord.alt, shift: chord.shift })
}
