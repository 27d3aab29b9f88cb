//! What goes out looks like the cells that were meant, on terminals that erase in colour and on others.

use proptest::prelude::*;
use ratatui::backend::Backend as _;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::{Outer, SEEN_ON_BLANKS};
use crate::term::{Ink, Terminal, attribute};
use crate::tui::links::Spot;

const AREA: Rect = Rect { x: 0, y: 0, width: 40, height: 6 };

/// Something drawn somewhere.
#[derive(Debug, Clone)]
struct Drawn {
    x: u16,
    y: u16,
    text: &'static str,
    times: usize,
    style: Style,
}

fn colour() -> impl Strategy<Value = Color> {
    prop_oneof![
        2 => Just(Color::Reset),
        2 => (0u8..=255).prop_map(Color::Indexed),
        1 => (0u8..4, 0u8..4).prop_map(|(red, blue)| Color::Rgb(red, 7, blue)),
    ]
}

fn style() -> impl Strategy<Value = Style> {
    let modifiers = [Modifier::BOLD, Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED];
    let modifier = prop_oneof![3 => Just(Modifier::empty()), 2 => proptest::sample::select(modifiers.to_vec())];
    (colour(), colour(), modifier).prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let text = proptest::sample::select(vec![" ", "a", "word ", "漢字", "é─", "e\u{301}", "🎉"]);
    (0..AREA.width, 0..AREA.height, text, 1usize..40, style()).prop_map(|(x, y, text, times, style)| {
        // nothing cuts a wide character in half: what terminals show of one is their own affair
        let wide = usize::from(crate::tui::cells::width(text)) == 2 * text.chars().count();
        let (x, y) = if wide { (x & !1, 3 + y % 3) } else { (x, y % 3) };
        Drawn { x, y, text, times, style }
    })
}

fn draw(drawn: &[Drawn], buffer: &mut Buffer) {
    for Drawn { x, y, text, times, style } in drawn {
        buffer.set_stringn(*x, *y, text.repeat(*times), usize::from(AREA.width - *x), *style);
    }
}

/// What can be seen of a cell: its character, colours and attributes; of a blank only what fills it.
type Seen = (String, Option<Ink>, Option<Ink>, u16);

fn seen(symbol: &str, fg: Option<Ink>, bg: Option<Ink>, attributes: u16) -> Seen {
    let filled = attributes & (attribute::UNDERLINE | attribute::INVERSE);
    match symbol {
        " " if filled == 0 => (" ".to_owned(), None, bg, 0),
        // nobody sees whether an underlined blank is bold
        " " => (" ".to_owned(), fg, bg, filled),
        _ => (symbol.to_owned(), fg, bg, attributes),
    }
}

fn ink(colour: Color) -> Option<Ink> {
    match colour {
        Color::Indexed(index) => Some(Ink::Indexed(index)),
        Color::Rgb(red, green, blue) => Some(Ink::Rgb(red, green, blue)),
        _ => None,
    }
}

fn meant(cell: &Cell) -> Seen {
    let bits = [
        (Modifier::BOLD, attribute::BOLD),
        (Modifier::ITALIC, attribute::ITALIC),
        (Modifier::UNDERLINED, attribute::UNDERLINE),
        (Modifier::REVERSED, attribute::INVERSE),
    ];
    let attributes = bits.iter().filter(|(bit, _)| cell.modifier.contains(*bit)).fold(0, |all, (_, bit)| all | bit);
    seen(cell.symbol(), ink(cell.fg), ink(cell.bg), attributes)
}

fn shown(terminal: &mut Terminal) -> Vec<Vec<Seen>> {
    let rows = terminal.frame().lines;
    let cells = rows.iter().map(|line| {
        let spans = line.spans.iter().flat_map(|span| {
            let looks = span.style;
            crate::tui::cells::measured(&span.text)
                .flat_map(move |(text, width)| {
                    let cell = seen(text, looks.fg, looks.bg, looks.attributes);
                    std::iter::once(Some(cell)).chain((1..width).map(|_| None))
                })
                .collect::<Vec<_>>()
        });
        let mut cells: Vec<Option<Seen>> = spans.collect();
        cells.resize(usize::from(AREA.width), Some(seen(" ", None, None, 0)));
        cells.into_iter().flatten().collect()
    });
    cells.collect()
}

fn wanted(buffer: &Buffer) -> Vec<Vec<Seen>> {
    let row = |y: u16| {
        let mut cells = Vec::new();
        let mut x = 0;
        while x < AREA.width {
            let cell = &buffer[(x, y)];
            cells.push(meant(cell));
            x += crate::tui::cells::width(cell.symbol()).max(1);
        }
        cells
    };
    (0..AREA.height).map(row).collect()
}

proptest! {
    #[test]
    fn cells_look_as_meant(
        first in proptest::collection::vec(drawn(), 1..12),
        second in proptest::collection::vec(drawn(), 1..6),
        erases in any::<bool>(),
    ) {
        let mut bytes = Vec::new();
        let mut outer = Outer::new(&mut bytes, erases);
        let empty = Buffer::empty(AREA);
        let mut one = empty.clone();
        draw(&first, &mut one);
        outer.draw(empty.diff(&one).into_iter()).unwrap();
        let mut two = one.clone();
        draw(&second, &mut two);
        outer.draw(one.diff(&two).into_iter()).unwrap();
        outer.flush().unwrap();
        drop(outer);
        let mut terminal = Terminal::new(AREA.height, AREA.width, 0);
        terminal.process(&bytes);
        prop_assert_eq!(shown(&mut terminal), wanted(&two));
    }
}

#[test]
fn coloured_blanks_are_erased_and_everything_leaves_in_one_piece() {
    #[derive(Default)]
    struct Pieces(Vec<String>);
    impl std::io::Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let ground = Style::new().bg(Color::Indexed(4));
    let mut next = Buffer::empty(AREA);
    next.set_style(Rect { height: 1, ..AREA }, ground);
    next.set_string(30, 0, "end", ground);
    let mut outer = Outer::new(Pieces::default(), true);
    outer.draw(Buffer::empty(AREA).diff(&next).into_iter()).unwrap();
    outer.set_cursor_position((2, 3)).unwrap();
    outer.show_cursor().unwrap();
    outer.flush().unwrap();
    let said = "\x1b[1;1H\x1b[48;5;4m\x1b[30X\x1b[1;31Hend       \x1b[49m\x1b[4;3H\x1b[?25h";
    assert_eq!(outer.out.0, [said]);
    assert!(SEEN_ON_BLANKS.contains(Modifier::REVERSED));
}

#[test]
fn cells_that_lead_somewhere_are_linked_and_no_others() {
    let drawn = |spots: Vec<Spot>| {
        let mut outer = Outer::new(Vec::new(), true);
        outer.spots = spots;
        let cells = ["g", "o", " ", " ", "n", "!"].map(Cell::new);
        outer.draw(cells.iter().zip(0u16..).map(|(cell, x)| (x, 3, cell))).unwrap();
        String::from_utf8(outer.waiting.clone()).unwrap()
    };
    assert!(!drawn(Vec::new()).contains("]8;"));
    let text = drawn(vec![Spot { y: 3, from: 0, to: 2, uri: "https://a.example/".to_owned() }]);
    let (before, rest) = text.split_once("\x1b]8;;https://a.example/\x1b\\").unwrap();
    let (linked, after) = rest.split_once("\x1b]8;;\x1b\\").unwrap();
    assert!(!before.contains("go") && linked.contains("go ") && after.contains(" n!"), "{text:?}");
}
