//! What programs ask of a terminal and what ours says. Somebody must answer even when nobody looks:
//! agents wait for these. Numbers are those of xterm's "Control Sequences" (ctlseqs) unless said otherwise.

use super::frame::{Modes, Mouse};

/// Pixels of a cell, for programs that ask for the size in pixels.
const CELL: (u32, u32) = (16, 8);

/// DA1: a VT220 with colours.
pub(super) const PRIMARY: &[u8] = b"\x1b[?62;22c";
/// DA2: a VT220; the version means nothing to anyone.
pub(super) const SECONDARY: &[u8] = b"\x1b[>1;10;0c";
/// DA3: a unit number that says who we are (`QDCK`).
pub(super) const TERTIARY: &[u8] = b"\x1bP!|5144434b\x1b\\";
/// DSR 5: all is well.
pub(super) const STATUS: &[u8] = b"\x1b[0n";
/// DSR 996 (contour's colour scheme report): dark.
pub(super) const DARK: &[u8] = b"\x1b[?997;1n";

/// XTVERSION.
pub(super) fn version() -> Vec<u8> {
    format!("\x1bP>|Quarterdeck {}\x1b\\", env!("CARGO_PKG_VERSION")).into_bytes()
}

/// DSR 6 and its DEC form.
pub(super) fn cursor((row, col): (u16, u16), dec: bool) -> Vec<u8> {
    let mark = if dec { "?" } else { "" };
    format!("\x1b[{mark}{};{}R", u32::from(row) + 1, u32::from(col) + 1).into_bytes()
}

/// `CSI Ps t` size reports: 14 (pixels of the area), 16 (of a cell), 18 (characters).
pub(super) fn size(what: u16, rows: u16, cols: u16) -> Option<Vec<u8>> {
    let (height, width) = CELL;
    let text = match what {
        14 => format!("\x1b[4;{};{}t", u32::from(rows) * height, u32::from(cols) * width),
        16 => format!("\x1b[6;{height};{width}t"),
        18 => format!("\x1b[8;{rows};{cols}t"),
        _ => return None,
    };
    Some(text.into_bytes())
}

/// `CSI ? u` of the kitty keyboard protocol.
pub(super) fn keyboard(flags: u8) -> Vec<u8> {
    format!("\x1b[?{flags}u").into_bytes()
}

/// `CSI ? 4 m`: the modifyOtherKeys level.
pub(super) fn modify_other_keys(level: u8) -> Vec<u8> {
    format!("\x1b[>4;{level}m").into_bytes()
}

/// What is answered to XTGETTCAP: names and values of terminfo, as far as they say more than the name.
const CAPABILITIES: [(&str, &str); 10] = [
    ("TN", "xterm-256color"),
    ("name", "xterm-256color"),
    ("Co", "256"),
    ("colors", "256"),
    ("RGB", "8/8/8"),
    ("Tc", ""),
    ("Ss", "\x1b[%p1%d q"),
    ("Se", "\x1b[2 q"),
    ("smxx", "\x1b[9m"),
    ("rmxx", "\x1b[29m"),
];

/// XTGETTCAP: each name (in hexadecimal) is answered by itself, what is not known honestly.
pub(super) fn capabilities(names: &[u8]) -> Vec<u8> {
    let names = String::from_utf8_lossy(names);
    let answer = |hex: &str| {
        let known = unhex(hex).and_then(|name| CAPABILITIES.iter().find(|(known, _)| *known == name));
        let hex: String = hex.chars().filter(char::is_ascii_hexdigit).collect();
        match known {
            None => format!("\x1bP0+r{hex}\x1b\\"),
            Some((_, "")) => format!("\x1bP1+r{hex}\x1b\\"),
            Some((_, value)) => {
                let value: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
                format!("\x1bP1+r{hex}={value}\x1b\\")
            }
        }
    };
    names.split(';').map(answer).collect::<String>().into_bytes()
}

fn unhex(hex: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

/// DECRQSS: the setting in the words that would set it, or that it is not known.
pub(super) fn setting(words: Option<String>) -> Vec<u8> {
    match words {
        Some(words) => format!("\x1bP1$r{words}\x1b\\"),
        None => "\x1bP0$r\x1b\\".to_owned(),
    }
    .into_bytes()
}

/// Switches that vt100 does not keep.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent switch of a terminal")]
pub(super) struct Switches {
    /// DEC 1004.
    pub(super) focus_events: bool,
    /// DEC 2026.
    pub(super) synchronized: bool,
    /// DEC 2031: tell about colour scheme changes (there are none).
    pub(super) scheme_updates: bool,
    /// DEC 7 is on unless switched off; vt100 always wraps.
    pub(super) no_wrap: bool,
    /// xterm modifyOtherKeys.
    pub(super) modify_other_keys: u8,
}

/// DECRQM for a DEC private mode: 0 unknown, 1 set, 2 reset, 4 permanently reset.
pub(super) fn mode(number: u16, modes: &Modes, switches: &Switches, cursor_shown: bool) -> Vec<u8> {
    let on = |set: bool| if set { 1 } else { 2 };
    let state = match number {
        1 => on(modes.application_cursor),
        7 => on(!switches.no_wrap),
        9 => on(modes.mouse == Mouse::Press),
        25 => on(cursor_shown),
        47 | 1047 | 1049 => on(modes.alternate_screen),
        1000 => on(modes.mouse == Mouse::PressRelease),
        1002 => on(modes.mouse == Mouse::Drag),
        1003 => on(modes.mouse == Mouse::Any),
        1004 => on(modes.focus_events),
        1006 => on(modes.mouse_sgr),
        66 => on(modes.application_keypad),
        // there is one saved cursor, always at hand
        1048 => on(true),
        2004 => on(modes.bracketed_paste),
        2026 => on(switches.synchronized),
        // vt100 joins marks and variation selectors but not whole emoji families
        2027 => 4,
        2031 => on(switches.scheme_updates),
        _ => 0,
    };
    format!("\x1b[?{number};{state}$y").into_bytes()
}
