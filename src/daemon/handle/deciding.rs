//! Requests that decide something: a command to the engine, and what the person reads when it was taken.

use std::sync::Arc;

use crate::daemon::blocking::fault;
use crate::daemon::{Daemon, chat, fork, missions, panes, plans, undo, usage, waiting};
use crate::engine::{Command, Event, HandoffNews};
use crate::model::{AnswerKind, ApprovalId, ProjectId, TaskId};
use crate::protocol::control::{Failure, Request, Response};

use super::reading::task_view;

/// What is asked of tasks.
pub(super) async fn tasks(daemon: &Arc<Daemon>, request: Request) -> Result<Response, Failure> {
    match request {
        Request::Add { project, text, options } => {
            Ok(Response::Tasks(plans::submit(daemon, project, text, *options).await?.tasks))
        }
        Request::StartMission { project, mission, text } => {
            let made = missions::start(daemon, project, (&mission, &text), (None, false)).await?;
            Ok(Response::Tasks(made.tasks))
        }
        Request::Chat { project, text } => chat::say(daemon, project, &text).await,
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
        other => Err(stray(&other)),
    }
}

/// What the person says to plans and questions.
pub(super) async fn decisions(daemon: &Arc<Daemon>, request: Request) -> Result<Response, Failure> {
    match request {
        Request::ConfirmPlan { plan, tasks } => {
            act(daemon, Command::ConfirmPlan { plan, tasks }, "the plan starts").await
        }
        Request::PlanByRules { plan } => act(daemon, Command::PlanByRules { plan }, "the rules plan it now").await,
        Request::DeclinePlan { plan } => {
            act(daemon, Command::DeclinePlan { plan }, "the plan was declined; nothing ran").await
        }
        Request::Answer { approval, kind, text } => answer(daemon, approval, kind, text).await,
        Request::SetBudget { scope, limit } => {
            let done = usage::set_told(scope, limit);
            act(daemon, Command::SetBudget { scope, limit }, &done).await
        }
        Request::SetAutonomy { project, autonomy } => {
            act(daemon, Command::SetAutonomy { project, autonomy }, "changed").await
        }
        other => Err(stray(&other)),
    }
}

/// What is asked of sessions.
pub(super) async fn sessions(daemon: &Arc<Daemon>, request: Request) -> Result<Response, Failure> {
    match request {
        Request::KillSession { session } => {
            act(daemon, Command::KillSession { session }, "the session is being ended").await
        }
        Request::ForkSession { session, worker } => fork::session(daemon, session, worker).await,
        Request::RestartSession { session } => {
            act(daemon, Command::Restart { session }, "the session starts again").await
        }
        Request::RestartInterrupted { project } => resume_all(daemon, project).await,
        Request::ArchiveSession { session } => {
            act(daemon, Command::Archive { session }, "the session is being archived").await
        }
        other => Err(stray(&other)),
    }
}

/// What is asked of workers and of handoffs between them.
pub(super) async fn workers(daemon: &Arc<Daemon>, request: Request) -> Result<Response, Failure> {
    match request {
        Request::StartPane { project, worker, agent, run, executor } => {
            panes::start(daemon, project, worker, agent, run, executor).await
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
        Request::Handoff { project, worker, push, hold } => {
            let push = push.unwrap_or(daemon.settings.handoff.push);
            let events = daemon.core.command(Command::Handoff { project, worker, push, hold }).await?;
            started_handoff(&events)
        }
        Request::SteerHandoff { handoff, control } => {
            act(daemon, Command::SteerHandoff { handoff, control }, "noted").await
        }
        Request::WaitHandoff { handoff } => waiting::handoff(daemon, handoff).await,
        other => Err(stray(&other)),
    }
}

/// A request that came to the wrong family: `handle` sends none.
fn stray(request: &Request) -> Failure {
    tracing::error!(?request, "a request is not known where it was sent");
    fault("the request was not understood; see the daemon's log")
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

fn started_handoff(events: &[Event]) -> Result<Response, Failure> {
    events
        .iter()
        .find_map(|event| match event {
            Event::Handoff { handoff, news: HandoffNews::Began { .. }, .. } => Some(Response::HandoffStarted(*handoff)),
            _ => None,
        })
        .ok_or_else(|| fault("the handoff did not start"))
}

/// An answer to a question; what a yes does to files is done first.
async fn answer(
    daemon: &Arc<Daemon>,
    approval: ApprovalId,
    kind: AnswerKind,
    text: Option<String>,
) -> Result<Response, Failure> {
    let done = undo::touched(daemon, approval, kind).await?;
    act(daemon, Command::Answer { approval, kind, text }, done.as_deref().unwrap_or("answered")).await
}
