//! What time and a restart bring: the next moment at which something is due by itself, and the effects
//! that are still owed to the world.
//!
//! Moments are those of the wall clock, and that can be set. Every wait here has a longest length; a moment that
//! lies farther ahead than that was computed before the clock was set back, and is due.

use std::time::Duration;

use crate::model::{BudgetScope, HandoffStep, Restating, SessionId, StepState, TaskId, TaskStatus, Timestamp};

use super::ledger::MINUTE;
use super::{Effect, State, Stop};

/// The longest wait for another try to land.
pub(super) const LANDING: Duration = Duration::from_secs(60);
/// The longest wait for another try to end a session.
pub(super) const STOPPING: Duration = Duration::from_secs(60);
/// The longest pause before a session is started again.
pub(super) const RESTART: Duration = Duration::from_secs(60);

/// The longest wait for a provider's limit.
pub(super) const PROVIDER: Duration = Duration::from_secs(8 * 24 * 3600);

/// Whether a moment has come, for a wait that takes `longest` at most.
pub(super) fn is_due(at: Timestamp, now: Timestamp, longest: Duration) -> bool {
    at <= now || at > now.after(longest)
}

/// The earliest time at which `Input::Schedule` has something to do that nothing else announces: the next try to
/// land on a busy checkout, the end of a replaced session's time, another try to end a session, the end of a pause,
/// a session that has rested long enough, the end of a fresh session's time to say the next step, a seat that is not needed. `None` when there is nothing.
/// What is due already answers `now`.
pub fn next_wake(state: &State, now: Timestamp) -> Option<Timestamp> {
    let landings = state
        .landing_after
        .iter()
        .filter(|(task, _)| state.task(**task).is_some_and(|task| task.status == TaskStatus::Merging))
        .filter(|(task, _)| !state.is_landing(**task))
        .map(|(_, at)| (*at, LANDING));
    let kept = Duration::from_millis(state.rules.take_back_ms);
    let parked = state
        .live()
        .filter(|session| {
            session.task.is_some() && !state.is_current(session) && !state.stops.contains_key(&session.id)
        })
        .filter_map(|session| state.kept_until(session))
        .filter(|until| until.0 < i64::MAX)
        .map(|until| (until, kept));
    let stops = state.stops.values().filter_map(|stop| match stop {
        Stop::Again { at } => Some((*at, STOPPING)),
        Stop::Due { .. } | Stop::Asked => None,
    });
    let restarts = state.restart_after.values().map(|at| (*at, RESTART));
    let waits = landings.chain(parked).chain(stops).chain(restarts).chain(restated(state));
    let waits = waits.chain(resting(state)).chain(spare(state)).chain(limited(state, now)).chain(paced(state, now));
    waits.map(|(at, longest)| if is_due(at, now, longest) { now } else { at }).min()
}

/// When limits of providers should be over, and when one that is long enough for another agent is.
fn limited(state: &State, now: Timestamp) -> impl Iterator<Item = (Timestamp, Duration)> {
    let listens = |id: &&SessionId| {
        state.session(id).is_some_and(|session| session.is_live() && !session.parked) && !state.stops.contains_key(*id)
    };
    let sessions = state.ledger.limits.iter().filter(move |(id, _)| listens(id)).map(|(_, limit)| limit.until);
    let ready = |task: &TaskId| state.ready_since.contains_key(task);
    let tasks = state.ledger.held.iter().filter(move |(task, _)| ready(task)).map(|(_, limit)| limit.until);
    // a task that could start since then waits for something else, which announces itself
    sessions.map(|until| (until, PROVIDER)).chain(tasks.filter(move |at| *at > now).map(|until| (until, PROVIDER)))
}

/// When the pace of a provider lets the next ready task begin, and when a new day has its own budget.
fn paced(state: &State, now: Timestamp) -> impl Iterator<Item = (Timestamp, Duration)> {
    let waiting = state.ready_since.keys().filter_map(|task| state.task(*task));
    let starts = waiting.filter_map(move |task| state.held_by_pace(&task.agent, now));
    let day = state.budget(BudgetScope::Day, now);
    let tomorrow = Some(state.rules.tomorrow(now)).filter(|_| day.is_over());
    let begins = tomorrow.map(|at| (at, Duration::from_secs(86_400)));
    starts.map(|at| (at, MINUTE)).chain(begins)
}

/// When fresh sessions of handoffs should have said the next step back.
fn restated(state: &State) -> impl Iterator<Item = (Timestamp, Duration)> {
    let longest = Duration::from_millis(state.rules.restate_ms);
    state.handing_over().filter_map(move |handoff| {
        let runs = matches!(handoff.step(HandoffStep::Start), StepState::Running { .. });
        match handoff.restating {
            Restating::Asked { until } if runs => Some((until, longest)),
            _ => None,
        }
    })
}

/// When sessions that have nothing to do have rested long enough.
fn resting(state: &State) -> impl Iterator<Item = (Timestamp, Duration)> {
    let patience = Duration::from_millis(state.rules.idle_ms);
    let resting = state.live().filter(move |session| !patience.is_zero() && state.is_resting(session));
    resting.map(move |session| (session.verdict.at.after(patience), patience))
}

/// When seats that were added by themselves go again.
fn spare(state: &State) -> impl Iterator<Item = (Timestamp, Duration)> {
    let patience = Duration::from_millis(state.rules.retire_ms);
    let waiting = |project| state.open().any(|task| task.project == project && task.status == TaskStatus::Ready);
    let spare = state.spare_seats().into_iter().filter(move |(project, _, _)| !waiting(*project));
    spare.map(move |(_, _, since)| (since.unwrap_or(Timestamp(i64::MIN)).after(patience), patience))
}

/// What the outbox owes after a restart, in the order in which it was asked for. All of it can be carried
/// out again: effects are keyed by their ids, and those that must not happen twice are journalled by the host.
pub fn outbox_after_restart(state: &State) -> Vec<Effect> {
    state.outbox.values().cloned().collect()
}
