//! Requests to commands and views: what the sockets, and later HTTP and MCP, all go through.

use std::sync::Arc;

use crate::engine::{Command, Event, HandoffNews};
use crate::model::{Kind, ProjectId, SessionId, TaskId};
use crate::protocol::control::{Failure, Notice, Request, Response, StatusView, VERSION};
use crate::protocol::{SessionView, TaskView};

use super::blocking::fault;
use super::{Daemon, chat, projects, undo, views, waiting};

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
        Request::Log { project, task, limit } => log(daemon, project, task, limit).await,
        Request::Agents => Ok(Response::Agents(daemon.agents.survey().await)),
        Request::Diff { task } => undo::diff(daemon, task).await,
        Request::Undos { project } => undo::list(daemon, project).await,
        Request::Undo { project, id } => undo::undo(daemon, project, id).await,
        Request::WaitHandoff { handoff } => waiting::handoff(daemon, handoff).await,
        Request::Handoff { project, worker, push, hold } => {
            let push = push.unwrap_or(daemon.settings.handoff.push);
            let events = daemon.core.command(Command::Handoff { project, worker, push, hold }).await?;
            started_handoff(&events)
        }
        other => decide(daemon, other).await,
    }
}

/// Requests that are one command each.
async fn decide(daemon: &Arc<Daemon>, request: Request) -> Result<Response, Failure> {
    let (command, task, done) = match request {
        Request::ConfirmPlan { plan, tasks } => (Command::ConfirmPlan { plan, tasks }, None, "the plan starts"),
        Request::DeclinePlan { plan } => (Command::DeclinePlan { plan }, None, "the plan was declined; nothing ran"),
        Request::EditTask { task, title, body, agent, worker } => {
            (Command::EditTask { task, title, body, agent, worker }, Some(task), "")
        }
        Request::RunTask { task } => (Command::Run { task }, Some(task), ""),
        Request::LandTask { task } => (Command::Land { task }, Some(task), ""),
        Request::CancelTask { task } => (Command::Cancel { task }, Some(task), ""),
        Request::RetryTask { task } => (Command::Retry { task }, Some(task), ""),
        Request::Answer { approval, kind, text } => (Command::Answer { approval, kind, text }, None, "answered"),
        Request::KillSession { session } => (Command::KillSession { session }, None, "the session is being ended"),
        Request::StartPane { project, worker, agent, run } => {
            return chat::start_pane(daemon, project, worker, agent, run).await;
        }
        Request::StopWorker { project, worker } => {
            (Command::StopWorker { project, worker }, None, "stopping; its work is kept")
        }
        Request::Send { project, worker, text } => (Command::Send { project, worker, text }, None, "sending"),
        Request::SteerHandoff { handoff, control } => (Command::SteerHandoff { handoff, control }, None, "noted"),
        Request::SetAutonomy { project, autonomy } => (Command::SetAutonomy { project, autonomy }, None, "changed"),
        _ => return Err(fault("this request has no handler")),
    };
    daemon.core.command(command).await?;
    match task {
        Some(task) => Ok(Response::Task(Box::new(task_view(daemon, task).await?))),
        None => Ok(Response::Done(done.to_owned())),
    }
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
            state
                .sessions
                .values()
                .filter(|session| all || session.is_live())
                .filter(|session| project.is_none_or(|project| session.project == project))
                .map(|session| views::session(&paths, session))
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

/// Says no to a process of an agent, and reports it to the person.
pub(super) async fn refuse_session(daemon: &Daemon, session: &SessionId, request: &Request) -> Failure {
    let what = request_name(request);
    let words = format!("session {} tried `{what}`; refused: only you may do that", session.short());
    tracing::warn!(session = %session, request = %what, "refused a request from inside a session");
    daemon.toast(Notice::Toast { kind: Some(Kind::Conflict), text: words.clone() });
    let wanted = session.clone();
    let project = daemon.core.look(move |state, _| state.sessions.get(&wanted).map(|it| it.project)).await;
    if let Ok(Some(project)) = project {
        let _ = daemon.core.command(Command::Say { project, asked: None, answer: words }).await;
    }
    Failure {
        kind: Kind::Conflict,
        message: format!("`{what}` is the person's alone: a process inside a session may not ask for it"),
        hint: Some("report with `qd report done`, `qd report ask` or `qd report progress`".to_owned()),
    }
}

/// Says no to a process that cannot be traced, and reports it.
pub(super) fn refuse_unknown(daemon: &Daemon, request: &Request) -> Failure {
    let what = request_name(request);
    tracing::warn!(request = %what, "refused a request of a process that cannot be traced");
    let text = format!("a process that cannot be traced tried `{what}`; refused");
    daemon.toast(Notice::Toast { kind: Some(Kind::Conflict), text });
    Failure {
        kind: Kind::Conflict,
        message: format!("`{what}` is the person's alone, and this process cannot be traced to one"),
        hint: Some(
            "stay until the answer has come, and run it on the daemon's machine, in its process namespace".to_owned(),
        ),
    }
}

/// The request's name on the wire.
fn request_name(request: &Request) -> String {
    match serde_json::to_value(request) {
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        Ok(serde_json::Value::String(name)) => name,
        _ => "request".to_owned(),
    }
}
