//! A session for an attempt, and what must be there before: its worktree.

use crate::model::{
    Delegation, DelegationStatus, Session, SessionId, SessionState, StateSource, Task, TaskStatus, Verdict,
};

use super::super::{EffectKind, SessionNews};
use super::turn::Turn;

/// How a session begins.
pub(super) enum Opening {
    /// In a conversation of its own.
    Fresh,
    /// In this conversation, told its brief.
    GoOn(String),
    /// In this conversation, whose session was lost.
    Resume(String),
    /// In a copy of this conversation.
    Fork(String),
}

impl Opening {
    /// After a loss: in the conversation, where there is one.
    pub(super) fn after(session: &Session) -> Self {
        session.conversation.clone().map_or(Opening::Fresh, Opening::Resume)
    }
}

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

/// How the next session of a task is to begin.
pub(super) fn planned(turn: &Turn, task: &Task) -> Opening {
    match turn.state.resumes.get(&task.id) {
        None => task.fork.as_ref().map_or(Opening::Fresh, |fork| Opening::Fork(fork.conversation.clone())),
        Some(conversation) if turn.state.after_loss.contains(&task.id) => Opening::Resume(conversation.clone()),
        Some(conversation) => Opening::GoOn(conversation.clone()),
    }
}

/// A session for an attempt, and the effect that starts it.
pub(super) fn launch(turn: &mut Turn, task: &Task, delegation: &Delegation, opening: Opening) -> SessionId {
    let id = turn.next_session();
    let (resume, resumed, forks) = match opening {
        Opening::Fresh => (None, false, false),
        Opening::GoOn(conversation) => (Some(conversation), false, false),
        Opening::Resume(conversation) => (Some(conversation), true, false),
        Opening::Fork(conversation) => (Some(conversation), false, true),
    };
    let made = Session {
        warnings: Vec::new(),
        id: id.clone(),
        project: task.project,
        task: Some(task.id),
        delegation: Some(delegation.id),
        worker: delegation.worker,
        agent: delegation.agent.clone(),
        mode: task.mode,
        executor: task.executor,
        // the copy has a name of its own
        conversation: resume.clone().filter(|_| !forks),
        pid: None,
        host: None,
        verdict: starting(turn),
        resumed,
        prompted: false,
        parked: false,
        created_at: turn.now,
        started_at: None,
        ended_at: None,
        exit: None,
    };
    let session = made.clone();
    turn.session(&session, SessionNews::Created { made: Box::new(made), run: None });
    let start = EffectKind::StartSession { session: id.clone(), resume, forks };
    turn.request_for(Some(task.project), Some(task.id), start);
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
