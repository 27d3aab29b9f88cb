//! What programs ask of a terminal and what ours says. Somebody must answer even when nobody looks:
//! agents wait for these. Numbers are those of xterm's "Control Sequences" (ctlseqs) unless said otherwise.

use super::frame::{Modes, Mouse};

/// Default foreground, background and cursor colour that OSC 10, 11 and 12 are answered with.
const FOREGROUND: (u8, u8, u8) = (0xe5, 0xe7, 0xeb);
const BACKGROUND: (u8, u8, u8) = (0x0b, 0x0f, 0x19);
/// Pixels of a cell, for programs that ask for the size in pixels.
const CELL: (u32, u32) = (16, 8);

/// DA1: a VT220 with colours.
pub(super) const PRIMARY: &[u8] = b"\x1b[?62;22c";
/// DA2: a VT220; the version means nothing to anyone.
pub(super) const SECONDARY: &[u8] = b"\x1b[>1;10;0c";
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

/// OSC 10, 11, 12 and 4 with `?`: a colour.
pub(super) fn colour(which: &str, (red, green, blue): (u8, u8, u8)) -> Vec<u8> {
    format!("\x1b]{which};rgb:{red:02x}{red:02x}/{green:02x}{green:02x}/{blue:02x}{blue:02x}\x1b\\").into_bytes()
}

/// The colour that OSC 10, 11 or 12 asks for.
pub(super) fn dynamic_colour(which: u16) -> Option<(u8, u8, u8)> {
    match which {
        10 | 12 => Some(FOREGROUND),
        11 => Some(BACKGROUND),
        _ => None,
    }
}

/// xterm's palette: 16 named colours, a 6x6x6 cube, 24 greys.
pub(super) fn palette(index: u8) -> (u8, u8, u8) {
    const NAMED: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    if let Some(named) = NAMED.get(usize::from(index)) {
        return *named;
    }
    if index >= 232 {
        let grey = 8 + (index - 232) * 10;
        return (grey, grey, grey);
    }
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    let cube = index - 16;
    (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
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
        2004 => on(modes.bracketed_paste),
        2026 => on(switches.synchronized),
        // vt100 joins marks and variation selectors but not whole emoji families
        2027 => 4,
        2031 => on(switches.scheme_updates),
        _ => 0,
    };
    format!("\x1b[?{number};{state}$y").into_bytes()
}
