//! A worker's pane: frame, status, the session's screen drawn from its rows, and what is said when
//! there is none.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use crate::config::keymap::Action;
use crate::config::theme::Role;
use crate::model::{WorkerNumber, one_line};
use crate::protocol::SessionView;
use crate::tui::mode::{Mode, Owner};
use crate::tui::pane::{Link, Pane};
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{bars, cells, layout, status};

/// The text of the clickable mark.
const HANDOFF: &str = "[handoff]";

/// The cells that a name keeps beside other words.
const SHORT_NAME: u16 = 10;

/// Where a frame's handoff mark is.
pub(crate) fn handoff_mark(place: Rect) -> Option<Rect> {
    let width = cells::width(HANDOFF);
    let fits = place.width > width + 6 && place.height > 2;
    fits.then(|| Rect::new(place.right() - width - 2, place.bottom() - 1, width, 1))
}

/// Draws a worker's pane.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, number: WorkerNumber, place: Rect) {
    let focused = has_keyboard(state, number);
    let role = Role::worker(number.0);
    super::frame::draw(frame, place, focused, skin.ink(role), skin.ground(number.0));
    title(state, skin, frame, number, place);
    if let Some(mark) = handoff_mark(place).filter(|_| state.live_session(number).is_some()) {
        super::line(frame, mark, Line::styled(HANDOFF, skin.ink(Role::HintText)));
    }
    let body = layout::body(place);
    if let Some(at) = layout::status_line(place) {
        super::line(frame, at, Line::styled(cells::fit(&facts(state, number), at.width), skin.ink(Role::TextDim)));
    }
    let typing = focused && matches!(state.mode, Mode::Agent | Mode::Locked);
    match (state.session(number), state.pane(number)) {
        (Some(session), Some(pane)) if !pane.rows.is_empty() => screen(skin, frame, session, pane, body, typing),
        (Some(session), _) if status::never_ran(session) => message(skin, frame, body, &not_started(state, session)),
        (Some(session), pane) => message(skin, frame, body, &no_screen(session, pane)),
        (None, _) => message(skin, frame, body, &empty(state, number)),
    }
}

/// Whether this pane shows the double frame: the same value that routes keys.
fn has_keyboard(state: &State, number: WorkerNumber) -> bool {
    match state.owner() {
        Owner::Pane(worker, _) | Owner::History(worker) => worker == number,
        // In COCKPIT it marks the pane that commands act on.
        Owner::Cockpit => matches!(state.mode, Mode::Cockpit) && state.worker == number,
        Owner::Chat | Owner::Dialog(_) | Owner::Leader => false,
    }
}

fn title(state: &State, skin: &Skin, frame: &mut Frame<'_>, number: WorkerNumber, place: Rect) {
    let status = status::of_worker(state, number);
    let age = status.at.map(|at| format!(" {}", state.age(at))).unwrap_or_default();
    let right = cells::fit(&format!(" {} {}{age} ", status.glyph, status.word), place.width / 2);
    let room = place.width.saturating_sub(cells::width(&right) + 6);
    let called = state.called(number);
    let words = beside_name(state, number, &called, room);
    let taken = words.iter().map(|word| cells::width(word) + 2).sum::<u16>();
    let mut left = vec![Span::styled(
        format!(" {} ", cells::fit(&called, room.saturating_sub(taken))),
        skin.ink(Role::TextStrong),
    )];
    left.extend(words.into_iter().map(|word| Span::styled(format!(" {word} "), skin.ink(Role::TextDim))));
    super::frame::title(frame, place, left, Some(Span::styled(right, skin.ink(status.role))));
}

/// What stands beside a worker's name, as far as there is room without cutting the name too short: its
/// colour in words, its agent, its branch.
fn beside_name(state: &State, number: WorkerNumber, called: &str, room: u16) -> Vec<String> {
    let whole = cells::width(called);
    let short = whole.min(SHORT_NAME);
    let mut left = room;
    let mut take = |word: Option<String>, name: u16| {
        let word = word?;
        left = left.checked_sub(cells::width(&word) + 2).filter(|left| *left >= name)?;
        Some(word)
    };
    let agent = take(state.session(number).map(|session| one_line(&session.agent)), short);
    let colour = take(status::colour_word(number).map(str::to_owned), short);
    let task = state.seat(number).and_then(|seat| seat.task).and_then(|task| state.task(task));
    // who it is comes before where it works: the branch may not cost the name a letter
    let branch = take(task.map(|task| one_line(&task.branch)), whole);
    [colour, agent, branch].into_iter().flatten().collect()
}

/// The line at the foot of a pane.
fn facts(state: &State, number: WorkerNumber) -> String {
    let mut facts: Vec<String> = Vec::new();
    if let Some(task) = state.seat(number).and_then(|seat| seat.task).and_then(|task| state.task(task)) {
        facts.push(format!("#{} {}", task.id, task.status.word()));
        if task.attempts > 1 {
            facts.push(format!("attempt {}", task.attempts));
        }
        facts.push(one_line(&task.branch));
    }
    if let Some(session) = state.session(number) {
        let then = if state.stale_since().is_some() { "was " } else { "" };
        facts.push(format!("{then}{} (by {})", status::session_word(session), source_word(session)));
    }
    facts.extend(used(state, number));
    if let Some(pane) = state.pane(number) {
        match &pane.reading {
            Some(_) => facts.push(format!("reading, {} new lines, End to follow", pane.unread())),
            None if !pane.title.is_empty() => facts.push(pane.title.clone()),
            None => {}
        }
    }
    if facts.is_empty() { String::new() } else { format!(" {}", facts.join("  ")) }
}

/// Tokens, cost and how full the context is; `~` is an estimate.
fn used(state: &State, number: WorkerNumber) -> Option<String> {
    let used = state.session(number)?.usage.filter(|used| !used.usage.is_nothing())?;
    let context = used.context.map(|context| format!(", context {}%", context.percent())).unwrap_or_default();
    Some(format!("{} {}{context}", used.usage.tokens_words(), used.usage.cost_words()))
}

fn source_word(session: &SessionView) -> &'static str {
    use crate::model::StateSource;
    match session.state_source {
        StateSource::Engine => "qd",
        StateSource::Report => "report",
        StateSource::Hook => "hook",
        StateSource::Stream => "stream",
        StateSource::Transcript => "transcript",
        StateSource::Title => "title",
        StateSource::Screen => "screen",
        StateSource::Process => "process",
    }
}

/// Draws the screen, and what must be known of it in its last rows.
fn screen(skin: &Skin, frame: &mut Frame<'_>, session: &SessionView, pane: &Pane, body: Rect, typing: bool) {
    let top = pane.top(body.height);
    for offset in 0..body.height {
        let number = top.saturating_add(u32::from(offset));
        let at = Rect { y: body.y + offset, height: 1, ..body };
        match pane.line(number) {
            Some(row) => draw_cells(skin, frame.buffer_mut(), at, row, |column| {
                pane.selection.is_some_and(|selection| selection.holds(number, column))
            }),
            None if number < pane.history => super::line(frame, at, Line::styled("...", skin.ink(Role::TextDim))),
            None => {}
        }
    }
    if let Some(notice) = notice(session, pane, body) {
        let at = Rect { y: body.bottom().saturating_sub(1), height: 1.min(body.height), ..body };
        frame.buffer_mut().set_style(at, skin.style(Role::SelectRow));
        let text = format!(
            " {:<width$}",
            cells::fit(&notice, at.width.saturating_sub(1)),
            width = usize::from(at.width.saturating_sub(1))
        );
        super::line(frame, at, Line::styled(text, skin.style(Role::SelectRow)));
        return;
    }
    if let Some(place) = cursor_in(pane, body).filter(|_| typing) {
        frame.set_cursor_position(place);
    }
}

/// Where the cursor is while keys go to an agent.
pub(crate) fn cursor(state: &State) -> Option<Position> {
    if !matches!(state.mode, Mode::Agent | Mode::Locked) {
        return None;
    }
    let panes = layout::areas(state).panes;
    let (number, place) = panes.iter().find(|(number, _)| has_keyboard(state, *number))?;
    let (session, pane, body) = (state.session(*number)?, state.pane(*number)?, layout::body(*place));
    cursor_in(pane, body).filter(|_| !pane.rows.is_empty() && notice(session, pane, body).is_none())
}

fn cursor_in(pane: &Pane, body: Rect) -> Option<Position> {
    let (row, column) = pane.cursor.filter(|_| pane.reading.is_none())?;
    let row = (pane.history + u32::from(row)).checked_sub(pane.top(body.height))?;
    let row = u16::try_from(row).ok().filter(|row| *row < body.height && column < body.width)?;
    Some(Position::new(body.x + column, body.y + row))
}

/// Draws one row of an agent's screen. Wide characters that would be cut in half become a blank.
pub(super) fn draw_cells(
    skin: &Skin,
    buffer: &mut Buffer,
    at: Rect,
    row: &crate::protocol::pane::Row,
    selected: impl Fn(u16) -> bool,
) {
    let chosen = skin.style(Role::SelectText);
    let mut column = 0u16;
    for run in &row.runs {
        let style = skin.cell(run.look);
        for cluster in run.text.graphemes(true) {
            let width = cells::width(cluster);
            if width == 0 {
                continue;
            }
            if column + width > at.width {
                return;
            }
            let style = if selected(column) { style.patch(chosen) } else { style };
            let safe = if cluster.chars().any(char::is_control) { " " } else { cluster };
            buffer.set_stringn(at.x + column, at.y, safe, usize::from(width), style);
            column += width;
        }
    }
}

/// What must be known of a screen that is not simply live.
pub(super) fn notice(session: &SessionView, pane: &Pane, body: Rect) -> Option<String> {
    if session.state.is_over() || pane.ended.is_some() {
        let how = session
            .exit
            .clone()
            .or_else(|| pane.ended.as_ref().map(ToString::to_string))
            .unwrap_or_else(|| session.state.word().to_owned());
        return Some(format!("session over: {} - its last screen is kept", one_line(&how)));
    }
    if pane.locked {
        return Some("input is locked: a handoff is under way".to_owned());
    }
    if let Some(reading) = pane.reading.as_ref().filter(|_| pane.unread() > 0) {
        let new = pane.history.saturating_sub(reading.began_at);
        return Some(format!("{new} new lines, End to follow"));
    }
    if let Link::Connecting(tries) = &pane.link
        && *tries > 1
    {
        return Some("connection lost; trying again, the agent goes on".to_owned());
    }
    // While a new size is on its way the old one is no news.
    let cut = pane.size.1 > body.width && pane.wanted != (body.height, body.width);
    cut.then(|| format!("this screen is {} columns wide, {} are shown", pane.size.1, body.width))
}

/// What happened, why, and what to do, where a program never ran.
fn not_started(state: &State, session: &SessionView) -> Vec<String> {
    let agent = one_line(&session.agent);
    let evidence = one_line(&session.evidence);
    let why = evidence.strip_prefix("could not be started: ").unwrap_or(&evidence).to_owned();
    let tasks = bars::hint_key(state, Action::ViewTasks);
    let next = match session.task {
        Some(task) => format!(
            "Put that right, then try #{task} again: {tasks} opens the tasks. Branch and worktree are kept. \
             Or give the work to another agent: `qd task add \"...\" --agent NAME`; `qd agents` lists them."
        ),
        None => "Put that right and start the pane again; `qd agents` lists the agents that are here.".to_owned(),
    };
    vec![format!("`{agent}` could not be started."), String::new(), why, String::new(), next]
}

fn no_screen(session: &SessionView, pane: Option<&Pane>) -> Vec<String> {
    let how = session.exit.as_deref().map(one_line);
    match (session.state.is_over(), pane.map(|pane| &pane.link)) {
        (true, _) => vec![
            format!("{} ended: {}", session.agent, how.unwrap_or_else(|| session.state.word().to_owned())),
            "Its screen is gone with its host; the log is kept.".to_owned(),
            one_line(&session.evidence),
        ],
        (false, Some(Link::Connecting(tries))) if *tries > 2 => {
            vec![
                format!("{} runs, but its host does not answer. Trying again.", session.agent),
                one_line(&session.evidence),
            ]
        }
        _ => vec![format!("{} is starting ...", session.agent), one_line(&session.evidence)],
    }
}

/// What an empty seat says: how it gets work.
fn empty(state: &State, number: WorkerNumber) -> Vec<String> {
    let chat = match &state.mode {
        Mode::Chat => "Type below what is to be done, for example:".to_owned(),
        _ => format!("Press {} and say what is to be done, for example:", bars::hint_key(state, Action::ViewChat)),
    };
    vec![
        format!("Worker {number} is free."),
        String::new(),
        chat,
        "  add rate limiting to the API and test it".to_owned(),
        "  fix the failing tests with claude, then update the README".to_owned(),
        String::new(),
        "Each task gets its own branch and worktree; nothing lands without its checks.".to_owned(),
    ]
}

fn message(skin: &Skin, frame: &mut Frame<'_>, body: Rect, lines: &[String]) {
    let wrapped: Vec<String> = lines
        .iter()
        .flat_map(
            |line| if line.is_empty() { vec![String::new()] } else { cells::wrap(line, body.width.saturating_sub(2)) },
        )
        .collect();
    let skip = body.height.saturating_sub(u16::try_from(wrapped.len()).unwrap_or(u16::MAX)) / 3;
    for (offset, text) in (skip..body.height).zip(wrapped) {
        let at =
            Rect { x: body.x + 1.min(body.width), y: body.y + offset, width: body.width.saturating_sub(1), height: 1 };
        super::line(frame, at, Line::styled(text, skin.ink(Role::TextDim)));
    }
}

/// A minimised pane: one line with its status; a click brings it back.
pub(super) fn draw_row(state: &State, skin: &Skin, frame: &mut Frame<'_>, number: WorkerNumber, place: Rect) {
    let status = status::of_worker(state, number);
    let age = status.at.map(|at| format!(" {}", state.age(at))).unwrap_or_default();
    let spans = vec![
        Span::styled(" _ ", skin.ink(Role::worker(number.0))),
        Span::styled(state.called(number), skin.ink(Role::TextNormal)),
        Span::styled(format!("  {} {}{age}", status.glyph, status.word), skin.ink(status.role)),
        Span::styled("  (minimised, click to open)", skin.ink(Role::TextDim)),
    ];
    frame.buffer_mut().set_style(place, Style::default());
    super::line(frame, place, Line::from(spans));
}
