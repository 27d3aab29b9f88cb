//! The handoff: five steps, what each made, and what the fresh session will read.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::theme::Role;
use crate::model::{StepState, one_line};
use crate::protocol::HandoffView;
use crate::tui::cells;
use crate::tui::dialog::Stepper;
use crate::tui::skin::Skin;
use crate::tui::state::State;
use crate::tui::stepper::{Phase, failure, phase_of};

/// Draws the stepper.
pub(super) fn draw(state: &State, skin: &Skin, frame: &mut Frame<'_>, place: Rect, card: &Stepper) {
    let handoff = card.handoff.and_then(|id| state.project.handoffs.iter().find(|handoff| handoff.id == id));
    let called = state.called(card.worker);
    let right = handoff.map_or_else(String::new, progress);
    let inner = super::frame::dialog(
        frame,
        skin,
        place,
        &format!("Hand off  {called} -> {} (fresh session)", card.worker),
        &right,
    );
    let lines = match handoff {
        Some(handoff) => running(state, skin, handoff, inner.width),
        None => waiting(skin, card, inner.width),
    };
    let body = Rect { height: inner.height.saturating_sub(1), ..inner };
    for (offset, text) in (0..body.height).zip(lines) {
        super::line(frame, Rect { y: body.y + offset, height: 1, ..body }, text);
    }
}

fn progress(handoff: &HandoffView) -> String {
    let done = handoff
        .steps
        .iter()
        .filter(|(_, step)| matches!(step, StepState::Done { .. } | StepState::Skipped { .. }))
        .count();
    match (phase_of(handoff), failure(handoff)) {
        (Phase::Done, _) => "done".to_owned(),
        (Phase::Cancelled, _) => "cancelled".to_owned(),
        (_, Some((step, _))) => format!("{step} failed"),
        _ => format!("step {} of {}", (done + 1).min(handoff.steps.len()), handoff.steps.len()),
    }
}

/// Before it runs: what will happen.
fn waiting(skin: &Skin, card: &Stepper, width: u16) -> Vec<Line<'static>> {
    let words = if card.asked {
        "Starting ..."
    } else {
        "Enter starts it. This key is Backspace on some terminals, so nothing has happened yet; Ctrl+H again sends it to the agent."
    };
    let mut lines: Vec<Line<'static>> =
        cells::wrap(words, width).into_iter().map(|text| Line::styled(text, skin.ink(Role::TextStrong))).collect();
    lines.push(Line::default());
    let what = [
        "1 Brief   a document from the facts: task, what was done, what is left",
        "2 Commit  what is open in the worktree, after the turn's end",
        "3 Push    only if configured",
        "4 Stop    the old session is parked, its input locked",
        "5 Start   a fresh session with the brief: it must say the next step back; else the old one goes on",
    ];
    lines.extend(what.into_iter().map(|text| Line::styled(text, skin.ink(Role::TextNormal))));
    lines
}

fn running(state: &State, skin: &Skin, handoff: &HandoffView, width: u16) -> Vec<Line<'static>> {
    let mut lines =
        vec![steps_line(skin, handoff), Line::styled("─".repeat(usize::from(width)), skin.ink(Role::FrameNormal))];
    for (number, (name, step)) in (1..).zip(&handoff.steps) {
        let (words, role) = step_words(state, step);
        let text = cells::fit(&one_line(&words), width.saturating_sub(12));
        lines.push(Line::from(vec![
            Span::styled(format!("{number} {name:<8} "), skin.ink(Role::TextStrong)),
            Span::styled(text, skin.ink(role)),
        ]));
    }
    let (end, role) = end_words(handoff);
    lines.push(Line::default());
    lines.extend(cells::wrap(end, width).into_iter().map(|text| Line::styled(text, skin.ink(role))));
    lines.push(Line::default());
    let brief: Vec<String> =
        handoff.brief.iter().map(|text| one_line(text)).filter(|text| !text.trim().is_empty()).collect();
    if !brief.is_empty() {
        lines.push(Line::styled("What the fresh session reads:", skin.ink(Role::TextDim)));
    }
    lines.extend(brief.iter().map(|text| {
        Line::styled(format!("  {}", cells::fit(text, width.saturating_sub(2))), skin.ink(Role::TextNormal))
    }));
    lines
}

/// What holds now for the two sessions.
fn end_words(handoff: &HandoffView) -> (&'static str, Role) {
    match phase_of(handoff) {
        Phase::Done => (
            "Done: the fresh session is at work with the brief. The old one is parked and kept for 10 minutes.",
            Role::AgentDone,
        ),
        Phase::Cancelled => {
            ("Cancelled: the old session goes on. What was written and committed is kept.", Role::TextStrong)
        }
        Phase::Held => (
            "Ready. Enter parks the old session and starts the fresh one; until then nothing changes for the old one.",
            Role::TextAccent,
        ),
        Phase::Failed { .. } if handoff.silent => (
            "The fresh session runs but has not said what comes next. The old one is parked until you decide: \
             ask again, accept it as it is, or give the worker back to the old one.",
            Role::TextStrong,
        ),
        Phase::Failed { .. } => ("The old session goes on as before until you decide.", Role::TextStrong),
        Phase::Replacing => {
            ("The old session is parked, its input locked, until the fresh one has begun.", Role::TextDim)
        }
        Phase::Unstarted | Phase::Asked | Phase::Preparing => {
            ("Until step 4 nothing changes for the old session.", Role::TextDim)
        }
    }
}

fn steps_line(skin: &Skin, handoff: &HandoffView) -> Line<'static> {
    let mut spans = Vec::new();
    for (number, (name, step)) in (1..).zip(&handoff.steps) {
        let (mark, role) = match step {
            StepState::Waiting => ("[ ]", Role::TextDim),
            StepState::Running { .. } => ("[>]", Role::TextAccent),
            StepState::Done { .. } => ("[x]", Role::AgentDone),
            StepState::Skipped { .. } => ("[-]", Role::TextDim),
            StepState::Failed { .. } => ("[!]", Role::AgentFailed),
        };
        if number > 1 {
            spans.push(Span::styled(" -- ", skin.ink(Role::FrameNormal)));
        }
        spans.push(Span::styled(format!("{mark} {number} {name}"), skin.ink(role)));
    }
    Line::from(spans)
}

fn step_words(state: &State, step: &StepState) -> (String, Role) {
    match step {
        StepState::Waiting => ("-".to_owned(), Role::TextDim),
        StepState::Running { since } => (format!("under way {}", state.age(*since)), Role::TextAccent),
        StepState::Done { detail } => (format!("done  {detail}"), Role::TextNormal),
        StepState::Skipped { reason } => (format!("left out: {reason}"), Role::TextDim),
        StepState::Failed { reason } => (format!("failed: {reason}"), Role::AgentFailed),
    }
}
