//! The connection is gone: whether the session is over, and what was asked of it then.

use std::path::Path;
use std::time::Duration;

use crate::daemon::core::steady as now;
use crate::engine::{EffectResult, Fact};
use crate::model::{Exit, Kind, Reading, SessionState, StateSource, Timestamp};
use crate::protocol::pane::SessionReport;
use crate::session::{self, Adopted, Found, Started};

use super::Ask;
use super::line::ANSWERS_WITHIN;
use super::link::Link;

/// A session without a host, of which nobody can tell whether it runs, is called unreachable after this long.
const UNKNOWN_AFTER: Duration = Duration::from_secs(5);

/// How long a new host of a session that runs elsewhere may take.
const ADOPTED_WITHIN: Duration = Duration::from_secs(30);

/// How long a host has not been reached.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// Since when.
    since: Option<Timestamp>,
    /// Tries to reach it since then.
    pub(super) tries: u32,
    /// Whether it was called unreachable.
    pub(super) told: bool,
}

impl Silence {
    /// What was asked of the host then came to nothing.
    pub(super) fn missed(&mut self, at: Timestamp) {
        self.since.get_or_insert(at);
    }

    fn for_at_least(&self, patience: Duration) -> bool {
        self.since.is_some_and(|since| since.after(patience) <= now())
    }
}

impl Link {
    /// The connection is gone. `true` when the session is over. One that is to end at all costs is ended
    /// here, when its host runs and does not answer.
    pub(super) async fn lost(&mut self) -> bool {
        self.silence.tries += 1;
        let force = self.silence.for_at_least(ANSWERS_WITHIN) && self.is_to_be_forced(now());
        let directory = self.daemon.paths.session(&self.id);
        let program = self.daemon.program.clone();
        let looked = tokio::task::spawn_blocking(move || look_after(&directory, &program, force)).await;
        let (exit, reports) = match looked {
            Ok(Looked::Over { exit, reports }) => (exit, reports),
            Ok(Looked::Runs(started)) => {
                let (session, host) = (self.id.clone(), started.host);
                self.daemon.core.fact(Fact::SessionAdopted { session, pid: started.pid, host }).await;
                self.silent("its host runs but does not answer", self.heartbeat.patience()).await;
                return false;
            }
            Ok(Looked::MayRun(why)) => {
                // it has no host that could answer later
                self.silent(&why, UNKNOWN_AFTER).await;
                return false;
            }
            Err(_) => {
                self.silent("it could not be looked for; see the daemon's log", UNKNOWN_AFTER).await;
                return false;
            }
        };
        // what the agent said last counts, although its host cannot hand it over any more
        for (number, report) in reports {
            self.take_in(number, report).await;
        }
        self.meter_rest().await;
        let session = self.id.clone();
        let fact = match exit {
            None if !self.reached => Fact::SessionLost { session },
            exit => Fact::SessionEnded { session, exit },
        };
        self.daemon.core.fact(fact).await;
        true
    }

    /// It is not over, and was not heard of. Said when that has lasted.
    async fn silent(&mut self, why: &str, patience: Duration) {
        if !self.silence.told && self.silence.for_at_least(patience) {
            self.unreachable(why).await;
        }
    }

    /// Says that its host was not heard of, and for how long.
    pub(super) async fn unreachable(&mut self, why: &str) {
        self.silence.told = true;
        let silent = self.silence.since.map(|since| now().since(since)).unwrap_or_default();
        let words = format!("{why}; no answer for {} s", silent.as_secs());
        self.read(by_process(SessionState::Unreachable, &words)).await;
    }

    /// A host that was called unreachable is back: what was known of the session holds again.
    pub(super) async fn answers_again(&mut self) {
        let known = self.signals.verdict().cloned();
        self.read(known.unwrap_or_else(|| by_process(SessionState::Unknown, "its host answers again"))).await;
    }

    /// Answers an ask that came when the session was already over.
    pub(super) async fn refuse(&mut self, ask: Ask) {
        let effect = ask.effect();
        let result = ask.when_over();
        if let Some(effect) = effect {
            self.ended(effect, result).await;
        }
    }

    /// Answers everything that was under way when the session ended.
    pub(super) async fn refuse_rest(&mut self) {
        while let Some(effect) = self.deliveries.pop() {
            let detail = "the session ended before the text reached it".to_owned();
            self.ended(effect, EffectResult::Failed { kind: Kind::Conflict, detail }).await;
        }
        if let Some(answering) = self.answering.take() {
            self.ended(answering.effect, EffectResult::DialogGone).await;
        }
        for answer in std::mem::take(&mut self.to_answer) {
            self.ended(answer.effect, EffectResult::DialogGone).await;
        }
        for quieting in self.quieting.drain(..) {
            let _ = quieting.reply.send(true);
        }
        for locking in std::mem::take(&mut self.locking) {
            self.ended(locking.effect, EffectResult::Done).await;
        }
        for stopping in std::mem::take(&mut self.stopping) {
            self.ended(stopping.effect, EffectResult::Done).await;
        }
    }
}

fn by_process(state: SessionState, evidence: &str) -> Reading {
    Reading { state, source: StateSource::Process, evidence: evidence.to_owned(), dialog: None }
}

/// What became of a session whose host does not answer.
enum Looked {
    /// It is over; what it reported and nobody has collected.
    Over { exit: Option<Exit>, reports: Vec<(u64, SessionReport)> },
    /// It has a host that runs.
    Runs(Started),
    /// Nobody can tell, so it counts as one that runs: in words why.
    MayRun(String),
}

/// Finds it, and gives one that goes on without its host a new one. A host that is gone leaves reports, and may leave
/// processes that nobody reaps any more: those are ended here. So is, by force, a host that still runs.
fn look_after(directory: &Path, program: &Path, force: bool) -> Looked {
    let mut found = session::find(directory);
    if found == Found::Lost && (!force || session::is_far(directory)) {
        match session::adopt(directory, program, ADOPTED_WITHIN) {
            Adopted::Shown(started) => found = Found::Running(started),
            Adopted::Unknown(why) => return Looked::MayRun(why),
            Adopted::Gone => {}
        }
    }
    if found == Found::Lost || force && matches!(found, Found::Running(_)) {
        match session::end_by_force(directory) {
            Ok(left) if left.is_empty() => {}
            Ok(left) => tracing::error!(session = %directory.display(), ?left, "processes of a session do not end"),
            Err(error) => {
                tracing::error!(%error, "a session was not ended");
                return Looked::MayRun(error.to_string());
            }
        }
        found = session::find(directory);
    }
    match found {
        Found::Running(started) => Looked::Runs(started),
        Found::Ended(exit) => Looked::Over { exit: Some(exit), reports: session::uncollected(directory) },
        Found::Lost | Found::NeverStarted => Looked::Over { exit: None, reports: session::uncollected(directory) },
    }
}
