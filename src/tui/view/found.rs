//! Lists of what was found: links in sight, what can be taken back, a text in all panes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::theme::Role;
use crate::model::one_line;
use crate::term::links::is_web;
use crate::tui::cells;
use crate::tui::dialog::{Dialog, Everywhere, Hit, LinkList, UndoList};
use crate::tui::skin::Skin;
use crate::tui::state::State;

use super::lists::{rows, table};

/// Links in sight: the whole address is read before anything opens it.
pub(super) fn links(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, list: &LinkList) {
    let count = format!("{} in sight", list.links.len());
    let inner = super::frame::dialog(frame, skin, place, "Links", &count);
    let Some(table) = table(state, &Dialog::Links(list.clone())) else { return };
    let row = |uri: &String| {
        Line::styled(format!(" {}", cells::fit(uri, inner.width.saturating_sub(2))), skin.ink(Role::TextNormal))
    };
    rows(skin, frame, table, list.links.iter().map(row).collect());
    let chosen = list.links.get(list.row).map_or("", String::as_str);
    let words = if is_web(chosen) {
        "It opens in your browser; here it is only text that a program printed."
    } else {
        "A file: it is copied, never opened from here."
    };
    note(skin, frame, inner, words);
}

/// What can be taken back.
pub(super) fn undos(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, list: &UndoList) {
    let inner = super::frame::dialog(frame, skin, place, "Take back", "the latest first");
    let undos = match &list.undos {
        None => return first(skin, frame, inner, "asking ..."),
        Some(Err(why)) => return first(skin, frame, inner, &format!("the list is not to be had: {why}")),
        Some(Ok(undos)) if undos.is_empty() => return first(skin, frame, inner, "nothing to undo"),
        Some(Ok(undos)) => undos,
    };
    let Some(table) = table(state, &Dialog::Undo(list.clone())) else { return };
    let lines = undos.iter().map(|undo| {
        let task = undo.task.map_or_else(|| "-".to_owned(), |task| format!("#{task}"));
        let not = match &undo.not {
            Some(why) => format!("({}) ", one_line(why)),
            None if undo.broken => "(its record cannot be read) ".to_owned(),
            None => String::new(),
        };
        // to the second
        let at: String = undo.at.replace('T', " ").chars().take(19).collect();
        let what = format!("{not}{}", one_line(&undo.what));
        let room = inner.width.saturating_sub(30);
        let role = if not.is_empty() { Role::TextNormal } else { Role::TextDim };
        Line::from(vec![
            Span::styled(format!(" {at:<19}  {task:<5} "), skin.ink(Role::TextDim)),
            Span::styled(cells::fit(&what, room), skin.ink(role)),
        ])
    });
    rows(skin, frame, table, lines.collect());
}

/// A text in all panes.
pub(super) fn everywhere(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, open: &Everywhere) {
    let waiting = match open.waiting {
        0 => String::new(),
        1 => "1 pane still looks".to_owned(),
        more => format!("{more} panes still look"),
    };
    let inner = super::frame::dialog(frame, skin, place, "Look for text in all panes", &waiting);
    let query = Line::from(vec![
        Span::styled("/ ", skin.ink(Role::TextAccent)),
        Span::styled(cells::fit(&one_line(&open.query), inner.width.saturating_sub(4)), skin.ink(Role::TextStrong)),
        Span::styled("_", skin.ink(Role::TextAccent)),
    ]);
    super::line(frame, Rect { height: 1.min(inner.height), ..inner }, query);
    let Some(table) = table(state, &Dialog::Everywhere(open.clone())) else { return };
    let lines: Vec<Line<'_>> = open.hits.iter().map(|hit| hit_row(state, skin, hit, inner.width)).collect();
    let nothing = lines.is_empty();
    rows(skin, frame, table, lines);
    let below = Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner };
    match (nothing, open.asked.is_empty(), open.waiting) {
        (true, true, _) => {
            first(skin, frame, below, "Type what to look for, then Enter; a capital letter makes case count.");
        }
        (true, false, 0) => first(skin, frame, below, &format!("no pane shows {}", one_line(&open.asked))),
        _ => {}
    }
}

fn hit_row(state: &State, skin: &Skin, hit: &Hit, width: u16) -> Line<'static> {
    let who = cells::fit(&state.called(hit.worker), 16);
    let pad = usize::from(16u16.saturating_sub(cells::width(&who)));
    let count = format!("{}/{}", hit.found.index, hit.found.total);
    Line::from(vec![
        Span::styled(format!(" {who}{} ", " ".repeat(pad)), skin.ink(Role::worker(hit.worker.0))),
        Span::styled(format!("{count:>9}  "), skin.ink(Role::TextDim)),
        Span::styled(cells::fit(&hit.text, width.saturating_sub(30)), skin.ink(Role::TextNormal)),
    ])
}

fn first(skin: &Skin, frame: &mut Frame<'_>, inner: Rect, words: &str) {
    let at = Rect { height: 1.min(inner.height), ..inner };
    super::line(frame, at, Line::styled(cells::fit(&format!(" {words}"), at.width), skin.ink(Role::TextDim)));
}

/// The line above the keys.
fn note(skin: &Skin, frame: &mut Frame<'_>, inner: Rect, words: &str) {
    let at = Rect { y: inner.bottom().saturating_sub(2), height: 1.min(inner.height.saturating_sub(2)), ..inner };
    super::line(frame, at, Line::styled(cells::fit(&format!(" {words}"), at.width), skin.ink(Role::TextDim)));
}
