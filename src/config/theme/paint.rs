//! Paints as themes write them, and what becomes of them on terminals that have fewer.

use crate::term::{Rgb, palette};

/// A colour: an entry of the terminal's palette, or 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paint {
    /// Palette entry.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// No colour at all (`NO_COLOR`, or a terminal without).
    None,
    /// The sixteen of ECMA-48 and aixterm.
    Sixteen,
    /// xterm's 256.
    Indexed,
    /// 24 bits.
    True,
}

impl Depth {
    /// What the environment says. `NO_COLOR` with any text wins (no-color.org).
    pub fn of(colorterm: &str, term: &str, no_color: bool) -> Self {
        if no_color || term == "dumb" {
            Depth::None
        } else if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") {
            Depth::True
        } else if term.contains("256color") {
            Depth::Indexed
        } else {
            Depth::Sixteen
        }
    }
}

/// The names of the sixteen colours, by number.
const SIXTEEN: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Reads `#rrggbb`, a palette number, or one of the sixteen names.
pub(super) fn parse(text: &str) -> Option<Paint> {
    if let Some(hex) = text.strip_prefix('#') {
        let value = (hex.len() == 6).then(|| u32::from_str_radix(hex, 16).ok()).flatten()?;
        let [_, red, green, blue] = value.to_be_bytes();
        return Some(Paint::Rgb(red, green, blue));
    }
    let named = SIXTEEN.iter().position(|name| *name == text).and_then(|place| u8::try_from(place).ok());
    named.or_else(|| text.parse().ok()).map(Paint::Indexed)
}

/// The colour as a terminal of this depth can show it; `None` when it can show none.
pub fn reduce(colour: Paint, depth: Depth) -> Option<Paint> {
    match (colour, depth) {
        (_, Depth::None) => None,
        (colour, Depth::True) => Some(colour),
        (Paint::Indexed(index), Depth::Indexed) => Some(Paint::Indexed(index)),
        (Paint::Indexed(index @ 0..=15), Depth::Sixteen) => Some(Paint::Indexed(index)),
        (colour, Depth::Indexed) => Some(Paint::Indexed(nearest_indexed(rgb(colour)))),
        (colour, Depth::Sixteen) => Some(Paint::Indexed(nearest_sixteen(rgb(colour)))),
    }
}

/// The red, green and blue of a colour, with xterm's defaults for the palette.
pub fn rgb(colour: Paint) -> Rgb {
    match colour {
        Paint::Rgb(red, green, blue) => (red, green, blue),
        Paint::Indexed(index) => palette(index),
    }
}

/// WCAG 2 contrast ratio of two colours, from 1 to 21.
pub fn contrast(one: Paint, other: Paint) -> f64 {
    let (a, b) = (luminance(rgb(one)), luminance(rgb(other)));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// WCAG 2 relative luminance.
fn luminance((red, green, blue): Rgb) -> f64 {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn distance(one: Rgb, other: Rgb) -> u32 {
    let part = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    part(one.0, other.0) + part(one.1, other.1) + part(one.2, other.2)
}

fn nearest_indexed(colour: Rgb) -> u8 {
    (16..=255).min_by_key(|index| distance(colour, rgb(Paint::Indexed(*index)))).unwrap_or(15)
}

fn nearest_sixteen(colour: Rgb) -> u8 {
    (0..=15).min_by_key(|index| distance(colour, rgb(Paint::Indexed(*index)))).unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brand_colours_have_the_measured_neighbours() {
        let nearest = |text| reduce(parse(text).unwrap(), Depth::Indexed);
        assert_eq!(nearest("#10b981"), Some(Paint::Indexed(36)));
        assert_eq!(nearest("#f59e0b"), Some(Paint::Indexed(214)));
        assert_eq!(reduce(Paint::Indexed(3), Depth::None), None);
    }

    #[test]
    fn contrast_is_the_published_one() {
        let ratio = contrast(parse("#6366f1").unwrap(), parse("#ffffff").unwrap());
        assert!((ratio - 4.5).abs() < 0.1, "{ratio}");
    }

    #[test]
    fn depth_follows_the_environment() {
        assert_eq!(Depth::of("truecolor", "xterm-256color", true), Depth::None);
        assert_eq!(Depth::of("truecolor", "xterm", false), Depth::True);
        assert_eq!(Depth::of("", "screen-256color", false), Depth::Indexed);
        assert_eq!(Depth::of("", "linux", false), Depth::Sixteen);
    }
}
