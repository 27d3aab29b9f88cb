//! One session's link: a select loop over its host, its asks and its own timers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::agents::delivery::DeliveryEvent;
use crate::agents::signals::Signals;
use crate::agents::transcript::Transcript;
use crate::agents::{Agent, Requests};
use crate::client::pane::PaneReceiver;
use crate::config::StreamFormat;
use crate::daemon::Daemon;
use crate::daemon::core::steady as now;
use crate::engine::{EffectResult, Fact};
use crate::model::{Dialog, EffectId, SessionId, SessionState, StateSource, Timestamp};
use crate::protocol::pane::{FromHost, Observation, ToHost};

use super::Ask;
use super::answering::{Answer, Answering};
use super::control::{Locking, Quieting, Stopping};
use super::deliveries::Deliveries;
use super::heartbeat::{Beat, Heartbeat};
use super::line::Line;
use super::log::Noted;
use super::over::Silence;
use super::usage::Meter;

/// Tries to reach a host in quick succession.
const QUICK_TRIES: u32 = 20;
/// Between two of them.
const TRY_AFTER: Duration = Duration::from_millis(100);
/// Between two later ones.
const TRY_LATER_AFTER: Duration = Duration::from_secs(2);

/// Serves one session until it is over.
pub(super) async fn run(daemon: Arc<Daemon>, id: SessionId, mut asks: mpsc::UnboundedReceiver<Ask>) {
    let Some(mut link) = Link::new(&daemon, &id).await else {
        daemon.links.close(&id);
        return;
    };
    loop {
        if let Some(receiver) = link.attach().await
            && link.serve(receiver, &mut asks).await == Served::Over
        {
            break;
        }
        if link.lost().await {
            break;
        }
        link.pause(&mut asks).await;
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
    /// What its agent asks to be allowed, by its hooks.
    pub(super) requests: Requests,
    pub(super) deliveries: Deliveries,
    /// Where its agent's log of the conversation ended before Enter.
    pub(super) noted: Noted,
    pub(super) answering: Option<Answering>,
    /// Answers that wait for that one.
    pub(super) to_answer: VecDeque<Answer>,
    /// The line to its host, while there is one.
    pub(super) line: Option<Line>,
    /// How long the host has not been reached.
    pub(super) silence: Silence,
    /// The delivery's write that the host has not answered.
    pub(super) writing: Option<ToHost>,
    pub(super) locking: Vec<Locking>,
    pub(super) quieting: Vec<Quieting>,
    pub(super) stopping: Vec<Stopping>,
    pub(super) seen: Option<Observation>,
    /// The dialog on the screen, and since when it stands there.
    pub(super) shown: Option<(Dialog, Timestamp)>,
    /// It runs a command of its own; a shell without one may wait at its prompt.
    pub(super) runs_command: bool,
    pub(super) transcript: Transcript,
    pub(super) collected: u64,
    /// What it uses.
    pub(super) meter: Meter,
    pub(super) interrupts: u32,
    /// Tools that were noted for the archive.
    pub(super) tools: std::collections::BTreeSet<String>,
    /// Whether its host is there.
    pub(super) heartbeat: Heartbeat,
    /// Its agent waits for the person's answer.
    pub(super) asked: bool,
    /// Its host was reached since this daemon started: an end from now on is seen when it happens.
    pub(super) reached: bool,
}

impl Link {
    async fn new(daemon: &Arc<Daemon>, id: &SessionId) -> Option<Self> {
        let wanted = id.clone();
        let (session, runs_command, collected, asked, meter) = daemon
            .core
            .look(move |state, store| {
                let session = state.sessions.get(&wanted)?.clone();
                let runs_command = state.run_of(&session).is_some();
                let asked = state.dialog_of(&wanted).and_then(|approval| approval.subject.dialog()?.exact.clone());
                let meter = Meter::new(state, &session);
                Some((session, runs_command, store.collected(&wanted).unwrap_or(0), asked, meter))
            })
            .await
            .ok()??;
        let agent = daemon.agents.get(&session.agent);
        let signals = match session.verdict.state {
            SessionState::Starting => Signals::new(),
            state => Signals::resumed(state, &session.verdict.evidence),
        };
        Some(Self {
            daemon: Arc::clone(daemon),
            id: id.clone(),
            transcript: agent.as_ref().map_or_else(|| Transcript::new(StreamFormat::Text), Agent::transcript),
            agent,
            runs_command,
            signals,
            requests: Requests::resumed(asked),
            deliveries: Deliveries::default(),
            noted: Noted::default(),
            answering: None,
            to_answer: VecDeque::new(),
            line: None,
            silence: Silence::default(),
            writing: None,
            locking: Vec::new(),
            quieting: Vec::new(),
            stopping: Vec::new(),
            seen: None,
            shown: None,
            collected,
            meter,
            interrupts: 0,
            tools: std::collections::BTreeSet::new(),
            heartbeat: Heartbeat::new(Duration::from_secs(daemon.settings.heartbeat), now()),
            asked: session.verdict.source == StateSource::Report && session.verdict.state == SessionState::WaitingInput,
            reached: false,
        })
    }

    /// Connects (again). What was asked for and not answered is asked for again; the host's journal knows
    /// which writes were done.
    async fn attach(&mut self) -> Option<PaneReceiver> {
        let tried_at = now();
        let Some((line, receiver)) = Line::open(&self.daemon.paths.session_socket(&self.id)).await else {
            self.silence.missed(tried_at);
            return None;
        };
        self.line = Some(line);
        self.reached = true;
        self.heartbeat.heard();
        if std::mem::take(&mut self.silence).told {
            self.answers_again().await;
        }
        if let Some(write) = self.writing.clone() {
            self.send(write);
        }
        if let Some(write) = self.answering.as_ref().and_then(Answering::write) {
            self.answer_step(write).await;
        }
        self.ask_control_again();
        self.step_delivery(None).await;
        Some(receiver)
    }

    async fn serve(&mut self, mut from: PaneReceiver, asks: &mut mpsc::UnboundedReceiver<Ask>) -> Served {
        let served = loop {
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
                    None => break Served::Disconnected,
                    Some(FromHost::Ended(exit)) => {
                        self.meter_rest().await;
                        self.daemon.core.fact(Fact::SessionEnded { session: self.id.clone(), exit: Some(exit) }).await;
                        self.tell(ToHost::Bury);
                        break Served::Over;
                    }
                    Some(message) => self.hear(message).await,
                },
                Some(ask) = asks.recv() => self.take(ask).await,
                () = timer => self.tick().await,
            }
            if let Some(since) = self.line.as_ref().filter(|line| line.is_silent()).and_then(Line::waiting_since) {
                self.silence.missed(since);
                break Served::Disconnected;
            }
        };
        self.line = None;
        served
    }

    /// Between two tries to connect: what is asked is taken, and done when the host answers again.
    async fn pause(&mut self, asks: &mut mpsc::UnboundedReceiver<Ask>) {
        let quick = self.silence.tries < QUICK_TRIES;
        let pause = tokio::time::sleep(if quick { TRY_AFTER } else { TRY_LATER_AFTER });
        tokio::pin!(pause);
        loop {
            tokio::select! {
                Some(ask) = asks.recv() => self.take(ask).await,
                () = &mut pause => break,
            }
        }
        self.tick().await;
    }

    /// Sends what needs an answer. Without a line it is sent when there is one again.
    pub(super) fn send(&mut self, message: ToHost) -> Option<u32> {
        Some(self.line.as_mut()?.ask(message))
    }

    /// Sends what needs none.
    pub(super) fn tell(&self, message: ToHost) {
        if let Some(line) = &self.line {
            line.tell(message);
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let answer = self.answering.as_ref().and_then(Answering::wake);
        let silent = self.line.as_ref().and_then(Line::due);
        let beat = self.line.is_some().then(|| self.heartbeat.due());
        let due = [self.signals.due(), self.deliveries.due(), answer, self.control_due(), silent, beat];
        due.into_iter().flatten().min()
    }

    /// Asks a host that has been silent for long whether it is there, and says so when it is not.
    async fn beat(&mut self, at: Timestamp) {
        let Some(line) = &mut self.line else { return };
        match self.heartbeat.beat(at) {
            Beat::Rest => {}
            Beat::Ask => line.beat(),
            Beat::Silent { since } => {
                self.silence.missed(since);
                self.unreachable("its host runs but does not answer").await;
            }
        }
    }

    async fn hear(&mut self, message: FromHost) {
        self.heartbeat.heard();
        if let Some(line) = &mut self.line {
            line.heard(&message);
        }
        if std::mem::take(&mut self.silence).told {
            self.answers_again().await;
        }
        match message {
            FromHost::Observed(observation) => self.observed(observation).await,
            FromHost::Reported { number, report } => self.reported(number, report).await,
            FromHost::Wrote { key, fate } => self.wrote(&key, fate).await,
            FromHost::History { .. } => self.locked().await,
            FromHost::Refused(why) => tracing::warn!(session = %self.id, why, "the host refused"),
            _ => {}
        }
    }

    async fn take(&mut self, ask: Ask) {
        match ask {
            Ask::Deliver { effect, text, purpose } => self.deliver(effect, &text, purpose).await,
            Ask::AnswerDialog { effect, dialog, kind } => self.answer(effect, dialog, kind),
            Ask::Lock { effect, locked } => self.lock(effect, locked),
            Ask::Stop { effect, now: at_once } => self.stop(effect, at_once),
            Ask::Quiet { patience, reply } => self.be_quiet(patience, reply),
            Ask::Explain { reply } => self.explain(reply),
        }
    }

    async fn tick(&mut self) {
        let at = now();
        if let Some(news) = self.signals.tick(at) {
            self.read(news).await;
        }
        if self.line.is_some() {
            if self.deliveries.due().is_some_and(|due| due <= at) {
                self.deliveries.ticked(at);
                self.step_delivery(Some(DeliveryEvent::Tick)).await;
                self.step_delivery(None).await;
            }
            if let Some(step) = self.answering.as_mut().and_then(|answering| answering.due(at)) {
                self.answer_step(step).await;
            }
        }
        self.beat(at).await;
        self.press_for_quiet(at);
        self.give_up_locking(at).await;
        self.give_up_stopping(at).await;
    }

    /// Tells the engine what an effect came to.
    pub(super) async fn ended(&self, effect: EffectId, result: EffectResult) {
        self.daemon.core.fact(Fact::EffectEnded { effect, result }).await;
    }
}
