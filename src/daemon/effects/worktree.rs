//! A task's worktree: made, its leftovers committed, removed with everything in it kept.

use std::path::Path;
use std::sync::Arc;

use crate::daemon::blocking::{blocking, fault};
use crate::daemon::project_settings::{self, Commands};
use crate::daemon::{Daemon, core::now, executors};
use crate::engine::EffectResult;
use crate::git::{Label, Repository};
use crate::model::{Explain, Kind, Project, Task, TaskId, one_line, truncate};
use crate::protocol::control::Failure;

use super::checks::{self, Surroundings};

/// Branch and worktree, ignored files copied in, the setup command run.
pub(super) async fn prepare(daemon: &Arc<Daemon>, id: TaskId, fresh: bool) -> Result<EffectResult, Failure> {
    let (project, task) = daemon.project_and_task(id).await?;
    let repository = daemon.repository(&project);
    let path = daemon.paths.worktrees(&project.name, project.id.0).join(&task.short);
    let surroundings = Surroundings::of(daemon, &task).await;
    blocking(move || {
        let repository = repository.open()?;
        if fresh && let Ok(old) = repository.worktree_at(&path) {
            repository.remove_worktree(&old, &label(&task, "started afresh"))?;
        }
        let from = task.fork.as_ref().and_then(|fork| fork.from.as_deref()).unwrap_or(&project.target);
        let worktree = repository.add_worktree(&path, &task.branch, from)?;
        if let Some(result) = furnish(&repository, &project, &worktree.path, &surroundings) {
            return Ok::<_, crate::git::GitError>(result);
        }
        Ok(EffectResult::WorktreeReady { path: worktree.path, branch: worktree.branch, base: worktree.base })
    })
    .await
}

/// Copies the configured ignored files and runs the setup command, when the person agreed to it. A
/// result only when something stands in the way.
fn furnish(
    repository: &Repository,
    project: &Project,
    worktree: &Path,
    surroundings: &Surroundings,
) -> Option<EffectResult> {
    let settings = match project_settings::read(repository, Some(&project.target)) {
        Ok(settings) => settings,
        Err(error) => return Some(EffectResult::Failed { kind: error.kind(), detail: error.to_string() }),
    };
    for name in &settings.copy {
        if let Err(error) = repository.copy_ignored(worktree, name) {
            tracing::warn!(%error, name, "a configured file was not copied into the worktree");
        }
    }
    let setup = settings.setup.as_deref()?;
    match project_settings::checks(repository, project, &settings) {
        Ok(Commands::NotAgreed { hash, commands }) => return Some(EffectResult::CommandsNotTrusted { hash, commands }),
        Ok(Commands::Agreed(_)) => {}
        Err(error) => return Some(EffectResult::Failed { kind: error.kind(), detail: error.to_string() }),
    }
    let site = match surroundings.worktree(repository, worktree) {
        Ok(site) => site,
        Err(failure) => return Some(EffectResult::Failed { kind: failure.kind, detail: failure.message }),
    };
    let ran = checks::run_one(&project_settings::check(setup), &site, "", surroundings);
    (!ran.passed()).then(|| EffectResult::Failed {
        kind: Kind::Unavailable,
        detail: format!("the setup command `{setup}` failed: {}", truncate(&one_line(&ran.log), 400)),
    })
}

/// Commits what the agent left, and says what the branch holds.
pub(super) async fn commit_leftovers(daemon: &Arc<Daemon>, id: TaskId) -> Result<EffectResult, Failure> {
    let (project, task) = daemon.project_and_task(id).await?;
    let repository = daemon.repository(&project);
    blocking(move || {
        let repository = repository.open()?;
        let Some(path) = &task.worktree else {
            return Ok::<_, crate::git::GitError>(EffectResult::Committed { head: String::new(), ahead: 0 });
        };
        let worktree = repository.worktree_at(path)?;
        repository.collect(&worktree)?;
        repository.commit_leftovers(&worktree, &task.title, &trailers(&task))?;
        repository.hand_back(&worktree, &project.target)?;
        let head = repository.tip_of(&worktree)?;
        let base = task.base.clone().unwrap_or_else(|| worktree.base.clone());
        let ahead = repository.ahead(&base, &head)?;
        Ok(EffectResult::Committed { head, ahead })
    })
    .await
}

/// What every commit of ours says of its origin.
pub(super) fn trailers(task: &Task) -> Vec<(String, String)> {
    let mut trailers = vec![
        ("Quarterdeck-Task".to_owned(), task.id.to_string()),
        ("Quarterdeck-Agent".to_owned(), task.agent.clone()),
    ];
    if let Some(delegation) = task.delegation {
        trailers.push(("Quarterdeck-Delegation".to_owned(), delegation.to_string()));
    }
    if let Some(model) = &task.model {
        trailers.push(("Quarterdeck-Model".to_owned(), model.clone()));
    }
    trailers
}

/// Removes the worktree; what was in it is kept under a hidden ref.
pub(super) async fn remove(daemon: &Arc<Daemon>, id: TaskId) -> Result<EffectResult, Failure> {
    let (project, task) = daemon.project_and_task(id).await?;
    let lock = daemon.repository_lock(project.id);
    let _turn = lock.lock().await;
    let repository = daemon.repository(&project);
    let path = task.worktree.clone().ok_or_else(|| fault("the task has no worktree"))?;
    let swept = Arc::clone(daemon);
    blocking(move || {
        let repository = repository.open()?;
        let kept = repository.remove_worktree_at(&path, &label(&task, "removed the worktree of"))?;
        executors::sweep(&swept, task.id);
        Ok::<_, crate::git::GitError>(EffectResult::Removed { kept })
    })
    .await
}

/// What an undo record says about an act on a task.
pub(super) fn label(task: &Task, act: &str) -> Label {
    Label { what: format!("{act} #{} {}", task.id, task.title), task: Some(task.id.0), at: now() }
}
