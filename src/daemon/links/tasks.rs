//! What a link is in the middle of: deliveries in order, one dialog answer, callers that wait for the
//! turn to end. Plain state; the link does the talking.

use std::collections::{BTreeSet, VecDeque};

use tokio::sync::oneshot;

use crate::agents::delivery::Delivery;
use crate::model::{EffectId, Timestamp};

/// A delivery under way and those that wait behind it.
#[derive(Default)]
pub(super) struct Deliveries {
    waiting: VecDeque<(EffectId, Delivery)>,
    wakes: BTreeSet<Timestamp>,
}

impl Deliveries {
    /// Puts a delivery behind the others. The same effect is not queued twice.
    pub(super) fn push(&mut self, effect: EffectId, delivery: Delivery) {
        if !self.waiting.iter().any(|(known, _)| *known == effect) {
            self.waiting.push_back((effect, delivery));
        }
    }

    /// The one whose turn it is.
    pub(super) fn current(&mut self) -> Option<&mut (EffectId, Delivery)> {
        self.waiting.front_mut()
    }

    /// The current one is over.
    pub(super) fn pop(&mut self) -> Option<EffectId> {
        self.wakes.clear();
        self.waiting.pop_front().map(|(effect, _)| effect)
    }

    /// Remembers when to tick.
    pub(super) fn wake_at(&mut self, at: Timestamp) {
        self.wakes.insert(at);
    }

    /// When the next tick is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.wakes.first().copied()
    }

    /// Forgets ticks that were due.
    pub(super) fn ticked(&mut self, now: Timestamp) {
        self.wakes = self.wakes.split_off(&Timestamp(now.0.saturating_add(1)));
    }
}

/// The keys of one dialog answer on their way, one write each.
pub(super) struct Answering {
    /// The effect that asked.
    pub(super) effect: EffectId,
    /// Text that must still be on the screen for the first key.
    pub(super) only_if: String,
    /// Keys not written yet.
    keys: VecDeque<String>,
    written: usize,
    /// When the next key may be written: the program needs a moment between them.
    pub(super) next_at: Timestamp,
}

impl Answering {
    /// Nothing is written yet.
    pub(super) fn new(effect: EffectId, only_if: String, keys: Vec<String>, now: Timestamp) -> Self {
        Self { effect, only_if, keys: keys.into(), written: 0, next_at: now }
    }

    /// The next write: its key in the journal, its bytes, and what must be on the screen.
    pub(super) fn next_write(&mut self) -> Option<(String, Vec<u8>, String)> {
        let bytes = self.keys.front()?.clone().into_bytes();
        let only_if = if self.written == 0 { self.only_if.clone() } else { String::new() };
        Some((self.journal_key(), bytes, only_if))
    }

    /// The journal key of the write under way.
    pub(super) fn journal_key(&self) -> String {
        format!("{}.answer-{}", self.effect, self.written)
    }

    /// The write under way is done; `true` when it was the last.
    pub(super) fn advance(&mut self) -> bool {
        self.keys.pop_front();
        self.written += 1;
        self.keys.is_empty()
    }
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
