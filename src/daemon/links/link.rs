//! One session's link: a select loop over its host, its asks and its own timers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::agents::Agent;
use crate::agents::delivery::DeliveryEvent;
use crate::agents::signals::Signals;
use crate::agents::transcript::Transcript;
use crate::client::pane::{self, PaneReceiver, PaneSender};
use crate::daemon::Daemon;
use crate::daemon::core::now;
use crate::engine::{EffectResult, Fact};
use crate::model::{Dialog, EffectId, SessionId, SessionState, Timestamp};
use crate::protocol::pane::{FromHost, Observation, ToHost, VERSION};

use super::Ask;
use super::answering::{Answer, Answering};
use super::control::{Quieting, Stopping};
use super::deliveries::Deliveries;

/// Tries to reach a host that runs but does not answer, before it is called unreachable.
pub(super) const CONNECT_TRIES: u32 = 20;

/// Serves one session until it is over.
pub(super) async fn run(daemon: Arc<Daemon>, id: SessionId, mut asks: mpsc::UnboundedReceiver<Ask>) {
    let Some(mut link) = Link::new(&daemon, &id).await else {
        daemon.links.close(&id);
        return;
    };
    let mut tries = 0;
    loop {
        let watch = ToHost::Watch { version: VERSION };
        match pane::connect(&daemon.paths.session_socket(&id), watch).await {
            Ok((sender, receiver)) => {
                tries = 0;
                link.attached(&sender).await;
                if link.serve(&sender, receiver, &mut asks).await == Served::Over {
                    break;
                }
            }
            Err(error) => tracing::debug!(session = %id, %error, "the host does not answer"),
        }
        tries += 1;
        if link.lost(tries).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(if tries < CONNECT_TRIES { 100 } else { 2_000 })).await;
    }
    daemon.links.close(&id);
    asks.close();
    while let Some(ask) = asks.recv().await {
        link.refuse(ask).await;
    }
    link.refuse_rest().await;
}

#[derive(PartialEq)]
enum Served {
    Over,
    Disconnected,
}

/// The daemon's end of one session.
pub(super) struct Link {
    pub(super) daemon: Arc<Daemon>,
    pub(super) id: SessionId,
    /// How to read and to treat it; `None` when its definition is gone since it started.
    pub(super) agent: Option<Agent>,
    pub(super) signals: Signals,
    pub(super) deliveries: Deliveries,
    pub(super) answering: Option<Answering>,
    /// Answers that wait for that one.
    pub(super) to_answer: VecDeque<Answer>,
    pub(super) quieting: Vec<Quieting>,
    pub(super) stopping: Vec<Stopping>,
    pub(super) seen: Option<Observation>,
    /// The dialog on the screen, and since when it stands there.
    pub(super) shown: Option<(Dialog, Timestamp)>,
    pub(super) transcript: Transcript,
    pub(super) collected: u64,
    pub(super) interrupts: u32,
}

impl Link {
    async fn new(daemon: &Arc<Daemon>, id: &SessionId) -> Option<Self> {
        let wanted = id.clone();
        let (session, collected) = daemon
            .core
            .look(move |state, store| {
                let session = state.sessions.get(&wanted)?.clone();
                Some((session, store.collected(&wanted).unwrap_or(0)))
            })
            .await
            .ok()??;
        let agent = daemon.agents.get(&session.agent).cloned();
        let signals = match session.verdict.state {
            SessionState::Starting => Signals::new(),
            state => Signals::resumed(state, &session.verdict.evidence),
        };
        Some(Self {
            daemon: Arc::clone(daemon),
            id: id.clone(),
            transcript: Transcript::new(&session.agent),
            agent,
            signals,
            deliveries: Deliveries::default(),
            answering: None,
            to_answer: VecDeque::new(),
            quieting: Vec::new(),
            stopping: Vec::new(),
            seen: None,
            shown: None,
            collected,
            interrupts: 0,
        })
    }

    /// Connected (again): writes that were asked for and not answered are asked for again; the host's
    /// journal knows which of them were done.
    async fn attached(&mut self, to: &PaneSender) {
        if let Some(write) = self.answering.as_ref().and_then(Answering::write) {
            self.answer_step(to, write).await;
        }
        self.step_delivery(to, None).await;
    }

    async fn serve(
        &mut self,
        to: &PaneSender,
        mut from: PaneReceiver,
        asks: &mut mpsc::UnboundedReceiver<Ask>,
    ) -> Served {
        loop {
            let due = self.due();
            let timer = async {
                match due {
                    Some(at) => tokio::time::sleep(at.since(now())).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                message = from.next() => match message {
                    None => return Served::Disconnected,
                    Some(FromHost::Ended(exit)) => {
                        self.daemon.core.fact(Fact::SessionEnded { session: self.id.clone(), exit: Some(exit) }).await;
                        let _ = to.send(ToHost::Bury);
                        return Served::Over;
                    }
                    Some(message) => self.hear(to, message).await,
                },
                Some(ask) = asks.recv() => self.take(to, ask).await,
                () = timer => self.tick(to).await,
            }
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let answer = self.answering.as_ref().and_then(Answering::wake);
        let quiet = self.quieting.iter().map(|quieting| quieting.until).min();
        let stop = self.stopping.iter().map(|stopping| stopping.until).min();
        [self.signals.due(), self.deliveries.due(), answer, quiet, stop].into_iter().flatten().min()
    }

    async fn hear(&mut self, to: &PaneSender, message: FromHost) {
        match message {
            FromHost::Observed(observation) => self.observed(to, observation).await,
            FromHost::Reported { number, report } => self.reported(to, number, report).await,
            FromHost::Wrote { key, fate } => self.wrote(to, &key, fate).await,
            FromHost::Refused(why) => tracing::warn!(session = %self.id, why, "the host refused"),
            _ => {}
        }
    }

    async fn take(&mut self, to: &PaneSender, ask: Ask) {
        match ask {
            Ask::Deliver { effect, text, purpose } => self.deliver(to, effect, &text, purpose).await,
            Ask::AnswerDialog { effect, dialog, yes } => self.answer(effect, dialog, yes),
            Ask::Lock { effect, locked } => self.lock(to, effect, locked).await,
            Ask::Stop { effect, now: at_once } => self.stop(to, effect, at_once).await,
            Ask::Quiet { patience, reply } => self.be_quiet(patience, reply),
        }
    }

    async fn tick(&mut self, to: &PaneSender) {
        let at = now();
        if let Some(news) = self.signals.tick(at) {
            self.read(news).await;
        }
        if self.deliveries.due().is_some_and(|due| due <= at) {
            self.deliveries.ticked(at);
            self.step_delivery(to, Some(DeliveryEvent::Tick)).await;
            self.step_delivery(to, None).await;
        }
        if let Some(step) = self.answering.as_mut().and_then(|answering| answering.due(at)) {
            self.answer_step(to, step).await;
        }
        self.press_for_quiet(to, at);
        self.give_up_stopping(at).await;
    }

    /// Tells the engine what an effect came to.
    pub(super) async fn ended(&self, effect: EffectId, result: EffectResult) {
        self.daemon.core.fact(Fact::EffectEnded { effect, result }).await;
    }
}
