//! The line at the foot of a pane: what it is about; while its history is read, where the person is in it and
//! what was found; and what must be known of a screen that is not simply the pane's own.

use crate::config::keymap::Action;
use crate::model::{WorkerNumber, one_line};
use crate::protocol::SessionView;
use crate::tui::mode::{Scroll, Scrolling};
use crate::tui::pane::{Pane, Search};
use crate::tui::reading::own_history;
use crate::tui::state::State;
use crate::tui::{bars, fields, status};

/// What stands at the foot of a pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foot {
    /// The words.
    pub(super) text: String,
    /// It is news, to be seen.
    pub(super) strong: bool,
    /// Text is typed here: the columns before the cursor.
    pub(super) typing: Option<u16>,
}

/// What is looked for, while it is typed at the foot of a worker's pane, and the columns before the cursor.
pub(super) fn typing(state: &State, number: WorkerNumber) -> Option<(String, u16)> {
    let scroll = state.mode.scroll().filter(|_| state.worker == number)?;
    let Scrolling::Typing { field, backward } = &scroll.what else { return None };
    let mark = if *backward { "?" } else { "/" };
    let before: String =
        field.lines().first().map(|line| line.chars().take(field.cursor().1).collect()).unwrap_or_default();
    Some((format!(" {mark}{}", fields::text(field)), crate::tui::cells::width(&format!(" {mark}{before}"))))
}

/// What stands at the foot of a worker's pane.
pub(super) fn foot(state: &State, number: WorkerNumber) -> Foot {
    if let Some((text, column)) = typing(state, number) {
        return Foot { text, strong: true, typing: Some(column) };
    }
    let scroll = state.mode.scroll().filter(|_| state.worker == number);
    let mut news = state.pane(number).map(|pane| news(state, number, pane, scroll)).unwrap_or_default();
    news.extend(held(state, number));
    if news.is_empty() {
        return Foot { text: facts(state, number), strong: false, typing: None };
    }
    Foot { text: format!(" {}", news.join("  |  ")), strong: true, typing: None }
}

/// Why a text for the agent here does not go out.
fn held(state: &State, number: WorkerNumber) -> Option<String> {
    let mut approvals = state.project.approvals.iter();
    let held = approvals.find(|approval| approval.kind == "draft" && approval.worker == Some(number))?;
    Some(one_line(&held.title))
}

/// What must be known now, the most urgent first.
fn news(state: &State, number: WorkerNumber, pane: &Pane, scroll: Option<&Scroll>) -> Vec<String> {
    let mut news = Vec::new();
    if let Some(search) = pane.search.as_ref().filter(|_| scroll.is_some()) {
        news.push(search_words(state, search));
    }
    if let Some(marked) =
        pane.marked().filter(|_| scroll.is_some_and(|scroll| matches!(scroll.what, Scrolling::Marking)))
    {
        let lines = marked.end.0 - marked.start.0 + 1;
        let unit = if lines == 1 { "row" } else { "rows" };
        news.push(format!("{lines} {unit} marked, {} copies", bars::hint_key(state, Action::CopyTake)));
    }
    let own = state.session(number).filter(|_| pane.modes.alternate_screen && scroll.is_some());
    if let Some(session) = own {
        news.push(own_history(&session.agent).to_owned());
    }
    match (pane.reading.is_some(), pane.unread()) {
        (false, _) => {}
        _ if pane.is_elsewhere() => news.push("the program shows another screen now, End to follow".to_owned()),
        (true, 0) if own.is_some() => {}
        (true, 0) => news.push(place_words(pane, scroll)),
        (true, 1) => news.push("1 new line, End to follow".to_owned()),
        (true, unread) => news.push(format!("{unread} new lines, End to follow")),
    }
    if pane.is_sized_by_another() {
        news.push(format!("{}x{} here, set by another viewer", pane.size.1, pane.size.0));
    }
    news
}

/// Where the person is in what there is.
fn place_words(pane: &Pane, scroll: Option<&Scroll>) -> String {
    let line = scroll.map_or_else(|| pane.reading.as_ref().map_or(0, |reading| reading.top), |scroll| scroll.cursor.0);
    let (place, all) = (line.saturating_sub(pane.dropped) + 1, pane.end().saturating_sub(pane.dropped));
    format!("line {place} of {all}, End to follow")
}

/// What became of a search.
fn search_words(state: &State, search: &Search) -> String {
    let text = one_line(&search.text);
    let partial = if search.partial { " in what is loaded (an older host)" } else { "" };
    let Some(found) = search.found else { return format!("looking for {text} ...") };
    if found.at.is_none() {
        return format!("no match for {text}{partial}");
    }
    let around = if found.wrapped { ", from the other end" } else { "" };
    let (next, before) = (bars::hint_key(state, Action::SearchNext), bars::hint_key(state, Action::SearchPrevious));
    format!("{} of {}{around}: {text}{partial}  {next} next {before} before", found.index, found.total)
}

/// What a pane is about.
fn facts(state: &State, number: WorkerNumber) -> String {
    let mut facts: Vec<String> = Vec::new();
    let used = used(state, number);
    if let Some(task) = state.seat(number).and_then(|seat| seat.task).and_then(|task| state.task(task)) {
        facts.push(format!("#{} {}", task.id, task.status.word()));
        if task.attempts > 1 {
            facts.push(format!("attempt {}", task.attempts));
        }
        facts.extend(used.clone());
        facts.push(one_line(&task.branch));
    } else {
        facts.extend(used);
    }
    if let Some(session) = state.session(number) {
        let then = if state.stale_since().is_some() { "was " } else { "" };
        facts.push(format!("{then}{} (by {})", status::session_word(session), source_word(session)));
    }
    if let Some(pane) = state.pane(number).filter(|pane| !pane.title.is_empty()) {
        facts.push(pane.title.clone());
    }
    if facts.is_empty() { String::new() } else { format!(" {}", facts.join("  ")) }
}

/// Tokens, cost and how full the context is; `~` is an estimate.
fn used(state: &State, number: WorkerNumber) -> Option<String> {
    let used = state.session(number)?.usage.filter(|used| !used.usage.is_nothing())?;
    let context = used.context.map(|context| match context.percent() {
        0 => " context <1%".to_owned(),
        percent => format!(" context {percent}%"),
    });
    let context = context.unwrap_or_default();
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
