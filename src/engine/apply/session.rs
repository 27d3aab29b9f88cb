//! Session news: what runs, where it is shown, how it ended.

use crate::model::{Exit, Session, SessionId, SessionMode, SessionState, StateSource, Timestamp, Verdict, limit_told};

use super::super::{SessionNews, State, Stop};
use super::usage;

pub(super) fn apply(state: &mut State, id: &SessionId, news: &SessionNews, at: Timestamp) {
    usage::session(state, id, news, at);
    match news {
        SessionNews::Created { made, run } => created(state, made, run.clone()),
        SessionNews::Over { state: how, evidence, exit } => over(state, id, (*how, evidence), exit.clone(), at),
        SessionNews::Dismissed { now } if state.live_sessions.contains(id) => {
            state.stops.insert(id.clone(), Stop::Due { now: *now });
        }
        SessionNews::StopFailed { until, .. } if state.live_sessions.contains(id) => {
            state.stops.insert(id.clone(), Stop::Again { at: *until });
        }
        SessionNews::RestartAsked if state.live_sessions.contains(id) => {
            state.restarting.insert(id.clone());
        }
        SessionNews::Archived => {
            state.archiving.remove(id);
        }
        _ => {}
    }
    if let Some(session) = state.sessions.get_mut(id) {
        noted(session, news, at);
    }
}

/// What only the session itself keeps.
fn noted(session: &mut Session, news: &SessionNews, at: Timestamp) {
    match news {
        SessionNews::Started { pid, host, conversation, warnings } => {
            session.warnings.clone_from(warnings);
            session.pid = Some(*pid);
            session.host = Some(*host);
            session.started_at = Some(at);
            if conversation.is_some() {
                session.conversation.clone_from(conversation);
            }
        }
        SessionNews::Adopted { pid, host } => {
            session.pid = Some(*pid);
            session.host = Some(*host);
        }
        SessionNews::Read { verdict } if session.is_live() => session.verdict = verdict.clone(),
        SessionNews::Prompted => session.prompted = true,
        SessionNews::Parked { parked } => {
            session.parked = *parked;
            if session.is_live() {
                let (state, evidence) = if *parked {
                    (SessionState::Paused, "parked, its input is locked")
                } else {
                    (SessionState::Unknown, "unlocked")
                };
                session.verdict = Verdict { state, source: StateSource::Engine, evidence: evidence.to_owned(), at };
            }
        }
        SessionNews::ConversationNamed { conversation } => session.conversation = Some(conversation.clone()),
        SessionNews::ExitNoted { exit } => session.exit = Some(exit.clone()),
        _ => {}
    }
}

fn created(state: &mut State, made: &Session, run: Option<String>) {
    let id = made.id.clone();
    if made.is_live() {
        state.live_sessions.insert(id.clone());
    }
    if let Some(run) = run {
        state.pane_runs.insert(id.clone(), run);
    }
    if let Some(delegation) = made.delegation.and_then(|of| state.delegations.get_mut(&of)) {
        delegation.session = Some(id.clone());
    }
    if let Some(task) = made.task {
        state.resumes.remove(&task);
        state.after_loss.remove(&task);
        state.restart_after.remove(&task);
    }
    if let Some(worker) =
        state.projects.get_mut(&made.project).and_then(|project| project.workers.get_mut(&made.worker))
    {
        worker.session = Some(id.clone());
        worker.manual = made.task.is_none();
    }
    state.sessions.insert(id, made.clone());
}

fn over(state: &mut State, id: &SessionId, how: (SessionState, &str), exit: Option<Exit>, at: Timestamp) {
    let Some(session) = state.sessions.get_mut(id).filter(|session| session.is_live()) else { return };
    session.verdict = Verdict { state: how.0, source: StateSource::Process, evidence: how.1.to_owned(), at };
    session.ended_at = Some(at);
    let failed = failed(session, how.0, exit.as_ref());
    session.exit = exit;
    session.parked = false;
    let (project, number, pane) = (session.project, session.worker, session.task.is_none());
    state.live_sessions.remove(id);
    state.stops.remove(id);
    state.trust_given.remove(id);
    state.restarting.remove(id);
    state.archiving.insert(id.clone());
    let Some(worker) = state.projects.get_mut(&project).and_then(|project| project.workers.get_mut(&number)) else {
        return;
    };
    match failed {
        Some(true) => worker.failures = worker.failures.saturating_add(1),
        Some(false) => worker.failures = 0,
        None => {}
    }
    if pane && worker.session.as_ref() == Some(id) {
        worker.manual = false;
    }
}

/// Whether the end of a session speaks against its worker or for it, if it says either. A command that fails is
/// a result and not a failure of the worker that ran it; a session that could not be started is one. A provider's limit is none.
fn failed(session: &Session, how: SessionState, exit: Option<&Exit>) -> Option<bool> {
    match (how, exit) {
        (SessionState::Crashed, None) => Some(true),
        (SessionState::Crashed, Some(exit))
            if session.mode == SessionMode::Autonomous
                && session.agent != "shell"
                && limit_told(&exit.tail).is_some() =>
        {
            None
        }
        (SessionState::Crashed, Some(exit)) => Some(exit.is_crash() || session.agent != "shell"),
        (SessionState::Exited, Some(exit)) if exit.succeeded() => Some(false),
        _ => None,
    }
}
