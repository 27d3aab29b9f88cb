//! Limits of providers: a session that ran into one is parked where it stands and goes on by itself when the limit
//! resets, or another agent takes over. Nothing is sent before the time, and once each time.

use std::time::Duration;

use crate::model::{
    Exit, Reading, Session, SessionMode, SessionState, Task, TaskStatus, Timestamp, limit_told, reset_at,
};

use super::super::wake::{self, PROVIDER};
use super::super::{EffectKind, Purpose, SessionNews, TaskNews};
use super::turn::Turn;
use super::{handoff, moves};

/// What an agent is told when its limit should be over.
const GO_ON: &str = "continue";

/// A session was read to be at its provider's limit.
pub(super) fn hit(turn: &mut Turn, session: &Session, reading: &Reading) {
    if reading.state != SessionState::Limited || session.mode == SessionMode::Autonomous {
        return;
    }
    let (until, told) = time(turn, &reading.evidence);
    let known = turn.state.ledger.limits.get(&session.id);
    // a screen that says the same again in other words is no other limit; a time is better than none
    if known.is_none_or(|known| told && (!known.told || known.until != until)) {
        turn.session(session, SessionNews::LimitHit { until, told });
    }
}

/// When it goes on, and whether that was said.
fn time(turn: &Turn, words: &str) -> (Timestamp, bool) {
    let rules = &turn.state.rules;
    match reset_at(words, turn.now, rules.utc_offset_s) {
        Some(at) => (at, true),
        None => (turn.now.after(Duration::from_millis(rules.limit_retry_ms)), false),
    }
}

/// Whether a headless run ended at its provider's limit: its task waits, and starts again by itself, as often as a task
/// may be tried.
pub(super) fn ended(turn: &mut Turn, task: &Task, exit: &Exit) -> bool {
    if task.agent == "shell" || task.attempts >= turn.state.rules.max_attempts {
        return false;
    }
    let Some(words) = limit_told(&exit.tail) else { return false };
    let (until, told) = time(turn, &words);
    turn.task(task, TaskNews::LimitHit { until, told });
    moves::again(turn, task);
    true
}

/// Limits that should be over, and those that are long enough for another agent.
pub(super) fn due(turn: &mut Turn) {
    let state = turn.state;
    for (id, limit) in &state.ledger.limits {
        let Some(session) = state.session(id).filter(|session| session.is_live()) else { continue };
        if session.parked || state.stops.contains_key(id) {
            continue;
        }
        if wake::is_due(limit.until, turn.now, PROVIDER) {
            turn.session(session, SessionNews::LimitOver);
            if at_work(turn, session) {
                let text = GO_ON.to_owned();
                turn.request(EffectKind::DeliverPrompt { session: id.clone(), text, purpose: Purpose::GoOn });
            }
        } else if limit.told && limit.until.since(turn.now) >= Duration::from_millis(state.rules.fallback_after_ms) {
            fall_back(turn, session);
        }
    }
}

/// Whether an agent was at work on a task when the limit came. In a plain pane the person goes on.
fn at_work(turn: &Turn, session: &Session) -> bool {
    let task = session.task.and_then(|task| turn.state.task(task));
    task.is_some_and(|task| task.status == TaskStatus::Executing && turn.state.is_current(session))
}

/// Hands the task to the configured other agent, once.
fn fall_back(turn: &mut Turn, session: &Session) {
    let state = turn.state;
    let Some(agent) = state.rules.fallback_agent.clone().filter(|agent| *agent != session.agent) else { return };
    let tried = state.handoffs.values().any(|handoff| handoff.from == session.id && handoff.agent.is_some());
    if !tried && at_work(turn, session) {
        let wish = handoff::Wish { push: false, hold: false, agent: Some(agent) };
        // where it cannot be handed over now it stays parked
        drop(handoff::begin(turn, session.project, session.worker, wish));
    }
}
