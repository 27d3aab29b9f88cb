//! What a handoff allows where it stands: one answer for keys, hints and words.

use crate::model::StepState;
use crate::protocol::HandoffView;

use super::dialog::Stepper;
use super::state::State;

/// The place of the step that parks the old session; until then nothing has changed for it.
const PARK: usize = 3;

/// Where a handoff stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody started it yet.
    Unstarted,
    /// Asked for; the daemon has not answered yet.
    Asked,
    /// Steps run that change nothing for the old session.
    Preparing,
    /// All that changes nothing is done: a yes is waited for before the old session is parked.
    Held,
    /// The old session is being replaced.
    Replacing,
    /// A step failed and waits for the person.
    Failed {
        /// Whether it can be left out.
        can_skip: bool,
    },
    /// The fresh session is at work.
    Done,
    /// The old session goes on.
    Cancelled,
}

/// The handoff of a stepper and where it stands.
pub(crate) fn phase(state: &State, stepper: &Stepper) -> Phase {
    let handoff = stepper.handoff.map(|id| state.project.handoffs.iter().find(|handoff| handoff.id == id));
    match handoff {
        None if stepper.asked => Phase::Asked,
        None => Phase::Unstarted,
        // told to have begun, not shown yet
        Some(None) => Phase::Asked,
        Some(Some(handoff)) => phase_of(handoff),
    }
}

/// Where a handoff stands.
pub(crate) fn phase_of(handoff: &HandoffView) -> Phase {
    if handoff.ended {
        return if handoff.succeeded { Phase::Done } else { Phase::Cancelled };
    }
    let failed = handoff.steps.iter().position(|(_, step)| matches!(step, StepState::Failed { .. }));
    if let Some(place) = failed {
        // the brief and the start are what a handoff is; that the next step was understood can be taken on trust
        return Phase::Failed { can_skip: handoff.silent || (place > 0 && place + 1 < handoff.steps.len()) };
    }
    if handoff.held {
        return Phase::Held;
    }
    let parking = handoff.steps.iter().skip(PARK).any(|(_, step)| !matches!(step, StepState::Waiting));
    if parking { Phase::Replacing } else { Phase::Preparing }
}

/// Why a handoff failed, if one of its steps did: the step's name and the reason.
pub(crate) fn failure(handoff: &HandoffView) -> Option<(&str, &str)> {
    handoff.steps.iter().find_map(|(name, step)| match step {
        StepState::Failed { reason } => Some((name.as_str(), reason.as_str())),
        _ => None,
    })
}
