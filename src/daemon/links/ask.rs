//! What is asked of a session's link.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::engine::{Effect, EffectKind, EffectResult, Purpose};
use crate::model::{AnswerKind, Dialog, EffectId, Kind, Reading};
use crate::protocol::pane::Observation;

/// One thing that is asked of a session.
pub(in crate::daemon) enum Ask {
    /// Text into the composer, verified.
    Deliver { effect: EffectId, text: String, purpose: Purpose },
    /// Keys that answer exactly this dialog.
    AnswerDialog { effect: EffectId, dialog: Dialog, kind: AnswerKind },
    /// Lock or unlock people's input.
    Lock { effect: EffectId, locked: bool },
    /// End the agent.
    Stop { effect: EffectId, now: bool },
    /// Answer `true` when no turn is under way: at once, after it ended, or after an interrupt.
    Quiet { patience: Duration, reply: oneshot::Sender<bool> },
    /// Answer what title and screen say.
    Explain { reply: oneshot::Sender<Looks> },
}

/// What a link knows of a session's looks.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Looks {
    /// What title and screen say by themselves.
    pub(in crate::daemon) seen: Option<Reading>,
    /// What waits to be believed.
    pub(in crate::daemon) pending: Option<Reading>,
    /// The last look itself, and when it was.
    pub(in crate::daemon) screen: Option<Observation>,
}

impl Ask {
    /// What an effect asks of its session, if it is the link's to carry out.
    pub(in crate::daemon) fn of(effect: &Effect) -> Option<Self> {
        let id = effect.id;
        match effect.kind.clone() {
            EffectKind::DeliverPrompt { text, purpose, .. } => Some(Ask::Deliver { effect: id, text, purpose }),
            EffectKind::AnswerDialog { dialog, yes, always, .. } => {
                let kind = match (yes, always) {
                    (_, true) => AnswerKind::Always,
                    (true, false) => AnswerKind::Yes,
                    (false, false) => AnswerKind::No,
                };
                Some(Ask::AnswerDialog { effect: id, dialog, kind })
            }
            EffectKind::LockInput { locked, .. } => Some(Ask::Lock { effect: id, locked }),
            EffectKind::StopSession { now, .. } => Some(Ask::Stop { effect: id, now }),
            _ => None,
        }
    }

    /// The effect that asks.
    pub(super) fn effect(&self) -> Option<EffectId> {
        match self {
            Ask::Deliver { effect, .. }
            | Ask::AnswerDialog { effect, .. }
            | Ask::Lock { effect, .. }
            | Ask::Stop { effect, .. } => Some(*effect),
            Ask::Quiet { .. } | Ask::Explain { .. } => None,
        }
    }

    /// What it comes to when the session is over.
    pub(super) fn when_over(self) -> EffectResult {
        match self {
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
            Ask::Explain { reply } => {
                let _ = reply.send(Looks::default());
                EffectResult::Done
            }
        }
    }
}
