//! Requests that are answered when something has come to rest. They wait for the state's version to
//! count up, never for time to pass.

use crate::engine::{Refusal, State};
use crate::model::{HandoffId, StepState, TaskId, WaitsFor};
use crate::protocol::TaskView;
use crate::protocol::control::{Failure, Response};

use super::blocking::fault;
use super::{Daemon, views};

/// Returns when all tasks are final, or when one of them needs the person.
pub(super) async fn tasks(daemon: &Daemon, wanted: Vec<TaskId>) -> Result<Response, Failure> {
    let mut version = daemon.core.version();
    loop {
        version.mark_unchanged();
        let ids = wanted.clone();
        let (views, over) = daemon.core.look(move |state, _| standing(state, &ids)).await?;
        if let Some(missing) = wanted.iter().find(|id| !views.iter().any(|view| view.id == **id)) {
            return Err(Failure::of(&Refusal::NoTask(*missing)));
        }
        if over {
            return Ok(Response::Tasks(views));
        }
        if version.changed().await.is_err() {
            return Err(fault("the daemon is stopping"));
        }
    }
}

/// The tasks, and whether there is nothing left to wait for.
fn standing(state: &State, ids: &[TaskId]) -> (Vec<TaskView>, bool) {
    let views: Vec<TaskView> =
        ids.iter().filter_map(|id| state.tasks.get(id)).map(|it| views::task(state, it)).collect();
    let all_final = views.iter().all(|view| view.status.is_final());
    let needs_person =
        |view: &TaskView| view.needs.is_some() || matches!(view.waits_on, Some(WaitsFor::You | WaitsFor::Checkout));
    let person_needed = views.iter().any(|view| !view.status.is_final() && needs_person(view));
    // a person is only the answer when nothing goes on without one
    let others_go_on = views.iter().any(|view| !view.status.is_final() && !needs_person(view));
    (views, all_final || (person_needed && !others_go_on))
}

/// Returns when a handoff is over or its step failed.
pub(super) async fn handoff(daemon: &Daemon, id: HandoffId) -> Result<Response, Failure> {
    let mut version = daemon.core.version();
    loop {
        version.mark_unchanged();
        let found = daemon
            .core
            .look(move |state, _| {
                let handoff = state.handoffs.get(&id)?;
                let failed = handoff.steps.iter().any(|step| matches!(step, StepState::Failed { .. }));
                Some((views::handoff(handoff, Vec::new()), failed))
            })
            .await?;
        let Some((view, failed)) = found else {
            return Err(Failure::of(&Refusal::NoHandoff(id)));
        };
        if view.ended || failed {
            return Ok(Response::Handoff(Box::new(view)));
        }
        if version.changed().await.is_err() {
            return Err(fault("the daemon is stopping"));
        }
    }
}
