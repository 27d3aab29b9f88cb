//! Opening and closing dialogs, and keeping them true to what they are about.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config::keymap::Chord;
use crate::model::{PlanId, PlanStatus, TaskId, WorkerNumber, sanitize};
use crate::protocol::control::Request;
use crate::tui::dialog::{ApprovalCard, Dialog, Explained, PlanCard, Review, ReviewText, Stepper};
use crate::tui::message::{Cmd, Purpose};
use crate::tui::mode::Mode;
use crate::tui::state::{CtrlH, State};

use super::keys;

/// How long keys are ignored after a dialog opened under the person's fingers (rule 12).
pub(crate) const DEAF_FOR: Duration = Duration::from_millis(500);

/// Opens a dialog over what is there. Those that decide something are deaf for half a second.
pub(super) fn show(state: &mut State, dialog: Dialog) {
    let decides = matches!(dialog, Dialog::Plan(_) | Dialog::Approval(_) | Dialog::Review(_) | Dialog::Handoff(_));
    let deaf_until = if decides { state.now.after(DEAF_FOR) } else { state.now };
    let mut under = std::mem::replace(&mut state.mode, Mode::Cockpit);
    // One list or help page at a time: opening another replaces it.
    if let Mode::Dialog { dialog: open, under: below, .. } = under {
        let same = std::mem::discriminant(&*open) == std::mem::discriminant(&dialog);
        let passing = matches!(
            *open,
            Dialog::Palette(_) | Dialog::Help(_) | Dialog::Explained(_) | Dialog::Links(_) | Dialog::Everywhere(_)
        );
        under =
            if same || passing { *below } else { Mode::Dialog { dialog: open, deaf_until: state.now, under: below } };
    }
    state.mode = Mode::Dialog { dialog: Box::new(dialog), deaf_until, under: Box::new(under) };
    state.dirty = true;
}

/// Closes the dialog on top.
pub(super) fn close(state: &mut State) {
    if let Mode::Dialog { under, .. } = std::mem::replace(&mut state.mode, Mode::Cockpit) {
        state.mode = *under;
    }
    state.dirty = true;
}

/// Opens a plan.
pub(super) fn plan(state: &mut State, plan: PlanId) {
    show(state, Dialog::Plan(PlanCard { plan, row: 0, off: BTreeSet::new(), editing: None }));
}

/// Opens a question in full.
pub(super) fn approval(state: &mut State, id: crate::model::ApprovalId) {
    let Some(approval) = state.approval(id) else { return };
    let card = ApprovalCard {
        approval: id,
        title: approval.title.clone(),
        detail: approval.detail.clone(),
        scroll: 0,
        seen: false,
        reply: None,
    };
    show(state, Dialog::Approval(card));
}

/// Opens the review of a task and asks for its diff.
pub(super) fn review(state: &mut State, task: TaskId, out: &mut Vec<Cmd>) {
    let open =
        state.project.approvals.iter().find(|approval| approval.kind == "landing" && approval.task == Some(task));
    let approval = open.map(|approval| approval.id);
    let version = state.task(task).map(version).unwrap_or_default();
    let review = Review {
        task,
        approval,
        version,
        text: ReviewText::Loading,
        shown: Vec::new(),
        width: 0,
        scroll: 0,
        seen: false,
    };
    show(state, Dialog::Review(review));
    out.push(Cmd::Call(Request::Diff { task }, Purpose::Diff(task)));
}

/// What a diff was read of: when this changes, it must be read again.
pub(super) fn version(task: &crate::protocol::TaskView) -> String {
    format!("{} {} {}", task.attempts, task.status.word(), task.checks.last().map_or("", |check| check.tree.as_str()))
}

/// Opens the review of what waits to land: the shown request first.
pub(super) fn review_next(state: &mut State, out: &mut Vec<Cmd>) {
    let shown = state.shown_request().filter(|approval| approval.kind == "landing");
    let next = shown.or_else(|| state.project.approvals.iter().find(|approval| approval.kind == "landing"));
    match next.and_then(|approval| approval.task) {
        Some(task) => review(state, task, out),
        None => state.toast("nothing waits to land", false),
    }
}

/// Opens why a worker counts as what it does.
pub(super) fn explain(state: &mut State, worker: WorkerNumber, out: &mut Vec<Cmd>) {
    if state.session(worker).is_none() {
        return state.toast(&format!("worker {worker} has no session"), false);
    }
    show(state, Dialog::Explained(Explained { worker, text: ReviewText::Loading, scroll: 0 }));
    out.push(Cmd::Call(Request::ExplainWorker { project: state.project.id, worker }, Purpose::Explain(worker)));
}

/// Opens the stepper of a worker; `start` begins a handoff at once if none is under way.
pub(super) fn handoff(state: &mut State, worker: WorkerNumber, start: bool, out: &mut Vec<Cmd>) {
    let running = state.handoff(worker).filter(|handoff| !handoff.ended).map(|handoff| handoff.id);
    if running.is_none() && state.live_session(worker).is_none() {
        return state.toast(&format!("worker {worker} runs nothing: there is nothing to hand off"), true);
    }
    let asked = start && running.is_none();
    show(state, Dialog::Handoff(Stepper { worker, handoff: running, asked }));
    if asked {
        out.push(Cmd::Call(
            Request::Handoff { project: state.project.id, worker, push: None, hold: true },
            Purpose::Handoff,
        ));
    }
}

/// Ctrl+H, where it is not Backspace.
pub(super) fn ctrl_h(state: &mut State, out: &mut Vec<Cmd>) {
    if state.ctrl_h() == CtrlH::Handoff {
        return handoff(state, state.worker, true, out);
    }
    let asking =
        matches!(state.mode.dialog(), Some(Dialog::Handoff(stepper)) if !stepper.asked && stepper.handoff.is_none());
    if asking {
        close(state);
        keys::send(state, Chord::ctrl('h'), out);
    } else {
        handoff(state, state.worker, false, out);
    }
}

/// Puts a plan that waits before the person, once: it opens by itself while nothing else is on top and
/// nobody is typing; else a line says how to open it.
pub(super) fn settle(state: &mut State) {
    let waiting = state
        .project
        .plans
        .iter()
        .find(|plan| plan.status == PlanStatus::Proposed && !state.offered.contains(&plan.id));
    let Some(id) = waiting.map(|plan| plan.id) else { return };
    match &state.mode {
        Mode::Dialog { .. } | Mode::Leader { .. } => return,
        Mode::Cockpit => plan(state, id),
        Mode::Chat if state.chat.draft.is_empty() => plan(state, id),
        // nobody has touched the keyboard yet: the agent got it from us
        Mode::Agent if state.typed_at.is_none() => plan(state, id),
        _ => {
            let text = format!("a plan waits for your yes: {} o opens it", state.leader());
            state.toast(&text, false);
        }
    }
    state.offered.insert(id);
}

/// The text of a diff as lines that are safe to draw.
pub(super) fn diff_lines(text: &str) -> Vec<String> {
    let lines: Vec<String> = sanitize(text).lines().map(str::to_owned).collect();
    if lines.is_empty() { vec!["(no changes)".to_owned()] } else { lines }
}
