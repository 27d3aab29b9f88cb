//! One key at the beginning of some terminal input, for the few keys that the viewer itself understands.

/// A key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    Char(char),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Escape,
    /// Another key, or no key at all.
    Other,
}

/// The key at the beginning of `input`, and how many bytes it takes (at least one).
pub(super) fn press(input: &[u8]) -> (Press, usize) {
    match input {
        [0x1b, b'[', rest @ ..] => {
            let length = rest.iter().position(|byte| (0x40..=0x7e).contains(byte));
            let Some(length) = length else { return (Press::Other, input.len()) };
            let parameters = rest.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
            (sequence(parameters, rest.get(length).copied()), length + 3)
        }
        [0x1b, b'O', last, ..] => (sequence("", Some(*last)), 3),
        [0x1b] => (Press::Escape, 1),
        [0x1b, _, ..] => (Press::Other, 2),
        _ => {
            let text = input.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
            text.chars().next().map_or((Press::Other, 1), |c| (Press::Char(c), c.len_utf8()))
        }
    }
}

/// What `CSI parameters last` (xterm, the kitty keyboard protocol) stands for, without modifiers.
fn sequence(parameters: &str, last: Option<u8>) -> Press {
    let mut numbers = parameters.split(';').map(|part| part.split(':').next().unwrap_or_default());
    let (first, modifiers) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or("1"));
    if !matches!(modifiers, "" | "1") {
        return Press::Other;
    }
    match (last, first) {
        (Some(b'A'), _) => Press::Up,
        (Some(b'B'), _) => Press::Down,
        (Some(b'C'), _) => Press::Right,
        (Some(b'D'), _) => Press::Left,
        (Some(b'H'), _) | (Some(b'~'), "1" | "7") => Press::Home,
        (Some(b'F'), _) | (Some(b'~'), "4" | "8") => Press::End,
        (Some(b'~'), "5") => Press::PageUp,
        (Some(b'~'), "6") => Press::PageDown,
        (Some(b'u'), "27") => Press::Escape,
        (Some(b'u'), code) => code.parse().ok().and_then(char::from_u32).map_or(Press::Other, Press::Char),
        _ => Press::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_however_they_are_sent() {
        let cases: [(&[u8], Press, usize); 12] = [
            (b"dx", Press::Char('d'), 1),
            ("üx".as_bytes(), Press::Char('ü'), 2),
            (b"\x1b[100u", Press::Char('d'), 6),
            (b"\x1b[100;1:1ux", Press::Char('d'), 10),
            (b"\x1b[100;5u", Press::Other, 8),
            (b"\x1b[A", Press::Up, 3),
            (b"\x1bOB", Press::Down, 3),
            (b"\x1b[5~", Press::PageUp, 4),
            (b"\x1b[1;5A", Press::Other, 6),
            (b"\x1b", Press::Escape, 1),
            (b"\x1b[<64;1;1Mq", Press::Other, 10),
            (b"\xff", Press::Other, 1),
        ];
        for (input, key, length) in cases {
            assert_eq!(press(input), (key, length), "{input:?}");
        }
    }
}
