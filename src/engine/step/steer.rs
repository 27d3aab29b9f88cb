//! What the person does about a handoff: go on, try a failed step again, leave it out, stop it, or take the
//! worker back.

use crate::model::{Handoff, HandoffControl, HandoffId, HandoffStep, Session, StepState, TaskStatus};

use super::super::{HandoffNews, Refusal};
use super::handoff::{advance, done, enter, step_to, take_back};
use super::restate;
use super::turn::Turn;

pub(super) fn steer(turn: &mut Turn, id: HandoffId, control: HandoffControl) -> Result<(), Refusal> {
    let handoff = turn.state.handoffs.get(&id).ok_or(Refusal::NoHandoff(id))?;
    match control {
        HandoffControl::Cancel => cancel(turn, handoff),
        HandoffControl::Retry => retry(turn, handoff),
        HandoffControl::Skip => skip(turn, handoff),
        HandoffControl::Continue => go_on(turn, handoff),
    }
}

fn no(why: &str) -> Refusal {
    Refusal::HandoffNotSteerable(why.to_owned())
}

/// The step that has failed and waits for the person.
fn failed_step(handoff: &Handoff) -> Result<HandoffStep, Refusal> {
    let step = handoff
        .current()
        .filter(|step| handoff.ended_at.is_none() && matches!(handoff.step(*step), StepState::Failed { .. }));
    step.ok_or_else(|| no("no step of it has failed"))
}

/// Parks the old session, which waited for this.
fn go_on(turn: &mut Turn, handoff: &Handoff) -> Result<(), Refusal> {
    if !handoff.waits_for_yes() {
        return Err(no("it does not wait for a yes"));
    }
    turn.handoff(handoff, HandoffNews::Released);
    enter(turn, &Handoff { held: false, ..handoff.clone() }, HandoffStep::Park);
    Ok(())
}

/// Tries the failed step again. A fresh session that runs is asked again what comes next; else a start is tried
/// with the old session parked again.
fn retry(turn: &mut Turn, handoff: &Handoff) -> Result<(), Refusal> {
    let step = failed_step(handoff)?;
    if step != HandoffStep::Start {
        enter(turn, handoff, step);
    } else if let Some(fresh) = restate::silent(turn.state, handoff) {
        restate::ask_again(turn, handoff, fresh);
    } else {
        step_to(turn, handoff, step, StepState::Waiting);
        enter(turn, handoff, HandoffStep::Park);
    }
    Ok(())
}

fn skip(turn: &mut Turn, handoff: &Handoff) -> Result<(), Refusal> {
    let step = failed_step(handoff)?;
    if step == HandoffStep::Start && restate::silent(turn.state, handoff).is_some() {
        done(turn, handoff, step, "accepted by you; the next step was not restated".to_owned());
        return Ok(());
    }
    if matches!(step, HandoffStep::Brief | HandoffStep::Start) {
        return Err(no("this step cannot be left out"));
    }
    step_to(turn, handoff, step, StepState::Skipped { reason: "by you".to_owned() });
    advance(turn, handoff, step);
    Ok(())
}

/// Stops a handoff, or takes the worker back after one while the old session is still kept.
fn cancel(turn: &mut Turn, handoff: &Handoff) -> Result<(), Refusal> {
    let state = turn.state;
    if handoff.ended_at.is_none() {
        if handoff.to.is_some() {
            take_back(turn, handoff);
        }
        turn.handoff(handoff, HandoffNews::Ended);
        return Ok(());
    }
    let kept = handoff.to.is_some()
        && state.session(&handoff.from).is_some_and(Session::is_live)
        && !state.stops.contains_key(&handoff.from);
    let fresh =
        handoff.to.as_ref().and_then(|session| state.session(session)).is_some_and(|session| state.is_current(session));
    let at_work = state.task(handoff.task).is_some_and(|task| task.status == TaskStatus::Executing);
    if kept && fresh && at_work && state.handoff_of(handoff.task).is_none() {
        take_back(turn, handoff);
        return Ok(());
    }
    Err(no("it is over"))
}
