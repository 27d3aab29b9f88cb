//! What is asked of a session as a whole: to end, to be locked, to be quiet.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::client::ClientError;
use crate::client::pane::PaneSender;
use crate::daemon::core::now;
use crate::engine::EffectResult;
use crate::model::{EffectId, Kind, SessionState, Timestamp};
use crate::protocol::pane::ToHost;

use super::link::Link;

/// How long an interrupted turn may take to end.
const INTERRUPT_PATIENCE: Duration = Duration::from_secs(10);
/// Between asking an agent to end and forcing it.
const STOP_GRACE_MS: u64 = 5_000;
/// How long after the grace a forced agent may take to be gone.
const FORCED_WITHIN: Duration = Duration::from_secs(15);

/// An agent that was told to end.
pub(super) struct Stopping {
    pub(super) effect: EffectId,
    /// When it is called one that does not end.
    pub(super) until: Timestamp,
}

/// Somebody waits until no turn is under way.
pub(super) struct Quieting {
    /// When to interrupt, and after that when to give up.
    pub(super) until: Timestamp,
    /// The interrupt was sent.
    pub(super) interrupted: bool,
    /// Who waits.
    pub(super) reply: oneshot::Sender<bool>,
}

impl Link {
    /// Locks or unlocks people's input.
    pub(super) async fn lock(&mut self, to: &PaneSender, effect: EffectId, locked: bool) {
        let result = sent(to.send(ToHost::Lock(locked)));
        self.ended(effect, result).await;
    }

    /// Ends the agent. Answered when it is gone: its worktree must not be touched before.
    pub(super) async fn stop(&mut self, to: &PaneSender, effect: EffectId, at_once: bool) {
        let grace_ms = if at_once { 0 } else { STOP_GRACE_MS };
        let polite = self.agent.as_ref().filter(|_| !at_once);
        let ask = polite.map(|agent| agent.polite_exit().to_vec()).unwrap_or_default();
        match to.send(ToHost::Stop { grace_ms, ask }) {
            Ok(()) => {
                let until = now().after(Duration::from_millis(grace_ms) + FORCED_WITHIN);
                self.stopping.push(Stopping { effect, until });
            }
            Err(error) => self.ended(effect, sent(Err(error))).await,
        }
    }

    /// Answers when no turn is under way.
    pub(super) fn be_quiet(&mut self, patience: Duration, reply: oneshot::Sender<bool>) {
        if self.signals.verdict().is_some_and(|known| is_at_rest(known.state)) {
            let _ = reply.send(true);
        } else {
            self.quieting.push(Quieting { until: now().after(patience), interrupted: false, reply });
        }
    }

    /// Agents that are still there after force.
    pub(super) async fn give_up_stopping(&mut self, at: Timestamp) {
        let (late, still) = self.stopping.drain(..).partition(|stopping| stopping.until <= at);
        self.stopping = still;
        let late: Vec<Stopping> = late;
        for stopping in late {
            let detail = "the agent's processes do not end".to_owned();
            self.ended(stopping.effect, EffectResult::Failed { kind: Kind::Unavailable, detail }).await;
        }
    }

    /// Interrupts a turn that goes on for too long; gives up when even that does not end it.
    pub(super) fn press_for_quiet(&mut self, to: &PaneSender, at: Timestamp) {
        let mut still = Vec::new();
        for mut quieting in self.quieting.drain(..) {
            if quieting.until > at {
                still.push(quieting);
            } else if quieting.interrupted {
                let _ = quieting.reply.send(false);
            } else {
                self.interrupts += 1;
                let key = format!("interrupt-{}-{}", at.0, self.interrupts);
                let _ = to.send(ToHost::Write { key, bytes: vec![0x1b], paste: false, only_if: String::new() });
                quieting.interrupted = true;
                quieting.until = at.after(INTERRUPT_PATIENCE);
                still.push(quieting);
            }
        }
        self.quieting = still;
    }
}

/// What a message that only has to be sent comes to.
fn sent(outcome: Result<(), ClientError>) -> EffectResult {
    match outcome {
        Ok(()) => EffectResult::Done,
        Err(error) => EffectResult::Failed { kind: Kind::Unavailable, detail: error.to_string() },
    }
}

/// Whether surely no turn is under way. What is not known counts as work.
pub(super) fn is_at_rest(state: SessionState) -> bool {
    match state {
        SessionState::Idle
        | SessionState::WaitingInput
        | SessionState::WaitingPermission
        | SessionState::Limited
        | SessionState::Paused
        | SessionState::Interrupted
        | SessionState::Exited
        | SessionState::Crashed => true,
        SessionState::Starting | SessionState::Working | SessionState::Unreachable | SessionState::Unknown => false,
    }
}
