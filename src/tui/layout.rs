//! Where everything is, computed from the state alone: drawing and mouse use the same answer.

use ratatui::layout::Rect;

use crate::model::WorkerNumber;

use super::mode::Mode;
use super::state::{Shown, State};

/// The width classes of the cockpit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Below 40×12: a message.
    Message,
    /// Below 80×24: the focused pane and what waits.
    Reduced,
    /// Up to 119 columns: one pane or the grid; chat and queue are lines.
    Narrow,
    /// Up to 199: pane and side column.
    Wide,
    /// From 200: pane, chat and queue.
    Huge,
}

/// The class of a size (columns, rows).
pub(crate) fn class((columns, rows): (u16, u16)) -> Class {
    match columns {
        _ if columns < 40 || rows < 12 => Class::Message,
        _ if columns < 80 || rows < 24 => Class::Reduced,
        80..=119 => Class::Narrow,
        120..=199 => Class::Wide,
        _ => Class::Huge,
    }
}

/// Where everything is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Areas {
    pub(crate) tabs: Rect,
    pub(crate) rule: Option<Rect>,
    pub(crate) panes: Vec<(WorkerNumber, Rect)>,
    /// Minimised panes.
    pub(crate) rows: Vec<(WorkerNumber, Rect)>,
    /// The chat as a box: in the side column, or over the panes while it has the keyboard.
    pub(crate) chat: Option<Rect>,
    pub(crate) queue: Option<Rect>,
    pub(crate) queue_line: Option<Rect>,
    pub(crate) last_line: Option<Rect>,
    pub(crate) chat_line: Option<Rect>,
    pub(crate) footer: Rect,
    /// All of the middle, for dialogs.
    pub(crate) middle: Rect,
}

/// Where everything is.
pub(crate) fn areas(state: &State) -> Areas {
    let (columns, rows) = state.size;
    let whole = Rect::new(0, 0, columns, rows);
    match class(state.size) {
        Class::Message => Areas {
            middle: Rect { height: rows.saturating_sub(1), ..whole },
            footer: Rect::new(0, rows.saturating_sub(1), columns, rows.min(1)),
            ..Areas::default()
        },
        Class::Reduced => reduced(state, whole),
        class => full(state, whole, class),
    }
}

fn line(whole: Rect, y: u16) -> Rect {
    Rect::new(whole.x, y, whole.width, 1)
}

fn reduced(state: &State, whole: Rect) -> Areas {
    let bottom = whole.height;
    let middle = Rect::new(0, 1, whole.width, bottom - 3);
    Areas {
        tabs: line(whole, 0),
        panes: vec![(state.worker, middle)],
        queue_line: Some(line(whole, bottom - 2)),
        footer: line(whole, bottom - 1),
        chat: chat_over(state, middle),
        middle,
        ..Areas::default()
    }
}

fn full(state: &State, whole: Rect, class: Class) -> Areas {
    let bottom = whole.height;
    let grid = state.shown == Shown::Grid && !state.zoomed;
    let side = class == Class::Huge || (class == Class::Wide && !grid);
    let lines = if side { 2 } else { 4 };
    let middle = Rect::new(0, 2, whole.width, bottom - 2 - lines);
    let mut areas = Areas {
        tabs: line(whole, 0),
        rule: Some(line(whole, 1)),
        footer: line(whole, bottom - 1),
        last_line: Some(line(whole, bottom - 2)),
        middle,
        ..Areas::default()
    };
    if !side {
        areas.queue_line = Some(line(whole, bottom - 4));
        areas.chat_line = Some(line(whole, bottom - 3));
        areas.chat = chat_over(state, middle);
    }
    let panes = if side { side_column(&mut areas, middle, class) } else { middle };
    place_panes(state, &mut areas, panes, grid);
    areas
}

/// Whether the chat lies over the panes while it has the keyboard.
pub(crate) fn chat_covers_panes(state: &State) -> bool {
    let grid = state.shown == Shown::Grid && !state.zoomed;
    match class(state.size) {
        Class::Message | Class::Reduced | Class::Narrow => true,
        Class::Wide => grid,
        Class::Huge => false,
    }
}

/// The chat over the lower part of the panes, while it has the keyboard and no place of its own. The
/// panes keep their size: their programs must not notice.
fn chat_over(state: &State, middle: Rect) -> Option<Rect> {
    if !matches!(state.mode.ground(), Mode::Chat) {
        return None;
    }
    let height = (middle.height * 2 / 3).clamp(5.min(middle.height), 18);
    Some(Rect::new(middle.x, middle.bottom() - height, middle.width, height))
}

/// Takes the side column off and answers what is left for panes.
fn side_column(areas: &mut Areas, middle: Rect, class: Class) -> Rect {
    let width = if class == Class::Huge { 84 } else { 40 };
    let left = Rect { width: middle.width - width, ..middle };
    let side = Rect { x: left.right(), width, ..middle };
    if class == Class::Huge {
        areas.chat = Some(Rect { width: 44, ..side });
        areas.queue = Some(Rect { x: side.x + 44, width: 40, ..side });
    } else {
        let queue = (side.height * 2 / 5).max(8);
        areas.chat = Some(Rect { height: side.height - queue, ..side });
        areas.queue = Some(Rect { y: side.bottom() - queue, height: queue, ..side });
    }
    left
}

/// One pane, or up to four, with minimised ones as lines below.
fn place_panes(state: &State, areas: &mut Areas, area: Rect, grid: bool) {
    if !grid {
        areas.panes = vec![(state.worker, area)];
        return;
    }
    let small: Vec<WorkerNumber> =
        state.project.workers.iter().map(|worker| worker.number).filter(|n| state.minimised.contains(n)).collect();
    let lines = u16::try_from(small.len()).unwrap_or(0).min(area.height / 4);
    let area = Rect { height: area.height - lines, ..area };
    for (offset, number) in (0..lines).zip(&small) {
        areas.rows.push((*number, Rect::new(area.x, area.bottom() + offset, area.width, 1)));
    }
    let shown = page(state);
    areas.panes = shown.iter().copied().zip(split(area, shown.len())).collect();
}

/// The workers of the grid's page that holds the active one.
pub(crate) fn page(state: &State) -> Vec<WorkerNumber> {
    let open: Vec<WorkerNumber> = state
        .project
        .workers
        .iter()
        .map(|worker| worker.number)
        .filter(|number| !state.minimised.contains(number))
        .collect();
    let place = open.iter().position(|number| *number == state.worker).unwrap_or(0);
    open.chunks(4).nth(place / 4).map(<[WorkerNumber]>::to_vec).unwrap_or_default()
}

/// Up to four places: all, halves side by side, or quarters.
fn split(area: Rect, count: usize) -> Vec<Rect> {
    let left = Rect { width: area.width / 2, ..area };
    let right = Rect { x: left.right(), width: area.width - left.width, ..area };
    let halves = |column: Rect| {
        let top = Rect { height: column.height / 2, ..column };
        [top, Rect { y: top.bottom(), height: column.height - top.height, ..column }]
    };
    match count {
        0 => Vec::new(),
        1 => vec![area],
        2 => vec![left, right],
        _ => {
            let ([a, c], [b, d]) = (halves(left), halves(right));
            vec![a, b, c, d]
        }
    }
}

/// The part of a framed pane that shows the session's screen.
pub(crate) fn body(frame: Rect) -> Rect {
    let inner = inside(frame);
    if inner.height >= 6 { Rect { height: inner.height - 1, ..inner } } else { inner }
}

/// The line at the foot of a framed pane, when there is room for one.
pub(crate) fn status_line(frame: Rect) -> Option<Rect> {
    let inner = inside(frame);
    (inner.height >= 6).then(|| Rect { y: inner.bottom() - 1, height: 1, ..inner })
}

/// What is inside a frame.
pub(crate) fn inside(frame: Rect) -> Rect {
    Rect::new(
        frame.x.saturating_add(1).min(frame.right()),
        frame.y.saturating_add(1).min(frame.bottom()),
        frame.width.saturating_sub(2),
        frame.height.saturating_sub(2),
    )
}

/// A dialog's place: in the middle, never wider than the screen minus 4, never over the footer. Where even
/// panes have no room it takes all there is.
pub(crate) fn dialog((columns, rows): (u16, u16), width: u16, height: u16) -> Rect {
    if class((columns, rows)) == Class::Message {
        return Rect::new(0, 0, columns, rows.saturating_sub(1));
    }
    let width = width.min(columns.saturating_sub(4)).max(columns.min(8));
    let height = height.min(rows.saturating_sub(2)).max(rows.min(4));
    Rect::new((columns - width) / 2, (rows.saturating_sub(1).saturating_sub(height)) / 2, width, height.min(rows))
}

/// The text of a dialog that is read: inside its frame, below a head of one line and above two lines of keys.
pub(crate) fn reader(frame: Rect) -> Rect {
    let inner = content(frame);
    let (above, below) = if is_tight(frame) { (0, 1) } else { (2, 2) };
    Rect {
        y: inner.y.saturating_add(above).min(inner.bottom()),
        height: inner.height.saturating_sub(above + below),
        ..inner
    }
}

/// Whether a dialog has no room for anything but what it is about and its keys.
pub(crate) fn is_tight(frame: Rect) -> bool {
    frame.height < 11
}

/// The part of a dialog's frame that is written on: a blank column on each side.
pub(crate) fn content(frame: Rect) -> Rect {
    let inner = inside(frame);
    Rect { x: inner.x + 1.min(inner.width), width: inner.width.saturating_sub(2), ..inner }
}

/// The place of a review or a question: nearly everything.
pub(crate) fn reader_frame(size: (u16, u16)) -> Rect {
    dialog(size, 116, size.1.saturating_sub(2))
}
