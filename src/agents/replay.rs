//! The states of a session that was recorded: its looks go through the same readers and signals as a live one's, on the
//! recording's own clock. A recording holds no hooks: what only they would have told is told later here, by the screen.

use std::time::Duration;

use serde::Serialize;

use crate::model::{Reading, SessionState, StateSource, Timestamp};
use crate::protocol::pane::Observation;

use super::Agent;
use super::signals::Signals;

/// A state that began.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moment {
    /// Seconds from the recording's start.
    pub t: f64,
    /// The state.
    pub state: SessionState,
    /// How it is known.
    pub source: StateSource,
    /// The text behind it.
    pub evidence: String,
}

/// A session that is being replayed.
#[derive(Debug)]
pub struct Replay {
    agent: Agent,
    signals: Signals,
    moments: Vec<Moment>,
}

impl Replay {
    /// Nothing was seen yet.
    pub fn new(agent: &Agent) -> Self {
        Self { agent: agent.clone(), signals: Signals::new(), moments: Vec::new() }
    }

    /// The screen at a time after the start; times only grow.
    pub fn look(&mut self, after: Duration, seen: &Observation) {
        self.pass(after);
        let now = Timestamp(0).after(after);
        let news = self.signals.observed(self.agent.read(seen), now);
        self.keep(now, news);
    }

    /// Time passed: what was waited for is believed at its own time.
    pub fn pass(&mut self, until: Duration) {
        let until = Timestamp(0).after(until);
        while let Some(due) = self.signals.due().filter(|due| *due <= until) {
            let news = self.signals.tick(due);
            if news.is_none() && self.signals.due() == Some(due) {
                return;
            }
            self.keep(due, news);
        }
    }

    /// The states in their order.
    pub fn finish(mut self, after: Duration) -> Vec<Moment> {
        // what the last screen says is believed when it has stood
        self.pass(after + super::signals::SETTLE + super::signals::LAG);
        self.moments
    }

    fn keep(&mut self, at: Timestamp, news: Option<Reading>) {
        let Some(reading) = news else { return };
        let t = at.since(Timestamp(0)).as_secs_f64();
        let Reading { state, source, evidence, .. } = reading;
        self.moments.push(Moment { t, state, source, evidence });
    }
}
