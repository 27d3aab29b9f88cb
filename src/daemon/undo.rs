//! Looking at a task's changes, and taking things back.

use std::sync::Arc;

use crate::model::{ProjectId, TaskId, Timestamp};
use crate::protocol::UndoView;
use crate::protocol::control::{Failure, Response};

use super::Daemon;
use super::blocking::blocking;

/// The task's changes against where its branch started, as unified diff text.
pub(super) async fn diff(daemon: &Arc<Daemon>, id: TaskId) -> Result<Response, Failure> {
    let (project, task) = daemon.project_and_task(id).await?;
    let repository = daemon.repository(&project);
    let text = blocking(move || {
        let repository = repository.open()?;
        let Some(base) = task.base else { return Ok(String::new()) };
        let head = task.commit.or(task.head).unwrap_or(task.branch);
        repository.diff(&base, &head)
    })
    .await?;
    Ok(Response::Text(text))
}

/// What can be undone in a project, the latest first.
pub(super) async fn list(daemon: &Arc<Daemon>, id: ProjectId) -> Result<Response, Failure> {
    let project = daemon.project(id).await?;
    let repository = daemon.repository(&project);
    let undos = blocking(move || repository.open()?.undos()).await?;
    let views = undos
        .into_iter()
        .map(|undo| UndoView {
            id: undo.id,
            what: undo.what,
            at: Timestamp::rfc3339(undo.at),
            task: undo.task.map(TaskId),
        })
        .collect();
    Ok(Response::Undos(views))
}

/// Takes one thing back: the latest when none is named.
pub(super) async fn undo(daemon: &Arc<Daemon>, id: ProjectId, which: Option<String>) -> Result<Response, Failure> {
    let project = daemon.project(id).await?;
    let repository = daemon.repository(&project);
    let lock = daemon.repository_lock(id);
    let _turn = lock.lock().await;
    let done = blocking(move || repository.open()?.undo(which.as_deref())).await?;
    daemon.note(id, &format!("undone: {done}")).await;
    Ok(Response::Done(done))
}
