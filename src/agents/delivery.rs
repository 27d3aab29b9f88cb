//! Getting a prompt into an agent's composer exactly once, as plain state: feed what is seen, do what it asks.
//!
//! ```text
//! WaitReady ──composer there, empty, still──► Pasting ──written──► WaitText ──text seen──► Entering ──written──► WaitStart
//!     ▲ a dialog stops the clock                                                                 │ still there: Enter once more
//! ```
//!
//! - The paste and the Enter are writes of their own, each journalled by the host under a key: asked again after a crash
//!   they are not written again. `AlreadyWritten` goes on from what the screen shows; `Unknown` is settled from
//!   the screen, and where that says nothing the delivery fails with words instead of sending a prompt twice.
//! - The text is sent through `prompt::safe`: no escapes, no commands of the agent.
//! - A shell has no composer: its line is typed with its Enter in one journalled write, and that is all that can be known.
//! - Delivered means that a turn was seen to start that carries this text: the agent's hook told the text back; or the composer
//!   gave it up and work was seen after our Enter, or the text stands in the conversation. An empty composer alone
//!   proves nothing: some agents drop a paste without a word. Text of somebody else in the composer is waited for, not added to.
//! - A text that a composer would not take in one piece goes as a file (`handing`): what is pasted then is one line.

use std::time::Duration;

use crate::model::{DialogKind, Timestamp};
use crate::protocol::pane::{Observation, WriteFate};

use super::prompt::{PLAIN, closed, is_same, plain, safe, skeleton};
use super::{Agent, pattern};

/// How long the pasted text may take to appear; with a large one, the agent needs seconds.
const TEXT_FOR: Duration = Duration::from_secs(30);
/// After this long in the composer with nothing happening, Enter is pressed once more.
const ENTER_AGAIN_AFTER: Duration = Duration::from_secs(3);
/// How long the turn may take to start after Enter.
const START_FOR: Duration = Duration::from_secs(30);
/// Characters of the text that are looked for, at its beginning and at its end.
const SAMPLE: usize = 24;
/// Up to so many characters, all of the text is looked for in the conversation.
const WHOLE: usize = 400;
/// Characters of a longer one.
const LONG_SAMPLE: usize = 80;

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum DeliveryEvent<'a> {
    /// Title and screen, now.
    Saw(&'a Observation),
    /// The host answered a write.
    Wrote {
        /// Which.
        key: &'a str,
        /// What became of it.
        fate: WriteFate,
    },
    /// The agent's own hook says that a prompt was taken.
    HookTurnStarted {
        /// Which, if it says so.
        prompt: Option<&'a str>,
    },
    /// Time passed.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryAction {
    /// Ask the host to write once.
    Write {
        /// Names the write forever.
        key: String,
        /// What.
        bytes: Vec<u8>,
        /// Inside bracketed-paste marks.
        paste: bool,
    },
    /// Send `Tick` then.
    WakeAt(Timestamp),
    /// The turn was seen to start. The last action.
    Delivered,
    /// It did not work; the words are for the person. The last action.
    Failed {
        /// What happened.
        detail: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    /// A line for a shell: there is no composer to look at.
    Typing,
    WaitReady {
        until: Timestamp,
        still: Option<(String, Timestamp)>,
        obstacle: &'static str,
    },
    Pasting,
    WaitText {
        until: Timestamp,
        enter_at: Timestamp,
        fate: WriteFate,
    },
    Entering {
        again: bool,
        doubtful: bool,
    },
    WaitStart {
        until: Timestamp,
        since: Timestamp,
        again: bool,
    },
    Over,
}

/// One delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    key: String,
    text: String,
    agent: Agent,
    phase: Phase,
    begun: bool,
    /// A turn was under way when the text was pasted.
    working_before: bool,
    /// The text (another one that begins or ends like it) stood on the screen before it was pasted.
    stood_before: bool,
    /// Work was seen since Enter.
    worked: bool,
    last_seen: Option<Observation>,
}

impl Delivery {
    /// Of this text, under this key (the effect's id). Nothing happens before the first `step`.
    pub fn new(key: &str, text: &str, agent: &Agent) -> Self {
        let phase = Phase::WaitReady { until: Timestamp(0), still: None, obstacle: "it did not show its input box" };
        Self {
            key: key.to_owned(),
            text: safe(text),
            agent: agent.clone(),
            phase,
            begun: false,
            working_before: false,
            stood_before: false,
            worked: false,
            last_seen: None,
        }
    }

    /// Whether it is delivered or failed.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Takes one event in.
    pub fn step(&mut self, event: DeliveryEvent<'_>, now: Timestamp) -> Vec<DeliveryAction> {
        let mut actions = Vec::new();
        if !self.begun {
            self.begun = true;
            actions.extend(self.begin(now));
        }
        actions.extend(match event {
            _ if self.is_over() => vec![],
            DeliveryEvent::HookTurnStarted { prompt } => self.hooked(prompt),
            DeliveryEvent::Saw(seen) => {
                self.last_seen = Some(seen.clone());
                self.saw(seen, now)
            }
            DeliveryEvent::Wrote { key, fate } => self.wrote(key, fate, now),
            DeliveryEvent::Tick => self.ticked(now),
        });
        actions
    }

    fn begin(&mut self, now: Timestamp) -> Vec<DeliveryAction> {
        if self.text.is_empty() {
            return self.fail("the prompt is empty");
        }
        if !self.agent.takes_prompts() {
            self.phase = Phase::Typing;
            let bytes = format!("{}\r", self.text.replace('\n', "\r")).into_bytes();
            return vec![DeliveryAction::Write { key: format!("{}.line", self.key), bytes, paste: false }];
        }
        let limit = now.after(Duration::from_millis(self.agent.definition.times.ready_for));
        if let Phase::WaitReady { until, .. } = &mut self.phase {
            *until = limit;
        }
        vec![DeliveryAction::WakeAt(limit)]
    }

    /// A prompt was taken while ours was on its way. What a hook tells without its text is ours after our Enter, when
    /// nothing else was under way.
    fn hooked(&mut self, prompt: Option<&str>) -> Vec<DeliveryAction> {
        let ours = match (&self.phase, prompt) {
            (Phase::WaitText { .. } | Phase::Entering { .. } | Phase::WaitStart { .. }, Some(prompt)) => {
                is_same(prompt, &self.text)
            }
            (Phase::Entering { .. } | Phase::WaitStart { .. }, None) => !self.working_before,
            _ => false,
        };
        if ours { self.delivered() } else { vec![] }
    }

    fn saw(&mut self, seen: &Observation, now: Timestamp) -> Vec<DeliveryAction> {
        match self.phase.clone() {
            Phase::WaitReady { until, still, .. } => self.saw_waiting(seen, still, until, now),
            Phase::WaitText { until, enter_at, fate } => self.saw_text(seen, (until, enter_at, fate), now),
            Phase::WaitStart { until, since, again } => self.saw_start(seen, (until, since, again), now),
            Phase::Typing | Phase::Pasting | Phase::Entering { .. } | Phase::Over => vec![],
        }
    }

    fn saw_waiting(
        &mut self,
        seen: &Observation,
        still: Option<(String, Timestamp)>,
        until: Timestamp,
        now: Timestamp,
    ) -> Vec<DeliveryAction> {
        let reader = &self.agent.reader;
        let times = &self.agent.definition.times;
        if reader.dialog(seen).is_some() {
            // the person's time does not count
            let until = until.max(now.after(Duration::from_millis(times.ready_for)));
            self.phase = Phase::WaitReady { until, still: None, obstacle: "a question is on its screen" };
            return vec![DeliveryAction::WakeAt(until)];
        }
        let obstacle = if !reader.is_ready(seen) {
            Some("it did not show its input box")
        } else if reader.composer(seen).is_some_and(|text| !text.is_empty()) && !self.shows_text(seen) {
            Some("other text stands in its input box")
        } else {
            None
        };
        if let Some(obstacle) = obstacle {
            self.phase = Phase::WaitReady { until, still: None, obstacle };
            return if now >= until { self.fail(obstacle) } else { vec![] };
        }
        let stands = reader.composer(seen).unwrap_or_default();
        let settle = Duration::from_millis(times.settle_for);
        let since = match still {
            Some((before, since)) if before == stands => since,
            _ => Timestamp(now.0.saturating_sub(i64::try_from(seen.quiet_ms).unwrap_or(0))).max(Timestamp(0)),
        };
        if now >= since.after(settle) {
            self.working_before = reader.is_working(seen);
            self.stood_before = self.stands_on(seen);
            self.phase = Phase::Pasting;
            return vec![DeliveryAction::Write {
                key: format!("{}.paste", self.key),
                bytes: closed(&self.text).into_bytes(),
                paste: true,
            }];
        }
        self.phase = Phase::WaitReady { until, still: Some((stands, since)), obstacle: "its input box did not settle" };
        vec![DeliveryAction::WakeAt(since.after(settle))]
    }

    fn wrote(&mut self, key: &str, fate: WriteFate, now: Timestamp) -> Vec<DeliveryAction> {
        if fate == WriteFate::Over {
            return self.fail("the agent ended before the prompt reached it");
        }
        match self.phase {
            Phase::Typing if fate == WriteFate::Unknown => {
                self.fail("a crash lay between, and it may have arrived: look at its pane")
            }
            Phase::Typing => self.delivered(),
            Phase::Pasting if key == format!("{}.paste", self.key) => {
                let enter_at = now.after(Duration::from_millis(self.agent.definition.times.enter_after));
                let until = now.after(TEXT_FOR);
                self.phase = Phase::WaitText { until, enter_at, fate };
                vec![DeliveryAction::WakeAt(enter_at), DeliveryAction::WakeAt(until)]
            }
            Phase::Entering { doubtful, .. } if doubtful && fate == WriteFate::AlreadyWritten => self.delivered(),
            Phase::Entering { again, .. } => {
                let until = now.after(START_FOR);
                self.phase = Phase::WaitStart { until, since: now, again };
                vec![DeliveryAction::WakeAt(now.after(ENTER_AGAIN_AFTER)), DeliveryAction::WakeAt(until)]
            }
            _ => vec![],
        }
    }

    fn saw_text(
        &mut self,
        seen: &Observation,
        wait: (Timestamp, Timestamp, WriteFate),
        now: Timestamp,
    ) -> Vec<DeliveryAction> {
        let (until, enter_at, fate) = wait;
        if self.shows_text(seen) {
            return if now >= enter_at { self.enter(false, false) } else { vec![DeliveryAction::WakeAt(enter_at)] };
        }
        let empty = self.agent.reader.composer(seen).is_some_and(|text| text.is_empty());
        if fate != WriteFate::Written && empty && now >= enter_at {
            // A crash lay between: it may have been taken already.
            if self.stands_on(seen) {
                return self.delivered();
            }
            if fate == WriteFate::AlreadyWritten {
                return self.enter(false, true);
            }
        }
        if now >= until { self.fail(text_missing(fate)) } else { vec![] }
    }

    fn saw_start(
        &mut self,
        seen: &Observation,
        wait: (Timestamp, Timestamp, bool),
        now: Timestamp,
    ) -> Vec<DeliveryAction> {
        let (until, since, again) = wait;
        let reader = &self.agent.reader;
        let asks = reader.dialog(seen).is_some_and(|dialog| dialog.kind == DialogKind::Permission);
        if asks {
            return self.delivered();
        }
        self.worked |= reader.is_working(seen) && !self.working_before;
        let given_up = match reader.composer(seen) {
            Some(text) => text.is_empty() && (self.worked || (!self.stood_before && self.stands_on(seen))),
            // what cannot be told from the rest of the screen, or is covered by what the agent asks
            None => self.worked || (!reader.is_ready(seen) && reader.dialog(seen).is_none() && reader.is_working(seen)),
        };
        if given_up {
            return self.delivered();
        }
        if !again && now >= since.after(ENTER_AGAIN_AFTER) && self.shows_text(seen) {
            return self.enter(true, false);
        }
        match reader.composer(seen) {
            _ if now < until => vec![],
            Some(text) if text.is_empty() => self.fail(
                "its input box is empty, but no turn was seen to start: look at its pane before you send it again",
            ),
            _ => self.fail("the text stands in its input box, but Enter did not start a turn"),
        }
    }

    /// Observations come when something changes; what is due when nothing does is decided from the last one.
    fn ticked(&mut self, now: Timestamp) -> Vec<DeliveryAction> {
        if let Some(seen) = self.last_seen.clone() {
            return self.saw(&seen, now);
        }
        match self.phase {
            Phase::WaitReady { until, obstacle, .. } if now >= until => self.fail(obstacle),
            Phase::WaitText { until, fate, .. } if now >= until => self.fail(text_missing(fate)),
            Phase::WaitStart { until, .. } if now >= until => self.fail("Enter did not start a turn"),
            _ => vec![],
        }
    }

    fn enter(&mut self, again: bool, doubtful: bool) -> Vec<DeliveryAction> {
        self.phase = Phase::Entering { again, doubtful };
        let name = if again { "enter-again" } else { "enter" };
        vec![DeliveryAction::Write { key: format!("{}.{name}", self.key), bytes: b"\r".to_vec(), paste: false }]
    }

    fn delivered(&mut self) -> Vec<DeliveryAction> {
        self.phase = Phase::Over;
        vec![DeliveryAction::Delivered]
    }

    fn fail(&mut self, why: &str) -> Vec<DeliveryAction> {
        self.phase = Phase::Over;
        let agent = &self.agent.definition.title;
        vec![DeliveryAction::Failed { detail: format!("the prompt did not reach {agent}: {why}") }]
    }

    /// Whether the composer (or, where it cannot be told apart, the lower screen) holds our text or what stands for it.
    fn shows_text(&self, seen: &Observation) -> bool {
        let reader = &self.agent.reader;
        let place = reader.composer(seen).unwrap_or_else(|| reader.tail(seen).join("\n"));
        place.lines().any(|row| pattern::any(&reader.pasted, row)) || self.sampled_in(&place)
    }

    /// Whether our text stands anywhere on the screen: taken, and part of the conversation now. All of it counts, since
    /// prompts often begin alike; of one that is too long for a screen, a long beginning or end.
    fn stands_on(&self, seen: &Observation) -> bool {
        let screen = seen.screen.join("\n");
        let (text, rows) = (skeleton(&self.text), skeleton(&screen));
        if text.chars().count() > WHOLE {
            let (start, end) = sample(&text, LONG_SAMPLE);
            return rows.contains(&start) || rows.contains(&end);
        }
        let known_plainly = plain(&self.text);
        rows.contains(&text) || (known_plainly.len() >= PLAIN && plain(&screen).contains(&known_plainly))
    }

    /// A composer scrolls: the beginning or the end of the text is enough.
    fn sampled_in(&self, place: &str) -> bool {
        let (start, end) = sample(&skeleton(&self.text), SAMPLE);
        let rows = skeleton(place);
        if !start.is_empty() && (rows.contains(&start) || rows.contains(&end)) {
            return true;
        }
        let (start, end) = sample(&plain(&self.text), PLAIN);
        let rows = plain(place);
        start.len() == PLAIN && (rows.contains(&start) || rows.contains(&end))
    }
}

/// So many characters of the beginning and of the end.
fn sample(text: &str, length: usize) -> (String, String) {
    let skipped = text.chars().count().saturating_sub(length);
    (text.chars().take(length).collect(), text.chars().skip(skipped).collect())
}

fn text_missing(fate: WriteFate) -> &'static str {
    match fate {
        WriteFate::Unknown => {
            "it may have been typed before an interruption, and the screen does not show it; look at the pane"
        }
        _ => "the text did not appear in its input box",
    }
}
