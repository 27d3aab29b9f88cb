//! From a worker to a working agent: worktree, session, brief; and the worktree's end.

use crate::model::{
    Delegation, DelegationStatus, Restating, Session, SessionId, SessionMode, SessionState, StateSource, StatusReason,
    Task, TaskId, TaskStatus, Verdict,
};

use super::super::{EffectKind, EffectResult, HandoffNews, Purpose, SessionNews, TaskNews, brief};
use super::turn::Turn;
use super::{handoff, moves, verify};

/// Asks for the worktree of a task that starts: the one it has, or one from the target as it is now.
pub(super) fn prepare(turn: &mut Turn, task: &Task) {
    let fresh = turn.state.fresh.contains(&task.id);
    turn.request(EffectKind::PrepareWorktree { task: task.id, fresh });
}

/// The attempt that waits for its worktree.
pub(super) fn awaiting<'a>(turn: &Turn<'a>, task: &Task) -> Option<&'a Delegation> {
    turn.state.delegation_of(task).filter(|delegation| {
        task.status == TaskStatus::Executing
            && delegation.session.is_none()
            && delegation.status == DelegationStatus::Spawning
    })
}

/// The worktree is there, or not. A setup command that was never agreed to is asked for; the task is held.
pub(super) fn prepared(turn: &mut Turn, id: TaskId, result: EffectResult) {
    let state = turn.state;
    let Some(task) = state.task(id) else { return };
    match (result, awaiting(turn, task)) {
        (EffectResult::WorktreeReady { path, branch, base }, waiting) => {
            turn.task(task, TaskNews::WorktreeMade { path, branch, base });
            if let Some(delegation) = waiting {
                launch(turn, task, delegation, state.resumes.get(&id).cloned());
            }
        }
        (EffectResult::CommandsNotTrusted { hash, commands }, Some(_)) => verify::hold(turn, task, hash, commands),
        (other, Some(_)) => moves::to_review(turn, task, StatusReason::WorldFailed { detail: other.detail() }),
        (_, None) => {}
    }
}

/// A session for an attempt, and the effect that starts it.
pub(super) fn launch(turn: &mut Turn, task: &Task, delegation: &Delegation, resume: Option<String>) -> SessionId {
    let id = turn.next_session();
    let made = Session {
        id: id.clone(),
        project: task.project,
        task: Some(task.id),
        delegation: Some(delegation.id),
        worker: delegation.worker,
        agent: delegation.agent.clone(),
        mode: task.mode,
        conversation: resume.clone(),
        pid: None,
        host: None,
        verdict: starting(turn),
        prompted: false,
        parked: false,
        created_at: turn.now,
        started_at: None,
        ended_at: None,
        exit: None,
    };
    let session = made.clone();
    turn.session(&session, SessionNews::Created { made: Box::new(made), run: None });
    turn.request_for(Some(task.project), Some(task.id), EffectKind::StartSession { session: id.clone(), resume });
    id
}

/// What is said of a session before anything is known.
pub(super) fn starting(turn: &Turn) -> Verdict {
    Verdict {
        state: SessionState::Starting,
        source: StateSource::Engine,
        evidence: "asked to start".to_owned(),
        at: turn.now,
    }
}

/// The agent runs, or could not be started.
pub(super) fn started(turn: &mut Turn, id: &SessionId, resume: Option<&str>, result: EffectResult) {
    let state = turn.state;
    let Some(session) = state.session(id).filter(|session| session.is_live()) else { return };
    let task = session.task.and_then(|task| state.task(task));
    let at_work = task.filter(|task| task.status == TaskStatus::Executing && state.is_current(session));
    match result {
        EffectResult::SessionStarted { pid, host, conversation, reports } => {
            turn.session(session, SessionNews::Started { pid, host, conversation });
            if let Some(task) = at_work.filter(|_| !state.stops.contains_key(id)) {
                if !reports {
                    restate_nothing(turn, task, session);
                }
                begin(turn, task, session, resume);
            }
        }
        other => {
            let detail = other.detail();
            let evidence = format!("could not be started: {detail}");
            turn.session(session, SessionNews::Over { state: SessionState::Crashed, evidence, exit: None });
            if let Some(task) = at_work.filter(|_| !handoff::start_failed(turn, session, &detail)) {
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
fn begin(turn: &mut Turn, task: &Task, session: &Session, resume: Option<&str>) {
    let state = turn.state;
    let handoff = state.handoff_of(task.id).filter(|handoff| handoff.to.as_ref() == Some(&session.id));
    if session.mode == SessionMode::Autonomous || (task.open_ended && handoff.is_none()) {
        turn.session(session, SessionNews::Prompted);
        turn.task(task, TaskNews::DelegationMoved { status: DelegationStatus::Running });
        return;
    }
    let text = match handoff {
        Some(handoff) => brief::take_over(task, handoff),
        None if resume.is_some() && state.restarts.contains_key(&task.id) => brief::RESUMED.to_owned(),
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
