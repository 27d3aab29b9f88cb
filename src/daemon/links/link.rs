//! One session's link: a select loop over its host, its asks and its own timers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::agents::Agent;
use crate::agents::delivery::{Delivery, DeliveryAction, DeliveryEvent};
use crate::agents::signals::Signals;
use crate::agents::transcript::{News, Transcript};
use crate::client::pane::{self, PaneReceiver, PaneSender};
use crate::config::PromptDelivery;
use crate::daemon::Daemon;
use crate::daemon::core::now;
use crate::engine::{EffectResult, Fact, Purpose};
use crate::model::{Dialog, EffectId, Kind, Reading, SessionId, SessionState, StateSource, Timestamp};
use crate::protocol::pane::{FromHost, Observation, SessionReport, ToHost, VERSION, WriteFate};
use crate::session::{self, Found};

use super::Ask;
use super::tasks::{AnswerStep, Answering, Deliveries, Quieting};

/// How long an interrupted turn may take to end.
const INTERRUPT_PATIENCE: Duration = Duration::from_secs(10);
/// Between asking an agent to end and forcing it.
const STOP_GRACE_MS: u64 = 5_000;
/// How long after the grace a forced agent may take to be gone.
const FORCED_WITHIN: Duration = Duration::from_secs(15);
/// Tries to reach a host that runs but does not answer, before it is called unreachable.
const CONNECT_TRIES: u32 = 20;

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

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// It is in the log.
    In,
    /// It is, and it said that the agent's turn began.
    TurnStarted,
    /// It is not: the host keeps it.
    Kept,
}

/// An agent that was told to end.
struct Stopping {
    effect: EffectId,
    /// When it is called one that does not end.
    until: Timestamp,
}

struct Link {
    daemon: Arc<Daemon>,
    id: SessionId,
    agent: Agent,
    signals: Signals,
    deliveries: Deliveries,
    answering: Option<Answering>,
    quieting: Vec<Quieting>,
    stopping: Vec<Stopping>,
    seen: Option<Observation>,
    /// The dialog on the screen, and since when it stands there.
    shown: Option<(Dialog, Timestamp)>,
    transcript: Transcript,
    collected: u64,
    interrupts: u32,
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
        let agent = daemon.agents.get(&session.agent)?.clone();
        let signals = match session.verdict.state {
            SessionState::Starting => Signals::new(),
            state => Signals::resumed(state, &session.verdict.evidence),
        };
        Some(Self {
            daemon: Arc::clone(daemon),
            id: id.clone(),
            transcript: Transcript::new(agent.name()),
            agent,
            signals,
            deliveries: Deliveries::default(),
            answering: None,
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

    async fn observed(&mut self, to: &PaneSender, observation: Observation) {
        let reading = self.agent.read(&observation);
        self.dialog_shown(to, reading.as_ref().and_then(|reading| reading.dialog.clone())).await;
        if let Some(news) = self.signals.observed(reading, now()) {
            self.read(news).await;
        }
        self.seen = Some(observation);
        self.step_delivery(to, None).await;
    }

    async fn reported(&mut self, to: &PaneSender, number: u64, report: SessionReport) {
        match self.take_in(number, report).await {
            Taken::Kept => return,
            Taken::In => {}
            Taken::TurnStarted => self.step_delivery(to, Some(DeliveryEvent::HookTurnStarted)).await,
        }
        let _ = to.send(ToHost::Collected { up_to: number });
    }

    /// What a report says becomes a fact, once.
    async fn take_in(&mut self, number: u64, report: SessionReport) -> Taken {
        if number <= self.collected {
            return Taken::In;
        }
        let mark = Some((self.id.clone(), number));
        let taken = match report {
            SessionReport::Said(report) => {
                let fact = Fact::Reported { session: self.id.clone(), report };
                if self.daemon.core.collect(fact, mark).await { Taken::In } else { Taken::Kept }
            }
            SessionReport::Hook { event, payload } => self.hooked(&event, &payload, mark).await,
            SessionReport::Stream { line } => self.streamed(&line, mark).await,
        };
        if taken != Taken::Kept {
            self.collected = number;
        }
        taken
    }

    async fn hooked(&mut self, event: &str, payload: &str, mark: Option<(SessionId, u64)>) -> Taken {
        let news = self.agent.hook(event, payload);
        if let Some(conversation) = news.conversation {
            let fact = Fact::ConversationNamed { session: self.id.clone(), conversation };
            if !self.daemon.core.collect(fact, mark).await {
                return Taken::Kept;
            }
        }
        if let Some(reading) = news.reading.and_then(|reading| self.signals.hook(reading, now())) {
            self.read(reading).await;
        }
        if news.turn_started { Taken::TurnStarted } else { Taken::In }
    }

    /// A line of a headless agent's structured output: its first one names the conversation.
    async fn streamed(&mut self, line: &str, mark: Option<(SessionId, u64)>) -> Taken {
        for news in self.transcript.line(line).news {
            if let News::Started { conversation, .. } = news {
                let fact = Fact::ConversationNamed { session: self.id.clone(), conversation };
                if !self.daemon.core.collect(fact, mark.clone()).await {
                    return Taken::Kept;
                }
            }
        }
        let working = Reading {
            state: SessionState::Working,
            source: StateSource::Stream,
            evidence: "structured output".to_owned(),
            dialog: None,
        };
        if let Some(reading) = self.signals.hook(working, now()) {
            self.read(reading).await;
        }
        Taken::In
    }

    async fn read(&mut self, reading: Reading) {
        let working = reading.state == SessionState::Working;
        self.daemon.core.fact(Fact::Read { session: self.id.clone(), reading }).await;
        if !working {
            for quieting in self.quieting.drain(..) {
                let _ = quieting.reply.send(true);
            }
        }
    }

    async fn take(&mut self, to: &PaneSender, ask: Ask) {
        match ask {
            Ask::Deliver { effect, text, purpose } => {
                if purpose == Purpose::Brief && self.agent.definition().prompt == PromptDelivery::Argument {
                    return self.ended(effect, EffectResult::Delivered).await;
                }
                self.deliveries.push(effect, Delivery::new(&effect.to_string(), &text, &self.agent));
                self.step_delivery(to, None).await;
            }
            Ask::AnswerDialog { effect, dialog, yes } => {
                let since =
                    self.shown.as_ref().filter(|(shown, _)| *shown == dialog).map_or_else(now, |(_, since)| *since);
                self.answering = Some(Answering::new(effect, dialog, yes, since));
            }
            Ask::Lock { effect, locked } => {
                let result = sent(to.send(ToHost::Lock(locked)));
                self.ended(effect, result).await;
            }
            Ask::Stop { effect, now: at_once } => {
                let grace_ms = if at_once { 0 } else { STOP_GRACE_MS };
                let ask = if at_once { Vec::new() } else { self.agent.polite_exit().to_vec() };
                match to.send(ToHost::Stop { grace_ms, ask }) {
                    // answered when the agent is gone: its worktree must not be touched before
                    Ok(()) => {
                        let until = now().after(Duration::from_millis(grace_ms) + FORCED_WITHIN);
                        self.stopping.push(Stopping { effect, until });
                    }
                    Err(error) => self.ended(effect, sent(Err(error))).await,
                }
            }
            Ask::Quiet { patience, reply } => {
                if self.signals.verdict().is_some_and(|known| known.state == SessionState::Working) {
                    self.quieting.push(Quieting { until: now().after(patience), interrupted: false, reply });
                } else {
                    let _ = reply.send(true);
                }
            }
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

    /// Agents that are still there after force.
    async fn give_up_stopping(&mut self, at: Timestamp) {
        let (late, still) = self.stopping.drain(..).partition(|stopping| stopping.until <= at);
        self.stopping = still;
        let late: Vec<Stopping> = late;
        for stopping in late {
            let detail = "the agent's processes do not end".to_owned();
            self.ended(stopping.effect, EffectResult::Failed { kind: Kind::Unavailable, detail }).await;
        }
    }

    /// Interrupts a turn that goes on for too long; gives up when even that does not end it.
    fn press_for_quiet(&mut self, to: &PaneSender, at: Timestamp) {
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

    async fn wrote(&mut self, to: &PaneSender, key: &str, fate: WriteFate) {
        if let Some(answering) = self.answering.as_mut().filter(|answering| answering.is_writing(key)) {
            if let Some(step) = answering.wrote(fate, now()) {
                self.answer_step(to, step).await;
            }
            return;
        }
        self.step_delivery(to, Some(DeliveryEvent::Wrote { key, fate })).await;
        self.step_delivery(to, None).await;
    }

    /// Remembers since when a dialog stands on the screen; tells an answer under way when it went.
    async fn dialog_shown(&mut self, to: &PaneSender, dialog: Option<Dialog>) {
        if let Some(step) = self.answering.as_ref().and_then(|answering| answering.sees(dialog.as_ref())) {
            self.answer_step(to, step).await;
        }
        let since = match &self.shown {
            Some((shown, since)) if Some(shown) == dialog.as_ref() => *since,
            _ => now(),
        };
        self.shown = dialog.map(|dialog| (dialog, since));
    }

    /// Does what an answer under way wants.
    async fn answer_step(&mut self, to: &PaneSender, step: AnswerStep) {
        let result = match step {
            AnswerStep::Write(key, bytes, only_if) => {
                let _ = to.send(ToHost::Write { key, bytes, paste: false, only_if });
                return;
            }
            AnswerStep::Answered => EffectResult::Answered,
            AnswerStep::Gone => EffectResult::DialogGone,
        };
        if let Some(answering) = self.answering.take() {
            self.ended(answering.effect, result).await;
        }
    }

    /// Feeds the current delivery: the event, or (without one) the last observation.
    async fn step_delivery(&mut self, to: &PaneSender, event: Option<DeliveryEvent<'_>>) {
        let Some((_, delivery)) = self.deliveries.current() else { return };
        let actions = match (event, &self.seen) {
            (Some(event), _) => delivery.step(event, now()),
            (None, Some(seen)) => delivery.step(DeliveryEvent::Saw(seen), now()),
            (None, None) => delivery.step(DeliveryEvent::Tick, now()),
        };
        for action in actions {
            match action {
                DeliveryAction::Write { key, bytes, paste } => {
                    let _ = to.send(ToHost::Write { key, bytes, paste, only_if: String::new() });
                }
                DeliveryAction::WakeAt(at) => self.deliveries.wake_at(at),
                DeliveryAction::Delivered => self.delivered(EffectResult::Delivered).await,
                DeliveryAction::Failed { detail } => {
                    self.delivered(EffectResult::Failed { kind: Kind::Unavailable, detail }).await;
                }
            }
        }
    }

    async fn delivered(&mut self, result: EffectResult) {
        if let Some(effect) = self.deliveries.pop() {
            self.ended(effect, result).await;
            self.deliveries.wake_at(now());
        }
    }

    /// The connection is gone. `true` when the session is over.
    async fn lost(&mut self, tries: u32) -> bool {
        let directory = self.daemon.paths.session(&self.id);
        let found = tokio::task::spawn_blocking(move || look_after(&directory)).await;
        let (exit, reports) = match found {
            Ok((Found::Ended(exit), reports)) => (Some(exit), reports),
            Ok((Found::Lost | Found::NeverStarted, reports)) => (None, reports),
            Ok((Found::Running(_), _)) | Err(_) => {
                if tries == CONNECT_TRIES {
                    self.unreachable().await;
                }
                return false;
            }
        };
        // what the agent said last counts, although its host cannot hand it over any more
        for (number, report) in reports {
            self.take_in(number, report).await;
        }
        self.daemon.core.fact(Fact::SessionEnded { session: self.id.clone(), exit }).await;
        true
    }

    async fn unreachable(&mut self) {
        let reading = Reading {
            state: SessionState::Unreachable,
            source: StateSource::Process,
            evidence: "its host runs but does not answer".to_owned(),
            dialog: None,
        };
        self.read(reading).await;
    }

    async fn ended(&self, effect: EffectId, result: EffectResult) {
        self.daemon.core.fact(Fact::EffectEnded { effect, result }).await;
    }

    /// Answers an ask that came when the session was already over.
    async fn refuse(&mut self, ask: Ask) {
        let effect = match &ask {
            Ask::Deliver { effect, .. }
            | Ask::AnswerDialog { effect, .. }
            | Ask::Lock { effect, .. }
            | Ask::Stop { effect, .. } => Some(*effect),
            Ask::Quiet { .. } => None,
        };
        let result = super::when_over(ask);
        if let Some(effect) = effect {
            self.ended(effect, result).await;
        }
    }

    /// Answers everything that was under way when the session ended.
    async fn refuse_rest(&mut self) {
        while let Some(effect) = self.deliveries.pop() {
            let detail = "the session ended before the text reached it".to_owned();
            self.ended(effect, EffectResult::Failed { kind: Kind::Conflict, detail }).await;
        }
        if let Some(answering) = self.answering.take() {
            self.ended(answering.effect, EffectResult::DialogGone).await;
        }
        for quieting in self.quieting.drain(..) {
            let _ = quieting.reply.send(true);
        }
        for stopping in std::mem::take(&mut self.stopping) {
            self.ended(stopping.effect, EffectResult::Done).await;
        }
    }
}

/// What became of a session whose host does not answer. A host that is gone leaves reports, and may leave
/// processes that nobody reaps any more: those are ended here.
fn look_after(directory: &Path) -> (Found, Vec<(u64, SessionReport)>) {
    let found = session::find(directory);
    if found == Found::Lost {
        let left = session::end_leftovers(directory);
        if !left.is_empty() {
            tracing::error!(session = %directory.display(), ?left, "processes of a lost session do not end");
        }
    }
    let reports = if matches!(found, Found::Running(_)) { Vec::new() } else { session::uncollected(directory) };
    (found, reports)
}

/// What a message that only has to be sent comes to.
fn sent(outcome: Result<(), crate::client::ClientError>) -> EffectResult {
    match outcome {
        Ok(()) => EffectResult::Done,
        Err(error) => EffectResult::Failed { kind: Kind::Unavailable, detail: error.to_string() },
    }
}
