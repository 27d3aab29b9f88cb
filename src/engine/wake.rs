//! What time and a restart bring: the next moment at which something is due by itself, and the effects
//! that are still owed to the world.

use crate::model::{HandoffStep, Restating, StepState, TaskStatus, Timestamp};

use super::{Effect, State, Stop};

/// The earliest time at which `Input::Schedule` has something to do that nothing else announces: the next
/// try to land on a busy checkout, the end of a replaced session's time, another try to end a session, or the end of
/// a fresh session's time to say the next step. `None` when there is nothing.
/// What is due already answers `now`.
pub fn next_wake(state: &State, now: Timestamp) -> Option<Timestamp> {
    let landings = state
        .landing_after
        .iter()
        .filter(|(task, _)| state.task(**task).is_some_and(|task| task.status == TaskStatus::Merging))
        .filter(|(task, _)| !state.is_landing(**task))
        .map(|(_, at)| *at);
    let parked = state
        .live()
        .filter(|session| {
            session.task.is_some() && !state.is_current(session) && !state.stops.contains_key(&session.id)
        })
        .filter_map(|session| state.kept_until(session))
        .filter(|until| until.0 < i64::MAX);
    let stops = state.stops.values().filter_map(|stop| match stop {
        Stop::Again { at } => Some(*at),
        Stop::Due { .. } | Stop::Asked => None,
    });
    let restated = state.handoffs.values().filter(|handoff| handoff.ended_at.is_none()).filter_map(|handoff| {
        let runs = matches!(handoff.step(HandoffStep::Start), StepState::Running { .. });
        match handoff.restating {
            Restating::Asked { until } if runs => Some(until),
            _ => None,
        }
    });
    landings.chain(parked).chain(stops).chain(restated).min().map(|at| at.max(now))
}

/// What the outbox owes after a restart, in the order in which it was asked for. All of it can be carried
/// out again: effects are keyed by their ids, and those that must not happen twice are journalled by the host.
pub fn outbox_after_restart(state: &State) -> Vec<Effect> {
    state.outbox.values().cloned().collect()
}
