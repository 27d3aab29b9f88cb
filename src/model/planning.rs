//! What goes with a plan while a model is asked for it: what the person decided beforehand, and the books about how
//! often a project's models were asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Amount, Autonomy, ExecutorKind, Priority, SessionMode, TaskId, Timestamp, WorkerNumber};

/// What the person decided about the tasks of a plan; it stands over what a planner says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// This agent.
    pub agent: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// This autonomy instead of the project's.
    pub autonomy: Option<Autonomy>,
    /// How the agents run.
    pub mode: Option<SessionMode>,
    /// This worker.
    pub worker: Option<WorkerNumber>,
    /// This role.
    pub role: Option<String>,
    /// Where they run.
    pub executor: Option<ExecutorKind>,
    /// What goes first.
    pub priority: Option<Priority>,
    /// What each of them may use.
    pub budget: Option<Amount>,
    /// What must have landed before any of them.
    pub depends: Vec<TaskId>,
    /// Labels (`agent:codex`).
    pub labels: Vec<String>,
    /// A longer request than the text.
    pub body: Option<String>,
    /// It stays one task.
    pub whole: bool,
    /// The rules make the tasks; a model only says who gets them.
    pub only_routed: bool,
}

/// Milliseconds of an hour and of a day.
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The pause after the first failed call; doubled with each further one in a row.
const FIRST_PAUSE: Duration = Duration::from_secs(15);

/// The longest pause after failed calls.
const LONGEST_PAUSE: Duration = Duration::from_secs(1_800);

/// Why a model is not asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// As many calls as the hour may have.
    HourUsedUp {
        /// Until the oldest of them is an hour old.
        wait: Duration,
    },
    /// The last calls failed.
    Pausing {
        /// How many in a row.
        failures: u32,
        /// Until the next try.
        wait: Duration,
    },
}

/// How often a project's models were asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelCalls {
    /// When, in the last hour before the latest call.
    pub hour: Vec<Timestamp>,
    /// The day of the latest call (days since 1970 in UTC).
    pub day: i64,
    /// Calls of that day.
    pub today: u32,
    /// Failed calls in a row.
    pub failures: u32,
    /// When the last of them failed.
    pub failed_at: Option<Timestamp>,
}

impl ModelCalls {
    /// Counts a call that begins.
    pub fn asked(&mut self, at: Timestamp) {
        self.hour.retain(|call| is_recent(*call, at, HOUR));
        self.hour.push(at);
        let day = at.0.div_euclid(DAY);
        if self.day != day {
            (self.day, self.today) = (day, 0);
        }
        self.today = self.today.saturating_add(1);
    }

    /// Counts how a call ended.
    pub fn answered(&mut self, well: bool, at: Timestamp) {
        self.failures = if well { 0 } else { self.failures.saturating_add(1) };
        self.failed_at = (!well).then_some(at);
    }

    /// Calls of the day that `now` is in.
    pub fn on_day_of(&self, now: Timestamp) -> u32 {
        if self.day == now.0.div_euclid(DAY) { self.today } else { 0 }
    }

    /// Whether a model may be asked now.
    pub fn may_ask(&self, now: Timestamp, per_hour: u32) -> Result<(), NotAsked> {
        if let Some(failed_at) = self.failed_at {
            let doublings = self.failures.saturating_sub(1).min(16);
            let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
            let until = failed_at.after(pause);
            // a first failure is not held against the next message: it may have been about that one
            if self.failures > 1 && now < until && now >= failed_at {
                return Err(NotAsked::Pausing { failures: self.failures, wait: until.since(now) });
            }
        }
        let recent: Vec<&Timestamp> = self.hour.iter().filter(|call| is_recent(**call, now, HOUR)).collect();
        let most = usize::try_from(per_hour).unwrap_or(usize::MAX);
        if recent.len() >= most {
            let oldest = recent.first().map_or(now, |call| call.after(Duration::from_secs(3_600)));
            return Err(NotAsked::HourUsedUp { wait: oldest.since(now) });
        }
        Ok(())
    }
}

/// A clock that was set back makes moments of the future; they count as old.
fn is_recent(at: Timestamp, now: Timestamp, within: i64) -> bool {
    at <= now && now.0.saturating_sub(at.0) < within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_so_many_calls() {
        let mut calls = ModelCalls::default();
        for minute in 0..3 {
            calls.asked(Timestamp(minute * 60_000));
        }
        assert_eq!(calls.may_ask(Timestamp(180_000), 4), Ok(()));
        let wait = Duration::from_secs(57 * 60);
        assert_eq!(calls.may_ask(Timestamp(180_000), 3), Err(NotAsked::HourUsedUp { wait }));
        assert_eq!(calls.may_ask(Timestamp(HOUR), 3), Ok(()), "the first one is an hour old");
        assert_eq!(calls.may_ask(Timestamp(0), 0), Err(NotAsked::HourUsedUp { wait: Duration::from_secs(3_600) }));
    }

    #[test]
    fn failures_in_a_row_make_longer_and_longer_pauses() {
        let mut calls = ModelCalls::default();
        calls.answered(false, Timestamp(0));
        assert_eq!(calls.may_ask(Timestamp(1), 9), Ok(()), "one failure alone stops nothing");
        calls.answered(false, Timestamp(0));
        let pause = |calls: &ModelCalls| match calls.may_ask(Timestamp(0), 9) {
            Err(NotAsked::Pausing { wait, .. }) => wait.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(pause(&calls), 30);
        calls.answered(false, Timestamp(0));
        assert_eq!(pause(&calls), 60);
        for _ in 0..40 {
            calls.answered(false, Timestamp(0));
        }
        assert_eq!(pause(&calls), 1_800);
        calls.answered(true, Timestamp(5));
        assert_eq!(calls.may_ask(Timestamp(5), 9), Ok(()));
    }

    #[test]
    fn a_day_begins_anew() {
        let mut calls = ModelCalls::default();
        calls.asked(Timestamp(DAY - 1));
        calls.asked(Timestamp(DAY));
        assert_eq!(calls.on_day_of(Timestamp(DAY + 5)), 1);
        assert_eq!(calls.on_day_of(Timestamp(2 * DAY)), 0);
    }
}
