//! What is on the outer terminal, cell by cell, and how it becomes what should be there: whole frames where
//! something changed in the cockpit itself, single rows where only agents' screens did. A frame of 200x60
//! costs half a millisecond whatever changed in it; an echoed key costs one row.

use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::skin::Skin;
use super::state::State;
use super::view::{self, Whose};

/// The outer terminal with what it shows.
#[derive(Debug)]
pub struct Painter<B: Backend> {
    terminal: Terminal<B>,
    shown: Buffer,
    cursor: Option<Position>,
}

impl<B: Backend> Painter<B> {
    /// Over a terminal that is empty, its cursor hidden.
    pub fn new(terminal: Terminal<B>) -> Self {
        Self { terminal, shown: Buffer::default(), cursor: None }
    }

    /// The terminal itself.
    pub fn terminal(&self) -> &Terminal<B> {
        &self.terminal
    }

    /// Where cells are written to.
    pub fn backend_mut(&mut self) -> &mut B {
        self.terminal.backend_mut()
    }

    /// Cells that have to be written again although they look the same: what is known of them is not all.
    pub(super) fn touch(&mut self, cells: impl Iterator<Item = Position>) {
        for position in cells {
            if let Some(cell) = self.shown.cell_mut(position) {
                cell.set_symbol("\u{1}");
            }
        }
    }

    /// Draws everything; writes the cells that differ from what is shown.
    pub fn frame(&mut self, state: &State, skin: &Skin) -> Result<(), B::Error> {
        self.terminal.autoresize()?;
        view::view(state, skin, &mut self.terminal.get_frame());
        let next = std::mem::take(self.terminal.current_buffer_mut());
        if self.shown.area != next.area {
            self.terminal.backend_mut().clear()?;
            self.shown = Buffer::empty(next.area);
        }
        let mut before = std::mem::replace(&mut self.shown, next);
        let written = self.terminal.backend_mut().draw(before.diff(&self.shown).into_iter());
        before.reset();
        *self.terminal.current_buffer_mut() = before;
        written?;
        self.place_cursor(view::cursor(state))
    }

    /// Draws the rows of agents' screens that changed. Answers `false`, and draws nothing, where that is not
    /// enough: then a whole frame is needed.
    pub fn patch(&mut self, state: &State, skin: &Skin, whose: Whose) -> Result<bool, B::Error> {
        let inside = |row: &Buffer| self.shown.area.intersection(row.area) == row.area;
        let Some(rows) = view::patch(state, skin, whose).filter(|rows| rows.iter().all(inside)) else {
            return Ok(false);
        };
        let before: Vec<Buffer> = rows.iter().map(|row| self.shown_in(row.area)).collect();
        let changes: Vec<_> = before.iter().zip(&rows).flat_map(|(before, row)| before.diff(row)).collect();
        self.terminal.backend_mut().draw(changes.iter().copied())?;
        for row in &rows {
            for (cell, position) in row.content.iter().zip(row.area.positions()) {
                if let Some(shown) = self.shown.cell_mut(position) {
                    shown.clone_from(cell);
                }
            }
        }
        self.place_cursor(view::cursor(state))?;
        Ok(true)
    }

    fn shown_in(&self, area: Rect) -> Buffer {
        let mut part = Buffer::empty(area);
        for (cell, position) in part.content.iter_mut().zip(area.positions()) {
            if let Some(shown) = self.shown.cell(position) {
                cell.clone_from(shown);
            }
        }
        part
    }

    /// Drawing has moved the cursor, so its place is told again, also when it stays.
    fn place_cursor(&mut self, cursor: Option<Position>) -> Result<(), B::Error> {
        let backend = self.terminal.backend_mut();
        match (self.cursor, cursor) {
            (None, None) => {}
            (Some(_), None) => backend.hide_cursor()?,
            (before, Some(place)) => {
                if before.is_none() {
                    backend.show_cursor()?;
                }
                backend.set_cursor_position(place)?;
            }
        }
        self.cursor = cursor;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
