//! The colours that programs ask for and set (OSC 4, 10, 11, 12 and their resets). What is set is answered, and
//! shown by nobody: panes are drawn in the person's own colours.

use std::collections::BTreeMap;

use super::palette::{Rgb, palette};

/// Default foreground (and cursor) and background, which a program picks its own light or dark colours by.
const FOREGROUND: Rgb = (0xe5, 0xe7, 0xeb);
const BACKGROUND: Rgb = (0x0b, 0x0f, 0x19);

/// What programs set.
#[derive(Debug, Default)]
pub(super) struct Colours {
    palette: BTreeMap<u8, Rgb>,
    /// By the number of the OSC: 10, 11, 12.
    dynamic: BTreeMap<u16, Rgb>,
}

impl Colours {
    /// Does what an OSC says; gives the answers to its questions.
    pub(super) fn request(&mut self, params: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut words = params.iter().map(|param| std::str::from_utf8(param).unwrap_or_default());
        let Some(which) = words.next().and_then(|which| which.parse::<u16>().ok()) else { return Vec::new() };
        let words: Vec<&str> = words.collect();
        match which {
            4 => words.chunks(2).filter_map(|pair| self.indexed(pair)).collect(),
            104 if words.is_empty() => {
                self.palette.clear();
                Vec::new()
            }
            104 => {
                for index in words.iter().filter_map(|index| index.parse::<u8>().ok()) {
                    self.palette.remove(&index);
                }
                Vec::new()
            }
            110..=112 => {
                self.dynamic.remove(&(which - 100));
                Vec::new()
            }
            // OSC 10 ; ? ; ? asks for 10 and 11
            _ => (which..=12).zip(words).filter_map(|(which, word)| self.one(which, word)).collect(),
        }
    }

    fn indexed(&mut self, pair: &[&str]) -> Option<Vec<u8>> {
        let [index, word] = pair else { return None };
        let index: u8 = index.parse().ok()?;
        if *word == "?" {
            let colour = self.palette.get(&index).copied().unwrap_or_else(|| palette(index));
            return Some(answer(&format!("4;{index}"), colour));
        }
        self.palette.insert(index, parse(word)?);
        None
    }

    fn one(&mut self, which: u16, word: &str) -> Option<Vec<u8>> {
        if word == "?" {
            let default = if which == 11 { BACKGROUND } else { FOREGROUND };
            return Some(answer(&which.to_string(), self.dynamic.get(&which).copied().unwrap_or(default)));
        }
        self.dynamic.insert(which, parse(word)?);
        None
    }
}

fn answer(which: &str, (red, green, blue): Rgb) -> Vec<u8> {
    format!("\x1b]{which};rgb:{red:02x}{red:02x}/{green:02x}{green:02x}/{blue:02x}{blue:02x}\x1b\\").into_bytes()
}

/// `rgb:r/g/b` with one to four digits each, or `#rrggbb` (`XParseColor`).
fn parse(word: &str) -> Option<Rgb> {
    let parts: Vec<&str> = if let Some(parts) = word.strip_prefix("rgb:") {
        parts.split('/').collect()
    } else {
        let digits = word.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        vec![digits.get(..2)?, digits.get(2..4)?, digits.get(4..)?]
    };
    let [red, green, blue] = parts.as_slice() else { return None };
    Some((component(red)?, component(green)?, component(blue)?))
}

/// One to four digits, as the eight highest bits.
fn component(digits: &str) -> Option<u8> {
    let most = match digits.len() {
        1..=4 => (1u32 << (4 * digits.len())) - 1,
        _ => return None,
    };
    u8::try_from(u32::from_str_radix(digits, 16).ok()? * 255 / most).ok()
}
