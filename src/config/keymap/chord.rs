//! One key press with its modifiers, and how it is written in `keymaps.toml` and on screen.

use std::fmt;
use std::str::FromStr;

/// A key without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// A character as typed (`a`, `A`, `?`, a space).
    Char(char),
    /// A function key, from 1.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
}

/// Names in files, and as shown to people. The first name of a key is the one shown.
const NAMES: [(&str, KeyName, &str); 19] = [
    ("space", KeyName::Char(' '), "Space"),
    ("plus", KeyName::Char('+'), "+"),
    ("enter", KeyName::Enter, "Enter"),
    ("return", KeyName::Enter, "Enter"),
    ("esc", KeyName::Esc, "Esc"),
    ("escape", KeyName::Esc, "Esc"),
    ("tab", KeyName::Tab, "Tab"),
    ("backspace", KeyName::Backspace, "Backspace"),
    ("delete", KeyName::Delete, "Del"),
    ("insert", KeyName::Insert, "Ins"),
    ("home", KeyName::Home, "Home"),
    ("end", KeyName::End, "End"),
    ("pgup", KeyName::PageUp, "PgUp"),
    ("pgdn", KeyName::PageDown, "PgDn"),
    ("up", KeyName::Up, "Up"),
    ("down", KeyName::Down, "Down"),
    ("left", KeyName::Left, "Left"),
    ("right", KeyName::Right, "Right"),
    ("pageup", KeyName::PageUp, "PgUp"),
];

/// A key with its modifiers. Made by its constructors or from its notation, so that the same press
/// is written in one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    /// The key.
    pub key: KeyName,
    /// Control is held.
    pub ctrl: bool,
    /// Alt is held.
    pub alt: bool,
    /// Shift is held; part of the character itself when neither Control nor Alt is held.
    pub shift: bool,
}

impl Chord {
    /// A key without modifiers.
    pub fn plain(key: KeyName) -> Self {
        Self { key, ctrl: false, alt: false, shift: false }
    }

    /// A character without modifiers.
    pub fn char(c: char) -> Self {
        Self::plain(KeyName::Char(c))
    }

    /// A character with Control.
    pub fn ctrl(c: char) -> Self {
        Self { ctrl: true, ..Self::char(c) }
    }

    /// A character with Alt.
    pub fn alt(c: char) -> Self {
        Self { alt: true, ..Self::char(c) }
    }

    /// The same press in its one way of writing: with Control letters are lowercase and Shift is a flag;
    /// otherwise Shift is in the character.
    #[must_use]
    pub fn normal(self) -> Self {
        match self.key {
            KeyName::Char(c) if self.ctrl => {
                let shift = self.shift || c.is_ascii_uppercase();
                Self { key: KeyName::Char(c.to_ascii_lowercase()), shift, ..self }
            }
            KeyName::Char(c) => {
                let c = if self.shift { c.to_ascii_uppercase() } else { c };
                Self { key: KeyName::Char(c), shift: false, ..self }
            }
            _ => self,
        }
    }

    /// The character that this press types into a text field, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.key {
            KeyName::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

/// A key text that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key")]
pub struct NotAKey(pub String);

impl FromStr for Chord {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAKey(text.to_owned());
        let (modifiers, key) = match text.rsplit_once('+') {
            Some((before, "")) => (before.strip_suffix('+').unwrap_or(before), "+"),
            Some((before, key)) => (before, key),
            None => ("", text),
        };
        let mut chord = Chord::plain(key_named(key).ok_or_else(wrong)?);
        for modifier in modifiers.split('+').filter(|word| !word.is_empty()) {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" => chord.ctrl = true,
                "alt" => chord.alt = true,
                "shift" => chord.shift = true,
                _ => return Err(wrong()),
            }
        }
        // people write Ctrl+H for the key without Shift
        if let KeyName::Char(c) = chord.key
            && chord.ctrl
        {
            chord.key = KeyName::Char(c.to_ascii_lowercase());
        }
        Ok(chord.normal())
    }
}

fn key_named(text: &str) -> Option<KeyName> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(KeyName::Char(c));
    }
    let lower = text.to_ascii_lowercase();
    if lower == "pagedown" {
        return Some(KeyName::PageDown);
    }
    if let Some((_, key, _)) = NAMES.iter().find(|(name, ..)| *name == lower) {
        return Some(*key);
    }
    let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(KeyName::F(number))
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, word) in [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")] {
            if held {
                f.write_str(word)?;
            }
        }
        if let Some((_, _, shown)) = NAMES.iter().find(|(_, key, _)| *key == self.key) {
            return f.write_str(shown);
        }
        match self.key {
            KeyName::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyName::Char(c) => write!(f, "{c}"),
            KeyName::F(number) => write!(f, "F{number}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_press_has_one_spelling() {
        assert_eq!("Ctrl+H".parse(), Ok(Chord::ctrl('h')));
        assert_eq!("ctrl+shift+h".parse::<Chord>().unwrap().to_string(), "Ctrl+Shift+H");
        assert_eq!("Ctrl+h".parse(), Ok(Chord::ctrl('h')));
        assert_eq!("shift+q".parse(), Ok(Chord::char('Q')));
        assert_eq!("+".parse(), Ok(Chord::char('+')));
        assert_eq!("ctrl++".parse(), Ok(Chord::ctrl('+')));
        assert_eq!("ctrl+space".parse::<Chord>().unwrap().to_string(), "Ctrl+Space");
        assert_eq!("F12".parse::<Chord>().unwrap().key, KeyName::F(12));
        assert!("hyper+q".parse::<Chord>().is_err());
        assert!("f99".parse::<Chord>().is_err());
    }
}
