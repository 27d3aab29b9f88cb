//! One link per live session: the daemon's end of its host's socket. A link turns what comes out of the
//! host (screen observations, reports, the end) into facts, and what the engine wants of the session
//! (prompts, answers, locks, stops) into journalled writes. It holds no truth: killed with the daemon, it
//! is made again from the state and the host's own records.

mod answering;
mod ask;
mod control;
mod deliveries;
mod dialogs;
mod followed;
mod heartbeat;
mod line;
mod link;
mod log;
mod over;
mod reports;
mod usage;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::engine::EffectResult;
use crate::model::{Kind, SessionId};
use crate::session::{self, Found};

use super::Daemon;

pub(super) use ask::{Ask, Looks};

/// Between a link's failure and its next life.
const OPEN_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The links of all live sessions.
#[derive(Default)]
pub(super) struct Links {
    open: Mutex<HashMap<SessionId, mpsc::UnboundedSender<Ask>>>,
}

impl Links {
    /// Makes the link of a session, once.
    pub(super) fn open(&self, daemon: &Arc<Daemon>, session: &SessionId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(session).is_some_and(|link| !link.is_closed()) {
            return;
        }
        let (to, asks) = mpsc::unbounded_channel();
        open.insert(session.clone(), to);
        let link = tokio::spawn(link::run(Arc::clone(daemon), session.clone(), asks));
        tokio::spawn(watch_over(Arc::clone(daemon), session.clone(), link));
    }

    /// Forgets a session that is over.
    fn close(&self, session: &SessionId) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }

    /// Hands an ask to a session's link, which reports its end itself. A session without a link is looked
    /// for first: only of one that is over the answer comes at once.
    pub(super) async fn ask(&self, daemon: &Arc<Daemon>, session: &SessionId, ask: Ask) -> Option<EffectResult> {
        let ask = self.hand(session, ask)?;
        let directory = daemon.paths.session(session);
        match tokio::task::spawn_blocking(move || session::find(&directory)).await {
            Ok(Found::Ended(_) | Found::NeverStarted) => Some(ask.when_over()),
            // the link of a lost one clears up after it first
            Ok(Found::Running(_) | Found::Lost) => {
                self.open(daemon, session);
                self.hand(session, ask).map(Ask::when_over)
            }
            Err(_) => Some(EffectResult::Failed {
                kind: Kind::Internal,
                detail: "the session could not be looked for; see the daemon's log".to_owned(),
            }),
        }
    }

    /// Gives the ask back when there is no link.
    fn hand(&self, session: &SessionId, ask: Ask) -> Option<Ask> {
        let link = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned();
        match link {
            None => Some(ask),
            Some(link) => link.send(ask).err().map(|back| back.0),
        }
    }
}

/// A link that failed is made again and given what it had not answered; nothing is settled in between.
async fn watch_over(daemon: Arc<Daemon>, session: SessionId, link: tokio::task::JoinHandle<()>) {
    let Err(failure) = link.await else { return };
    if !failure.is_panic() {
        return;
    }
    tracing::error!(%session, "a session's link failed, and is made again");
    tokio::time::sleep(OPEN_AGAIN_AFTER).await;
    daemon.links.open(&daemon, &session);
    let wanted = session.clone();
    let asks = daemon.core.look(move |state, _| {
        let effects = state.outbox.values().filter(|effect| effect.kind.session() == Some(&wanted));
        effects.filter_map(Ask::of).collect::<Vec<_>>()
    });
    for ask in asks.await.unwrap_or_default() {
        daemon.links.hand(&session, ask);
    }
}
