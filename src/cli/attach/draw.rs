//! Rows, looks and modes as escape sequences for the outer terminal (ECMA-48, xterm's ctlseqs, the kitty
//! keyboard protocol). Pure text; nothing of the inner program gets through but characters.

use std::fmt::Write;

use base64::Engine;
use unicode_width::UnicodeWidthChar;

use crate::protocol::pane::{Colour, Look, Modes, MouseMode, Row, look};

use super::layout::Area;
use crate::term::links;

/// Row `number` of a pane at its place, not wider than the pane; the rest of its line is blank.
pub(super) fn row(to: &mut String, area: Area, number: u16, row: &Row) {
    place(to, area.top + number, area.left);
    let mut left = usize::from(area.cols);
    for run in &row.runs {
        let text = fitting(&run.text, &mut left);
        if text.is_empty() {
            continue;
        }
        sgr(to, run.look);
        match run.link.as_ref().and_then(|link| links::safe(&link.uri).map(|uri| (link, uri))) {
            Some((link, uri)) => linked(to, &link.id, &uri, &text),
            None => to.push_str(&text),
        }
    }
    to.push_str("\x1b[0m");
    blank(to, area, left);
}

/// Text that leads somewhere, for terminals that open links (OSC 8).
fn linked(to: &mut String, id: &str, uri: &str, text: &str) {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    let parameters = if id.is_empty() { String::new() } else { format!("id={id}") };
    let _ = write!(to, "\x1b]8;{parameters};{uri}\x1b\\{text}\x1b]8;;\x1b\\");
}

/// Clears the last `left` columns of a pane's line, and nothing of its neighbour.
fn blank(to: &mut String, area: Area, left: usize) {
    match (left, area.at_edge) {
        (0, _) => {}
        (_, true) => to.push_str("\x1b[K"),
        (left, false) => to.push_str(&" ".repeat(left)),
    }
}

/// The part of a text that fits into what is left of the line, without control characters.
fn fitting(text: &str, left: &mut usize) -> String {
    let mut fitted = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        let wide = c.width().unwrap_or(0);
        if wide > *left {
            // half a character's room is left blank
            fitted.extend(std::iter::repeat_n(' ', *left));
            *left = 0;
            break;
        }
        *left -= wide;
        fitted.push(c);
    }
    fitted
}

/// Moves the cursor to a zero-based place.
pub(super) fn place(to: &mut String, row: u16, column: u16) {
    let _ = write!(to, "\x1b[{};{}H", u32::from(row) + 1, u32::from(column) + 1);
}

/// The cursor's shape (DECSCUSR).
pub(super) fn shape(to: &mut String, shape: u8) {
    let _ = write!(to, "\x1b[{} q", shape.min(6));
}

/// Sets a look, whatever was set before.
fn sgr(to: &mut String, look: Look) {
    to.push_str("\x1b[0");
    let attributes = [
        (look::BOLD, 1),
        (look::DIM, 2),
        (look::ITALIC, 3),
        (look::UNDERLINE, 4),
        (look::INVERSE, 7),
        (look::STRIKE, 9),
        (look::BLINK, 5),
        (look::HIDDEN, 8),
        (look::OVERLINE, 53),
    ];
    for (_, parameter) in attributes.iter().filter(|(bit, _)| look.attributes & bit != 0) {
        let _ = write!(to, ";{parameter}");
    }
    colour(to, look.fg, 38);
    colour(to, look.bg, 48);
    to.push('m');
}

/// A colour as SGR parameters: 38 is the foreground, 48 the background.
fn colour(to: &mut String, colour: Option<Colour>, ground: u8) {
    let _ = match colour {
        None => Ok(()),
        Some(Colour::Indexed(index)) => write!(to, ";{ground};5;{index}"),
        Some(Colour::Rgb(red, green, blue)) => write!(to, ";{ground};2;{red};{green};{blue}"),
    };
}

/// What has to be sent so that the outer terminal encodes keys, paste and mouse as the inner program
/// wants them; nothing when nothing changed.
pub(super) fn modes(to: &mut String, was: &Modes, now: &Modes) {
    switch(to, 1, was.application_cursor, now.application_cursor);
    switch(to, 2004, was.bracketed_paste, now.bracketed_paste);
    switch(to, 1004, was.focus_events, now.focus_events);
    if was.application_keypad != now.application_keypad {
        to.push_str(if now.application_keypad { "\x1b=" } else { "\x1b>" });
    }
    if was.mouse != now.mouse {
        if let Some(mode) = mouse(was.mouse) {
            switch(to, mode, true, false);
        }
        if let Some(mode) = mouse(now.mouse) {
            switch(to, mode, false, true);
        }
    }
    switch(to, 1006, was.mouse_sgr, now.mouse_sgr);
    if was.keyboard_flags != now.keyboard_flags {
        let _ = write!(to, "\x1b[={}u", now.keyboard_flags);
    }
    if was.modify_other_keys != now.modify_other_keys {
        let _ = write!(to, "\x1b[>4;{}m", now.modify_other_keys);
    }
}

/// A DEC private mode, if it changed.
fn switch(to: &mut String, mode: u16, was: bool, now: bool) {
    if was != now {
        let _ = write!(to, "\x1b[?{mode}{}", if now { 'h' } else { 'l' });
    }
}

fn mouse(mode: MouseMode) -> Option<u16> {
    match mode {
        MouseMode::Off => None,
        MouseMode::Press => Some(9),
        MouseMode::PressRelease => Some(1000),
        MouseMode::Drag => Some(1002),
        MouseMode::Any => Some(1003),
    }
}

/// OSC 52: text for the person's clipboard.
pub(super) fn clipboard(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", base64::engine::general_purpose::STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::pane::Run;

    fn area(cols: u16) -> Area {
        Area { cols, ..Area::whole((24, 80)) }
    }

    fn run(text: &str, look: Look) -> Run {
        Run { text: text.to_owned(), look, link: None }
    }

    #[test]
    fn a_row_is_placed_looked_and_cut() {
        let red = Look { fg: Some(Colour::Indexed(1)), bg: None, attributes: look::BOLD };
        let content = Row { runs: vec![run("ab", red), run("漢字", Look::default())], wrapped: false };
        let mut text = String::new();
        row(&mut text, area(80), 2, &content);
        assert_eq!(text, "\x1b[3;1H\x1b[0;1;38;5;1mab\x1b[0m漢字\x1b[0m\x1b[K");
        text.clear();
        row(&mut text, area(5), 0, &content);
        assert_eq!(text, "\x1b[1;1H\x1b[0;1;38;5;1mab\x1b[0m漢 \x1b[0m");
        text.clear();
        row(&mut text, Area { left: 40, at_edge: false, ..area(8) }, 0, &content);
        assert_eq!(text, "\x1b[1;41H\x1b[0;1;38;5;1mab\x1b[0m漢字\x1b[0m  ", "a neighbour's columns stay");
    }

    #[test]
    fn links_are_passed_on_if_they_lead_to_the_web_or_a_local_file() {
        let link = |uri: &str| Some(crate::protocol::pane::Link { id: "a;b\x07".to_owned(), uri: uri.to_owned() });
        let linked = |uri| Row { runs: vec![Run { link: link(uri), ..run("go", Look::default()) }], wrapped: false };
        let drawn = |uri| {
            let mut text = String::new();
            row(&mut text, area(2), 0, &linked(uri));
            text
        };
        let expected = "\x1b[1;1H\x1b[0m\x1b]8;id=ab;https://a.example/\x1b\\go\x1b]8;;\x1b\\\x1b[0m";
        assert_eq!(drawn("https://a.example/"), expected);
        assert_eq!(drawn("javascript:x"), "\x1b[1;1H\x1b[0mgo\x1b[0m");
        assert_eq!(drawn("https://a\x1b]52;c;eA==\x07"), "\x1b[1;1H\x1b[0mgo\x1b[0m");
    }

    #[test]
    fn nothing_but_characters_gets_through() {
        let content = Row { runs: vec![run("a\x1b]52;c;eA==\x07b\u{9b}m", Look::default())], wrapped: false };
        let mut text = String::new();
        row(&mut text, area(80), 0, &content);
        assert_eq!(text, "\x1b[1;1H\x1b[0ma]52;c;eA==bm\x1b[0m\x1b[K");
    }

    #[test]
    fn only_changed_modes_are_sent() {
        let was = Modes { mouse: MouseMode::PressRelease, ..Modes::default() };
        let now = Modes { mouse: MouseMode::Any, mouse_sgr: true, keyboard_flags: 1, ..Modes::default() };
        let mut text = String::new();
        modes(&mut text, &was, &was);
        assert_eq!(text, "");
        modes(&mut text, &was, &now);
        assert_eq!(text, "\x1b[?1000l\x1b[?1003h\x1b[?1006h\x1b[=1u");
    }
}
