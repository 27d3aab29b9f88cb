//! Requests to commands and views: what the sockets, and later HTTP and MCP, all go through.

use std::sync::Arc;

use crate::engine::{Command, Event, HandoffNews};
use crate::model::{Kind, ProjectId, TaskId};
use crate::protocol::control::{Failure, Request, Response, StatusView, VERSION};
use crate::protocol::{SessionView, TaskView};

use super::blocking::fault;
use super::core::now;
use super::{Daemon, chat, explain, projects, undo, usage, views, waiting};

/// Answers one request.
pub(super) async fn handle(daemon: &Arc<Daemon>, request: &Request) -> Result<Response, Failure> {
    match request.clone() {
        Request::Hello { version } => hello(version),
        Request::Status => status(daemon).await,
        Request::Shutdown => {
            daemon.stop.notify_one();
            Ok(Response::Done("the daemon ends; sessions run on".to_owned()))
        }
        Request::OpenProject { path } => projects::open(daemon, &path).await,
        Request::Projects => known_projects(daemon).await,
        Request::Watch { project } => Ok(Response::Project(Box::new(projects::view(daemon, project).await?))),
        Request::Add { project, text, options } => {
            let made = chat::submit(daemon, project, text, options).await?;
            Ok(Response::Tasks(made.tasks))
        }
        Request::Chat { project, text } => chat::say(daemon, project, &text).await,
        Request::Tasks { project } => tasks(daemon, project).await,
        Request::Task { task } => Ok(Response::Task(Box::new(task_view(daemon, task).await?))),
        Request::WaitTasks { tasks } => waiting::tasks(daemon, tasks).await,
        Request::Approvals { project } => {
            Ok(Response::Approvals(daemon.core.look(move |state, _| views::approvals(state, project)).await?))
        }
        Request::Sessions { project, all } => sessions(daemon, project, all).await,
        Request::Workers { project } => workers(daemon, project).await,
        Request::ExplainWorker { project, worker } => explain::worker(daemon, project, worker).await,
        Request::Log { project, task, limit } => log(daemon, project, task, limit).await,
        Request::Agents => {
            daemon.agents.refresh().await;
            Ok(Response::Agents(daemon.agents.survey().await))
        }
        Request::Diff { task } => undo::diff(daemon, task).await,
        Request::Undos { project } => undo::list(daemon, project).await,
        Request::Undo { project, id } => undo::undo(daemon, project, id).await,
        Request::WaitHandoff { handoff } => waiting::handoff(daemon, handoff).await,
        Request::Handoff { project, worker, push, hold } => {
            let push = push.unwrap_or(daemon.settings.handoff.push);
            let events = daemon.core.command(Command::Handoff { project, worker, push, hold }).await?;
            started_handoff(&events)
        }
        Request::StartPane { project, worker, agent, run, executor } => {
            chat::start_pane(daemon, project, worker, agent, run, executor).await
        }
        Request::Queue { project } => {
            Ok(Response::Queue(daemon.core.look(move |state, _| views::queue(state, project)).await?))
        }
        Request::Usage { project, by } => {
            Ok(Response::Usage(daemon.core.look(move |state, _| usage::report(state, project, by, now())).await?))
        }
        Request::Budgets { project } => {
            Ok(Response::Budgets(daemon.core.look(move |state, _| usage::budgets(state, project, now())).await?))
        }
        Request::SetBudget { scope, limit } => {
            let done = match limit {
                Some(limit) => format!("the budget of {scope} is {limit}"),
                None => format!("the budget of {scope} follows the configuration"),
            };
            act(daemon, Command::SetBudget { scope, limit }, &done).await
        }
        Request::EditTask { task, title, body, agent, model, worker } => {
            if let Some(unknown) = agent.as_ref().filter(|agent| daemon.agents.get(agent).is_none()) {
                return Err(daemon.agents.unknown(unknown));
            }
            on_task(daemon, task, Command::EditTask { task, title, body, agent, model, worker }).await
        }
        Request::RunTask { task } => on_task(daemon, task, Command::Run { task }).await,
        Request::LandTask { task } => on_task(daemon, task, Command::Land { task }).await,
        Request::CancelTask { task } => on_task(daemon, task, Command::Cancel { task }).await,
        Request::RetryTask { task } => on_task(daemon, task, Command::Retry { task }).await,
        Request::Prioritize { task, priority } => on_task(daemon, task, Command::Prioritize { task, priority }).await,
        Request::ConfirmPlan { plan, tasks } => {
            act(daemon, Command::ConfirmPlan { plan, tasks }, "the plan starts").await
        }
        Request::PlanByRules { plan } => act(daemon, Command::PlanByRules { plan }, "the rules plan it now").await,
        Request::DeclinePlan { plan } => {
            act(daemon, Command::DeclinePlan { plan }, "the plan was declined; nothing ran").await
        }
        Request::Answer { approval, kind, text } => {
            let done = undo::touched(daemon, approval, kind).await?;
            act(daemon, Command::Answer { approval, kind, text }, done.as_deref().unwrap_or("answered")).await
        }
        Request::KillSession { session } => {
            act(daemon, Command::KillSession { session }, "the session is being ended").await
        }
        Request::RestartSession { session } => {
            act(daemon, Command::Restart { session }, "the session starts again").await
        }
        Request::RestartInterrupted { project } => resume_all(daemon, project).await,
        Request::ArchiveSession { session } => {
            act(daemon, Command::Archive { session }, "the session is being archived").await
        }
        Request::ResetWorker { project, worker } => {
            act(daemon, Command::ResetWorker { project, worker }, "the worker takes tasks again").await
        }
        Request::StopWorker { project, worker } => {
            act(daemon, Command::StopWorker { project, worker }, "stopping; its work is kept").await
        }
        Request::Send { project, worker, text } => {
            act(daemon, Command::Send { project, worker, text }, "sending").await
        }
        Request::SteerHandoff { handoff, control } => {
            act(daemon, Command::SteerHandoff { handoff, control }, "noted").await
        }
        Request::SetAutonomy { project, autonomy } => {
            act(daemon, Command::SetAutonomy { project, autonomy }, "changed").await
        }
    }
}

/// A command; `done` is what the person reads.
async fn act(daemon: &Daemon, command: Command, done: &str) -> Result<Response, Failure> {
    daemon.core.command(command).await?;
    Ok(Response::Done(done.to_owned()))
}

/// A command on one task, answered with how the task stands then.
async fn on_task(daemon: &Daemon, task: TaskId, command: Command) -> Result<Response, Failure> {
    daemon.core.command(command).await?;
    Ok(Response::Task(Box::new(task_view(daemon, task).await?)))
}

async fn resume_all(daemon: &Daemon, project: Option<ProjectId>) -> Result<Response, Failure> {
    let counted = move |state: &crate::engine::State| {
        state.interrupted().filter(|session| project.is_none_or(|project| session.project == project)).count()
    };
    let count = daemon.core.look(move |state, _| counted(state)).await?;
    let sessions = if count == 1 { "1 session goes on".to_owned() } else { format!("{count} sessions go on") };
    act(daemon, Command::RestartInterrupted { project }, &sessions).await
}

fn hello(version: u32) -> Result<Response, Failure> {
    if version != VERSION {
        return Err(Failure {
            kind: Kind::Conflict,
            message: format!("this daemon speaks protocol {VERSION}, the client speaks {version}"),
            hint: Some("`qd daemon stop`, then try again: sessions run on".to_owned()),
        });
    }
    Ok(Response::Hello { version: VERSION, program: env!("CARGO_PKG_VERSION").to_owned(), pid: std::process::id() })
}

async fn status(daemon: &Daemon) -> Result<Response, Failure> {
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

async fn known_projects(daemon: &Daemon) -> Result<Response, Failure> {
    let all = daemon
        .core
        .look(|state, _| state.projects.values().map(|it| (it.id, it.name.clone(), it.root.clone())).collect())
        .await?;
    Ok(Response::Projects(all))
}

async fn tasks(daemon: &Daemon, project: Option<ProjectId>) -> Result<Response, Failure> {
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

async fn sessions(daemon: &Daemon, project: Option<ProjectId>, all: bool) -> Result<Response, Failure> {
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

async fn workers(daemon: &Daemon, project: ProjectId) -> Result<Response, Failure> {
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

async fn log(
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

fn started_handoff(events: &[Event]) -> Result<Response, Failure> {
    events
        .iter()
        .find_map(|event| match event {
            Event::Handoff { handoff, news: HandoffNews::Began { .. }, .. } => Some(Response::HandoffStarted(*handoff)),
            _ => None,
        })
        .ok_or_else(|| fault("the handoff did not start"))
}
