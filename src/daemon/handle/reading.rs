//! Requests that only look: what is answered from the state and the store.

use crate::daemon::core::now;
use crate::daemon::{Daemon, projects, usage, views};
use crate::model::{Kind, ProjectId, TaskId};
use crate::protocol::control::{Failure, Response, StatusView, VERSION};
use crate::protocol::{SessionView, TaskView, UsageBy};

pub(super) fn hello(version: u32) -> Result<Response, Failure> {
    if version != VERSION {
        return Err(Failure {
            kind: Kind::Conflict,
            message: format!("this daemon speaks protocol {VERSION}, the client speaks {version}"),
            hint: Some("`qd daemon stop`, then try again: sessions run on".to_owned()),
        });
    }
    Ok(Response::Hello { version: VERSION, program: env!("CARGO_PKG_VERSION").to_owned(), pid: std::process::id() })
}

pub(super) async fn status(daemon: &Daemon) -> Result<Response, Failure> {
    let (projects, sessions, open_tasks) =
        daemon.core.look(|state, _| (state.projects.len(), state.live_sessions.len(), state.open_tasks.len())).await?;
    Ok(Response::Status(StatusView {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: daemon.started_at.rfc3339(),
        socket: daemon.paths.control_socket(),
        database: daemon.paths.database(),
        projects,
        sessions,
        open_tasks,
    }))
}

pub(super) async fn known_projects(daemon: &Daemon) -> Result<Response, Failure> {
    let all = daemon
        .core
        .look(|state, _| state.projects.values().map(|it| (it.id, it.name.clone(), it.root.clone())).collect())
        .await?;
    Ok(Response::Projects(all))
}

pub(super) async fn tasks(daemon: &Daemon, project: Option<ProjectId>) -> Result<Response, Failure> {
    let all = daemon
        .core
        .look(move |state, _| {
            let wanted = state.tasks.values().filter(|task| project.is_none_or(|project| task.project == project));
            wanted.map(|task| views::task(state, task)).collect()
        })
        .await?;
    Ok(Response::Tasks(all))
}

/// One task as it stands.
pub(super) async fn task_view(daemon: &Daemon, task: TaskId) -> Result<TaskView, Failure> {
    daemon
        .core
        .look(move |state, _| state.tasks.get(&task).map(|it| views::task(state, it)))
        .await?
        .ok_or_else(|| Failure::of(&crate::engine::Refusal::NoTask(task)))
}

pub(super) async fn sessions(daemon: &Daemon, project: Option<ProjectId>, all: bool) -> Result<Response, Failure> {
    let paths = daemon.paths.clone();
    let found: Vec<SessionView> = daemon
        .core
        .look(move |state, _| {
            // those that were lost and can be resumed are not past
            let lost: Vec<_> = state.interrupted().map(|session| session.id.clone()).collect();
            state
                .sessions
                .values()
                .filter(|session| all || session.is_live() || lost.contains(&session.id))
                .filter(|session| project.is_none_or(|project| session.project == project))
                .map(|session| views::session(state, &paths, session))
                .collect()
        })
        .await?;
    Ok(Response::Sessions(found))
}

pub(super) async fn workers(daemon: &Daemon, project: ProjectId) -> Result<Response, Failure> {
    let seats = daemon
        .core
        .look(move |state, _| {
            let known = state.projects.get(&project)?;
            Some(known.workers.values().map(|it| views::worker(state, it)).collect::<Vec<_>>())
        })
        .await?
        .ok_or_else(|| Failure::of(&crate::engine::Refusal::NoProject(project)))?;
    Ok(Response::Workers(seats))
}

pub(super) async fn log(
    daemon: &Daemon,
    project: Option<ProjectId>,
    task: Option<TaskId>,
    limit: u32,
) -> Result<Response, Failure> {
    let lines = daemon
        .core
        .look(move |_, store| store.log(project, task, limit))
        .await?
        .map_err(|error| Failure::of(&error))?;
    Ok(Response::Log(lines.into_iter().map(projects::log_line).collect()))
}

pub(super) async fn approvals(daemon: &Daemon, project: Option<ProjectId>) -> Result<Response, Failure> {
    Ok(Response::Approvals(daemon.core.look(move |state, _| views::approvals(state, project)).await?))
}

pub(super) async fn queue(daemon: &Daemon, project: Option<ProjectId>) -> Result<Response, Failure> {
    Ok(Response::Queue(daemon.core.look(move |state, _| views::queue(state, project)).await?))
}

pub(super) async fn usage(daemon: &Daemon, project: Option<ProjectId>, by: UsageBy) -> Result<Response, Failure> {
    Ok(Response::Usage(daemon.core.look(move |state, _| usage::report(state, project, by, now())).await?))
}

pub(super) async fn budgets(daemon: &Daemon, project: Option<ProjectId>) -> Result<Response, Failure> {
    Ok(Response::Budgets(daemon.core.look(move |state, _| usage::budgets(state, project, now())).await?))
}

pub(super) async fn agents(daemon: &Daemon) -> Result<Response, Failure> {
    daemon.agents.refresh().await;
    Ok(Response::Agents(daemon.agents.survey().await))
}

pub(super) async fn task(daemon: &Daemon, task: TaskId) -> Result<Response, Failure> {
    Ok(Response::Task(Box::new(task_view(daemon, task).await?)))
}
