//! Whether a host that says nothing is there: it is asked every so often, all hosts at the same moment, so that they wake
//! the daemon once. A host that said something since then is not asked. One that lets three questions go by is
//! unreachable: stopped, or hanging. That is told and nothing else: it is ended or replaced only when its process is proven
//! gone, and one that goes on answers what it was asked, and is back.

use std::time::Duration;

use crate::model::Timestamp;

/// Questions without an answer that make a session unreachable.
pub(super) const MISSES: u32 = 3;

/// The questions to one host.
#[derive(Debug)]
pub(super) struct Heartbeat {
    every: Duration,
    due: Timestamp,
    /// It said something since the last question or since it was due.
    heard: bool,
    /// Questions that it let go by, the one that is open included.
    open: u32,
    /// When the first of them was asked.
    since: Option<Timestamp>,
}

/// What is to be done when a question is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing: it is too early, or the host spoke by itself, or it is known to be unreachable.
    Rest,
    /// Ask.
    Ask,
    /// It let the last one go by that it could: unreachable, silent since then.
    Silent { since: Timestamp },
}

impl Heartbeat {
    pub(super) fn new(every: Duration, now: Timestamp) -> Self {
        let every = every.max(Duration::from_secs(1));
        Self { every, due: next(now, every), heard: true, open: 0, since: None }
    }

    /// How long a host may be silent.
    pub(super) fn patience(&self) -> Duration {
        self.every * MISSES
    }

    pub(super) fn due(&self) -> Timestamp {
        self.due
    }

    /// The host said something, or is a new one.
    pub(super) fn heard(&mut self) {
        self.heard = true;
        self.open = 0;
        self.since = None;
    }

    /// The time has come, or something else woke us.
    pub(super) fn beat(&mut self, now: Timestamp) -> Beat {
        if now < self.due {
            return Beat::Rest;
        }
        self.due = next(now, self.every);
        if std::mem::take(&mut self.heard) {
            return Beat::Rest;
        }
        if self.open == MISSES {
            self.open += 1;
            return Beat::Silent { since: self.since.unwrap_or(now) };
        }
        if self.open > MISSES {
            return Beat::Rest;
        }
        self.open += 1;
        self.since.get_or_insert(now);
        Beat::Ask
    }
}

/// The next moment that all beats share.
fn next(now: Timestamp, every: Duration) -> Timestamp {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    Timestamp((now.0.div_euclid(every) + 1).saturating_mul(every))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(30);

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000)
    }

    #[test]
    fn three_questions_without_an_answer_make_it_silent() {
        let mut beats = Heartbeat::new(EVERY, at(5));
        assert_eq!(beats.due(), at(30), "all hosts are asked at the same moments");
        assert_eq!(beats.beat(at(30)), Beat::Rest, "it greeted in this time");
        assert_eq!(beats.beat(at(59)), Beat::Rest, "not due");
        for due in [60, 90, 120] {
            assert_eq!(beats.beat(at(due)), Beat::Ask);
        }
        assert_eq!(beats.beat(at(150)), Beat::Silent { since: at(60) });
        assert_eq!(beats.beat(at(180)), Beat::Rest, "told once, and nothing piles up in a socket that nobody reads");
        beats.heard();
        assert_eq!(beats.beat(at(210)), Beat::Rest);
        assert_eq!(beats.beat(at(240)), Beat::Ask, "it is asked again");
    }

    #[test]
    fn an_answer_in_between_counts() {
        let mut beats = Heartbeat::new(EVERY, at(0));
        beats.beat(at(30));
        for n in 0..20 {
            let due = 60 + 60 * n;
            assert_eq!(beats.beat(at(due)), Beat::Ask);
            beats.heard();
            assert_eq!(beats.beat(at(due + 30)), Beat::Rest);
        }
    }

    #[test]
    fn a_host_that_talks_is_not_asked() {
        let mut beats = Heartbeat::new(EVERY, at(0));
        for n in 1..10 {
            beats.heard();
            assert_eq!(beats.beat(at(30 * n)), Beat::Rest);
        }
    }

    #[test]
    fn a_machine_that_slept_misses_nothing() {
        let mut beats = Heartbeat::new(EVERY, at(0));
        beats.beat(at(30));
        assert_eq!(beats.beat(at(60)), Beat::Ask);
        assert_eq!(beats.beat(at(10_000)), Beat::Ask, "one question, however long it was");
    }
}
