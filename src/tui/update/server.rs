//! What the daemon tells and answers.

use crate::model::{Explain, Timestamp, WorkerNumber};
use crate::protocol::control::{Failure, Request, Response};
use crate::protocol::{HandoffView, ProjectView};
use crate::tui::dialog::{Dialog, ReviewText};
use crate::tui::message::{Cmd, Purpose};
use crate::tui::state::{Daemon, State};
use crate::tui::stepper::{Phase, failure, phase_of};

use super::{dialogs, fields, opening, taking_back};

/// The pause before the first try to get the daemon back, in milliseconds; each next one is twice as long.
const FIRST_PAUSE_MS: u64 = 200;

/// The longest pause between two tries, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 10_000;

/// What is said when it goes and cannot be had back from here.
const STAYS_GONE: &str = "the daemon is gone; agents work on. Leave with q and open the cockpit again";

/// The project changed.
pub(super) fn project(state: &mut State, view: ProjectView) {
    let (was_now, now) = (state.project.now, view.now);
    let same = ProjectView { now: was_now, ..view.clone() } == state.project;
    let could_type = state.can_type();
    let handoffs = std::mem::take(&mut state.project.handoffs);
    state.project = ProjectView { now, ..view };
    state.told_at = state.now;
    if std::mem::replace(&mut state.daemon, Daemon::Here) != Daemon::Here {
        state.dirty = true;
        state.toasts.retain(|toast| toast.text != STAYS_GONE);
        state.toast("the daemon is back; what you see is true again", false);
    }
    state.dirty |= !same;
    handoff_news(state, &handoffs);
    state.minimised.retain(|number| state.project.workers.iter().any(|seat| seat.number == *number));
    if state.seat(state.worker).is_none()
        && let Some(first) = state.project.workers.first()
    {
        state.worker = first.number;
    }
    dialogs::follow_awaited(state);
    // The shown worker came to life while its pane was open in COCKPIT: nothing is taken from the person,
    // the footer says how to type into it.
    if !could_type && state.can_type() {
        state.dirty = true;
    }
}

/// Says how a handoff went on that nobody watches in the stepper.
fn handoff_news(state: &mut State, before: &[HandoffView]) {
    let watched = match state.mode.dialog() {
        Some(Dialog::Handoff(stepper)) => stepper.handoff,
        _ => None,
    };
    let moved = state.project.handoffs.iter().filter(|handoff| Some(handoff.id) != watched);
    let news: Vec<(String, bool)> = moved
        .filter_map(|handoff| {
            let was = before.iter().find(|one| one.id == handoff.id).map(phase_of)?;
            let (phase, called) = (phase_of(handoff), state.called(handoff.worker));
            match phase {
                _ if phase == was => None,
                Phase::Done => Some((format!("{called}: the handoff is done, the fresh session is at work"), false)),
                Phase::Cancelled => {
                    Some((format!("{called}: the handoff was cancelled, the old session goes on"), false))
                }
                Phase::Held => Some((format!("{called}: the handoff is ready - {} h, Enter", state.leader()), false)),
                Phase::Failed { .. } => {
                    let (step, why) = failure(handoff)?;
                    let old = if handoff.silent { "is kept until you decide" } else { "goes on" };
                    let leader = state.leader();
                    Some((
                        format!(
                            "{called}: the handoff failed at {step}: {why} - the old session {old}; {leader} h shows it"
                        ),
                        true,
                    ))
                }
                _ => None,
            }
        })
        .collect();
    for (text, bad) in news {
        state.toast(&text, bad);
    }
}

/// The daemon is gone: where there is a way back, it is tried again with growing pauses.
pub(super) fn lost(state: &mut State, out: &mut Vec<Cmd>) {
    state.dirty = true;
    let since = state.stale_since().unwrap_or(state.now);
    if !state.returns {
        state.daemon = Daemon::Gone { since };
        return state.toast(STAYS_GONE, true);
    }
    try_again(state, since, None, out);
}

/// A try to get the daemon back failed.
pub(super) fn still_lost(state: &mut State, failure: &Failure, out: &mut Vec<Cmd>) {
    state.dirty = true;
    let since = state.stale_since().unwrap_or(state.now);
    try_again(state, since, Some(words(failure)), out);
}

fn try_again(state: &mut State, since: Timestamp, failed: Option<String>, out: &mut Vec<Cmd>) {
    let (before, last, stopped) = match &state.daemon {
        Daemon::Away { tries, why, stopped, .. } => (*tries + 1, why.clone(), *stopped),
        Daemon::Here | Daemon::Gone { .. } => (0, None, false),
    };
    let after_ms = (FIRST_PAUSE_MS << before.min(8)).min(LONGEST_PAUSE_MS);
    state.daemon = Daemon::Away { since, tries: before, why: failed.or(last), stopped };
    // one that somebody else starts is found all the same
    out.push(Cmd::Reconnect { after_ms, start: !stopped });
}

/// The daemon was told to end: it stays so until the person presses a key here, or somebody starts it.
pub(super) fn stopped(state: &mut State, out: &mut Vec<Cmd>) {
    let since = state.stale_since().unwrap_or(state.now);
    if state.returns {
        state.daemon = Daemon::Away { since, tries: 0, why: None, stopped: true };
        state.dirty = true;
        return out.push(Cmd::Reconnect { after_ms: FIRST_PAUSE_MS, start: false });
    }
    lost(state, out);
}

/// A key that starts the daemon again, if it was stopped.
pub(super) fn starts_again(state: &mut State, out: &mut Vec<Cmd>) -> bool {
    let Daemon::Away { stopped, why, tries, .. } = &mut state.daemon else { return false };
    let was = std::mem::replace(stopped, false);
    if was {
        (*why, *tries) = (None, 0);
        state.dirty = true;
        out.push(Cmd::Reconnect { after_ms: 0, start: true });
    }
    was
}

/// There is a connection again: the project is asked for, and true from its answer on.
pub(super) fn back(state: &mut State, out: &mut Vec<Cmd>) {
    out.push(Cmd::Call(Request::Watch { project: state.project.id }, Purpose::Watch));
}

/// The project could not be watched: while the daemon is away that is one more reason why.
fn not_watched(state: &mut State, failure: &Failure) {
    match &mut state.daemon {
        Daemon::Away { why, .. } => *why = Some(words(failure)),
        Daemon::Here | Daemon::Gone { .. } => complain(state, failure),
    }
}

/// A call was answered.
pub(super) fn answered(state: &mut State, purpose: Purpose, outcome: Result<Response, Failure>) {
    state.dirty = true;
    match (purpose, outcome) {
        (Purpose::Diff(task), outcome) => diff(state, task, outcome),
        (Purpose::Undos, outcome) => taking_back::came(state, outcome),
        (Purpose::Explain(worker), outcome) => explained(state, worker, outcome),
        (Purpose::Handoff, Ok(Response::HandoffStarted(id))) => {
            if let Some(Dialog::Handoff(stepper)) = state.mode.dialog_mut() {
                stepper.handoff = Some(id);
            }
        }
        (Purpose::Handoff, Err(failure)) => {
            if matches!(state.mode.dialog(), Some(Dialog::Handoff(_))) {
                opening::close(state);
            }
            complain(state, &failure);
        }
        (Purpose::Chat(_), Ok(Response::Said { .. })) => {}
        (Purpose::Watch, Err(failure)) => not_watched(state, &failure),
        (Purpose::Chat(text), Err(failure)) => {
            if state.chat.draft.is_empty() {
                state.chat.draft = fields::field(&text);
            }
            complain(state, &failure);
        }
        (_, Ok(response)) => tell(state, response),
        (_, Err(failure)) => complain(state, &failure),
    }
}

fn diff(state: &mut State, task: crate::model::TaskId, outcome: Result<Response, Failure>) {
    let text = match outcome {
        Ok(Response::Text(text)) => ReviewText::Lines(opening::diff_lines(&text)),
        Ok(_) => ReviewText::Failed("the daemon answered something else".to_owned()),
        Err(failure) => ReviewText::Failed(failure.to_string()),
    };
    if let Some(Dialog::Review(review)) = state.mode.dialog_mut()
        && review.task == task
    {
        review.text = text;
        review.width = 0;
    }
}

fn explained(state: &mut State, worker: WorkerNumber, outcome: Result<Response, Failure>) {
    let text = match outcome {
        Ok(Response::Explained(view)) => ReviewText::Lines(view.lines()),
        Ok(_) => ReviewText::Failed("the daemon answered something else".to_owned()),
        Err(failure) => ReviewText::Failed(words(&failure)),
    };
    if let Some(Dialog::Explained(open)) = state.mode.dialog_mut()
        && open.worker == worker
    {
        open.text = text;
    }
}

fn tell(state: &mut State, response: Response) {
    if let Response::Done(line) = response
        && !line.is_empty()
    {
        state.toast(&line, false);
    }
}

/// What happened and what can be done.
fn complain(state: &mut State, failure: &Failure) {
    let text = words(failure);
    state.toast(&text, true);
}

fn words(failure: &Failure) -> String {
    match failure.hint() {
        Some(hint) => format!("{failure} - {hint}"),
        None => failure.to_string(),
    }
}
