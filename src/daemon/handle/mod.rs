//! Requests to commands and views: what the sockets, and later HTTP and MCP, all go through. Here every request is sent to
//! its family, and none is forgotten.

mod deciding;
mod reading;

use std::sync::Arc;

use crate::protocol::control::{Failure, Request, Response};

use super::{Daemon, explain, missions, projects, undo, waiting};

/// Answers one request.
pub(super) async fn handle(daemon: &Arc<Daemon>, request: &Request) -> Result<Response, Failure> {
    match request.clone() {
        Request::Hello { version } => reading::hello(version),
        Request::Status => reading::status(daemon).await,
        Request::Shutdown => Ok(shut_down(daemon)),
        Request::OpenProject { path } => projects::open(daemon, &path).await,
        Request::Projects => reading::known_projects(daemon).await,
        Request::Watch { project } => Ok(Response::Project(Box::new(projects::view(daemon, project).await?))),
        Request::Tasks { project } => reading::tasks(daemon, project).await,
        Request::Task { task } => reading::task(daemon, task).await,
        Request::WaitTasks { tasks } => waiting::tasks(daemon, tasks).await,
        Request::Approvals { project } => reading::approvals(daemon, project).await,
        Request::Sessions { project, all } => reading::sessions(daemon, project, all).await,
        Request::Workers { project } => reading::workers(daemon, project).await,
        Request::Queue { project } => reading::queue(daemon, project).await,
        Request::Missions => Ok(Response::Missions(missions::list(daemon).await?)),
        Request::Usage { project, by } => reading::usage(daemon, project, by).await,
        Request::Budgets { project } => reading::budgets(daemon, project).await,
        Request::ExplainWorker { project, worker } => explain::worker(daemon, project, worker).await,
        Request::Log { project, task, limit } => reading::log(daemon, project, task, limit).await,
        Request::Agents => reading::agents(daemon).await,
        Request::Diff { task } => undo::diff(daemon, task).await,
        Request::Undos { project } => undo::list(daemon, project).await,
        Request::Undo { project, id } => undo::undo(daemon, project, id).await,
        request @ (Request::Add { .. }
        | Request::StartMission { .. }
        | Request::Chat { .. }
        | Request::EditTask { .. }
        | Request::RunTask { .. }
        | Request::LandTask { .. }
        | Request::CancelTask { .. }
        | Request::RetryTask { .. }
        | Request::Prioritize { .. }) => deciding::tasks(daemon, request).await,
        request @ (Request::ConfirmPlan { .. }
        | Request::PlanByRules { .. }
        | Request::DeclinePlan { .. }
        | Request::Answer { .. }
        | Request::SetBudget { .. }
        | Request::SetAutonomy { .. }) => deciding::decisions(daemon, request).await,
        request @ (Request::KillSession { .. }
        | Request::ForkSession { .. }
        | Request::RestartSession { .. }
        | Request::RestartInterrupted { .. }
        | Request::ArchiveSession { .. }) => deciding::sessions(daemon, request).await,
        request @ (Request::StartPane { .. }
        | Request::ResetWorker { .. }
        | Request::StopWorker { .. }
        | Request::Send { .. }
        | Request::Handoff { .. }
        | Request::SteerHandoff { .. }
        | Request::WaitHandoff { .. }) => deciding::workers(daemon, request).await,
    }
}

fn shut_down(daemon: &Daemon) -> Response {
    daemon.stop.notify_one();
    Response::Done("the daemon ends; sessions run on".to_owned())
}
