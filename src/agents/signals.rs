//! Hooks, title and screen disagree all the time: each lags, and some changes have no hook at all (Esc). This is
//! the one place that makes a verdict of them, as plain state: feed readings with their time, get what changed.
//!
//! Rules, in this order:
//!
//! 1. A hook is believed at once: it is the agent's own word.
//! 2. A question on the screen is believed at once, whatever hooks said: it is what blocks. If a hook said that a permission
//!    is asked for, its words stay as the evidence and the screen adds the keys.
//! 3. Right after a hook the screen still shows the past: for `LAG` other readings of it do not count.
//! 4. Work on the title or the screen is believed then: it is newer than the last hook.
//! 5. Rest (`idle`, `waiting_input`, `limited`) is believed when it has stood for `SETTLE` without a contradiction: between two
//!    tools a screen looks idle for a moment. This is what brings the state back after Esc.
//! 6. Rest after a turn was seen is `waiting_input`; `idle` is only what was never asked anything, or a shell at its prompt.
//! 7. An unknown screen changes nothing, except that a question which is gone for `SETTLE` leaves `unknown`.

use std::time::Duration;

use crate::model::{Dialog, DialogKind, Reading, SessionState, StateSource, Timestamp};

/// How long the screen may lag behind a hook.
pub const LAG: Duration = Duration::from_secs(1);

/// How long rest must stand to be believed.
pub const SETTLE: Duration = Duration::from_millis(1_500);

/// Whether a question is known from a hook and not from a screen: it has no keys.
fn is_only_told(dialog: &Dialog) -> bool {
    dialog.kind == DialogKind::Other && dialog.exact.is_some()
}

/// The signals of one session.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    verdict: Option<Reading>,
    hooked_at: Option<Timestamp>,
    turn_seen: bool,
    pending: Option<(Reading, Timestamp)>,
    last_seen: Option<Reading>,
}

impl Signals {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// For a session that goes on after a restart of the daemon: what was last known of it.
    pub fn resumed(state: SessionState, evidence: &str) -> Self {
        let known = Reading { state, source: StateSource::Engine, evidence: evidence.to_owned(), dialog: None };
        let turn_seen = !matches!(state, SessionState::Starting | SessionState::Idle | SessionState::Unknown);
        Self { verdict: Some(known), turn_seen, ..Self::default() }
    }

    /// The verdict as it stands.
    pub fn verdict(&self) -> Option<&Reading> {
        self.verdict.as_ref()
    }

    /// What title and screen said last.
    pub fn seen(&self) -> Option<&Reading> {
        self.last_seen.as_ref()
    }

    /// What waits to be believed.
    pub fn pending(&self) -> Option<&Reading> {
        self.pending.as_ref().map(|(reading, _)| reading)
    }

    /// When `tick` may have something to say.
    pub fn due(&self) -> Option<Timestamp> {
        self.pending.as_ref().map(|(_, since)| self.believed_at(*since))
    }

    /// A hook, or a line of structured output, said something.
    pub fn hook(&mut self, mut reading: Reading, now: Timestamp) -> Option<Reading> {
        self.hooked_at = Some(now);
        self.pending = None;
        if reading.state == SessionState::WaitingPermission
            && reading.dialog.as_ref().is_none_or(is_only_told)
            && let Some(shown) = self.last_seen.as_ref().and_then(|seen| seen.dialog.clone())
        {
            reading.dialog = Some(shown);
        }
        let repeats = |known: &Reading| known.state == SessionState::WaitingPermission && reading.state == known.state;
        if self
            .verdict
            .as_ref()
            .is_some_and(|known| repeats(known) && (known.dialog.is_some() || reading.dialog.is_none()))
        {
            return None; // the reminder of a question that is known already, in poorer words
        }
        self.settle_on(reading)
    }

    /// Title and screen were looked at; `None` is a screen that says nothing.
    pub fn observed(&mut self, reading: Option<Reading>, now: Timestamp) -> Option<Reading> {
        self.last_seen.clone_from(&reading);
        let Some(reading) = reading else {
            return self.unknown(now);
        };
        if reading.dialog.is_some() {
            return self.question(reading);
        }
        if self.lags(now) {
            // remembered, not believed: if nothing contradicts it, `tick` believes it later
            if reading.state != self.state() {
                self.pending = Some((reading, now));
            }
            return None;
        }
        match reading.state {
            SessionState::Working | SessionState::WaitingPermission => {
                self.pending = None;
                self.settle_on(reading)
            }
            _ => self.rest(reading, now),
        }
    }

    /// Time passed.
    pub fn tick(&mut self, now: Timestamp) -> Option<Reading> {
        let due = self.due()?;
        if now < due {
            return None;
        }
        let (reading, _) = self.pending.take()?;
        self.settle_on(reading)
    }

    fn state(&self) -> SessionState {
        self.verdict.as_ref().map_or(SessionState::Starting, |known| known.state)
    }

    fn lags(&self, now: Timestamp) -> bool {
        self.hooked_at.is_some_and(|at| now < at.after(LAG))
    }

    fn believed_at(&self, since: Timestamp) -> Timestamp {
        let stood = since.after(SETTLE);
        self.hooked_at.map_or(stood, |at| stood.max(at.after(SETTLE)))
    }

    fn question(&mut self, mut reading: Reading) -> Option<Reading> {
        self.pending = None;
        match &mut self.verdict {
            Some(known) if known.state == SessionState::WaitingPermission && known.dialog == reading.dialog => None,
            Some(known)
                if known.state == SessionState::WaitingPermission
                    && known.source == StateSource::Hook
                    && known.dialog.as_ref().is_none_or(is_only_told) =>
            {
                known.dialog = reading.dialog.take();
                Some(known.clone())
            }
            _ => self.settle_on(reading),
        }
    }

    fn rest(&mut self, mut reading: Reading, now: Timestamp) -> Option<Reading> {
        if self.has_had_its_turn(&reading) {
            reading.state = SessionState::WaitingInput;
        }
        if reading.state == self.state() {
            self.pending = None;
            return None;
        }
        match &mut self.pending {
            Some((waiting, _)) if waiting.state == reading.state => *waiting = reading,
            _ => self.pending = Some((reading, now)),
        }
        self.tick(now)
    }

    /// Whether rest is the end of a turn. What a shell does are no turns: nobody waits for an answer.
    fn has_had_its_turn(&self, reading: &Reading) -> bool {
        reading.state == SessionState::Idle && self.turn_seen && reading.source != StateSource::Process
    }

    fn unknown(&mut self, now: Timestamp) -> Option<Reading> {
        let dialog = self.verdict.as_ref().and_then(|known| known.dialog.as_ref());
        if dialog.is_some_and(|dialog| !is_only_told(dialog)) {
            let gone = Reading {
                state: SessionState::Unknown,
                source: StateSource::Screen,
                evidence: "the question is no longer on the screen".to_owned(),
                dialog: None,
            };
            match &self.pending {
                Some((waiting, _)) if waiting.state == SessionState::Unknown => {}
                _ => self.pending = Some((gone, now)),
            }
            return self.tick(now);
        }
        self.pending = None;
        None
    }

    fn settle_on(&mut self, mut reading: Reading) -> Option<Reading> {
        // only a turn asks for a permission; trust and the like are asked before the first
        let asks = reading.dialog.as_ref().is_some_and(|dialog| dialog.kind == DialogKind::Permission);
        self.turn_seen |= asks || reading.state == SessionState::Working;
        if self.has_had_its_turn(&reading) {
            reading.state = SessionState::WaitingInput;
        }
        let known = self.verdict.as_ref();
        let same = known.is_some_and(|known| known.state == reading.state && known.dialog == reading.dialog);
        if same && reading.source != StateSource::Hook {
            return None; // a spinner turns: no news, and the better source stays
        }
        let changed = !same;
        self.verdict = Some(reading.clone());
        changed.then_some(reading)
    }
}
