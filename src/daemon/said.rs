//! What is said in the chat in answer, and kept there.

use std::sync::Arc;

use crate::engine::{Command, State};
use crate::model::{ProjectId, truncate};
use crate::protocol::control::{Failure, Response};

use super::{Daemon, views};

/// How things stand.
pub(super) async fn status(daemon: &Arc<Daemon>, project: ProjectId, asked: &str) -> Result<Response, Failure> {
    let answer = daemon.core.look(move |state, _| report(state, project)).await?;
    noted(daemon, project, asked, answer).await
}

/// Keeps question and answer in the chat.
pub(super) async fn noted(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    asked: &str,
    answer: String,
) -> Result<Response, Failure> {
    daemon.core.command(Command::Say { project, asked: Some(asked.to_owned()), answer: answer.clone() }).await?;
    Ok(Response::Said { text: answer, plan: None })
}

/// How things stand, in a few lines.
fn report(state: &State, project: ProjectId) -> String {
    let lines: Vec<String> = state
        .open_tasks
        .iter()
        .filter_map(|id| state.tasks.get(id))
        .filter(|task| task.project == project)
        .map(|task| {
            let why = task.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let seat = task.worker.map(|worker| format!(" on worker {worker}")).unwrap_or_default();
            format!("#{} {} – {}{seat}{why}", task.id, truncate(&task.title, 40), task.status)
        })
        .collect();
    let waiting = views::approvals(state, Some(project)).len();
    match (lines.is_empty(), waiting) {
        (true, _) => "nothing is open: type what you want done".to_owned(),
        (false, 0) => lines.join("\n"),
        (false, waiting) => format!("{}\n{waiting} waiting for you", lines.join("\n")),
    }
}
