//! Handoff news: the steps, and whose session the worker's is.

use crate::model::{HandoffId, Restating, SessionId, Timestamp};

use super::super::{HandoffNews, State};

pub(super) fn apply(state: &mut State, id: HandoffId, news: &HandoffNews, at: Timestamp) {
    if let HandoffNews::Began { made } = news {
        state.last_id = state.last_id.max(made.id.0);
        state.open_handoffs.insert(id);
        state.handed_over.entry(made.from.clone()).or_default().push(id);
        state.handoffs.insert(id, made.as_ref().clone());
        return;
    }
    let Some(handoff) = state.handoffs.get_mut(&id) else { return };
    match news {
        HandoffNews::Began { .. } => {}
        HandoffNews::StepMoved { step, to } => *handoff.step_mut(*step) = to.clone(),
        HandoffNews::DocumentWritten { path } => handoff.document = Some(path.clone()),
        HandoffNews::TakenOver { session } => {
            handoff.to = Some(session.clone());
            handoff.restating = Restating::Unasked;
        }
        HandoffNews::Restated { to } => handoff.restating = to.clone(),
        HandoffNews::Released => handoff.held = false,
        HandoffNews::TakenBack => {
            handoff.to = None;
            let from = handoff.from.clone();
            back(state, &from);
        }
        HandoffNews::Ended => {
            handoff.ended_at = Some(at);
            state.open_handoffs.remove(&id);
        }
    }
}

/// The old session is the worker's again.
fn back(state: &mut State, from: &SessionId) {
    let Some(session) = state.sessions.get(from) else { return };
    let (project, number) = (session.project, session.worker);
    if let Some(delegation) = session.delegation.and_then(|of| state.delegations.get_mut(&of)) {
        delegation.session = Some(from.clone());
    }
    if let Some(worker) = state.projects.get_mut(&project).and_then(|project| project.workers.get_mut(&number)) {
        worker.session = Some(from.clone());
    }
}
