//! Why a session counts as it does: the verdict with its evidence, and what its screen says by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::agents::explain::Confidence;
use crate::model::{Kind, ProjectId, WorkerNumber, one_line};
use crate::protocol::ExplanationView;
use crate::protocol::control::{Failure, Response};
use crate::protocol::pane::Observation;

use super::Daemon;
use super::core::now;
use super::links::{Ask, Looks};

/// How long a link may take to answer: it is asked between two things that it does.
const LOOKS_WITHIN: Duration = Duration::from_secs(2);

/// Rows of the screen that are shown.
const ROWS: usize = 8;

/// Explains the session on a seat.
pub(super) async fn worker(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    worker: WorkerNumber,
) -> Result<Response, Failure> {
    let (session, held) = daemon
        .core
        .look(move |state, _| {
            let seat = state.projects.get(&project)?.workers.get(&worker)?;
            let session = state.sessions.get(seat.session.as_ref()?)?;
            let held = state.held_of(&session.id).map(|approval| approval.title.clone());
            Some((session.clone(), held))
        })
        .await?
        .ok_or_else(|| Failure {
            kind: Kind::NotFound,
            message: format!("worker {worker} has no session"),
            hint: Some("`qd worker list` shows the seats".to_owned()),
        })?;
    let looks = if session.verdict.state.is_over() { Looks::default() } else { looks(daemon, &session.id).await };
    let (title, screen, quiet_ms) = looks.screen.as_ref().map_or_else(Default::default, shown);
    Ok(Response::Explained(Box::new(ExplanationView {
        worker,
        session: session.id,
        agent: session.agent,
        state: session.verdict.state,
        source: session.verdict.source,
        confidence: Confidence::of(&session.verdict, looks.seen.as_ref()).word().to_owned(),
        age_ms: u64::try_from(now().since(session.verdict.at).as_millis()).unwrap_or(u64::MAX),
        evidence: session.verdict.evidence,
        held,
        screen_says: looks.seen,
        pending: looks.pending,
        title,
        screen,
        quiet_ms,
    })))
}

/// What the session's link sees; nothing when it does not answer.
async fn looks(daemon: &Arc<Daemon>, session: &crate::model::SessionId) -> Looks {
    let (reply, answer) = oneshot::channel();
    daemon.links.ask(daemon, session, Ask::Explain { reply }).await;
    tokio::time::timeout(LOOKS_WITHIN, answer).await.ok().and_then(Result::ok).unwrap_or_default()
}

fn shown(seen: &Observation) -> (String, Vec<String>, Option<u64>) {
    let rows: Vec<String> = seen.screen.iter().filter(|row| !row.trim().is_empty()).map(|row| one_line(row)).collect();
    let skip = rows.len().saturating_sub(ROWS);
    (one_line(&seen.title), rows.into_iter().skip(skip).collect(), Some(seen.quiet_ms))
}
