//! Cells on their way to the outer terminal, in as few bytes as it understands: stretches of blanks are erased
//! in their colour instead of written, blanks do not care for the ink, and the cursor's moves and the cells of one
//! frame leave in one piece. Cells that lead somewhere are marked as links (OSC 8). What cells are to be shown is the painter's business.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

use super::links::Spot;

/// A shorter stretch of blanks is written: erasing it would take as many bytes.
const SHORT: u16 = 12;

/// What can be seen of a cell without a character.
const SEEN_ON_BLANKS: Modifier =
    Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT).union(Modifier::SLOW_BLINK);

/// Attributes with what turns them on.
const ATTRIBUTES: [(Modifier, &str); 8] = [
    (Modifier::BOLD, ";1"),
    (Modifier::DIM, ";2"),
    (Modifier::ITALIC, ";3"),
    (Modifier::UNDERLINED, ";4"),
    (Modifier::SLOW_BLINK, ";5"),
    (Modifier::REVERSED, ";7"),
    (Modifier::HIDDEN, ";8"),
    (Modifier::CROSSED_OUT, ";9"),
];

/// The outer terminal.
#[derive(Debug)]
pub struct Outer<W: Write> {
    out: W,
    waiting: Vec<u8>,
    erases: bool,
    pen: Pen,
    /// What leads somewhere of the cells that are drawn from now on.
    pub(super) spots: Vec<Spot>,
}

/// How the next character is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pen {
    ink: Color,
    ground: Color,
    modifier: Modifier,
}

impl Pen {
    const PLAIN: Self = Self { ink: Color::Reset, ground: Color::Reset, modifier: Modifier::empty() };

    fn of(cell: &Cell) -> Self {
        Self { ink: cell.fg, ground: cell.bg, modifier: cell.modifier }
    }
}

impl<W: Write> Outer<W> {
    /// Over a terminal; `erases` says that it fills what it erases with the background that is set.
    pub fn new(out: W, erases: bool) -> Self {
        Self { out, waiting: Vec::new(), erases, pen: Pen::PLAIN, spots: Vec::new() }
    }

    fn say(&mut self, words: &str) {
        self.waiting.extend_from_slice(words.as_bytes());
    }

    fn go(&mut self, x: u16, y: u16) {
        self.say(&format!("\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1));
    }

    /// Which of the spots holds a cell.
    fn spot(&self, x: u16, y: u16) -> Option<usize> {
        self.spots.iter().position(|spot| spot.holds(x, y))
    }

    /// What is printed from now on leads there, or nowhere.
    fn lead(&mut self, spot: Option<usize>) {
        let uri = spot.and_then(|spot| self.spots.get(spot)).map_or("", |spot| spot.uri.as_str());
        let words = format!("\x1b]8;;{uri}\x1b\\");
        self.say(&words);
    }

    /// Changes the pen, in one sequence.
    fn take(&mut self, pen: Pen) {
        if pen == self.pen {
            return;
        }
        let mut words = String::new();
        let removed = self.pen.modifier.difference(pen.modifier);
        let mut before = self.pen;
        if !removed.is_empty() {
            words.push_str(";0");
            before = Pen::PLAIN;
        }
        let added = pen.modifier.difference(before.modifier);
        ATTRIBUTES.iter().filter(|(bit, _)| added.contains(*bit)).for_each(|(_, word)| words.push_str(word));
        if pen.ink != before.ink {
            colour(pen.ink, 3, &mut words);
        }
        if pen.ground != before.ground {
            colour(pen.ground, 4, &mut words);
        }
        self.pen = pen;
        let words = words.strip_prefix(';').unwrap_or(&words);
        if !words.is_empty() {
            self.say("\x1b[");
            self.say(words);
            self.say("m");
        }
    }

    /// A stretch of blanks of one look; the cursor stands at its beginning. Answers whether it stands behind it.
    fn blanks(&mut self, count: u16, cell: &Cell) -> bool {
        let seen = |modifier: Modifier| modifier.intersection(SEEN_ON_BLANKS);
        let modifier = if seen(self.pen.modifier) == seen(cell.modifier) { self.pen.modifier } else { cell.modifier };
        let ink = if seen(modifier).is_empty() { self.pen.ink } else { cell.fg };
        self.take(Pen { ink, ground: cell.bg, modifier });
        let erased = self.erases && count >= SHORT && seen(modifier).is_empty();
        if erased {
            self.say(&format!("\x1b[{count}X"));
        } else {
            self.waiting.extend(std::iter::repeat_n(b' ', usize::from(count)));
        }
        !erased
    }
}

/// A colour as a parameter of SGR; `ground` is 3 for the ink and 4 for the background.
fn colour(colour: Color, ground: u8, words: &mut String) {
    let word = match colour {
        Color::Reset => format!(";{ground}9"),
        Color::Rgb(red, green, blue) => format!(";{ground}8;2;{red};{green};{blue}"),
        Color::Indexed(index) => indexed(index, ground),
        Color::Black => indexed(0, ground),
        Color::Red => indexed(1, ground),
        Color::Green => indexed(2, ground),
        Color::Yellow => indexed(3, ground),
        Color::Blue => indexed(4, ground),
        Color::Magenta => indexed(5, ground),
        Color::Cyan => indexed(6, ground),
        Color::Gray => indexed(7, ground),
        Color::DarkGray => indexed(8, ground),
        Color::LightRed => indexed(9, ground),
        Color::LightGreen => indexed(10, ground),
        Color::LightYellow => indexed(11, ground),
        Color::LightBlue => indexed(12, ground),
        Color::LightMagenta => indexed(13, ground),
        Color::LightCyan => indexed(14, ground),
        Color::White => indexed(15, ground),
    };
    words.push_str(&word);
}

fn indexed(index: u8, ground: u8) -> String {
    format!(";{ground}8;5;{index}")
}

impl<W: Write> Backend for Outer<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells = content.peekable();
        let mut stands: Option<(u16, u16)> = None;
        let mut within = None;
        while let Some((x, y, cell)) = cells.next() {
            let spot = self.spot(x, y);
            if spot != within {
                self.lead(spot);
                within = spot;
            }
            if stands != Some((x, y)) {
                self.go(x, y);
            }
            if cell.symbol() != " " {
                self.take(Pen::of(cell));
                self.say(cell.symbol());
                // behind a wide character nobody knows for sure where the terminal stands
                stands = cell.symbol().is_ascii().then_some((x.saturating_add(1), y));
                if stands.is_none() && ratatui::text::Span::raw(cell.symbol()).width() == 1 {
                    stands = Some((x.saturating_add(1), y));
                }
                continue;
            }
            let mut count = 1u16;
            while let Some((next, row, same)) = cells.peek()
                && (*next, *row) == (x.saturating_add(count), y)
                && same.symbol() == " "
                && self.spot(*next, *row) == within
                && (same.bg, same.fg, same.modifier) == (cell.bg, cell.fg, cell.modifier)
            {
                count += 1;
                cells.next();
            }
            stands = self.blanks(count, cell).then_some((x.saturating_add(count), y));
        }
        if within.is_some() {
            self.lead(None);
        }
        self.take(Pen::PLAIN);
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.say("\x1b[?25l");
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.say("\x1b[?25h");
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        crossterm::cursor::position().map(|(x, y)| Position { x, y })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.go(x, y);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.say(match region {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let size = crossterm::terminal::window_size()?;
        Ok(WindowSize {
            columns_rows: Size { width: size.columns, height: size.rows },
            pixels: Size { width: size.width, height: size.height },
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(self)
    }
}

/// What is written goes out with the next flush, behind what waits.
impl<W: Write> Write for Outer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&self.waiting);
        self.waiting.clear();
        written.and_then(|()| self.out.flush())
    }
}

#[cfg(test)]
mod tests;
