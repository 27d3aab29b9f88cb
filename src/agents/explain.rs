//! How sure a verdict is: what its source is worth, and whether the screen agrees with it now.

use crate::model::{Reading, SessionState, StateSource, Verdict};

/// How sure a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Nothing is known, or what is known is contradicted.
    Low,
    /// Read from the screen alone, or from a better source that the screen does not bear out.
    Medium,
    /// The agent's own word, or its title.
    High,
    /// Seen to be so: a process ended, we did it ourselves.
    Certain,
}

impl Confidence {
    /// Of a verdict, with what title and screen say now (`None`: nothing).
    pub fn of(verdict: &Verdict, seen: Option<&Reading>) -> Self {
        let worth = match verdict.source {
            StateSource::Engine | StateSource::Process => Confidence::Certain,
            StateSource::Report
            | StateSource::Hook
            | StateSource::Stream
            | StateSource::Transcript
            | StateSource::Title => Confidence::High,
            StateSource::Screen => Confidence::Medium,
        };
        match seen {
            _ if verdict.state == SessionState::Unknown => Confidence::Low,
            _ if verdict.state.is_over() => Confidence::Certain,
            Some(seen) if !agree(verdict.state, seen.state) => worth.min(Confidence::Medium).lower(),
            _ => worth,
        }
    }

    /// The word used in JSON and on screen.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
            Confidence::Certain => "certain",
        }
    }

    fn lower(self) -> Self {
        match self {
            Confidence::Low | Confidence::Medium => Confidence::Low,
            Confidence::High => Confidence::Medium,
            Confidence::Certain => Confidence::High,
        }
    }
}

/// Rest is one thing on a screen: `waiting_input` and `idle` look the same, and a parked session looks like one that rests.
fn agree(verdict: SessionState, seen: SessionState) -> bool {
    let rests = |state| matches!(state, SessionState::Idle | SessionState::WaitingInput | SessionState::Paused);
    verdict == seen || (rests(verdict) && rests(seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn confidence(source: StateSource, state: SessionState, seen: Option<SessionState>) -> Confidence {
        let verdict = Verdict { state, source, evidence: String::new(), at: Timestamp(0) };
        let seen =
            seen.map(|state| Reading { state, source: StateSource::Screen, evidence: String::new(), dialog: None });
        Confidence::of(&verdict, seen.as_ref())
    }

    #[test]
    fn a_contradiction_costs_confidence() {
        use SessionState::{Exited, Idle, Unknown, WaitingInput, Working};
        assert_eq!(confidence(StateSource::Hook, Working, Some(Working)), Confidence::High);
        assert_eq!(confidence(StateSource::Hook, Working, None), Confidence::High);
        assert_eq!(confidence(StateSource::Hook, WaitingInput, Some(Idle)), Confidence::High);
        assert_eq!(confidence(StateSource::Hook, Working, Some(Idle)), Confidence::Low);
        assert_eq!(confidence(StateSource::Screen, Idle, Some(Idle)), Confidence::Medium);
        assert_eq!(confidence(StateSource::Engine, Unknown, None), Confidence::Low);
        assert_eq!(confidence(StateSource::Process, Exited, Some(Working)), Confidence::Certain);
    }
}
