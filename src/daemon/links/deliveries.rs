//! Texts on their way into a composer, one after the other.

use std::collections::{BTreeSet, VecDeque};

use crate::agents::delivery::{Delivery, DeliveryAction, DeliveryEvent};
use crate::agents::{prompt, prompt_file};
use crate::config::PromptDelivery;
use crate::daemon::core::steady as now;
use crate::engine::{EffectResult, Purpose};
use crate::model::{EffectId, Kind, Timestamp};
use crate::protocol::pane::{ToHost, WriteFate};
use crate::session;

use super::link::Link;

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

impl Link {
    /// A text for the composer, behind those that wait.
    pub(super) async fn deliver(&mut self, effect: EffectId, text: &str, purpose: Purpose) {
        let Some(agent) = &self.agent else {
            let detail = "its agent's definition is gone, so nothing can be typed safely".to_owned();
            return self.ended(effect, EffectResult::Failed { kind: Kind::NotFound, detail }).await;
        };
        let by_argument = purpose == Purpose::Brief && agent.definition().prompt == PromptDelivery::Argument;
        let delivery = Delivery::new(&effect.to_string(), text, agent);
        if by_argument && self.was_started_with(text).await {
            return self.ended(effect, EffectResult::Delivered).await;
        }
        self.deliveries.push(effect, delivery);
        self.step_delivery(None).await;
    }

    /// Whether the agent's command line carried the text, or named the file that holds it.
    async fn was_started_with(&self, text: &str) -> bool {
        let directory = self.daemon.paths.session(&self.id);
        let file = prompt_file(&self.daemon.paths.agent_files(&self.id));
        let text = prompt::safe(text);
        let looked = tokio::task::spawn_blocking(move || {
            session::arguments_of(&directory).contains(&text)
                || std::fs::read_to_string(file).is_ok_and(|written| written == text)
        });
        looked.await.unwrap_or(false)
    }

    pub(super) async fn wrote(&mut self, key: &str, fate: WriteFate) {
        if let Some(answering) = self.answering.as_mut().filter(|answering| answering.is_writing(key)) {
            if let Some(step) = answering.wrote(fate, now()) {
                self.answer_step(step).await;
            }
            return;
        }
        if matches!(&self.writing, Some(ToHost::Write { key: of, .. }) if of == key) {
            self.writing = None;
        }
        self.step_delivery(Some(DeliveryEvent::Wrote { key, fate })).await;
        self.step_delivery(None).await;
    }

    /// Feeds the current delivery: the event, or (without one) the last observation.
    pub(super) async fn step_delivery(&mut self, event: Option<DeliveryEvent<'_>>) {
        if self.line.is_none() {
            return;
        }
        let Some((_, delivery)) = self.deliveries.current() else { return };
        let actions = match (event, &self.seen) {
            (Some(event), _) => delivery.step(event, now()),
            (None, Some(seen)) => delivery.step(DeliveryEvent::Saw(seen), now()),
            (None, None) => delivery.step(DeliveryEvent::Tick, now()),
        };
        for action in actions {
            match action {
                DeliveryAction::Write { key, bytes, paste } => {
                    let write = ToHost::Write { key, bytes, paste, only_if: String::new() };
                    self.writing = Some(write.clone());
                    self.send(write);
                }
                DeliveryAction::WakeAt(at) => self.deliveries.wake_at(at),
                DeliveryAction::Delivered => self.delivered(EffectResult::Delivered).await,
                DeliveryAction::Failed { detail } => {
                    self.delivered(EffectResult::Failed { kind: Kind::Unavailable, detail }).await;
                }
            }
        }
    }

    pub(super) async fn delivered(&mut self, result: EffectResult) {
        if let Some(effect) = self.deliveries.pop() {
            self.asked &= result != EffectResult::Delivered;
            self.writing = None;
            self.ended(effect, result).await;
            self.deliveries.wake_at(now());
        }
    }
}
