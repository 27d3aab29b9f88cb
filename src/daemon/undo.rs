//! Looking at a task's changes, and taking things back.

use std::sync::Arc;

use crate::engine::Fact;
use crate::git::{GitError, Undo, UndoAction};
use crate::model::{AnswerKind, ApprovalId, Project, ProjectId, Subject, TaskId, Timestamp};
use crate::protocol::UndoView;
use crate::protocol::control::{Failure, Response};

use super::Daemon;
use super::blocking::blocking;

/// How many of the latest landings are looked at after something was taken back.
const LOOKED_AT: usize = 100;

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
    let (undos, broken, next) = blocking(move || {
        let repository = repository.open()?;
        Ok::<_, GitError>((repository.undos()?, repository.broken_undos()?, repository.next_undo()?))
    })
    .await?;
    let broken = broken.into_iter().map(|(id, error)| UndoView {
        what: format!("cannot be read and is left alone: {}", reason(&error)),
        id,
        at: String::new(),
        task: None,
        broken: true,
        not: Some("its record cannot be read".to_owned()),
        next: false,
    });
    let views = undos
        .into_iter()
        .rev()
        .map(|undo| UndoView {
            next: next.as_ref() == Some(&undo.id),
            not: why_not(&undo).map(str::to_owned),
            id: undo.id,
            what: undo.what,
            at: Timestamp::rfc3339(undo.at),
            task: undo.task.map(TaskId),
            broken: false,
        })
        .chain(broken)
        .collect();
    Ok(Response::Undos(views))
}

/// Why something cannot be taken back, where its record says so.
fn why_not(undo: &Undo) -> Option<&'static str> {
    match undo.action {
        _ if undo.taken_back => Some("taken back already"),
        UndoAction::Restored { .. } => Some("only made a branch: delete that by hand"),
        _ => None,
    }
}

/// Why a record cannot be read, without its name.
fn reason(error: &GitError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// Takes one thing back: the latest when none is named.
pub(super) async fn undo(daemon: &Arc<Daemon>, id: ProjectId, which: Option<String>) -> Result<Response, Failure> {
    let project = daemon.project(id).await?;
    let repository = daemon.repository(&project);
    let lock = daemon.repository_lock(id);
    let _turn = lock.lock().await;
    let done = blocking(move || repository.open()?.undo(which.as_deref())).await?;
    daemon.note(id, &format!("undone: {done}")).await;
    note_taken_back(daemon, &project).await?;
    Ok(Response::Done(done))
}

/// A yes to putting back what a session changed in the checkout does so, before it counts as answered: what comes in
/// between is answered again, and files that are back already stay so.
pub(super) async fn touched(daemon: &Arc<Daemon>, id: ApprovalId, kind: AnswerKind) -> Result<Option<String>, Failure> {
    let wanted = daemon
        .core
        .look(move |state, _| {
            let approval = state.approvals.get(&id).filter(|approval| approval.is_open())?;
            match &approval.subject {
                Subject::Touched { record, .. } => Some((approval.project, record.clone())),
                _ => None,
            }
        })
        .await?;
    let Some((project, record)) = wanted.filter(|_| kind == AnswerKind::Yes) else { return Ok(None) };
    let repository = daemon.repository(&daemon.project(project).await?);
    let lock = daemon.repository_lock(project);
    let _turn = lock.lock().await;
    let done = blocking(move || match repository.open()?.undo(Some(&record)) {
        Err(GitError::AlreadyUndone { .. }) => Ok("they were put back before".to_owned()),
        other => other,
    })
    .await?;
    daemon.note(project, &done).await;
    Ok(Some(done))
}

/// Tasks whose landing is no longer in the target say so.
async fn note_taken_back(daemon: &Arc<Daemon>, project: &Project) -> Result<(), Failure> {
    let (id, target) = (project.id, project.target.clone());
    let landed: Vec<(TaskId, String)> = daemon
        .core
        .look(move |state, _| {
            let ours = state.tasks.values().rev().filter(|task| task.project == id);
            ours.filter_map(|task| Some((task.id, task.commit.clone()?))).take(LOOKED_AT).collect()
        })
        .await?;
    let repository = daemon.repository(project);
    let gone = blocking(move || {
        let repository = repository.open()?;
        let mut gone = Vec::new();
        for (task, commit) in landed {
            if repository.ahead(&target, &commit)? > 0 {
                gone.push(task);
            }
        }
        Ok::<_, GitError>(gone)
    })
    .await?;
    for task in gone {
        daemon.core.fact(Fact::LandingUndone { task }).await;
    }
    Ok(())
}
