//! The steps of a handoff that touch the world: the document from facts, the commit after the turn's
//! end, the push.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::daemon::blocking::{blocking, fault};
use crate::daemon::links::Ask;
use crate::daemon::{Daemon, core::now};
use crate::engine::EffectResult;
use crate::git::{GitError, Push, Repository};
use crate::model::{Handoff, HandoffId, Kind, Project, Task, TaskStatus, one_line};
use crate::protocol::control::Failure;

use super::worktree::trailers;

/// How long the turn under way may go on before it is interrupted.
const TURN_PATIENCE: Duration = Duration::from_secs(20);

/// Commits that the document lists at most.
const COMMITS: usize = 50;

/// What the document is made of besides the task.
struct Traces {
    /// The commits of the branch.
    commits: Vec<String>,
    /// Files that differ from the base.
    changed: Vec<String>,
    /// What the agent was seen to do or say last.
    last_seen: String,
    /// The activity log.
    log: Vec<String>,
}

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
    let (task_id, from) = (task.id, handoff.from.clone());
    let (log, last_seen) = daemon
        .core
        .look(move |state, store| {
            let log = store.log(None, Some(task_id), 40).unwrap_or_default();
            let verdict = state.sessions.get(&from).map(|session| &session.verdict);
            let seen = verdict.map(|it| format!("{}: {}", it.state, it.evidence)).unwrap_or_default();
            (log.into_iter().map(|line| format!("{} {}", line.at, line.words)).collect(), seen)
        })
        .await?;
    let repository = daemon.repository(&project);
    let path = daemon.paths.handoffs().join(format!("orch-{}-{}.md", handoff.worker, handoff.started_at.file_name()));
    blocking(move || {
        let repository = repository.open()?;
        let (commits, changed) = work(&repository, &task)?;
        let text = document(&project, &task, &Traces { commits, changed, last_seen, log });
        std::fs::write(&path, text).map_err(|source| GitError::Io { doing: "writing", path: path.clone(), source })?;
        Ok::<_, GitError>(EffectResult::BriefWritten { path })
    })
    .await
}

/// The branch's commits, and the files that differ from its base, committed or not.
fn work(repository: &Repository, task: &Task) -> Result<(Vec<String>, Vec<String>), GitError> {
    let (Some(path), Some(base)) = (&task.worktree, &task.base) else { return Ok((Vec::new(), Vec::new())) };
    let worktree = repository.worktree_at(path)?;
    repository.collect(&worktree)?;
    let head = repository.head_of(&worktree)?;
    let committed = repository.changed_files(base, &head)?;
    let mut files: Vec<String> =
        committed.into_iter().map(|(file, added, removed)| format!("`{file}` +{added} -{removed}")).collect();
    files.extend(repository.dirty_in(&worktree)?.into_iter().map(|file| format!("`{file}` not committed yet")));
    Ok((repository.subjects(base, &head, COMMITS)?, files))
}

/// The document. Sections without facts say so instead of being left out.
fn document(project: &Project, task: &Task, traces: &Traces) -> String {
    let mut text = format!("# Handoff of task #{}: {}\n\n", task.id, one_line(&task.title));
    let _ = writeln!(text, "Project `{}`, branch `{}`, target `{}`.\n", project.name, task.branch, project.target);
    let _ = writeln!(text, "## Task\n\n{}\n", task.body.trim());
    let seen = std::iter::once(one_line(&traces.last_seen)).filter(|seen| !seen.is_empty());
    let seen = seen.map(|seen| format!("the session was last seen {seen}"));
    let commits = traces.commits.iter().map(|commit| format!("commit {}", one_line(commit)));
    section(&mut text, "Summary of work", task.summary.iter().cloned().chain(commits).chain(seen));
    section(&mut text, "Files touched", traces.changed.iter().map(|file| one_line(file)));
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
    section(&mut text, "Log", traces.log.iter().map(|line| one_line(line)));
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
    daemon.links.ask(daemon, &handoff.from, Ask::Quiet { patience: TURN_PATIENCE, reply }).await;
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
        repository.collect(&worktree)?;
        repository.commit_leftovers(&worktree, &title, &trailers(&task))?;
        repository.hand_back(&worktree, &project.target)?;
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
