//! A copy of a session: an open session of its own, on a seat and in a worktree of its own, whose conversation begins as
//! a copy. What it was copied from goes on as if nothing had happened.

use std::sync::Arc;

use crate::engine::Command;
use crate::git::GitError;
use crate::model::{Autonomy, Fork, Kind, Session, SessionId, SessionMode, Task, WorkerNumber};
use crate::protocol::control::{AddOptions, Failure, Response};

use super::blocking::blocking;
use super::{Daemon, plans};

/// Forks the conversation of a session.
pub(super) async fn session(
    daemon: &Arc<Daemon>,
    id: SessionId,
    worker: Option<WorkerNumber>,
) -> Result<Response, Failure> {
    daemon.agents.refresh().await;
    let wanted = id.clone();
    let found = daemon.core.look(move |state, _| {
        let session = state.sessions.get(&wanted)?.clone();
        let task = session.task.and_then(|task| state.tasks.get(&task)).cloned();
        Some((session, task))
    });
    let (session, task) = found.await?.ok_or_else(|| Failure::of(&crate::engine::Refusal::NoSession(id)))?;
    let conversation = forkable(daemon, &session)?;
    let from = match task {
        Some(task) => tip(daemon, task).await?,
        None => None,
    };
    let at = from.as_ref().map_or_else(|| "the target".to_owned(), |from| from.chars().take(8).collect());
    let title = format!("Fork of worker {} ({})", session.worker, session.agent);
    let options = AddOptions {
        agent: Some(session.agent.clone()),
        autonomy: Some(Autonomy::Manual),
        mode: Some(SessionMode::Interactive),
        worker,
        executor: Some(session.executor),
        open_ended: true,
        fork: Some(Fork { session: session.id.clone(), conversation, from }),
        ..AddOptions::default()
    };
    let made = plans::submit(daemon, session.project, title, options).await?;
    for task in &made.tasks {
        daemon.core.command(Command::Run { task: task.id }).await?;
    }
    let number = made.tasks.first().map(|task| format!(" (#{})", task.id)).unwrap_or_default();
    Ok(Response::Done(format!(
        "a copy of the conversation opens{number}, in a worktree of its own from {at}; what is not committed stays where it is"
    )))
}

/// The conversation, when there is one and the agent can copy it.
fn forkable(daemon: &Daemon, session: &Session) -> Result<String, Failure> {
    let agent = daemon.agents.get(&session.agent).ok_or_else(|| daemon.agents.unknown(&session.agent))?;
    if !agent.can_fork() {
        let able: Vec<String> = daemon.agents.names().into_iter().filter(|name| can_fork(daemon, name)).collect();
        return Err(Failure {
            kind: Kind::Invalid,
            message: format!("{} cannot fork a conversation", agent.definition().title),
            hint: Some(format!("agents that can: {}", able.join(", "))),
        });
    }
    let conversation = session.conversation.clone().filter(|_| session.prompted);
    conversation.ok_or_else(|| Failure {
        kind: Kind::Conflict,
        message: format!("session {} has no conversation yet", session.id.short()),
        hint: Some("wait until its agent has begun its work".to_owned()),
    })
}

fn can_fork(daemon: &Daemon, name: &str) -> bool {
    daemon.agents.get(name).is_some_and(|agent| agent.can_fork())
}

/// The last commit of a task's branch, while it has a worktree.
async fn tip(daemon: &Arc<Daemon>, task: Task) -> Result<Option<String>, Failure> {
    let Some(path) = task.worktree.clone() else { return Ok(None) };
    let project = daemon.project(task.project).await?;
    let opening = daemon.repository(&project);
    blocking(move || {
        let repository = opening.open()?;
        let worktree = repository.worktree_at(&path)?;
        repository.collect(&worktree)?;
        Ok::<_, GitError>(Some(repository.tip_of(&worktree)?))
    })
    .await
}
