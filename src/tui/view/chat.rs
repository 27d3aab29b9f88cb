//! The chat: what was said, and the field below it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::keymap::Action;
use crate::config::theme::Role;
use crate::model::{ChatLine, PlanStatus, Speaker, one_line, sanitize};
use crate::tui::mode::Owner;
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::{bars, cells};

/// The chat as a box.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect) {
    let focused = state.owner() == Owner::Chat;
    let border = skin.ink(if focused { Role::FrameFocused } else { Role::FrameNormal });
    super::frame::draw(frame, place, focused, border, skin.style(Role::TextNormal));
    let title = vec![Span::styled(" Chat ", skin.ink(Role::TextStrong))];
    let autonomy = Span::styled(format!(" {} ", state.project.autonomy.word()), skin.ink(Role::TextDim));
    super::frame::title(frame, place, title, Some(autonomy));
    let inner = crate::tui::layout::inside(place);
    let field_height = u16::try_from(state.chat.draft.lines().len())
        .unwrap_or(1)
        .clamp(1, 6)
        .min(inner.height / 2)
        .max(1.min(inner.height));
    let log = Rect { height: inner.height.saturating_sub(field_height), ..inner };
    let field = Rect { y: log.bottom(), height: field_height.min(inner.height), ..inner };
    let line = u16::from(state.planning().is_some()).min(log.height);
    let log = Rect { height: log.height.saturating_sub(line), ..log };
    said(state, skin, frame, log);
    if line > 0 {
        planning(state, skin, frame, Rect { y: log.bottom(), height: line, ..log }, focused);
    }
    draft(state, skin, frame, field, focused);
}

/// What was said, the latest at the bottom.
fn said(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect) {
    let width = place.width.saturating_sub(6).clamp(1, 110);
    let mut lines: Vec<(Option<&'static str>, Role, String)> = Vec::new();
    for said in &state.project.chat {
        let (who, role) = match said.who {
            Speaker::You => ("you", Role::ChatYou),
            Speaker::Lead => ("lead", Role::ChatLead),
        };
        let text = sanitize(&said.text);
        for (index, text) in cells::wrap(&text, width).into_iter().enumerate() {
            lines.push(((index == 0).then_some(who), role, text));
        }
        lines.push((None, Role::ChatLead, String::new()));
    }
    if lines.is_empty() {
        for text in cells::wrap("Say what is to be done. The plan comes back here and waits for your yes.", width) {
            lines.push((None, Role::TextDim, text));
        }
    }
    let height = usize::from(place.height);
    let most = lines.len().saturating_sub(height);
    let skip = most.saturating_sub(usize::from(state.chat.scroll).min(most));
    for (offset, (who, role, text)) in (0..place.height).zip(lines.into_iter().skip(skip)) {
        let at = Rect { y: place.y + offset, height: 1, ..place };
        let name = Span::styled(format!(" {:<5}", who.unwrap_or("")), skin.ink(Role::TextDim));
        super::line(frame, at, Line::from(vec![name, Span::styled(text, skin.ink(role))]));
    }
}

/// Who is planning, and the keys that do not wait for it.
fn planning(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, focused: bool) {
    let Some(plan) = state.planning() else { return };
    let keys = if focused { ": Enter plans by rules, Esc calls it off" } else { "" };
    let text = format!(" planning with {}{keys}", one_line(&plan.by));
    super::line(frame, place, Line::styled(cells::fit(&text, place.width), skin.ink(Role::TextAccent)));
}

/// The field.
fn draft(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, focused: bool) {
    if place.is_empty() {
        return;
    }
    super::line(frame, Rect { height: 1, ..place }, Line::styled(" > ", skin.ink(Role::TextAccent)));
    let field = Rect { x: place.x + 3.min(place.width), width: place.width.saturating_sub(3), ..place };
    if focused {
        frame.render_widget(&state.chat.draft, field);
        return;
    }
    let text = one_line(&state.chat.draft.lines().join(" "));
    let shown =
        if text.is_empty() { format!("({} to type here)", bars::hint_key(state, Action::ViewChat)) } else { text };
    super::line(
        frame,
        Rect { height: 1, ..field },
        Line::styled(cells::fit(&shown, field.width), skin.ink(Role::TextDim)),
    );
}

/// Whether what was said of a plan still holds: a question that was answered is over.
fn still_asked(state: &State, said: &ChatLine) -> bool {
    let plan = said.plan.and_then(|id| state.project.plans.iter().find(|plan| plan.id == id));
    plan.is_none_or(|plan| plan.status == PlanStatus::Proposed) || !said.text.trim_end().ends_with('?')
}

/// The chat as a line, where it has no place of its own.
pub(super) fn draw_line(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect) {
    let key = bars::hint_key(state, Action::ViewChat);
    let last = state.project.chat.iter().rev().find(|said| said.who == Speaker::Lead);
    let last = last.filter(|said| still_asked(state, said)).map(|said| one_line(&said.text));
    let draft = one_line(&state.chat.draft.lines().join(" "));
    let text = match (draft.is_empty(), last) {
        (false, _) => format!(" > {draft}   ({key} goes on)"),
        (true, Some(last)) => format!(" lead: {}", cells::fit(&last, place.width.saturating_sub(30))),
        (true, None) => " > ".to_owned(),
    };
    let hint = format!("   {key} says what is to be done");
    let room = place.width.saturating_sub(cells::width(&hint));
    let spans = vec![
        Span::styled(cells::fit(&text, room), skin.ink(Role::ChatLead)),
        Span::styled(hint, skin.ink(Role::HintText)),
    ];
    super::line(frame, place, Line::from(spans));
}
