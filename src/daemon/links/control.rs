//! What is asked of a session as a whole: to end, to be locked, to be quiet.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::daemon::core::steady as now;
use crate::engine::EffectResult;
use crate::model::{EffectId, Kind, SessionState, Timestamp};
use crate::protocol::pane::ToHost;

use super::link::Link;

/// How long an interrupted turn may take to end.
const INTERRUPT_PATIENCE: Duration = Duration::from_secs(10);
/// Between asking an agent to end and forcing it.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// How long after the grace a forced agent may take to be gone.
const FORCED_WITHIN: Duration = Duration::from_secs(15);

/// How long a host may take to lock.
const LOCKED_WITHIN: Duration = Duration::from_secs(10);

/// A lock that was asked for.
pub(super) struct Locking {
    pub(super) effect: EffectId,
    locked: bool,
    /// The number of the question that went with it.
    question: Option<u32>,
    /// When it is given up.
    until: Timestamp,
}

/// An agent that was told to end.
pub(super) struct Stopping {
    pub(super) effect: EffectId,
    at_once: bool,
    /// When asking is over.
    forced_at: Timestamp,
    /// When it is called one that does not end.
    until: Timestamp,
}

/// Somebody waits until no turn is under way.
pub(super) struct Quieting {
    /// When to interrupt, and after that when to give up.
    until: Timestamp,
    /// The interrupt was sent.
    interrupted: bool,
    /// Who waits.
    pub(super) reply: oneshot::Sender<bool>,
}

impl Link {
    /// Locks or unlocks people's input. Answered when the host has done it.
    pub(super) fn lock(&mut self, effect: EffectId, locked: bool) {
        if self.locking.iter().all(|known| known.effect != effect) {
            let until = now().after(LOCKED_WITHIN);
            let question = self.send(ToHost::Lock(locked));
            self.locking.push(Locking { effect, locked, question, until });
        }
    }

    /// The host answered: the locks that it was asked for before are on.
    pub(super) async fn locked(&mut self) {
        let Some(line) = &self.line else { return };
        let is_done = |locking: &Locking| locking.question.is_some_and(|number| line.is_answered(number));
        let (done, still): (Vec<_>, _) = self.locking.drain(..).partition(is_done);
        self.locking = still;
        for locking in done {
            self.ended(locking.effect, EffectResult::Done).await;
        }
    }

    /// Ends the agent. Answered when it is gone: its worktree must not be touched before.
    pub(super) fn stop(&mut self, effect: EffectId, at_once: bool) {
        if self.stopping.iter().all(|known| known.effect != effect) {
            let forced_at = if at_once { now() } else { now().after(STOP_GRACE) };
            let until = forced_at.after(FORCED_WITHIN);
            self.stopping.push(Stopping { effect, at_once, forced_at, until });
            self.send_stop(at_once);
        }
    }

    fn send_stop(&mut self, at_once: bool) {
        let grace = if at_once { Duration::ZERO } else { STOP_GRACE };
        let polite = self.agent.as_ref().filter(|_| !at_once);
        let ask = polite.map(|agent| agent.polite_exit().to_vec()).unwrap_or_default();
        self.send(ToHost::Stop { grace_ms: u64::try_from(grace.as_millis()).unwrap_or(0), ask });
    }

    /// A new connection: what the last one may not have passed on is asked for again.
    pub(super) fn ask_control_again(&mut self) {
        let Some(line) = &mut self.line else { return };
        for locking in &mut self.locking {
            locking.question = Some(line.ask(ToHost::Lock(locking.locked)));
        }
        if let Some(at_once) = self.stopping.iter().map(|stopping| stopping.at_once).max() {
            self.send_stop(at_once);
        }
    }

    /// Whether an agent that was told to end should have been forced by now.
    pub(super) fn is_to_be_forced(&self, at: Timestamp) -> bool {
        self.stopping.iter().any(|stopping| stopping.forced_at <= at)
    }

    /// When something here is due.
    pub(super) fn control_due(&self) -> Option<Timestamp> {
        let locks = self.locking.iter().map(|locking| locking.until);
        let stops = self.stopping.iter().map(|stopping| stopping.until);
        let quiet = self.quieting.iter().map(|quieting| quieting.until);
        locks.chain(stops).chain(quiet).min()
    }

    /// Answers when no turn is under way.
    pub(super) fn be_quiet(&mut self, patience: Duration, reply: oneshot::Sender<bool>) {
        if self.signals.verdict().is_some_and(|known| is_at_rest(known.state)) {
            let _ = reply.send(true);
        } else {
            self.quieting.push(Quieting { until: now().after(patience), interrupted: false, reply });
        }
    }

    /// Locks that no host confirms.
    pub(super) async fn give_up_locking(&mut self, at: Timestamp) {
        let (late, still): (Vec<_>, _) = self.locking.drain(..).partition(|locking| locking.until <= at);
        self.locking = still;
        for locking in late {
            let detail = "its host does not answer".to_owned();
            self.ended(locking.effect, EffectResult::Failed { kind: Kind::Unavailable, detail }).await;
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

    /// Presses the keys that end a turn, each as a write of its own.
    fn interrupt(&mut self, at: Timestamp) {
        let modes = self.seen.as_ref().map(|seen| seen.modes.clone()).unwrap_or_default();
        let keys = self.agent.as_ref().map_or_else(|| vec![vec![0x1b]], |agent| agent.interrupt(&modes));
        for bytes in keys {
            self.interrupts += 1;
            let key = format!("interrupt-{}-{}", at.0, self.interrupts);
            self.send(ToHost::Write { key, bytes, paste: false, only_if: String::new() });
        }
    }

    /// Interrupts a turn that goes on for too long; gives up when even that does not end it.
    pub(super) fn press_for_quiet(&mut self, at: Timestamp) {
        let mut still = Vec::new();
        for mut quieting in std::mem::take(&mut self.quieting) {
            if quieting.until > at {
                still.push(quieting);
            } else if quieting.interrupted {
                let _ = quieting.reply.send(false);
            } else {
                self.interrupt(at);
                quieting.interrupted = true;
                quieting.until = at.after(INTERRUPT_PATIENCE);
                still.push(quieting);
            }
        }
        self.quieting = still;
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
