//! `active.json`: the live sessions, for scripts and people without a daemon (PRODUCT §15). Written whole and
//! renamed into place whenever the list or a state changed; nothing reads it back.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::model::{SessionId, SessionState, TaskId, WorkerNumber};

use super::Daemon;

/// One live session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Active {
    id: SessionId,
    task: Option<TaskId>,
    worker: WorkerNumber,
    agent: String,
    state: SessionState,
    pid: Option<u32>,
    host_pid: Option<u32>,
}

/// Keeps the file until the daemon ends.
pub(super) async fn keep(daemon: Arc<Daemon>) {
    let path = daemon.paths.active_sessions();
    let mut version = daemon.core.version();
    let mut written: Option<Vec<Active>> = None;
    loop {
        version.mark_unchanged();
        let Ok(live) = daemon.core.look(|state, _| live(state)).await else { return };
        if written.as_ref() != Some(&live) {
            let (target, list) = (path.clone(), live.clone());
            let work = tokio::task::spawn_blocking(move || replace(&target, &list));
            match work.await {
                Ok(Ok(())) => written = Some(live),
                Ok(Err(error)) => {
                    tracing::warn!(%error, path = %path.display(), "the list of live sessions was not written");
                }
                Err(_) => return,
            }
        }
        if version.changed().await.is_err() {
            return;
        }
    }
}

fn live(state: &crate::engine::State) -> Vec<Active> {
    let one = |session: &crate::model::Session| Active {
        id: session.id.clone(),
        task: session.task,
        worker: session.worker,
        agent: session.agent.clone(),
        state: session.verdict.state,
        pid: session.pid,
        host_pid: session.host.map(|host| host.pid),
    };
    state.live().map(one).collect()
}

fn replace(path: &Path, list: &[Active]) -> std::io::Result<()> {
    let aside = path.with_extension("json.new");
    super::places::write_private(&aside, &serde_json::to_vec_pretty(list)?)?;
    std::fs::rename(&aside, path)
}
