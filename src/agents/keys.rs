//! Key names of agent definitions to the bytes that a terminal would send, in the modes that the agent asked for.

use crate::protocol::pane::Modes;

/// Kitty keyboard protocol, progressive enhancement flag 1: Esc is sent as `CSI 27 u`
/// (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/#disambiguate-escape-codes>).
const DISAMBIGUATE: u8 = 1;

/// One key as one write. Names that are not known are sent as they are (definitions are checked when parsed).
pub(super) fn bytes(key: &str, modes: &Modes) -> String {
    let arrow = |letter: char| format!("\u{1b}{}{letter}", if modes.application_cursor { 'O' } else { '[' });
    match key {
        "Enter" => "\r".to_owned(),
        "Esc" if modes.keyboard_flags & DISAMBIGUATE != 0 => "\u{1b}[27u".to_owned(),
        "Esc" => "\u{1b}".to_owned(),
        "Tab" => "\t".to_owned(),
        "Space" => " ".to_owned(),
        "Backspace" => "\u{7f}".to_owned(),
        "Up" => arrow('A'),
        "Down" => arrow('B'),
        "Right" => arrow('C'),
        "Left" => arrow('D'),
        other => match other.strip_prefix("Ctrl+").and_then(|rest| rest.bytes().next()) {
            Some(letter) => char::from(letter.to_ascii_lowercase() & 0x1f).to_string(),
            None => other.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;
    use crate::protocol::pane::Modes;

    #[test]
    fn keys_follow_the_modes() {
        let plain = Modes::default();
        let asked = Modes { application_cursor: true, keyboard_flags: 1, ..Modes::default() };
        assert_eq!(bytes("Down", &plain), "\u{1b}[B");
        assert_eq!(bytes("Down", &asked), "\u{1b}OB");
        assert_eq!(bytes("Esc", &asked), "\u{1b}[27u");
        assert_eq!(bytes("Ctrl+c", &plain), "\u{3}");
        assert_eq!(bytes("1", &plain), "1");
    }
}
