//! Texts on their way into a composer, one after the other.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;

use crate::agents::delivery::{Delivery, DeliveryAction, DeliveryEvent, Hold};
use crate::agents::{prompt, prompt_file};
use crate::config::PromptDelivery;
use crate::daemon::core::steady as now;
use crate::daemon::places;
use crate::engine::{EffectResult, Fact, Purpose};
use crate::model::{EffectId, Kind, Timestamp};
use crate::protocol::pane::{ToHost, WriteFate};
use crate::session;

use super::link::Link;

/// What no screen shows: a write that asks for it is never done.
const NOWHERE: &str = "\u{1}";

/// One that waits or is under way.
pub(super) struct Waiting {
    effect: EffectId,
    delivery: Delivery,
    /// The file that holds the text, when the composer gets only its name.
    file: Option<PathBuf>,
}

/// A delivery under way and those that wait behind it.
#[derive(Default)]
pub(super) struct Deliveries {
    waiting: VecDeque<Waiting>,
    wakes: BTreeSet<Timestamp>,
}

impl Deliveries {
    /// Whether this effect waits or is under way.
    fn holds(&self, effect: EffectId) -> bool {
        self.waiting.iter().any(|known| known.effect == effect)
    }

    /// Puts a delivery behind the others. The same effect is not queued twice.
    fn push(&mut self, waiting: Waiting) {
        if !self.holds(waiting.effect) {
            self.waiting.push_back(waiting);
        }
    }

    /// The one whose turn it is.
    fn current(&mut self) -> Option<&mut Delivery> {
        self.waiting.front_mut().map(|waiting| &mut waiting.delivery)
    }

    /// The current one is over.
    pub(super) fn pop(&mut self) -> Option<EffectId> {
        self.wakes.clear();
        self.waiting.pop_front().map(|waiting| waiting.effect)
    }

    /// What it came to when the current one arrived.
    fn arrived(&self) -> EffectResult {
        match self.waiting.front().and_then(|waiting| waiting.file.clone()) {
            Some(path) => EffectResult::DeliveredAsFile { path },
            None => EffectResult::Delivered,
        }
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
        if by_argument && self.was_started_with(text).await {
            return self.ended(effect, EffectResult::Delivered).await;
        }
        if self.deliveries.holds(effect) {
            return;
        }
        let key = effect.to_string();
        let handing = agent.hand(&key, text, &self.daemon.paths.agent_files(&self.id));
        let delivery = Delivery::new(&key, &handing.text, agent);
        let mut file = None;
        if let Some((path, text)) = handing.file {
            if let Err(detail) = write(path.clone(), text).await {
                return self.ended(effect, EffectResult::Failed { kind: Kind::Unavailable, detail }).await;
            }
            file = Some(path);
        }
        self.deliveries.push(Waiting { effect, delivery, file });
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
        let Some(delivery) = self.deliveries.current() else { return };
        let mut actions = VecDeque::from(match (event, &self.seen) {
            (Some(event), _) => delivery.step(event, now()),
            (None, Some(seen)) => delivery.step(DeliveryEvent::Saw(seen), now()),
            (None, None) => delivery.step(DeliveryEvent::Tick, now()),
        });
        while let Some(action) = actions.pop_front() {
            match action {
                DeliveryAction::NoteLog => self.noted = self.note_log().await,
                DeliveryAction::ReadLog => {
                    for prompt in self.logged_prompts().await {
                        let told = DeliveryEvent::HookTurnStarted { prompt: Some(&prompt) };
                        actions.extend(self.deliveries.current().map(|it| it.step(told, now())).into_iter().flatten());
                    }
                }
                DeliveryAction::Write { key, bytes, paste, only_if } => {
                    self.write(ToHost::Write { key, bytes, paste, only_if });
                }
                DeliveryAction::Recall { key } => {
                    // the journal is asked before the screen is looked at
                    let (bytes, only_if) = (Vec::new(), NOWHERE.to_owned());
                    self.write(ToHost::Write { key, bytes, paste: false, only_if });
                }
                DeliveryAction::WakeAt(at) => self.deliveries.wake_at(at),
                DeliveryAction::Held(hold) => self.held(hold).await,
                DeliveryAction::Delivered => {
                    let arrived = self.deliveries.arrived();
                    self.delivered(arrived).await;
                }
                DeliveryAction::Failed { detail } => {
                    self.delivered(EffectResult::Failed { kind: Kind::Unavailable, detail }).await;
                }
            }
        }
    }

    fn write(&mut self, write: ToHost) {
        self.writing = Some(write.clone());
        self.send(write);
    }

    /// The person is in the way of the current one, or is not any more.
    async fn held(&self, hold: Option<Hold>) {
        if let Some(effect) = self.deliveries.waiting.front().map(|waiting| waiting.effect) {
            let why = hold.map(|hold| hold.words().to_owned());
            let hint = hold.map(|hold| hold.hint().to_owned()).unwrap_or_default();
            self.daemon.core.fact(Fact::TextHeld { effect, why, hint }).await;
        }
    }

    pub(super) async fn delivered(&mut self, result: EffectResult) {
        if let Some(effect) = self.deliveries.pop() {
            self.asked &= !matches!(result, EffectResult::Delivered | EffectResult::DeliveredAsFile { .. });
            self.writing = None;
            self.ended(effect, result).await;
            self.deliveries.wake_at(now());
        }
    }
}

/// Writes a long text where its agent reads it. Written again after a crash it is the same.
async fn write(path: PathBuf, text: String) -> Result<(), String> {
    let shown = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || places::write_private(&path, text.as_bytes())).await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            Err(format!("the text is long, and `{shown}`, where it was to be read, cannot be written: {error}"))
        }
        Err(_) => Err(format!("`{shown}` was not written; see the daemon's log")),
    }
}
