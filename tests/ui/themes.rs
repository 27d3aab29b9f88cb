//! How it looks: one styled screen for each theme, and what is left without colours.

use quarterdeck::config::theme::{Depth, THEMES};
use ratatui::buffer::Buffer;

use crate::support::*;

/// Each row as runs of one style: `text|fg|bg|attributes`.
fn styled(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let mut lines = Vec::new();
    for row in buffer.content().chunks(width) {
        let mut runs: Vec<(String, String)> = Vec::new();
        for cell in row {
            let style = format!("{:?}|{:?}|{:?}", cell.fg, cell.bg, cell.modifier);
            match runs.last_mut() {
                Some((last, text)) if *last == style => text.push_str(cell.symbol()),
                _ => runs.push((style, cell.symbol().to_owned())),
            }
        }
        let row: Vec<String> = runs.into_iter().map(|(style, text)| format!("{}  {style}", text.trim_end())).collect();
        lines.push(row.join("\n    "));
    }
    lines.join("\n")
}

#[test]
fn every_theme_has_its_picture() {
    for (name, _) in THEMES {
        let depth = if name == "terminal-16" { Depth::Sixteen } else { Depth::True };
        let mut deck = Deck::open(busy(), 80, 24);
        deck.keys("ctrl+space 2").with_screens();
        insta::assert_snapshot!(format!("theme_{name}"), styled(&deck.buffer(&skin(name, depth))));
    }
}

#[test]
fn without_colours_everything_is_still_said() {
    let mut deck = Deck::open(busy(), 120, 36);
    deck.keys("ctrl+space g").with_screens();
    let buffer = deck.buffer(&skin("dark", Depth::None));
    let coloured = buffer
        .content()
        .iter()
        .filter(|cell| cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset);
    assert_eq!(coloured.count(), 0);
    let text = text_of(&buffer);
    for word in ["! NEEDS YOU", "^ review", "* working", "~ limited"] {
        assert!(text.contains(word), "{word} is not on screen:\n{text}");
    }
}
