//! From a worker to a working agent: what came of its worktree and its start, its brief; and the worktree's end.

use crate::model::{
    DelegationStatus, Restating, Session, SessionId, SessionMode, SessionState, StatusReason, Task, TaskId, TaskStatus,
};

use super::super::{EffectKind, EffectResult, HandoffNews, Purpose, SessionNews, TaskNews, brief};
use super::turn::Turn;
use super::{commands, handoff, launch, moves, reroute};

/// The worktree is there, or not. A setup command that was never agreed to is asked for; the task is held.
pub(super) fn prepared(turn: &mut Turn, id: TaskId, result: EffectResult) {
    let state = turn.state;
    let Some(task) = state.task(id) else { return };
    match (result, launch::awaiting(turn, task)) {
        (EffectResult::WorktreeReady { path, branch, base }, waiting) => {
            turn.task(task, TaskNews::WorktreeMade { path, branch, base });
            if let Some(delegation) = waiting {
                let opening = launch::planned(turn, task);
                launch::launch(turn, task, delegation, opening);
            }
        }
        (EffectResult::CommandsNotTrusted { hash, commands }, Some(_)) => commands::hold(turn, task, hash, commands),
        (other, Some(_)) => moves::to_review(turn, task, StatusReason::WorldFailed { detail: other.detail() }),
        (_, None) => {}
    }
}

/// The agent runs, or could not be started.
pub(super) fn started(turn: &mut Turn, id: &SessionId, result: EffectResult) {
    let state = turn.state;
    let Some(session) = state.session(id).filter(|session| session.is_live()) else { return };
    let task = session.task.and_then(|task| state.task(task));
    let at_work = task.filter(|task| task.status == TaskStatus::Executing && state.is_current(session));
    match result {
        EffectResult::SessionStarted { pid, host, conversation, reports, warnings } => {
            turn.session(session, SessionNews::Started { pid, host, conversation, warnings });
            if let Some(task) = at_work.filter(|_| !state.stops.contains_key(id)) {
                if !reports {
                    restate_nothing(turn, task, session);
                }
                begin(turn, task, session);
            }
        }
        other => {
            let missing = matches!(other, EffectResult::AgentMissing { .. });
            let detail = other.detail();
            let evidence = format!("could not be started: {detail}");
            turn.session(session, SessionNews::Over { state: SessionState::Crashed, evidence, exit: None });
            let handed_over = at_work.is_some() && handoff::start_failed(turn, session, &detail);
            if let Some(task) = at_work.filter(|task| !(handed_over || missing && reroute::next(turn, task, session))) {
                moves::to_review(turn, task, StatusReason::AgentFailed { detail });
            }
        }
    }
}

/// The fresh session of a handoff cannot report, so it is not waited for.
fn restate_nothing(turn: &mut Turn, task: &Task, session: &Session) {
    let handoff = turn.state.handoff_of(task.id).filter(|handoff| handoff.to.as_ref() == Some(&session.id));
    if let Some(handoff) = handoff {
        turn.handoff(handoff, HandoffNews::Restated { to: Restating::Unable });
    }
}

/// The first words for an agent that runs; a headless one got them with its start, and in an open session the
/// person speaks first.
fn begin(turn: &mut Turn, task: &Task, session: &Session) {
    let state = turn.state;
    let handoff = state.handoff_of(task.id).filter(|handoff| handoff.to.as_ref() == Some(&session.id));
    if session.mode == SessionMode::Autonomous || (task.open_ended && handoff.is_none()) {
        turn.session(session, SessionNews::Prompted);
        turn.task(task, TaskNews::DelegationMoved { status: DelegationStatus::Running });
        return;
    }
    let text = match handoff {
        Some(handoff) => brief::take_over(task, handoff),
        None if session.resumed => brief::RESUMED.to_owned(),
        None => state.delegation_of(task).map(|delegation| delegation.context.clone()).unwrap_or_default(),
    };
    turn.task(task, TaskNews::DelegationMoved { status: DelegationStatus::InjectingContext });
    turn.request(EffectKind::DeliverPrompt { session: session.id.clone(), text, purpose: Purpose::Brief });
}

/// The worktree is gone, or stays.
pub(super) fn removed(turn: &mut Turn, id: TaskId, result: EffectResult) {
    let Some(task) = turn.state.task(id) else { return };
    match result {
        EffectResult::Removed { kept } => turn.task(task, TaskNews::WorktreeRemoved { kept }),
        other => turn.task(task, TaskNews::WorktreeLeft { detail: other.detail() }),
    }
}
