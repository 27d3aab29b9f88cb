//! The steps of a handoff that touch the world: the document from facts, the commit after the turn's
//! end, the push.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::daemon::blocking::{blocking, fault};
use crate::daemon::links::Ask;
use crate::daemon::{Daemon, core::now};
use crate::engine::EffectResult;
use crate::git::{GitError, Push};
use crate::model::{Handoff, HandoffId, Kind, Project, Task, TaskStatus, one_line};
use crate::protocol::control::Failure;

use super::worktree::trailers;

/// How long the turn under way may go on before it is interrupted.
const TURN_PATIENCE: Duration = Duration::from_secs(20);

async fn facts(daemon: &Daemon, id: HandoffId) -> Result<(Handoff, Project, Task), Failure> {
    daemon
        .core
        .look(move |state, _| {
            let handoff = state.handoffs.get(&id)?.clone();
            let project = state.projects.get(&handoff.project)?.clone();
            let task = state.tasks.get(&handoff.task)?.clone();
            Some((handoff, project, task))
        })
        .await?
        .ok_or_else(|| fault("the handoff is not known"))
}

/// Step 1: what a fresh session needs to know, from the store and git alone.
pub(super) async fn write_brief(daemon: &Arc<Daemon>, id: HandoffId) -> Result<EffectResult, Failure> {
    let (handoff, project, task) = facts(daemon, id).await?;
    let task_id = task.id;
    let log = daemon.core.look(move |_, store| store.log(None, Some(task_id), 40)).await?;
    let said: Vec<String> =
        log.unwrap_or_default().into_iter().map(|line| format!("{} {}", line.at, line.words)).collect();
    let repository = daemon.repository(&project);
    let path = daemon.paths.handoffs().join(format!("orch-{}-{}.md", handoff.worker, handoff.started_at.file_name()));
    blocking(move || {
        let repository = repository.open()?;
        let changed = changed(&repository, &task)?;
        let text = document(&project, &task, &changed, &said);
        std::fs::write(&path, text).map_err(|source| GitError::Io { doing: "writing", path: path.clone(), source })?;
        Ok::<_, GitError>(EffectResult::BriefWritten { path })
    })
    .await
}

/// Files that differ from the task's base, committed or not.
fn changed(repository: &crate::git::Repository, task: &Task) -> Result<Vec<String>, GitError> {
    let (Some(path), Some(base)) = (&task.worktree, &task.base) else { return Ok(Vec::new()) };
    let worktree = repository.worktree_at(path)?;
    let head = repository.head_of(&worktree)?;
    let committed = repository.changed_files(base, &head)?;
    let mut lines: Vec<String> =
        committed.into_iter().map(|(file, added, removed)| format!("`{file}` +{added} -{removed}")).collect();
    lines.extend(repository.dirty_in(&worktree)?.into_iter().map(|file| format!("`{file}` not committed yet")));
    Ok(lines)
}

/// The document. Sections without facts say so instead of being left out.
fn document(project: &Project, task: &Task, changed: &[String], said: &[String]) -> String {
    let mut text = format!("# Handoff of task #{}: {}\n\n", task.id, one_line(&task.title));
    let _ = writeln!(text, "Project `{}`, branch `{}`, target `{}`.\n", project.name, task.branch, project.target);
    let _ = writeln!(text, "## Task\n\n{}\n", task.body.trim());
    section(&mut text, "Summary of work", task.summary.iter().cloned());
    section(&mut text, "Files touched", changed.iter().cloned());
    let checks = task.checks.iter().map(|run| {
        let outcome =
            run.exit_code.map_or_else(|| "did not end by itself".to_owned(), |code| format!("exit code {code}"));
        format!("`{}`: {outcome}\n\n```\n{}\n```", run.name, run.log)
    });
    section(&mut text, "Last test output", checks);
    section(
        &mut text,
        "Failed before",
        task.failures.iter().map(|it| format!("attempt {}: {}", it.attempt, it.summary)),
    );
    let remaining = match task.status {
        TaskStatus::Executing => "the task is not reported done: see what the files still lack against the task above",
        _ => "see the task's state in the log below",
    };
    section(&mut text, "Remaining tasks", std::iter::once(remaining.to_owned()));
    section(&mut text, "Open questions", task.reason.iter().map(ToString::to_string));
    section(&mut text, "Log", said.iter().map(|line| one_line(line)));
    text
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let _ = writeln!(text, "## {title}\n");
    let mut empty = true;
    for line in lines {
        let _ = writeln!(text, "- {line}");
        empty = false;
    }
    if empty {
        text.push_str("- nothing noted\n");
    }
    text.push('\n');
}

/// Step 2: when the turn has ended (or was interrupted), commit.
pub(super) async fn commit(daemon: &Arc<Daemon>, id: HandoffId) -> Result<EffectResult, Failure> {
    let (handoff, project, task) = facts(daemon, id).await?;
    let (reply, quiet) = tokio::sync::oneshot::channel();
    daemon.links.ask(&handoff.from, Ask::Quiet { patience: TURN_PATIENCE, reply });
    if !quiet.await.unwrap_or(false) {
        return Err(Failure {
            kind: Kind::Busy,
            message: "the agent is in the middle of a turn and did not stop when interrupted".to_owned(),
            hint: Some("retry when it has ended its turn; it works on as before".to_owned()),
        });
    }
    let repository = daemon.repository(&project);
    let title = format!("{} (handed off {})", task.title, now().file_name());
    blocking(move || {
        let repository = repository.open()?;
        let Some(path) = &task.worktree else {
            return Ok::<_, GitError>(EffectResult::Committed { head: String::new(), ahead: 0 });
        };
        let worktree = repository.worktree_at(path)?;
        repository.commit_leftovers(&worktree, &title, &trailers(&task))?;
        let head = repository.head_of(&worktree)?;
        let ahead = repository.ahead(task.base.as_deref().unwrap_or(&worktree.base), &head)?;
        Ok(EffectResult::Committed { head, ahead })
    })
    .await
}

/// Step 3: push the branch, where there is somewhere to push to.
pub(super) async fn push(daemon: &Arc<Daemon>, id: HandoffId) -> Result<EffectResult, Failure> {
    let (_, project, task) = facts(daemon, id).await?;
    let repository = daemon.repository(&project);
    blocking(move || {
        Ok::<_, GitError>(match repository.open()?.push(&task.branch)? {
            Push::Pushed { remote } => EffectResult::Pushed { detail: format!("{remote} {}", task.branch) },
            Push::NoRemote => EffectResult::PushSkipped { reason: "the repository has no remote".to_owned() },
        })
    })
    .await
}
