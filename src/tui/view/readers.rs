//! What is read to its end before it can be approved: questions and changes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::theme::Role;
use crate::model::{DialogKind, Subject, one_line, sanitize};
use crate::tui::dialog::{ApprovalCard, Explained, Output, Review, ReviewText};
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{cells, layout};

/// A question.
pub(super) fn approval(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, card: &ApprovalCard) {
    let current = state.approval(card.approval);
    let who = current.and_then(|approval| state.asker(approval)).unwrap_or_else(|| "Request".to_owned());
    let kind = current.map_or("", |approval| approval.kind.as_str());
    let age = current.map(|approval| state.age(approval.asked_at)).unwrap_or_default();
    let inner = super::frame::dialog(frame, skin, place, &format!("{who}: {kind}"), &format!("waits {age}"));
    let text = layout::reader(place);
    head(skin, frame, inner, text, &card.title);
    let lines = cells::wrap(&sanitize(&card.detail), text.width);
    body(frame, text, &lines, card.scroll, |_| skin.ink(Role::TextNormal));
    let always = current.and_then(|approval| approval.subject.dialog()).is_some_and(|dialog| dialog.always.is_some());
    let note = if current.is_some_and(|approval| !approval.answerable && state.is_asked_in_pane(approval)) {
        "This one is answered in its pane: Enter goes there."
    } else if always {
        "Yes holds once; always for what is said above."
    } else {
        current.map_or("", |approval| what_yes_does(&approval.subject))
    };
    foot(skin, frame, inner, text, (seen_words(card.seen, lines.len(), card.scroll, text.height), note));
    if let Some(field) = &card.reply {
        let at = Rect { y: text.bottom().saturating_sub(3), height: 3.min(text.height), ..text };
        frame.render_widget(ratatui::widgets::Clear, at);
        frame.buffer_mut().set_style(at, skin.style(Role::SelectRow));
        frame.render_widget(field, at);
    }
}

/// What a yes to a question does, and for how long it holds.
fn what_yes_does(subject: &Subject) -> &'static str {
    match subject {
        Subject::Commands { .. } => "Yes holds for these very commands from now on, wherever they wait.",
        Subject::Dialog { dialog, .. } if dialog.kind == DialogKind::Trust => "Yes holds for this project.",
        Subject::Dialog { .. } => "Your yes holds for exactly this question, once.",
        Subject::Question { .. } => "Your answer goes to the agent that asks, once.",
        Subject::Held { .. } => "",
        Subject::Review { .. } => "Yes tries it again; no leaves it as it is.",
        Subject::Resume { .. } => "Yes resumes all of them; no leaves them as they are.",
        Subject::Offline { .. } => "Yes lets the worker take tasks again.",
        Subject::Budget { .. } => "Yes raises this limit by half.",
        Subject::Touched { .. } => "Yes puts these files back; no leaves them as they are.",
        Subject::Landing { .. } => "Yes lands this change; `qd undo` takes it back.",
        Subject::Plan { .. } => "Yes starts this plan.",
    }
}

/// A change.
pub(super) fn review(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, review: &Review) {
    let task = state.task(review.task);
    let branch = task.map(|task| one_line(&task.branch)).unwrap_or_default();
    let name = format!("Review #{}  {branch} -> {}", review.task, one_line(&state.project.target));
    let inner = super::frame::dialog(frame, skin, place, &name, &counts(&review.text));
    let text = layout::reader(place);
    head(skin, frame, inner, text, &checks(state, review));
    match &review.text {
        ReviewText::Loading => {
            body(frame, text, &["reading the change ...".to_owned()], 0, |_| skin.ink(Role::TextDim));
        }
        ReviewText::Failed(why) => {
            let lines = cells::wrap(&format!("The change cannot be shown: {why}. Nothing was landed."), text.width);
            body(frame, text, &lines, 0, |_| skin.ink(Role::AgentFailed));
        }
        ReviewText::Lines(_) => body(frame, text, &review.shown, review.scroll, |line| skin.ink(diff_role(line))),
    }
    let loaded = matches!(review.text, ReviewText::Lines(_));
    let seen =
        if loaded { seen_words(review.seen, review.shown.len(), review.scroll, text.height) } else { String::new() };
    foot(skin, frame, inner, text, (seen, "Landing merges it into the target; `qd undo` takes it back."));
}

/// Why a worker counts as what it does: what `qd worker explain` says.
pub(super) fn explained(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, open: &Explained) {
    super::frame::dialog(frame, skin, place, &format!("Why: {}", state.called(open.worker)), "");
    let text = layout::reader(place);
    let lines = explained_lines(&open.text, text.width);
    body(frame, text, &lines, open.scroll, |line| {
        skin.ink(if line.starts_with("  | ") { Role::TextDim } else { Role::TextNormal })
    });
}

/// What a session showed last.
pub(super) fn output(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, open: &Output) {
    let title = state.task(open.task).map(|task| one_line(&task.title)).unwrap_or_default();
    let name = format!("Output of #{}  {title}", open.task);
    super::frame::dialog(frame, skin, place, &name, &format!("session {}", open.session.short()));
    let text = layout::reader(place);
    let lines = explained_lines(&open.text, text.width);
    let last = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(text.height);
    body(frame, text, &lines, open.scroll.unwrap_or(last), |_| skin.ink(Role::TextNormal));
}

/// The lines of an explanation, as wide as there is room.
pub(crate) fn explained_lines(text: &ReviewText, width: u16) -> Vec<String> {
    match text {
        ReviewText::Loading => vec!["asking ...".to_owned()],
        ReviewText::Failed(why) => cells::wrap(why, width),
        ReviewText::Lines(lines) => lines.iter().flat_map(|line| cells::wrap(line, width)).collect(),
    }
}

fn counts(text: &ReviewText) -> String {
    let ReviewText::Lines(lines) = text else { return String::new() };
    let count =
        |sign: char, file: &str| lines.iter().filter(|line| line.starts_with(sign) && !line.starts_with(file)).count();
    format!("+{} -{}", count('+', "+++"), count('-', "---"))
}

/// The checks that ran, in words; that there were none is said, too.
fn checks(state: &State, review: &Review) -> String {
    let Some(task) = state.task(review.task) else { return String::new() };
    let checks: Vec<String> = task
        .checks
        .iter()
        .map(|check| format!("{} {}", one_line(&check.name), if check.passed() { "+" } else { "x FAILED" }))
        .collect();
    let ran = if checks.is_empty() { "no checks are known for this project".to_owned() } else { checks.join(", ") };
    format!("{}   checks: {ran}", one_line(&task.title))
}

fn diff_role(line: &str) -> Role {
    match line {
        line if line.starts_with("+++") || line.starts_with("---") || line.starts_with("diff ") => Role::DiffFile,
        line if line.starts_with('+') => Role::DiffAdded,
        line if line.starts_with('-') => Role::DiffRemoved,
        line if line.starts_with("@@") => Role::DiffHunk,
        _ => Role::TextNormal,
    }
}

/// The line above what is read, where there is room for one.
fn head(skin: &Skin, frame: &mut Frame<'_>, inner: Rect, read: Rect, text: &str) {
    let at = Rect { height: 1.min(read.y - inner.y), ..inner };
    super::line(frame, at, Line::styled(cells::fit(&one_line(text), at.width), skin.ink(Role::TextStrong)));
}

fn body(frame: &mut Frame<'_>, place: Rect, lines: &[String], scroll: u16, style: impl Fn(&str) -> Style) {
    for (offset, text) in (0..place.height).zip(lines.iter().skip(usize::from(scroll))) {
        let at = Rect { y: place.y + offset, height: 1, ..place };
        super::line(frame, at, Line::styled(text.as_str(), style(text)));
    }
}

fn seen_words(seen: bool, count: usize, scroll: u16, height: u16) -> String {
    let below = count.saturating_sub(usize::from(scroll) + usize::from(height));
    match (seen, below) {
        (true, 0) => "end".to_owned(),
        (true, below) => format!("{below} lines below, read"),
        (false, below) => format!("{below} more lines: yes works after the end was shown"),
    }
}

/// The line below what is read, where there is room for one beside the keys.
fn foot(skin: &Skin, frame: &mut Frame<'_>, inner: Rect, read: Rect, (seen, note): (String, &str)) {
    let room = inner.bottom().saturating_sub(read.bottom() + 1);
    let at = Rect { y: inner.bottom().saturating_sub(2), height: 1.min(room), ..inner };
    let spans = vec![
        Span::styled(format!("{seen}   "), skin.ink(Role::TextAccent)),
        Span::styled(note.to_owned(), skin.ink(Role::TextDim)),
    ];
    super::line(frame, at, Line::from(spans));
}
