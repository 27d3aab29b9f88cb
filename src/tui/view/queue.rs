//! The attention queue: who needs the person, for what, since when, and the keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::keymap::Action;
use crate::config::theme::Role;
use crate::model::{one_line, sanitize};
use crate::protocol::{ApprovalView, TaskView};
use crate::tui::choices::DETAIL_LINES;
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{bars, cells};

/// The queue as a box.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect) {
    let waiting = state.waiting();
    let border = skin.ink(if waiting > 0 { Role::AgentWaiting } else { Role::FrameNormal });
    super::frame::draw(frame, place, false, border, skin.style(Role::TextNormal));
    let as_of = state.stale_since().map(|_| "as of before the daemon went ").unwrap_or_default();
    let title = if waiting > 0 { format!(" Needs you  {waiting} {as_of}") } else { format!(" Needs you {as_of}") };
    super::frame::title(frame, place, vec![Span::styled(title, skin.ink(Role::TextStrong))], None);
    let inner = crate::tui::layout::inside(place);
    let lines = rows(state, skin, inner.width);
    for (offset, text) in (0..inner.height).zip(lines) {
        super::line(frame, Rect { y: inner.y + offset, height: 1, ..inner }, text);
    }
}

fn rows(state: &State, skin: &Skin, width: u16) -> Vec<Line<'static>> {
    let stuck = state.stuck().flat_map(|task| stuck_entry(skin, task, width));
    let Some(shown) = state.shown_request() else {
        let tasks: Vec<Line<'static>> = stuck.collect();
        if !tasks.is_empty() {
            return tasks;
        }
        let text = if state.stale_since().is_some() {
            " Not known: the daemon is away."
        } else {
            " Nothing. Workers go on by themselves."
        };
        return vec![Line::styled(text, skin.ink(Role::TextDim))];
    };
    let mut lines = entry(state, skin, shown, width);
    let detail = cells::wrap(&sanitize(&shown.detail), width.saturating_sub(4));
    let whole = detail.len() <= DETAIL_LINES;
    for text in detail.into_iter().take(DETAIL_LINES) {
        lines.push(Line::styled(format!("   {text}"), skin.ink(Role::TextNormal)));
    }
    if !whole {
        lines.push(Line::styled("   ... more: open it", skin.ink(Role::TextDim)));
    }
    lines.extend(keys(state, skin, shown, width));
    for other in state.project.approvals.iter().filter(|approval| approval.id != shown.id) {
        lines.push(Line::default());
        lines.extend(entry(state, skin, other, width));
    }
    lines.extend(stuck);
    lines
}

/// A task that nobody asks about but that does not go on without the person.
fn stuck_entry(skin: &Skin, task: &TaskView, width: u16) -> Vec<Line<'static>> {
    let why = task.needs.as_deref().or(task.reason.as_deref()).unwrap_or("a look at it");
    let room = width.saturating_sub(4);
    vec![
        Line::default(),
        Line::from(vec![
            Span::styled(" ^ ", skin.ink(Role::AgentReview)),
            Span::styled(
                cells::fit(&format!("#{} {}", task.id, one_line(&task.title)), room),
                skin.ink(Role::TextStrong),
            ),
        ]),
        Line::styled(format!("   {}", cells::fit(&one_line(why), room)), skin.ink(Role::TextNormal)),
    ]
}

/// One request in two lines: who and since when, and its title.
fn entry(state: &State, skin: &Skin, approval: &ApprovalView, width: u16) -> Vec<Line<'static>> {
    let glyph = if approval.kind == "landing" { '^' } else { '!' };
    let role = if approval.kind == "landing" { Role::AgentReview } else { Role::AgentWaiting };
    let who = state.asks_in(approval).map(|worker| state.called(worker)).or_else(|| state.asker(approval));
    let who = who.map_or_else(|| approval.kind.clone(), |who| format!("{who}  {}", approval.kind));
    let age = state.age(approval.asked_at);
    let room = width.saturating_sub(cells::width(&age) + 5);
    let who = cells::fit(&who, room);
    let gap = usize::from(room.saturating_sub(cells::width(&who)) + 1);
    vec![
        Line::from(vec![
            Span::styled(format!(" {glyph} "), skin.ink(role)),
            Span::styled(who, skin.ink(Role::TextStrong)),
            Span::styled(format!("{}{age}", " ".repeat(gap)), skin.ink(Role::TextDim)),
        ]),
        Line::styled(
            format!("   {}", cells::fit(&one_line(&approval.title), width.saturating_sub(4))),
            skin.ink(Role::TextNormal),
        ),
    ]
}

/// The keys of the shown request, in a second line where one has no room.
fn keys(state: &State, skin: &Skin, shown: &ApprovalView, width: u16) -> Vec<Line<'static>> {
    let decide: &[_] = match (shown.answerable, state.is_asked_in_pane(shown)) {
        (true, _) => &[(Action::AttentionApprove, "yes"), (Action::AttentionDeny, "no")],
        (false, true) => &[(Action::AttentionApprove, "answer in its pane")],
        (false, false) => &[],
    };
    let words = decide.iter().copied().chain([(Action::AttentionOpen, "open"), (Action::AttentionNext, "next")]);
    let first = if state.keymap_needs_leader() { format!("{}: ", state.leader()) } else { String::new() };
    let mut lines = Vec::new();
    let mut spans = vec![Span::styled(format!("   {first}"), skin.ink(Role::HintText))];
    let mut used = cells::width(&first) + 3;
    for (action, word) in words {
        let (key, word) = (format!("{} ", bars::bare_key(state, action)), format!("{word}  "));
        let next = cells::width(&key) + cells::width(word.trim_end());
        if used + next > width {
            lines.push(Line::from(std::mem::replace(&mut spans, vec![Span::raw("   ")])));
            used = 3;
        }
        used += next + 2;
        spans.push(Span::styled(key, skin.ink(Role::HintKey)));
        spans.push(Span::styled(word, skin.ink(Role::HintText)));
    }
    lines.push(Line::from(spans));
    lines
}

/// The queue as one line.
pub(super) fn draw_line(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect) {
    if let Some(text) = super::away_words(state) {
        return super::line(frame, place, Line::styled(cells::fit(&text, place.width), skin.ink(Role::AgentFailed)));
    }
    let Some(shown) = state.shown_request() else {
        let Some(task) = state.stuck().next() else {
            return super::line(frame, place, Line::styled(" Needs you: nothing", skin.ink(Role::TextDim)));
        };
        let why = task.needs.as_deref().or(task.reason.as_deref()).unwrap_or("a look at it");
        let text = format!(" Needs you: ^ #{} {}", task.id, one_line(why));
        let keys = format!("  {} tasks ", bars::hint_key(state, Action::ViewTasks));
        let room = place.width.saturating_sub(cells::width(&keys));
        let spans = vec![
            Span::styled(cells::fit(&text, room), skin.ink(Role::AgentReview)),
            Span::styled(keys, skin.ink(Role::HintText)),
        ];
        return super::line(frame, place, Line::from(spans));
    };
    let count = state.waiting();
    // the number of a seat says which pane to look at; a seat that went on to something else has nothing to see
    let who = match (state.asks_in(shown), shown.task) {
        (Some(worker), _) => format!("{worker} "),
        (None, Some(task)) if !shown.title.contains(&format!("#{task}")) => format!("#{task} "),
        (None, _) => String::new(),
    };
    let head = if count > 1 { format!(" Needs you {count}: ") } else { " Needs you: ".to_owned() };
    let prefix = if state.keymap_needs_leader() { format!("{} ", state.leader()) } else { String::new() };
    let [next, yes, open] = [Action::AttentionNext, Action::AttentionApprove, Action::AttentionOpen]
        .map(|action| bars::bare_key(state, action));
    let decide = match (shown.answerable, state.is_asked_in_pane(shown)) {
        (true, _) => format!("{yes} yes, "),
        (false, true) => format!("{yes} its pane, "),
        (false, false) => String::new(),
    };
    let keys = format!("  {prefix}{next} next, {decide}{open} open ");
    let room = place.width.saturating_sub(cells::width(&head) + cells::width(&keys));
    let what = cells::fit(&format!("! {who}{} {}", one_line(&shown.title), state.age(shown.asked_at)), room);
    let spans = vec![
        Span::styled(head, skin.ink(Role::TextStrong)),
        Span::styled(what, skin.ink(Role::AgentWaiting)),
        Span::styled(keys, skin.ink(Role::HintText)),
    ];
    super::line(frame, place, Line::from(spans));
}
