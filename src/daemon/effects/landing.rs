//! Landing: merge in the integration worktree, check the merged tree, move the target to exactly that
//! tree. One landing per project at a time. When the target moved in between, it is merged again.

use std::path::PathBuf;
use std::sync::Arc;

use crate::daemon::Daemon;
use crate::daemon::blocking::blocking;
use crate::daemon::project_settings::{self, Commands};
use crate::engine::EffectResult;
use crate::git::{GitError, Integration, Landing, Repository, with_trailers};
use crate::model::{CheckRun, Project, Task, TaskId, TaskStatus, one_line, sanitize};
use crate::protocol::control::Failure;

use super::checks::{self, Surroundings};
use super::worktree::{label, trailers};

/// How often a landing is tried again because the target moved under it.
const TRIES: u32 = 3;

/// What a landing needs besides git.
struct Place {
    integration: PathBuf,
    surroundings: Surroundings,
    /// For writes to the repository's refs and checkouts; not held while checks run.
    lock: Arc<tokio::sync::Mutex<()>>,
}

/// Lands one task.
pub(super) async fn land(daemon: &Arc<Daemon>, id: TaskId) -> Result<EffectResult, Failure> {
    let (project, _) = daemon.project_and_task(id).await?;
    daemon.tripwire.check(project.id).await;
    let (project, task) = daemon.project_and_task(id).await?;
    if task.status != TaskStatus::Merging {
        return Ok(EffectResult::CheckoutBusy { detail: "it is looked at again".to_owned() });
    }
    let repository = daemon.repository(&project);
    let place = Place {
        integration: daemon.paths.worktrees(&project.name, project.id.0).join("integration"),
        surroundings: Surroundings::of(daemon, &task).await,
        lock: daemon.repository_lock(project.id),
    };
    blocking(move || {
        let repository = repository.open()?;
        if !is_as_shown(&repository, &task)? {
            return Ok(EffectResult::BranchMoved);
        }
        for _ in 0..TRIES {
            if let Some(result) = try_once(&repository, &project, &task, &place)? {
                return Ok::<_, GitError>(result);
            }
        }
        Ok(EffectResult::CheckoutBusy { detail: format!("`{}` keeps moving", project.target) })
    })
    .await
}

/// One try; `None` when the target moved between merge and landing.
fn try_once(
    repository: &Repository,
    project: &Project,
    task: &Task,
    place: &Place,
) -> Result<Option<EffectResult>, GitError> {
    let message = message(task);
    let merged = repository.integrate(&place.integration, &project.target, head(task), &message)?;
    let (commit, tree, target_was) = match merged {
        Integration::UpToDate => return up_to_date(repository, project, task).map(Some),
        Integration::Conflict { files } => return Ok(Some(EffectResult::Conflict { files })),
        Integration::Merged { commit, tree, target_was } => (commit, tree, target_was),
    };
    let runs = match verify(repository, project, task, &tree, place)? {
        Verified::Green(runs) => runs,
        Verified::Not(result) => return Ok(Some(result)),
    };
    let label = label(task, "landed");
    let _turn = place.lock.blocking_lock();
    Ok(match repository.land(&project.target, &target_was, &commit, &label)? {
        Landing::Landed => Some(EffectResult::Landed { commit, runs }),
        Landing::TargetMoved => None,
        Landing::Busy { detail } => Some(EffectResult::CheckoutBusy { detail }),
    })
}

/// What lands: the commit that was checked and shown.
fn head(task: &Task) -> &str {
    task.head.as_deref().unwrap_or(&task.branch)
}

/// Whether branch and worktree still are what was checked and shown. Words typed into a pane after the
/// yes was asked for may have changed them; that is looked at again, not landed and not left behind.
fn is_as_shown(repository: &Repository, task: &Task) -> Result<bool, GitError> {
    match (&task.head, &task.worktree) {
        (Some(head), Some(path)) => {
            let worktree = repository.worktree_at(path)?;
            repository.collect(&worktree)?;
            repository.is_clean_at(&worktree, head)
        }
        _ => Ok(true),
    }
}

/// Nothing is left to merge: either there never was anything, or it landed just before a crash.
fn up_to_date(repository: &Repository, project: &Project, task: &Task) -> Result<EffectResult, GitError> {
    Ok(match repository.landing_of(&project.target, head(task))? {
        Some(commit) => EffectResult::Landed { commit, runs: task.checks.clone() },
        None => EffectResult::NothingToLand,
    })
}

enum Verified {
    Green(Vec<CheckRun>),
    Not(EffectResult),
}

/// The checks of the merged tree: those that ran on exactly this tree count, else they run now.
fn verify(
    repository: &Repository,
    project: &Project,
    task: &Task,
    tree: &str,
    place: &Place,
) -> Result<Verified, GitError> {
    if !task.checks.is_empty() && task.checks.iter().all(|run| run.passed() && run.tree == tree) {
        return Ok(Verified::Green(task.checks.clone()));
    }
    let settings = match project_settings::read(repository, Some(&project.target)) {
        Ok(settings) => settings,
        Err(error) => {
            let kind = crate::model::Explain::kind(&error);
            return Ok(Verified::Not(EffectResult::Failed { kind, detail: error.to_string() }));
        }
    };
    let agreed = match project_settings::checks(repository, project, &settings)? {
        Commands::Agreed(agreed) => agreed,
        Commands::NotAgreed { hash, commands } => {
            return Ok(Verified::Not(EffectResult::CommandsNotTrusted { hash, commands }));
        }
    };
    let site = match place.surroundings.checkout(repository, &place.integration) {
        Ok(site) => site,
        Err(failure) => {
            return Ok(Verified::Not(EffectResult::Failed { kind: failure.kind, detail: failure.message }));
        }
    };
    let runs = checks::run_all(&agreed, &site, tree, &place.surroundings);
    if runs.iter().all(CheckRun::passed) {
        Ok(Verified::Green(runs))
    } else {
        Ok(Verified::Not(EffectResult::MergedTreeFailed { runs }))
    }
}

/// The merge commit's message: what and by whom, findable by its trailers. The words are the agent's: they
/// become plain text, and no trailer of ours.
fn message(task: &Task) -> String {
    let mut message = format!("Merge #{}: {}", task.id, one_line(&task.title));
    if let Some(summary) = &task.summary {
        message.push_str("\n\n");
        message.push_str(sanitize(summary).trim());
    }
    with_trailers(&message, &trailers(task))
}
