//! One link per live session: the daemon's end of its host's socket. A link turns what comes out of the
//! host (screen observations, reports, the end) into facts, and what the engine wants of the session
//! (prompts, answers, locks, stops) into journalled writes. It holds no truth: killed with the daemon, it
//! is made again from the state and the host's own records.

mod answering;
mod control;
mod deliveries;
mod dialogs;
mod link;
mod over;
mod reports;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::engine::{EffectResult, Purpose};
use crate::model::{Dialog, EffectId, Kind, SessionId};

use super::Daemon;

/// What is asked of a session's link.
pub(super) enum Ask {
    /// Text into the composer, verified.
    Deliver { effect: EffectId, text: String, purpose: Purpose },
    /// Keys that answer exactly this dialog.
    AnswerDialog { effect: EffectId, dialog: Dialog, yes: bool },
    /// Lock or unlock people's input.
    Lock { effect: EffectId, locked: bool },
    /// End the agent.
    Stop { effect: EffectId, now: bool },
    /// Answer `true` when no turn is under way: at once, after it ended, or after an interrupt.
    Quiet { patience: Duration, reply: oneshot::Sender<bool> },
}

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
        tokio::spawn(link::run(Arc::clone(daemon), session.clone(), asks));
    }

    /// Forgets a session that is over.
    fn close(&self, session: &SessionId) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }

    /// Hands an ask to a session's link, which reports its end itself. Without a link the session is
    /// over, and the answer to that comes at once.
    pub(super) fn ask(&self, session: &SessionId, ask: Ask) -> Option<EffectResult> {
        let link = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned();
        let refused = match link {
            None => ask,
            Some(link) => match link.send(ask) {
                Ok(()) => return None,
                Err(back) => back.0,
            },
        };
        Some(when_over(refused))
    }
}

/// What an ask comes to when the session is over.
fn when_over(ask: Ask) -> EffectResult {
    match ask {
        Ask::Deliver { .. } => EffectResult::Failed {
            kind: Kind::Conflict,
            detail: "the session is over; the text was not sent".to_owned(),
        },
        Ask::AnswerDialog { .. } => EffectResult::DialogGone,
        Ask::Lock { .. } | Ask::Stop { .. } => EffectResult::Done,
        Ask::Quiet { reply, .. } => {
            let _ = reply.send(true);
            EffectResult::Done
        }
    }
}
