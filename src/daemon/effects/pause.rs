//! A pause: the agent's turn ends by itself or is interrupted, then its input is locked. It keeps what it knows.

use std::sync::Arc;
use std::time::Duration;

use crate::daemon::Daemon;
use crate::daemon::links::Ask;
use crate::engine::EffectResult;
use crate::model::{EffectId, SessionId};

/// How long the turn under way may go on before it is interrupted.
const TURN_PATIENCE: Duration = Duration::from_secs(20);

/// Pauses a session. `None`: its link took the lock over and answers itself.
pub(super) async fn pause(daemon: &Arc<Daemon>, effect: EffectId, session: &SessionId) -> Option<EffectResult> {
    let (reply, quiet) = tokio::sync::oneshot::channel();
    daemon.links.ask(daemon, session, Ask::Quiet { patience: TURN_PATIENCE, reply }).await;
    if !quiet.await.unwrap_or(false) {
        tracing::warn!(%session, "an agent that has to wait did not end its turn; its input is locked");
    }
    daemon.links.ask(daemon, session, Ask::Lock { effect, locked: true }).await
}
