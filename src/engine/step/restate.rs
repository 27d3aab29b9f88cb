//! Step 5's check: the fresh session of a handoff says the next step back before the old one is let go. It does so
//! with `qd report progress "next: …"`; an agent that cannot report counts once it was seen at work.

use std::time::Duration;

use crate::model::{
    Handoff, HandoffStep, Restating, Session, SessionState, StepState, Subject, one_line, spoken, truncate,
};

use super::super::{EffectKind, HandoffNews, Purpose, State, brief, wake};
use super::handoff::{done, step_to};
use super::turn::Turn;

/// The longest restated step that is kept, in characters.
const LONGEST: usize = 300;

/// Where the fresh sessions stand: one that has begun is waited for, one that said the next step has passed.
pub(super) fn settle(turn: &mut Turn) {
    let state = turn.state;
    for handoff in state.handing_over() {
        let asked = matches!(handoff.restating, Restating::Asked { .. });
        let fresh = handoff.to.as_ref().and_then(|session| state.session(session));
        let fresh = fresh.filter(|session| session.is_live() && (asked || has_begun(session)));
        if let Some(fresh) = fresh.filter(|_| matches!(handoff.step(HandoffStep::Start), StepState::Running { .. })) {
            judge(turn, handoff, fresh);
        }
    }
}

/// It has its prompt and was seen at work.
fn has_begun(session: &Session) -> bool {
    let at_work = matches!(
        session.verdict.state,
        SessionState::Working | SessionState::WaitingInput | SessionState::WaitingPermission
    );
    session.prompted && at_work
}

fn judge(turn: &mut Turn, handoff: &Handoff, fresh: &Session) {
    let patience = Duration::from_millis(turn.state.rules.restate_ms);
    let asked = Restating::Asked { until: turn.now.after(patience) };
    match &handoff.restating {
        Restating::Said { next } => done(turn, handoff, HandoffStep::Start, format!("next: {next}")),
        Restating::Unable => {
            done(turn, handoff, HandoffStep::Start, "started; this agent can't restate the next step".to_owned());
        }
        Restating::Unasked if patience.is_zero() => {
            done(turn, handoff, HandoffStep::Start, "the fresh session has begun".to_owned());
        }
        Restating::Unasked => turn.handoff(handoff, HandoffNews::Restated { to: asked }),
        Restating::Asked { until } if !wake::is_due(*until, turn.now, patience) => {}
        // it cannot go on before the person has answered it
        Restating::Asked { .. } if waits_for_person(turn.state, fresh) => {
            turn.handoff(handoff, HandoffNews::Restated { to: asked });
        }
        Restating::Asked { .. } => {
            let reason = format!("no restated next step in {}", spoken(patience));
            step_to(turn, handoff, HandoffStep::Start, StepState::Failed { reason });
        }
    }
}

/// Whether a session asks the person something.
fn waits_for_person(state: &State, session: &Session) -> bool {
    let asks = |subject: &Subject| match subject {
        Subject::Dialog { session: of, .. }
        | Subject::Question { session: of, .. }
        | Subject::Held { session: of, .. } => *of == session.id,
        _ => false,
    };
    session.verdict.state == SessionState::WaitingPermission || state.waiting().any(|approval| asks(&approval.subject))
}

/// A progress line of a session: the next step, when it is the fresh one of a handoff and says so. Late is not
/// too late: until the person has decided it still counts.
pub(super) fn heard(turn: &mut Turn, session: &Session, text: &str) {
    let state = turn.state;
    let handoff = session.task.and_then(|task| state.handoff_of(task));
    let Some(handoff) = handoff.filter(|handoff| handoff.to.as_ref() == Some(&session.id)) else { return };
    let Some(next) = next_step(text) else { return };
    turn.handoff(handoff, HandoffNews::Restated { to: Restating::Said { next: next.clone() } });
    if silent(state, handoff).is_some() {
        done(turn, handoff, HandoffStep::Start, format!("next: {next}"));
    }
}

/// What stands after `next:` (or `next step:`, `next step is`), on one line.
fn next_step(text: &str) -> Option<String> {
    let text = one_line(text);
    let lower = text.to_ascii_lowercase();
    let after = |prefix: &str| lower.strip_prefix(prefix).and_then(|rest| text.get(text.len() - rest.len()..));
    let rest = ["next step is", "next step", "next"].iter().find_map(|prefix| after(prefix))?;
    let said = rest.trim_start_matches([':', '-', '–', '—', ' ']);
    let parted = rest.starts_with([':', '-', '–', '—', ' ']);
    let worth = parted && said.chars().any(char::is_alphanumeric);
    worth.then(|| truncate(said.trim_end(), LONGEST))
}

/// The fresh session that runs although its time to say the next step has run out.
pub(super) fn silent<'a>(state: &'a State, handoff: &Handoff) -> Option<&'a Session> {
    let failed = matches!(handoff.step(HandoffStep::Start), StepState::Failed { .. });
    let fresh = handoff.to.as_ref().and_then(|session| state.session(session));
    fresh.filter(|session| failed && session.is_live() && !state.stops.contains_key(&session.id))
}

/// Asks a fresh session that said nothing once more.
pub(super) fn ask_again(turn: &mut Turn, handoff: &Handoff, fresh: &Session) {
    let since = turn.now;
    step_to(turn, handoff, HandoffStep::Start, StepState::Running { since });
    turn.handoff(handoff, HandoffNews::Restated { to: Restating::Unasked });
    let text = brief::RESTATE.to_owned();
    turn.request(EffectKind::DeliverPrompt { session: fresh.id.clone(), text, purpose: Purpose::Message });
}
