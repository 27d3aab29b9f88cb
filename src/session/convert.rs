//! The terminal's words as the wire's words.

use crate::protocol::pane::{Colour, Link, Look, Modes, MouseMode, Row, Run, ScreenUpdate};
use crate::term;

/// A line as a row.
pub(super) fn row(line: &term::Line) -> Row {
    Row { runs: line.spans.iter().map(run).collect(), wrapped: line.wrapped }
}

fn run(span: &term::Span) -> Run {
    let link = span.link.as_ref().map(|link| Link { id: link.id.clone(), uri: link.uri.clone() });
    Run { text: span.text.clone(), look: look(span.style), link }
}

/// The attribute bits are the same on both sides (a test holds them together).
fn look(style: term::Style) -> Look {
    Look { fg: style.fg.map(colour), bg: style.bg.map(colour), attributes: style.attributes }
}

fn colour(ink: term::Ink) -> Colour {
    match ink {
        term::Ink::Indexed(index) => Colour::Indexed(index),
        term::Ink::Rgb(red, green, blue) => Colour::Rgb(red, green, blue),
    }
}

/// A whole screen.
pub(super) fn screen(frame: &term::Frame) -> ScreenUpdate {
    ScreenUpdate {
        rows: frame.rows,
        cols: frame.cols,
        full: true,
        changed: (0..).zip(frame.lines.iter().map(row)).collect(),
        cursor: frame.cursor,
        cursor_shape: frame.cursor_shape,
        modes: modes(&frame.modes),
        title: frame.title.clone(),
        history: frame.history,
        locked: false,
        dropped: frame.dropped,
    }
}

/// The modes.
pub(super) fn modes(modes: &term::Modes) -> Modes {
    Modes {
        alternate_screen: modes.alternate_screen,
        application_cursor: modes.application_cursor,
        application_keypad: modes.application_keypad,
        bracketed_paste: modes.bracketed_paste,
        focus_events: modes.focus_events,
        mouse: match modes.mouse {
            term::Mouse::Off => MouseMode::Off,
            term::Mouse::Press => MouseMode::Press,
            term::Mouse::PressRelease => MouseMode::PressRelease,
            term::Mouse::Drag => MouseMode::Drag,
            term::Mouse::Any => MouseMode::Any,
        },
        mouse_sgr: modes.mouse_sgr,
        keyboard_flags: modes.keyboard_flags,
        modify_other_keys: modes.modify_other_keys,
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::pane::look;
    use crate::term::attribute;

    #[test]
    fn attribute_bits_mean_the_same_on_both_sides() {
        assert_eq!((attribute::BOLD, attribute::DIM, attribute::ITALIC), (look::BOLD, look::DIM, look::ITALIC));
        assert_eq!((attribute::UNDERLINE, attribute::INVERSE), (look::UNDERLINE, look::INVERSE));
        assert_eq!((attribute::STRIKE, attribute::HIDDEN), (look::STRIKE, look::HIDDEN));
        assert_eq!((attribute::BLINK, attribute::OVERLINE), (look::BLINK, look::OVERLINE));
    }
}
