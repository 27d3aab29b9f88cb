//! The theme at the depth that the terminal has: the only place where colours become ratatui's.

use ratatui::style::{Color, Modifier, Style};

use crate::config::theme::{Depth, Look, Paint, Role, Theme, look, reduce};
use crate::protocol::pane::{self, Colour};

/// A theme on a terminal.
#[derive(Debug, Clone)]
pub struct Skin {
    /// The theme.
    pub theme: Theme,
    /// How many colours the terminal has.
    pub depth: Depth,
}

impl Skin {
    /// How a role is drawn.
    pub fn style(&self, role: Role) -> Style {
        style(self.theme.style(role).at(self.depth))
    }

    /// How a role's foreground and attributes are drawn, without its background.
    pub(crate) fn ink(&self, role: Role) -> Style {
        Style { bg: None, ..self.style(role) }
    }

    /// How marked text is drawn: also where there are no colours.
    pub(crate) fn marked(&self) -> Style {
        let style = self.style(Role::SelectText);
        if self.depth == Depth::None { style.add_modifier(Modifier::REVERSED) } else { style }
    }

    /// The background of a worker's pane.
    pub(crate) fn ground(&self, worker: u16) -> Style {
        Style { bg: self.style(Role::worker(worker)).bg, ..Style::default() }
    }

    /// How a cell of an agent's screen is drawn: the agent's colours, as far as the terminal has them.
    pub(crate) fn cell(&self, cell: pane::Look) -> Style {
        let paint = |colour: Option<Colour>| colour.and_then(|colour| reduce(of_agent(colour), self.depth)).map(color);
        let mut drawn = Style { fg: paint(cell.fg), bg: paint(cell.bg), ..Style::default() };
        for (bit, modifier) in [
            (pane::look::BOLD, Modifier::BOLD),
            (pane::look::DIM, Modifier::DIM),
            (pane::look::ITALIC, Modifier::ITALIC),
            (pane::look::UNDERLINE, Modifier::UNDERLINED),
            (pane::look::INVERSE, Modifier::REVERSED),
            (pane::look::STRIKE, Modifier::CROSSED_OUT),
            (pane::look::HIDDEN, Modifier::HIDDEN),
            (pane::look::BLINK, Modifier::SLOW_BLINK),
        ] {
            if cell.attributes & bit != 0 {
                drawn = drawn.add_modifier(modifier);
            }
        }
        drawn
    }
}

fn of_agent(colour: Colour) -> Paint {
    match colour {
        Colour::Indexed(index) => Paint::Indexed(index),
        Colour::Rgb(red, green, blue) => Paint::Rgb(red, green, blue),
    }
}

fn color(paint: Paint) -> Color {
    match paint {
        Paint::Indexed(index) => Color::Indexed(index),
        Paint::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}

fn style(drawn: Look) -> Style {
    let mut style = Style { fg: drawn.fg.map(color), bg: drawn.bg.map(color), ..Style::default() };
    for (bit, modifier) in [
        (look::BOLD, Modifier::BOLD),
        (look::DIM, Modifier::DIM),
        (look::ITALIC, Modifier::ITALIC),
        (look::UNDERLINE, Modifier::UNDERLINED),
        (look::INVERSE, Modifier::REVERSED),
    ] {
        if drawn.attributes & bit != 0 {
            style = style.add_modifier(modifier);
        }
    }
    style
}
