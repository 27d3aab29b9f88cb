//! Panes that a person opens without a request.

use std::sync::Arc;

use crate::engine::Command;
use crate::model::{Autonomy, ExecutorKind, Kind, ProjectId, SessionMode, WorkerNumber};
use crate::protocol::control::{AddOptions, Failure, Response};

use super::plans::submit;
use super::{Daemon, executors};

/// The highest number that a worker can have.
const MOST_SEATS: u16 = 64;

/// Opens a plain pane. Agents other than the shell get a task, so that they have a worktree of their own.
pub(super) async fn start(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    worker: Option<WorkerNumber>,
    agent: String,
    run: Option<String>,
    executor: Option<ExecutorKind>,
) -> Result<Response, Failure> {
    daemon.agents.refresh().await;
    if daemon.agents.get(&agent).is_none() {
        return Err(daemon.agents.unknown(&agent));
    }
    if let Some(number) = worker.filter(|number| !(1..=MOST_SEATS).contains(&number.0)) {
        return Err(Failure {
            kind: Kind::Invalid,
            message: format!("there is no worker {number}: they are numbered 1 to {MOST_SEATS}"),
            hint: None,
        });
    }
    if agent == "shell" {
        if let Some(executor) = executor.filter(|executor| *executor != ExecutorKind::Local) {
            return Err(executors::no_pane(executor));
        }
        daemon.core.command(Command::StartPane { project, worker, agent, run }).await?;
        return Ok(Response::Done("a shell opens".to_owned()));
    }
    let title = format!("Open {agent} session");
    let options = AddOptions {
        agent: Some(agent),
        autonomy: Some(Autonomy::Manual),
        mode: Some(SessionMode::Interactive),
        worker,
        executor,
        open_ended: true,
        ..AddOptions::default()
    };
    let made = submit(daemon, project, title, options).await?;
    for task in &made.tasks {
        daemon.core.command(Command::Run { task: task.id }).await?;
    }
    Ok(Response::Done("the agent starts in a worktree of its own".to_owned()))
}
