//! A worker's pane: frame, status, the session's screen drawn from its rows, and what is said when
//! there is none.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::keymap::Action;
use crate::config::theme::Role;
use crate::model::{WorkerNumber, one_line};
use crate::protocol::SessionView;
use crate::tui::mode::{Mode, Owner, Scroll, Scrolling};
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
    match (state.session(number), state.pane(number)) {
        (Some(_), Some(pane)) if !pane.rows.is_empty() => screen(state, skin, frame, number, body),
        (Some(session), _) if status::never_ran(session) => message(skin, frame, body, &not_started(state, session)),
        (Some(session), pane) => message(skin, frame, body, &no_screen(session, pane)),
        (None, _) => message(skin, frame, body, &empty(state, number)),
    }
    foot(state, skin, frame, number, place);
}

/// The line at the foot; in a pane without one, news take the last row.
fn foot(state: &State, skin: &Skin, frame: &mut Frame<'_>, number: WorkerNumber, place: Rect) {
    let foot = super::foot::foot(state, number);
    let body = layout::body(place);
    let last = Rect { y: body.bottom().saturating_sub(1), height: body.height.min(1), ..body };
    let at = match layout::status_line(place) {
        Some(at) => at,
        None if foot.strong => last,
        None => return,
    };
    if foot.strong {
        strong(skin, frame, at, &foot.text);
    } else {
        let warning = warning(state, number);
        let room = at.width.saturating_sub(cells::width(&warning));
        let facts = Span::styled(cells::fit(&foot.text, room), skin.ink(Role::TextDim));
        let warning = Span::styled(cells::fit(&warning, at.width), skin.ink(Role::AgentFailed));
        super::line(frame, at, Line::from(vec![warning, facts]));
    }
    if let Some(column) = foot.typing.filter(|_| !at.is_empty()) {
        frame.set_cursor_position(Position::new(at.x + column.min(at.width - 1), at.y));
    }
}

/// What the person should know of how the session here runs.
fn warning(state: &State, number: WorkerNumber) -> String {
    let warnings = state.session(number).filter(|session| !session.state.is_over()).map(|session| &session.warnings);
    match warnings {
        Some(warnings) if !warnings.is_empty() => format!(" {}", one_line(&warnings.join("; "))),
        _ => String::new(),
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

/// Draws the screen, and what must be known of it in its last rows.
fn screen(state: &State, skin: &Skin, frame: &mut Frame<'_>, number: WorkerNumber, body: Rect) {
    let (Some(session), Some(pane)) = (state.session(number), state.pane(number)) else { return };
    super::cells::draw(state, skin, frame, number, pane, body);
    if let Some(notice) = notice(state, session, pane) {
        let at = Rect { y: body.bottom().saturating_sub(1), height: 1.min(body.height), ..body };
        return strong(skin, frame, at, &format!(" {notice}"));
    }
    if let Some(at) = cursor_in(state, pane, body).filter(|_| has_keyboard(state, number)) {
        frame.set_cursor_position(at);
    }
}

/// Where the cursor is: the agent's while keys go there, else the one that reads, or that types what to look for.
pub(crate) fn cursor(state: &State) -> Option<Position> {
    let panes = layout::areas(state).panes;
    let (number, place) = panes.iter().find(|(number, _)| has_keyboard(state, *number))?;
    let (session, pane, body) = (state.session(*number)?, state.pane(*number)?, layout::body(*place));
    if let Some((_, column)) = super::foot::typing(state, *number) {
        let at = layout::status_line(*place).unwrap_or(Rect { y: body.bottom().saturating_sub(1), ..body });
        return Some(Position::new(at.x + column.min(at.width.saturating_sub(1)), at.y));
    }
    cursor_in(state, pane, body).filter(|_| !pane.rows.is_empty() && notice(state, session, pane).is_none())
}

fn cursor_in(state: &State, pane: &Pane, body: Rect) -> Option<Position> {
    let (line, column) = match (&state.mode, pane.cursor) {
        (Mode::Agent | Mode::Locked, Some((row, column))) if pane.reading.is_none() => {
            (pane.first_row() + u64::from(row), column)
        }
        (Mode::Scroll(Scroll { what: Scrolling::Moving | Scrolling::Marking, cursor, .. }), _) => *cursor,
        _ => return None,
    };
    let row = u16::try_from(line.checked_sub(pane.top(body.height))?).ok()?;
    let inside = row < body.height && column < body.width;
    inside.then(|| Position::new(body.x + column, body.y + row))
}

/// A line that is to be seen.
fn strong(skin: &Skin, frame: &mut Frame<'_>, at: Rect, words: &str) {
    let width = usize::from(at.width);
    let style = skin.style(Role::SelectRow);
    frame.buffer_mut().set_style(at, style);
    super::line(frame, at, Line::styled(format!("{:<width$}", cells::fit(words, at.width)), style));
}

/// What must be known of a screen that is not simply live.
pub(super) fn notice(state: &State, session: &SessionView, pane: &Pane) -> Option<String> {
    if session.state.is_over() || pane.ended.is_some() {
        let how = session
            .exit
            .clone()
            .or_else(|| pane.ended.as_ref().map(ToString::to_string))
            .unwrap_or_else(|| session.state.word().to_owned());
        let shown = if pane.recorded { "shown from its record" } else { "its last screen is kept" };
        return Some(format!("session over: {} - {shown}", one_line(&how)));
    }
    if pane.locked {
        return Some(status::locked(state, session).to_owned());
    }
    if let Link::Connecting(tries) = &pane.link
        && *tries > 1
    {
        return Some("connection lost; trying again, the agent goes on".to_owned());
    }
    None
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
        (true, link) => {
            let next = match link {
                Some(Link::Over(why)) => format!(
                    "Its screen is gone with its host: {}. `qd session logs {}` tells more.",
                    one_line(why),
                    target(session)
                ),
                _ => "Reading its record ...".to_owned(),
            };
            let ended = how.unwrap_or_else(|| session.state.word().to_owned());
            vec![format!("{} ended: {ended}", session.agent), next, one_line(&session.evidence)]
        }
        (false, Some(Link::Connecting(tries))) if *tries > 2 => {
            vec![
                format!("{} runs, but its host does not answer. Trying again.", session.agent),
                one_line(&session.evidence),
            ]
        }
        _ => vec![format!("{} is starting ...", session.agent), one_line(&session.evidence)],
    }
}

/// How a command names a session.
fn target(session: &SessionView) -> String {
    session.task.map_or_else(|| session.id.short().to_owned(), |task| format!("'#{task}'"))
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
