//! The one loop, on a thread of its own: the only place where the state changes and the only writer of
//! the store. For every input: `step`, one transaction, `apply`; then `Schedule` until nothing more is due.
//!
//! When the store refuses (disk full), neither memory nor disk has changed: a command is answered with
//! the error, a fact is kept and tried again.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{oneshot, watch};

use crate::engine::{self, Command, Effect, Event, Fact, Input, State};
use crate::model::{Kind, Moment, SessionId, Timestamp};
use crate::protocol::control::Failure;
use crate::store::{Batch, Record, Store};

use super::DaemonError;
use super::clock::Drift;

/// Turns between two snapshots.
const TURNS_PER_SNAPSHOT: u32 = 500;
/// Between two tries when the store refuses.
const STORE_RETRY: Duration = Duration::from_secs(1);
/// Schedule rounds in one turn before we call it a fault instead of hanging.
const MOST_ROUNDS: u32 = 10_000;

type Look = Box<dyn FnOnce(&State, &Store) + Send>;

enum Message {
    Command { command: Box<Command>, reply: oneshot::Sender<Result<Vec<Event>, Failure>> },
    Fact(Box<Incoming>),
    Look(Look),
    Stop(oneshot::Sender<()>),
}

/// A fact on its way into the log; the reply says that it is there.
struct Incoming {
    fact: Fact,
    collected: Option<(SessionId, u64)>,
    reply: oneshot::Sender<()>,
}

/// A handle to the loop.
#[derive(Clone)]
pub(crate) struct Core {
    to: Sender<Message>,
    version: watch::Receiver<u64>,
}

impl Core {
    /// Carries a command out; the events that it caused, or why it was refused.
    pub(crate) async fn command(&self, command: Command) -> Result<Vec<Event>, Failure> {
        let (reply, answer) = oneshot::channel();
        self.to.send(Message::Command { command: Box::new(command), reply }).map_err(|_| stopping())?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Takes a fact in; returns when it is committed. Silently nothing when the daemon ends: the fact
    /// is found again after the next start.
    pub(crate) async fn fact(&self, fact: Fact) {
        self.collect(fact, None).await;
    }

    /// Takes in a fact that came with a session's report, so that the report is never taken twice.
    /// `false` when the daemon ended before it was committed.
    pub(crate) async fn collect(&self, fact: Fact, collected: Option<(SessionId, u64)>) -> bool {
        let (reply, answer) = oneshot::channel();
        self.to.send(Message::Fact(Box::new(Incoming { fact, collected, reply }))).is_ok() && answer.await.is_ok()
    }

    /// Looks at the state (and the log) without changing anything.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&State, &Store) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        let look: Look = Box::new(move |state, store| {
            let _ = reply.send(look(state, store));
        });
        self.to.send(Message::Look(look)).map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())
    }

    /// Counts up with every change of the state.
    pub(crate) fn version(&self) -> watch::Receiver<u64> {
        self.version.clone()
    }

    /// Ends the loop after what is queued; a snapshot is saved.
    pub(crate) async fn stop(&self) {
        let (reply, answer) = oneshot::channel();
        if self.to.send(Message::Stop(reply)).is_ok() {
            let _ = answer.await;
        }
    }
}

/// What a client hears when the loop has ended.
fn stopping() -> Failure {
    Failure {
        kind: Kind::Unavailable,
        message: "the daemon is stopping".to_owned(),
        hint: Some("try again: it starts by itself".to_owned()),
    }
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that nobody can set, for waits within this process: the wall clock of the first call, and what has passed
/// since then.
pub(crate) fn steady() -> Timestamp {
    static BEGAN: OnceLock<(Timestamp, Instant)> = OnceLock::new();
    let (wall, began) = BEGAN.get_or_init(|| (now(), Instant::now()));
    wall.after(began.elapsed())
}

struct Turns {
    drift: Drift,
    state: State,
    store: Store,
    effects: tokio::sync::mpsc::UnboundedSender<Effect>,
    version: watch::Sender<u64>,
    since_snapshot: u32,
    held_up: VecDeque<Incoming>,
    /// When to try again what the store refused.
    retry_at: Option<Instant>,
}

/// Loads the state and starts the loop. Effects left over from before come out of `effects` first.
pub(crate) fn start(store: Store) -> Result<(Core, tokio::sync::mpsc::UnboundedReceiver<Effect>), DaemonError> {
    let state = load(&store)?;
    let (effects, asked) = tokio::sync::mpsc::unbounded_channel();
    for effect in engine::outbox_after_restart(&state) {
        let _ = effects.send(effect);
    }
    let (version, watching) = watch::channel(0);
    let (to, from) = channel();
    let turns = Turns {
        drift: Drift::default(),
        state,
        store,
        effects,
        version,
        since_snapshot: 0,
        held_up: VecDeque::new(),
        retry_at: None,
    };
    std::thread::Builder::new().name("loop".to_owned()).spawn(move || turns.run(&from)).map_err(DaemonError::Thread)?;
    Ok((Core { to, version: watching }, asked))
}

/// The state as the store has it.
fn load(store: &Store) -> Result<State, DaemonError> {
    let loaded = store.load()?;
    let mut state = match loaded.snapshot {
        Some(body) => {
            let kept: State = serde_json::from_str(&body).map_err(|source| DaemonError::History { at: 0, source })?;
            kept.indexed()
        }
        None => State::default(),
    };
    for (index, (at, body)) in loaded.events.iter().enumerate() {
        let event: Event =
            serde_json::from_str(body).map_err(|source| DaemonError::History { at: index as u64, source })?;
        engine::apply(&mut state, &event, *at);
    }
    Ok(state)
}

impl Turns {
    fn run(mut self, from: &Receiver<Message>) {
        self.settle();
        loop {
            let wait = match self.retry_at {
                Some(at) => Some(at.saturating_duration_since(Instant::now())),
                None => engine::next_wake(&self.state, now()).map(|at| at.since(now())),
            };
            if wait.is_some_and(|wait| wait.is_zero()) {
                self.wake();
            }
            let message = match wait {
                None => from.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => from.recv_timeout(wait),
            };
            match message {
                Ok(Message::Stop(reply)) => {
                    self.save_snapshot();
                    let _ = reply.send(());
                    return;
                }
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => self.wake(),
                Err(RecvTimeoutError::Disconnected) => return self.save_snapshot(),
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Look(look) => look(&self.state, &self.store),
            Message::Command { command, reply } => {
                let outcome = self.turn(Input::Command(*command), None);
                let _ = reply.send(outcome);
                self.settle();
            }
            Message::Fact(incoming) => {
                self.held_up.push_back(*incoming);
                self.wake();
            }
            Message::Stop(_) => {}
        }
    }

    /// Facts, in the order in which they came; then what is due by the clock. What the store refuses waits.
    fn wake(&mut self) {
        self.retry_at = None;
        while let Some(incoming) = self.held_up.pop_front() {
            if self.turn(Input::Fact(incoming.fact.clone()), incoming.collected.clone()).is_err() {
                self.held_up.push_front(incoming);
                self.retry_at = Some(Instant::now() + STORE_RETRY);
                return;
            }
            let _ = incoming.reply.send(());
        }
        self.settle();
    }

    /// Schedules until nothing more is due.
    fn settle(&mut self) {
        for _ in 0..MOST_ROUNDS {
            match self.turn(Input::Schedule, None) {
                Ok(events) if events.is_empty() => return,
                Ok(_) => {}
                Err(failure) => {
                    tracing::warn!(%failure, "scheduling waits");
                    self.retry_at = Some(Instant::now() + STORE_RETRY);
                    return;
                }
            }
        }
        tracing::error!("scheduling does not come to rest");
    }

    /// One turn: step, commit, apply, hand the effects out.
    fn turn(&mut self, input: Input, collected: Option<(SessionId, u64)>) -> Result<Vec<Event>, Failure> {
        let moment = Moment { now: now(), entropy: uuid::Uuid::new_v4().into_bytes() };
        self.drift.look(moment.now);
        let events = engine::step(&self.state, input, &moment).map_err(|refusal| Failure::of(&refusal))?.events;
        if events.is_empty() && collected.is_none() {
            return Ok(events);
        }
        let batch = batch(&events, moment.now, collected)?;
        self.store.commit(&batch).map_err(|error| {
            tracing::error!(%error, "a turn was not committed");
            Failure::of(&error)
        })?;
        for event in &events {
            engine::apply(&mut self.state, event, moment.now);
            if let Event::EffectRequested { effect, .. } = event {
                let _ = self.effects.send(effect.clone());
            }
        }
        self.version.send_modify(|version| *version += 1);
        self.since_snapshot += 1;
        if self.since_snapshot >= TURNS_PER_SNAPSHOT {
            self.since_snapshot = 0;
            self.save_snapshot();
        }
        Ok(events)
    }

    fn save_snapshot(&mut self) {
        let saved = json(&self.state)
            .map_err(|failure| failure.to_string())
            .and_then(|body| self.store.save_snapshot(&body).map_err(|error| error.to_string()));
        if let Err(error) = saved {
            tracing::warn!(error, "no snapshot was saved; the event log has everything");
        }
    }
}

/// What a turn's events come to in the store.
fn batch(events: &[Event], at: Timestamp, collected: Option<(SessionId, u64)>) -> Result<Batch, Failure> {
    let mut batch = Batch { at, collected, ..Batch::default() };
    for event in events {
        let body = json(event)?;
        match event {
            Event::EffectRequested { effect, .. } => batch.asked.push((effect.id, json(effect)?)),
            Event::EffectSettled { effect, .. } => batch.settled.push(*effect),
            _ => {}
        }
        batch.records.push(Record {
            project: event.project(),
            task: event.task(),
            session: event.session().cloned(),
            words: words(event),
            body,
        });
    }
    Ok(batch)
}

/// What the activity log says of an event; nothing for the outbox's own bookkeeping.
fn words(event: &Event) -> String {
    match event {
        Event::EffectRequested { .. } | Event::EffectSettled { failure: None, .. } => String::new(),
        other => other.describe(),
    }
}

/// Serializes what the store keeps. Our own types always serialize; a failure is a fault, said as one.
fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure {
        kind: Kind::Internal,
        message: format!("the state cannot be written down: {error}"),
        hint: None,
    })
}
