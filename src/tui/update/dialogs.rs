//! Keys and actions of dialogs.

mod lists;
mod reader;

use crate::config::keymap::{Action, Chord, Context, KeyName};
use crate::model::{AnswerKind, HandoffControl, PlanStatus};
use crate::protocol::control::Request;
use crate::tui::cells;
use crate::tui::dialog::{Ask, AskAbout, Dialog, ReviewText};
use crate::tui::message::{Cmd, Purpose};
use crate::tui::mode::Mode;
use crate::tui::state::State;
use crate::tui::stepper::{self, Phase};

use super::{actions, everywhere, fields, links, opening, requests, taking_back};
pub(super) use lists::{choose, follow_awaited, moved};
use reader::wrapped;
pub(super) use reader::{recalled, wheel};

/// A key while a dialog has the keyboard.
pub(super) fn key(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) {
    let Mode::Dialog { dialog, deaf_until, .. } = &mut state.mode else { return };
    if state.now < *deaf_until {
        // who is in the middle of a word does not mean this dialog: it stays deaf until the typing pauses
        if chord.typed().is_some() && matches!(**dialog, Dialog::Plan(_)) {
            *deaf_until = state.now.after(opening::DEAF_FOR);
        }
        return;
    }
    state.dirty = true;
    if dialog.takes_text() && text_key(state, chord, out) {
        return;
    }
    let Some(context) = state.mode.context() else { return };
    if let Some(action) = state.keymap.action(context, chord) {
        actions::act(state, action, out);
    }
}

/// A key in a dialog's text field; answers whether it was taken.
fn text_key(state: &mut State, chord: Chord, out: &mut Vec<Cmd>) -> bool {
    let deletes = !state.abilities.enhanced_keyboard;
    let ends = matches!(chord.key, KeyName::Enter | KeyName::Esc);
    match state.mode.dialog_mut() {
        Some(Dialog::Palette(palette)) => {
            let taken = query_key(&mut palette.query, chord);
            palette.row = if taken { 0 } else { palette.row };
            return taken;
        }
        Some(Dialog::Everywhere(open)) => return query_key(&mut open.query, chord),
        Some(Dialog::Plan(card)) if !ends => {
            if let Some((_, field)) = &mut card.editing {
                fields::press(field, chord, deletes);
            }
        }
        Some(Dialog::Approval(card)) if !ends => {
            if let Some(field) = &mut card.reply {
                fields::press(field, chord, deletes);
            }
        }
        _ => end_field(state, chord.key == KeyName::Enter, out),
    }
    true
}

/// A key in a query of one line; answers whether it was taken.
fn query_key(query: &mut String, chord: Chord) -> bool {
    match (chord.typed(), chord.key) {
        (Some(c), _) => query.push(c),
        (None, KeyName::Backspace) => {
            query.pop();
        }
        (None, KeyName::Char('h')) if chord.ctrl => {
            query.pop();
        }
        (None, KeyName::Char('u')) if chord.ctrl => query.clear(),
        _ => return false,
    }
    true
}

/// Enter or Esc in a text field: taken over or dropped.
fn end_field(state: &mut State, keep: bool, out: &mut Vec<Cmd>) {
    match state.mode.dialog_mut() {
        Some(Dialog::Plan(card)) => {
            let Some((task, field)) = card.editing.take() else { return };
            let title = crate::model::one_line(&fields::text(&field));
            if keep && !title.is_empty() {
                let request =
                    Request::EditTask { task, title: Some(title), body: None, agent: None, model: None, worker: None };
                out.push(Cmd::Call(request, Purpose::Tell));
            }
        }
        Some(Dialog::Approval(card)) => {
            let Some(field) = card.reply.take() else { return };
            let text = fields::text(&field);
            if keep && !text.trim().is_empty() {
                requests::decide_card(state, AnswerKind::Yes, Some(text), out);
            }
        }
        _ => {}
    }
}

/// A paste into a dialog's text field.
pub(super) fn paste(state: &mut State, text: &str) {
    state.dirty = true;
    match state.mode.dialog_mut() {
        Some(Dialog::Palette(palette)) => palette.query.push_str(&crate::model::one_line(text)),
        Some(Dialog::Everywhere(open)) => open.query.push_str(&crate::model::one_line(text)),
        Some(Dialog::Plan(card)) => {
            if let Some((_, field)) = &mut card.editing {
                fields::paste(field, &crate::model::one_line(text));
            }
        }
        Some(Dialog::Approval(card)) => {
            if let Some(field) = &mut card.reply {
                fields::paste(field, text);
            }
        }
        _ => {}
    }
    if state.mode.dialog().is_some_and(|dialog| !dialog.takes_text()) {
        state.toast("nothing was pasted: this dialog has the keyboard, Esc closes it", true);
    }
}

/// An action of the dialog on top.
pub(super) fn act(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let stepper = matches!(state.mode.dialog(), Some(Dialog::Handoff(_)));
    if (action == Action::DialogClose && !stepper) || action == Action::PlanKeep {
        return opening::close(state);
    }
    match state.mode.dialog() {
        Some(Dialog::Plan(_)) => lists::plan(state, action, out),
        Some(Dialog::Tasks(_)) => lists::tasks(state, action, out),
        Some(Dialog::Handoff(_)) => handoff(state, action, out),
        Some(Dialog::Ask(ask)) => ask_about(state, ask.clone(), action, out),
        Some(Dialog::Palette(_)) => lists::palette(state, action, out),
        Some(Dialog::Links(_)) => links::act(state, action, out),
        Some(Dialog::Undo(_)) => taking_back::act(state, action),
        Some(Dialog::Everywhere(_)) => everywhere::act(state, action, out),
        Some(Dialog::Approval(_)) if action == Action::ListOpen => requests::reply(state, out),
        Some(Dialog::Approval(_) | Dialog::Review(_) | Dialog::Help(_) | Dialog::Explained(_) | Dialog::Output(_)) => {
            reader::read(state, action);
        }
        None => {}
    }
}

/// A key of the stepper. Esc cancels while that changes nothing that is done, else it only hides.
fn handoff(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let Some(Dialog::Handoff(stepper)) = state.mode.dialog().cloned() else { return };
    let phase = stepper::phase(state, &stepper);
    let control = match (action, phase) {
        (Action::HandoffContinue, Phase::Unstarted) => {
            opening::close(state);
            return opening::handoff(state, stepper.worker, true, out);
        }
        (Action::HandoffContinue, Phase::Held) => HandoffControl::Continue,
        (Action::DialogClose | Action::HandoffCancel, Phase::Preparing | Phase::Held | Phase::Failed { .. })
        | (Action::HandoffCancel, Phase::Replacing | Phase::Done) => HandoffControl::Cancel,
        (Action::HandoffRetry, Phase::Failed { .. }) => HandoffControl::Retry,
        (Action::HandoffSkip, Phase::Failed { can_skip: true }) => HandoffControl::Skip,
        // Enter is the yes to step 4 in a moment: it must not mean anything else just before
        (Action::HandoffContinue, Phase::Preparing) => return,
        (Action::HandoffContinue | Action::DialogClose, _) => return opening::close(state),
        _ => return,
    };
    if let Some(id) = stepper.handoff {
        out.push(Cmd::Call(Request::SteerHandoff { handoff: id, control }, Purpose::Steer(id)));
    }
}

fn ask_about(state: &mut State, ask: Ask, action: Action, out: &mut Vec<Cmd>) {
    let count = ask.about.choices().len();
    match action {
        Action::AskNext | Action::AskPrevious => {
            let step = if action == Action::AskNext { 1 } else { count - 1 };
            if let Some(Dialog::Ask(open)) = state.mode.dialog_mut() {
                open.choice = (ask.choice + step) % count.max(1);
            }
        }
        Action::AskYes => {
            opening::close(state);
            answer_ask(state, &ask.about, ask.choice, out);
        }
        _ => {}
    }
}

/// Carries out a choice of one of the cockpit's own questions; 0 is always to leave things as they are.
pub(super) fn answer_ask(state: &State, about: &AskAbout, choice: usize, out: &mut Vec<Cmd>) {
    let project = state.project.id;
    match (about, choice) {
        (_, 0) => {}
        (AskAbout::Quit, 1) => out.push(Cmd::Leave),
        (AskAbout::Quit, _) => {
            let live = state
                .project
                .workers
                .iter()
                .map(|seat| seat.number)
                .filter(|number| state.live_session(*number).is_some());
            out.extend(live.map(|worker| Cmd::Call(Request::StopWorker { project, worker }, Purpose::Tell)));
            out.push(Cmd::Leave);
        }
        (AskAbout::Stop(worker), _) => {
            out.push(Cmd::Call(Request::StopWorker { project, worker: *worker }, Purpose::Tell));
        }
        (AskAbout::CancelTask(task), _) => out.push(Cmd::Call(Request::CancelTask { task: *task }, Purpose::Tell)),
        (AskAbout::Undo { id, .. }, _) => {
            out.push(Cmd::Call(Request::Undo { project, id: Some(id.clone()) }, Purpose::Tell));
        }
    }
}

/// Keeps the dialog on top true: wrapped for the width, noted as read when its end was on screen, closed
/// when what it is about is gone.
pub(super) fn settle(state: &mut State) {
    if state.mode.dialog_mut().is_none() {
        return;
    }
    let text = reader::reader(state);
    let lines_fit = |scroll: u16, count: usize| usize::from(scroll) + usize::from(text.height) >= count;
    match state.mode.dialog_mut() {
        Some(Dialog::Review(review)) => {
            if let ReviewText::Lines(lines) = &review.text {
                if review.width != text.width {
                    review.shown = lines.iter().flat_map(|line| wrapped(line, text.width)).collect();
                    review.width = text.width;
                }
                review.seen |= lines_fit(review.scroll, review.shown.len());
            }
        }
        Some(Dialog::Approval(card)) => {
            card.seen |= lines_fit(card.scroll, cells::wrap(&card.detail, text.width).len());
        }
        _ => {}
    }
    close_if_gone(state);
}

fn close_if_gone(state: &mut State) {
    let Mode::Dialog { dialog, .. } = &state.mode else { return };
    let gone = match &**dialog {
        Dialog::Plan(card) => {
            let waits =
                state.project.plans.iter().any(|plan| plan.id == card.plan && plan.status == PlanStatus::Proposed);
            (!waits).then_some("this plan no longer waits")
        }
        Dialog::Approval(card) => state.approval(card.approval).is_none().then_some("this question no longer waits"),
        Dialog::Review(review) => match review.approval {
            Some(id) => state.approval(id).is_none().then_some("this change no longer waits"),
            None => None,
        },
        _ => None,
    };
    if let Some(why) = gone {
        opening::close(state);
        state.toast(why, false);
    }
}

/// A chord's action in the context of the dialog on top; for the mouse.
pub(super) fn press(state: &mut State, action: Action, out: &mut Vec<Cmd>) {
    let deaf = matches!(&state.mode, Mode::Dialog { deaf_until, .. } if state.now < *deaf_until);
    let known = state.mode.context().is_some_and(|context| context != Context::Leader);
    if known && !deaf {
        actions::act(state, action, out);
    }
}
