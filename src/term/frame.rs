//! The screen as it is now: rows, cursor, modes. What viewers are sent and states are read from.

use vt100::{Color, MouseProtocolEncoding, MouseProtocolMode, Screen};

use super::extras::{self, Extras};
use super::line::{Ink, Line, LineBuilder, Style, attribute};
use super::listener::Listener;

/// Mouse reporting that a program asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mouse {
    /// None.
    #[default]
    Off,
    /// DEC 9: presses only.
    Press,
    /// DEC 1000: presses and releases.
    PressRelease,
    /// DEC 1002: and drags.
    Drag,
    /// DEC 1003: all motion.
    Any,
}

/// What a program asked of its terminal; keys, mouse and paste are encoded by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent switch of a terminal")]
pub struct Modes {
    /// On the alternate screen.
    pub alternate_screen: bool,
    /// DECCKM.
    pub application_cursor: bool,
    /// DECKPAM.
    pub application_keypad: bool,
    /// DEC 2004.
    pub bracketed_paste: bool,
    /// DEC 1004.
    pub focus_events: bool,
    /// Which mouse reports it wants.
    pub mouse: Mouse,
    /// DEC 1006.
    pub mouse_sgr: bool,
    /// Kitty keyboard flags on top of the stack; 0 is legacy.
    pub keyboard_flags: u8,
    /// xterm modifyOtherKeys level (0–2).
    pub modify_other_keys: u8,
}

/// A whole screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub cols: u16,
    /// One line for each row.
    pub lines: Vec<Line>,
    /// Row and column, zero-based; `None` when hidden.
    pub cursor: Option<(u16, u16)>,
    /// Row and column, also when hidden.
    pub position: (u16, u16),
    /// DECSCUSR shape, 0–6.
    pub cursor_shape: u8,
    /// The modes.
    pub modes: Modes,
    /// OSC 0/2 title.
    pub title: String,
    /// Lines of history above the screen.
    pub history: u32,
    /// Lines that the history has forgotten.
    pub dropped: u64,
}

/// Reads the whole screen.
pub(super) fn read_frame(screen: &Screen, listener: &Listener) -> Frame {
    let rows = screen.size().0.get();
    frame_of((0..rows).map(|row| read_line(screen, row, &listener.extras)).collect(), screen, listener)
}

/// These rows, and all else as it is.
pub(super) fn frame_of(lines: Vec<Line>, screen: &Screen, listener: &Listener) -> Frame {
    let (rows, cols) = (screen.size().0.get(), screen.size().1.get());
    let position = position(screen);
    Frame {
        rows,
        cols,
        lines,
        cursor: (!screen.hide_cursor()).then_some(position),
        position,
        cursor_shape: cursor_shape(screen),
        modes: read_modes(screen, listener),
        title: listener.title.clone(),
        history: u32::try_from(listener.history.len()).unwrap_or(u32::MAX),
        dropped: listener.history.dropped(),
    }
}

/// The cursor; after the last column is filled vt100 says it is beyond it.
pub(super) fn position(screen: &Screen) -> (u16, u16) {
    let (row, col) = screen.cursor_position();
    (row, col.min(screen.size().1.get() - 1))
}

/// The number of DECSCUSR.
pub(super) fn cursor_shape(screen: &Screen) -> u8 {
    use vt100::CursorStyle;
    match screen.cursor_style() {
        CursorStyle::Default => 0,
        CursorStyle::BlinkBlock => 1,
        CursorStyle::SteadyBlock => 2,
        CursorStyle::BlinkUnderline => 3,
        CursorStyle::SteadyUnderline => 4,
        CursorStyle::BlinkVerticalBar => 5,
        CursorStyle::SteadyVerticalBar => 6,
    }
}

/// Reads the modes.
pub(super) fn read_modes(screen: &Screen, listener: &Listener) -> Modes {
    Modes {
        alternate_screen: screen.alternate_screen(),
        application_cursor: screen.application_cursor(),
        application_keypad: screen.application_keypad(),
        bracketed_paste: screen.bracketed_paste(),
        focus_events: listener.switches.focus_events,
        mouse: match screen.mouse_protocol_mode() {
            MouseProtocolMode::None => Mouse::Off,
            MouseProtocolMode::Press => Mouse::Press,
            MouseProtocolMode::PressRelease => Mouse::PressRelease,
            MouseProtocolMode::ButtonMotion => Mouse::Drag,
            MouseProtocolMode::AnyMotion => Mouse::Any,
        },
        mouse_sgr: screen.mouse_protocol_encoding() == MouseProtocolEncoding::Sgr,
        keyboard_flags: listener.keyboard(screen.alternate_screen()).flags(),
        modify_other_keys: listener.switches.modify_other_keys,
    }
}

/// Reads one row. Neighbours that look the same are one piece.
pub(super) fn read_line(screen: &Screen, row: u16, extras: &Extras) -> Line {
    let mut builder = LineBuilder::default();
    let mut text = String::new();
    let mut of = (Style::default(), None);
    let mut give = |text: &str, (style, marker): (Style, Option<char>)| {
        let extra = extras.of(marker);
        let attributes = style.attributes | extra.map_or(0, |extra| extra.attributes);
        builder.push(text, Style { attributes, ..style }, extra.and_then(|extra| extra.link.as_ref()));
    };
    for col in 0..screen.size().1.get() {
        let Some(cell) = screen.cell(row, col) else { break };
        if cell.is_wide_continuation() {
            continue;
        }
        let contents = if cell.has_contents() { cell.contents() } else { " " };
        let (contents, marker) = extras::unmarked(contents);
        let looks = (read_style(cell), marker);
        if looks != of {
            give(&text, of);
            text.clear();
            of = looks;
        }
        text.push_str(&contents);
    }
    give(&text, of);
    builder.finish(screen.row_wrapped(row))
}

fn read_style(cell: &vt100::Cell) -> Style {
    let bit = |on: bool, bit: u16| if on { bit } else { 0 };
    Style {
        fg: read_ink(cell.fgcolor()),
        bg: read_ink(cell.bgcolor()),
        attributes: bit(cell.bold(), attribute::BOLD)
            | bit(cell.dim(), attribute::DIM)
            | bit(cell.italic(), attribute::ITALIC)
            | bit(cell.underline(), attribute::UNDERLINE)
            | bit(cell.inverse(), attribute::INVERSE),
    }
}

fn read_ink(color: Color) -> Option<Ink> {
    match color {
        Color::Default => None,
        Color::Idx(index) => Some(Ink::Indexed(index)),
        Color::Rgb(red, green, blue) => Some(Ink::Rgb(red, green, blue)),
    }
}
