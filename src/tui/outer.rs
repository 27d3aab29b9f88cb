//! The outer terminal as ratatui's backend, with what ratatui has no word for: links (OSC 8), so that the person's own
//! terminal can open those that are in sight.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// Cells in one row that lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The row.
    pub(crate) y: u16,
    /// The first column.
    pub(crate) from: u16,
    /// The last column.
    pub(crate) to: u16,
    /// The address; safe to be written to a terminal.
    pub(crate) uri: String,
}

impl Spot {
    fn holds(&self, x: u16, y: u16) -> bool {
        self.y == y && (self.from..=self.to).contains(&x)
    }
}

/// The terminal, and what of it leads somewhere.
#[derive(Debug)]
pub(super) struct Outer<W: Write> {
    terminal: CrosstermBackend<W>,
    /// Cells that are drawn from now on are linked by these.
    pub(super) spots: Vec<Spot>,
}

impl<W: Write> Outer<W> {
    pub(super) fn new(to: W) -> Self {
        Self { terminal: CrosstermBackend::new(to), spots: Vec::new() }
    }

    fn draw_run<'a>(&mut self, spot: Option<usize>, run: &mut Vec<(u16, u16, &'a Cell)>) -> io::Result<()> {
        if run.is_empty() {
            return Ok(());
        }
        let uri = spot.and_then(|spot| self.spots.get(spot)).map(|spot| spot.uri.clone());
        if let Some(uri) = &uri {
            write!(self.terminal, "\x1b]8;;{uri}\x1b\\")?;
        }
        self.terminal.draw(run.drain(..))?;
        if uri.is_some() {
            write!(self.terminal, "\x1b]8;;\x1b\\")?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Outer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.terminal.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.terminal)
    }
}

impl<W: Write> Backend for Outer<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        if self.spots.is_empty() {
            return self.terminal.draw(content);
        }
        let mut run = Vec::new();
        let mut within = None;
        for (x, y, cell) in content {
            let spot = self.spots.iter().position(|spot| spot.holds(x, y));
            if spot != within {
                self.draw_run(within, &mut run)?;
                within = spot;
            }
            run.push((x, y, cell));
        }
        self.draw_run(within, &mut run)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.terminal.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.terminal.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.terminal.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.terminal.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.terminal.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.terminal.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.terminal.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.terminal)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// What was written, to be looked at.
    #[derive(Clone, Default)]
    struct Paper(Rc<RefCell<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn drawn(spots: Vec<Spot>) -> String {
        let paper = Paper::default();
        let mut outer = Outer::new(paper.clone());
        outer.spots = spots;
        let cells = ["g", "o", " ", "o", "n", "!"].map(Cell::new);
        outer.draw(cells.iter().zip(0u16..).map(|(cell, x)| (x, 3, cell))).unwrap();
        String::from_utf8(paper.0.take()).unwrap()
    }

    #[test]
    fn cells_that_lead_somewhere_are_linked_and_no_others() {
        assert!(!drawn(Vec::new()).contains("]8;"));
        let text = drawn(vec![Spot { y: 3, from: 0, to: 1, uri: "https://a.example/".to_owned() }]);
        let (linked, rest) = text.split_once("\x1b]8;;\x1b\\").unwrap();
        assert!(linked.starts_with("\x1b]8;;https://a.example/\x1b\\") && linked.contains("go"), "{text:?}");
        assert!(rest.contains(" on!") && !rest.contains("]8;"), "{text:?}");
    }
}
