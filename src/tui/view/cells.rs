//! An agent's screen, cell by cell: its rows with what is marked and what was found in them.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::config::theme::Role;
use crate::model::WorkerNumber;
use crate::protocol::pane::Row;
use crate::term::search::Pattern;
use crate::tui::mode::{Scroll, Scrolling};
use crate::tui::motion::Point;
use crate::tui::pane::Pane;
use crate::tui::selection::Marked;
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{cells, fields};

/// What is drawn over an agent's own looks.
struct Over {
    marked: Option<Marked>,
    /// Matches: first and last cell, and whether it is the one that the search is at.
    hits: Vec<(Point, Point, bool)>,
}

/// Draws the rows in sight.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, number: WorkerNumber, pane: &Pane, body: Rect) {
    let top = pane.top(body.height);
    let over = Over { marked: pane.marked(), hits: hits(state, number, pane, (top, body.height)) };
    for offset in 0..body.height {
        let line = top.saturating_add(u64::from(offset));
        let at = Rect { y: body.y + offset, height: 1, ..body };
        match pane.line(line) {
            Some(row) => draw_row(skin, frame, at, (line, row), &over),
            None if line < pane.first_row() => {
                let words = if pane.is_gone(line) { "(older than the history that is kept)" } else { "..." };
                super::line(frame, at, Line::styled(words, skin.ink(Role::TextDim)));
            }
            None => {}
        }
    }
}

/// The matches in sight, while the pane's history is read.
fn hits(state: &State, number: WorkerNumber, pane: &Pane, (top, height): (u64, u16)) -> Vec<(Point, Point, bool)> {
    let Some(scroll) = state.mode.scroll().filter(|_| state.worker == number) else { return Vec::new() };
    let (text, at) = match (scroll, &pane.search) {
        (Scroll { what: Scrolling::Typing { field, .. }, .. }, _) => (fields::text(field), None),
        (_, Some(search)) => (search.text.clone(), search.found.and_then(|found| found.at)),
        _ => return Vec::new(),
    };
    let Some(pattern) = Pattern::new(&text) else { return Vec::new() };
    let bottom = top.saturating_add(u64::from(height));
    let mut hits = Vec::new();
    let mut from = top;
    while from < bottom {
        // lines that are still on their way part what is known
        let (first, rows) = pane.known(from, bottom.saturating_add(1));
        let line = |row: usize| first + u64::try_from(row).unwrap_or(0);
        for hit in pattern.find(&rows) {
            let (start, end) = ((line(hit.start.0), hit.start.1), (line(hit.end.0), hit.end.1));
            hits.push((start, end, at == Some(start)));
        }
        from = line(rows.len()).max(from) + 1;
    }
    hits
}

impl Over {
    /// What lies over cells.
    fn style(&self, skin: &Skin, line: u64, column: u16, width: u16) -> Option<Style> {
        if self.marked.is_some_and(|marked| marked.holds(line, column, width)) {
            return Some(skin.marked());
        }
        let hit = self.hits.iter().find(|(start, end, _)| *start <= (line, column) && (line, column) <= *end)?;
        Some(skin.style(if hit.2 { Role::SearchCurrent } else { Role::SearchMatch }))
    }
}

/// Draws a row with nothing over it.
pub(super) fn draw_plain(skin: &Skin, buffer: &mut Buffer, at: Rect, row: &Row) {
    draw_cells(skin, buffer, at, row, |_, _| None);
}

fn draw_row(skin: &Skin, frame: &mut Frame<'_>, at: Rect, (line, row): (u64, &Row), over: &Over) {
    let plain = over.marked.is_none() && over.hits.is_empty();
    draw_cells(
        skin,
        frame.buffer_mut(),
        at,
        row,
        |column, width| {
            if plain { None } else { over.style(skin, line, column, width) }
        },
    );
}

/// Draws one row. Wide characters that would be cut in half become a blank.
fn draw_cells(skin: &Skin, buffer: &mut Buffer, at: Rect, row: &Row, over: impl Fn(u16, u16) -> Option<Style>) {
    let mut column = 0u16;
    for run in &row.runs {
        // a link is seen as one, also where the program did not mark it
        let linked = if run.link.is_some() { Modifier::UNDERLINED } else { Modifier::empty() };
        let style = skin.cell(run.look).add_modifier(linked);
        if run.text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            column = draw_ascii(buffer, at, column, (&run.text, style), &over);
            continue;
        }
        for (cluster, width) in cells::measured(&run.text) {
            if column + width > at.width {
                return;
            }
            let style = over(column, width).map_or(style, |above| style.patch(above));
            let safe = if cluster.chars().any(char::is_control) { " " } else { cluster };
            buffer.set_stringn(at.x + column, at.y, safe, usize::from(width), style);
            column += width;
        }
    }
}

/// Draws text of which each byte is a cell; answers the column behind it.
fn draw_ascii(
    buffer: &mut Buffer,
    at: Rect,
    column: u16,
    (text, style): (&str, Style),
    over: &impl Fn(u16, u16) -> Option<Style>,
) -> u16 {
    let mut column = column;
    for place in 0..text.len() {
        if column >= at.width {
            break;
        }
        if let (Some(cell), Some(symbol)) = (buffer.cell_mut((at.x + column, at.y)), text.get(place..=place)) {
            cell.set_symbol(symbol).set_style(over(column, 1).map_or(style, |above| style.patch(above)));
        }
        column += 1;
    }
    column
}
