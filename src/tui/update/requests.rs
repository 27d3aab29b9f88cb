//! What waits for the person: going to it, opening it, answering it. Only what was seen can be approved.

use crate::model::{AnswerKind, ApprovalId, Subject};
use crate::protocol::ApprovalView;
use crate::protocol::control::Request;
use crate::tui::dialog::{Dialog, Review, ReviewText};
use crate::tui::message::{Cmd, Purpose};
use crate::tui::mode::Mode;
use crate::tui::state::{Shown, State};
use crate::tui::{cells, choices, layout};

use super::{actions, fields, opening};

/// Keeps the shown request one that exists, and notes since when it can be read.
pub(super) fn settle(state: &mut State) {
    let kept = state.request.filter(|(id, _)| state.approval(*id).is_some());
    if kept.is_none() {
        state.request = state.project.approvals.first().map(|approval| (approval.id, state.now));
    }
}

/// Goes to the next request: its worker is shown, and it is the one in the queue.
pub(super) fn next(state: &mut State, out: &mut Vec<Cmd>) {
    if layout::class(state.size) == layout::Class::Message {
        return open(state, out);
    }
    let approvals = &state.project.approvals;
    let here = state.request.and_then(|(id, _)| approvals.iter().position(|approval| approval.id == id));
    // The first press goes to the first request; the next ones go round.
    let on_it =
        state.shown_request().is_some_and(|shown| state.asks_in(shown).is_none_or(|worker| worker == state.worker));
    let place = match here {
        Some(place) if on_it && !state.back.is_empty() => (place + 1) % approvals.len().max(1),
        Some(place) => place,
        None => 0,
    };
    let Some(approval) = approvals.get(place) else {
        if state.stuck().next().is_some() {
            return opening::show(state, Dialog::Tasks(crate::tui::dialog::TaskList::default()));
        }
        return state.toast("nothing waits for you", false);
    };
    let (id, worker) = (approval.id, state.asks_in(approval));
    state.request = Some((id, state.now));
    actions::remember(state);
    if let Some(worker) = worker {
        state.minimised.remove(&worker);
        actions::select(state, worker);
        if state.shown == Shown::Tab {
            state.mode = state.resting_mode();
        }
    }
}

/// Opens the shown request, in the form that fits it.
pub(super) fn open(state: &mut State, out: &mut Vec<Cmd>) {
    match state.shown_request().map(|approval| approval.id) {
        Some(id) => open_one(state, id, out),
        None => state.toast("nothing waits for you", false),
    }
}

/// Opens a request in the form that fits it.
pub(super) fn open_one(state: &mut State, id: ApprovalId, out: &mut Vec<Cmd>) {
    state.request = Some((id, state.now));
    match state.approval(id).map(|approval| approval.subject.clone()) {
        Some(Subject::Plan { plan }) => opening::plan(state, plan),
        Some(Subject::Landing { task }) => opening::review(state, task, out),
        Some(_) => opening::approval(state, id),
        None => {}
    }
}

/// `y` or `d`: decides what is open, else what is shown in the queue.
pub(super) fn decide(state: &mut State, yes: bool, out: &mut Vec<Cmd>) {
    match state.mode.dialog() {
        Some(Dialog::Review(review)) => decide_review(state, &review.clone(), yes, out),
        Some(Dialog::Approval(_)) => decide_card(state, yes_or_no(yes), None, out),
        _ => decide_shown(state, yes, out),
    }
}

/// Yes to the open question for more than this once, where it is offered.
pub(super) fn always(state: &mut State, out: &mut Vec<Cmd>) {
    let Some(Dialog::Approval(card)) = state.mode.dialog() else { return };
    let dialog = state.approval(card.approval).and_then(|approval| approval.subject.dialog());
    if dialog.is_some_and(|dialog| dialog.always.is_some()) {
        decide_card(state, AnswerKind::Always, None, out);
    } else {
        state.toast("this question offers no answer for more than this once", true);
    }
}

fn yes_or_no(yes: bool) -> AnswerKind {
    if yes { AnswerKind::Yes } else { AnswerKind::No }
}

/// Decides the request in the queue, if all of it could be read there; else opens it.
fn decide_shown(state: &mut State, yes: bool, out: &mut Vec<Cmd>) {
    let Some(approval) = state.shown_request().cloned() else {
        return state.toast("nothing waits for you", false);
    };
    if !approval.answerable {
        return in_pane(state, &approval);
    }
    let since = state.request.filter(|(id, _)| *id == approval.id).map(|(_, since)| since);
    let long_enough = since.is_some_and(|since| state.now.since(since) >= opening::DEAF_FOR);
    if long_enough && shown_whole(state, &approval) {
        return answer(state, approval.id, yes_or_no(yes), None, out);
    }
    open_one(state, approval.id, out);
}

/// Whether all that is to be known of a request is on screen in the queue.
pub(crate) fn shown_whole(state: &State, approval: &ApprovalView) -> bool {
    if !matches!(approval.subject, Subject::Dialog { .. } | Subject::Question { .. }) || approval.kind == "question" {
        return false;
    }
    let areas = layout::areas(state);
    if let Some(queue) = areas.queue {
        return cells::wrap(&approval.detail, queue.width.saturating_sub(4)).len() <= choices::DETAIL_LINES;
    }
    let same = approval.detail.trim().is_empty() || approval.detail.trim() == approval.title.trim();
    same && areas.queue_line.is_some_and(|line| cells::width(&approval.title) + 40 <= line.width)
}

/// A question that only its own pane can answer: goes there.
fn in_pane(state: &mut State, approval: &ApprovalView) {
    while matches!(state.mode, Mode::Dialog { .. }) {
        opening::close(state);
    }
    if !state.is_asked_in_pane(approval) {
        return state.toast("the session that asked this is over: there is nothing to answer", true);
    }
    if let Some(worker) = state.asks_in(approval) {
        actions::go_to(state, worker);
    }
    if layout::class(state.size) == layout::Class::Message {
        return state.toast("this one is answered in its pane: make the window larger", true);
    }
    state.toast("this one is answered in its pane: your keys go there now", false);
}

fn decide_review(state: &mut State, review: &Review, yes: bool, out: &mut Vec<Cmd>) {
    let answerable = matches!(review.text, ReviewText::Lines(_)) && review.seen;
    if yes && !answerable {
        return state.toast("not yet: read to the end first (G goes there)", true);
    }
    let current = state.task(review.task).map(opening::version);
    if yes && current.as_deref() != Some(review.version.as_str()) {
        opening::close(state);
        opening::review(state, review.task, out);
        return state.toast("the change moved while you read; nothing was sent, this is the new one", true);
    }
    opening::close(state);
    match review.approval {
        Some(approval) => answer(state, approval, yes_or_no(yes), None, out),
        None if yes => out.push(Cmd::Call(Request::LandTask { task: review.task }, Purpose::Tell)),
        None => {}
    }
}

/// Answers the open question, if it is still the one that was read.
pub(super) fn decide_card(state: &mut State, kind: AnswerKind, text: Option<String>, out: &mut Vec<Cmd>) {
    let Some(Dialog::Approval(card)) = state.mode.dialog().cloned() else { return };
    if kind != AnswerKind::No && !card.seen {
        return state.toast("not yet: read to the end first (End goes there)", true);
    }
    let Some(current) = state.approval(card.approval).cloned() else { return };
    if current.title != card.title || current.detail != card.detail {
        opening::close(state);
        opening::approval(state, card.approval);
        return state.toast("the question changed while you read; nothing was sent, this is the new one", true);
    }
    if !current.answerable {
        return in_pane(state, &current);
    }
    opening::close(state);
    answer(state, card.approval, kind, text, out);
}

/// Opens the reply field of a question.
pub(super) fn reply(state: &mut State, out: &mut Vec<Cmd>) {
    let Some(Dialog::Approval(card)) = state.mode.dialog() else { return };
    let Some(approval) = state.approval(card.approval).cloned() else { return };
    match approval.subject {
        Subject::Question { .. } => {
            if let Some(Dialog::Approval(card)) = state.mode.dialog_mut() {
                card.reply = Some(fields::field(""));
            }
        }
        _ if state.is_asked_in_pane(&approval) => in_pane(state, &approval),
        _ if approval.worker.is_none() => decide_card(state, AnswerKind::Yes, None, out),
        // what is not answered in a pane has its own keys for yes and no
        _ => {}
    }
}

fn answer(state: &mut State, approval: ApprovalId, kind: AnswerKind, text: Option<String>, out: &mut Vec<Cmd>) {
    out.push(Cmd::Call(Request::Answer { approval, kind, text }, Purpose::Answer(approval)));
    state.dirty = true;
}
