//! Themes: a look for every meaning. A theme file is read line by line over the shipped dark theme, so
//! that a mistake costs one line and never the file.

mod paint;
mod role;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::keymap::Problem;

pub use paint::{Depth, Paint, contrast, reduce, rgb};
pub use role::Role;

/// The shipped themes: name and text.
pub const THEMES: [(&str, &str); 5] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("colour-blind-safe", include_str!("../../themes/colour-blind-safe.toml")),
    ("terminal-16", include_str!("../../themes/terminal-16.toml")),
];

/// A foreground, a background and attributes. `None` leaves what is below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Look {
    /// Foreground.
    pub fg: Option<Paint>,
    /// Background.
    pub bg: Option<Paint>,
    /// Bits of [`look`].
    pub attributes: u16,
}

/// Attribute bits of a [`Look`].
pub mod look {
    /// Bold.
    pub const BOLD: u16 = 1;
    /// Dim.
    pub const DIM: u16 = 2;
    /// Italic.
    pub const ITALIC: u16 = 4;
    /// Underline.
    pub const UNDERLINE: u16 = 8;
    /// Inverse video.
    pub const INVERSE: u16 = 16;
}

/// How one role looks at full depth, with what a theme says for fewer colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// The look with all colours.
    pub look: Look,
    /// A foreground for terminals with 256 colours, instead of the nearest.
    pub fg_256: Option<Paint>,
    /// A foreground for terminals with sixteen colours, instead of the nearest.
    pub fg_16: Option<Paint>,
    /// A background for terminals with sixteen colours, instead of the nearest.
    pub bg_16: Option<Paint>,
}

impl Style {
    /// The look on a terminal of this depth. Without colours the attributes stay.
    pub fn at(&self, depth: Depth) -> Look {
        let fg = match depth {
            Depth::Indexed => self.fg_256.or(self.look.fg),
            Depth::Sixteen => self.fg_16.or(self.look.fg),
            Depth::None | Depth::True => self.look.fg,
        };
        // Shades of a pane's background are lost among sixteen colours: only a stated one is drawn.
        let bg = match depth {
            Depth::Sixteen => self.bg_16.or(self.look.bg.filter(|bg| matches!(bg, Paint::Indexed(_)))),
            _ => self.look.bg,
        };
        Look {
            fg: fg.and_then(|colour| reduce(colour, depth)),
            bg: bg.and_then(|colour| reduce(colour, depth)),
            attributes: self.look.attributes,
        }
    }
}

/// A look for every meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: BTreeMap<Role, Style>,
}

/// One line of a theme file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    fg: Option<String>,
    bg: Option<String>,
    fg_256: Option<String>,
    fg_16: Option<String>,
    bg_16: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    inverse: bool,
}

#[derive(Deserialize)]
struct Value {
    value: Written,
}

impl Theme {
    /// A shipped theme by its name, or the person's own (file name and text) over the shipped dark one.
    pub fn load(name: &str, own: Option<(&str, &str)>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut theme = Self { name: name.to_owned(), styles: BTreeMap::new() };
        let shipped = THEMES.iter().find(|(shipped, _)| *shipped == name);
        match (shipped, own) {
            (_, Some((file, text))) => {
                if let Some((base, dark)) = shipped.or(THEMES.first()) {
                    theme.lay(base, dark, &mut problems);
                }
                theme.lay(file, text, &mut problems);
            }
            (Some((file, text)), None) => theme.lay(file, text, &mut problems),
            (None, None) => {
                let names: Vec<&str> = THEMES.iter().map(|(name, _)| *name).collect();
                let message = format!("there is no theme `{name}`; used: dark (there are {})", names.join(", "));
                problems.push(Problem { file: "config.toml".to_owned(), line: 0, message });
                if let Some((base, dark)) = THEMES.first() {
                    theme.lay(base, dark, &mut problems);
                }
            }
        }
        (theme, problems)
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }

    /// Whether the theme itself says how a role looks.
    pub fn defines(&self, role: Role) -> bool {
        self.styles.contains_key(&role)
    }

    /// Lays a file over what is there.
    fn lay(&mut self, file: &str, text: &str, problems: &mut Vec<Problem>) {
        for (index, raw) in text.lines().enumerate() {
            let line = raw.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match parse_line(line) {
                Ok((role, style)) => {
                    self.styles.insert(role, style);
                }
                Err(message) => problems.push(Problem {
                    file: file.to_owned(),
                    line: index + 1,
                    message: format!("{message}; line not used, everything else works"),
                }),
            }
        }
    }
}

/// Reads `role = { fg = "#rrggbb", bold = true }`.
fn parse_line(line: &str) -> Result<(Role, Style), String> {
    let (name, value) = line.split_once('=').ok_or_else(|| "there is no `=`".to_owned())?;
    let name = name.trim();
    let role = Role::named(name).ok_or_else(|| format!("there is no role `{name}`"))?;
    let written: Value = toml::from_str(&format!("value = {}", value.trim()))
        .map_err(|error| format!("{name}: {}", error.message().lines().next().unwrap_or_default()))?;
    let written = written.value;
    let colour = |text: &Option<String>| {
        text.as_ref()
            .map(|text| paint::parse(text).ok_or_else(|| format!("{name}: `{text}` is not a colour")))
            .transpose()
    };
    let flags = [
        (written.bold, look::BOLD),
        (written.dim, look::DIM),
        (written.italic, look::ITALIC),
        (written.underline, look::UNDERLINE),
        (written.inverse, look::INVERSE),
    ];
    let attributes = flags.iter().filter(|(on, _)| *on).fold(0, |all, (_, bit)| all | bit);
    let look = Look { fg: colour(&written.fg)?, bg: colour(&written.bg)?, attributes };
    Ok((
        role,
        Style {
            look,
            fg_256: colour(&written.fg_256)?,
            fg_16: colour(&written.fg_16)?,
            bg_16: colour(&written.bg_16)?,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_defines_every_role_without_a_problem() {
        for (name, _) in THEMES {
            let (theme, problems) = Theme::load(name, None);
            assert_eq!(problems, vec![], "{name}");
            let missing: Vec<_> = Role::ALL.iter().filter(|role| !theme.defines(**role)).collect();
            assert!(missing.is_empty(), "{name} lacks {missing:?}");
        }
    }

    #[test]
    fn words_can_be_read_in_every_theme() {
        for (name, _) in THEMES {
            let (theme, _) = Theme::load(name, None);
            let Some(normal_bg) = theme.style(Role::TextNormal).look.bg else {
                continue; // the terminal's own colours: nothing to compute with
            };
            for role in Role::ALL.iter().filter(|role| role.is_text()) {
                let look = theme.style(*role).look;
                let mut fg = look.fg.unwrap_or_else(|| theme.style(Role::TextNormal).look.fg.unwrap());
                let mut bg = look.bg.unwrap_or(normal_bg);
                if look.attributes & look::INVERSE != 0 {
                    std::mem::swap(&mut fg, &mut bg);
                }
                assert!(contrast(fg, bg) >= 4.5, "{name} {}: {:.2}", role.name(), contrast(fg, bg));
            }
        }
    }

    #[test]
    fn a_mistake_costs_one_line() {
        let own = "text.dim = { fg = \"#808080\" }\nagent.wating = { fg = \"#fff000\" }\ndiff.added = { fg = \"green-ish\" }\n";
        let (theme, problems) = Theme::load("mine", Some(("mine.toml", own)));
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), vec![2, 3]);
        assert_eq!(theme.style(Role::TextDim).look.fg, Some(Paint::Rgb(0x80, 0x80, 0x80)));
        assert!(theme.defines(Role::DiffAdded));
    }
}
