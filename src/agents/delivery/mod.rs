//! Getting a prompt into an agent's composer exactly once, as plain state: feed what is seen, do what it asks.
//!
//! ```text
//! Waiting ──composer there, empty, still──► Pasting ──written──► Pasted ──text seen──► Entering ──written──► Entered
//!    ▲ a question stops the clock                                                           │ still there: Enter once more
//!    └ a draft of the person holds it back, and that is said
//! ```
//!
//! - The paste and the Enter are writes of their own, each journalled by the host under a key: asked again after a crash
//!   they are not written again. `AlreadyWritten` goes on from what the screen shows; `Unknown` is settled from
//!   the screen, and where that says nothing the delivery fails with words instead of sending a prompt twice.
//! - Neither is written blindly: the host writes only while the composer still stands on the screen as it was seen, so a
//!   question that comes up in between gets no Enter.
//! - Text in the composer is ours only if all of it is and the journal knows of our paste. Everything else is the person's
//!   draft: the prompt waits (`held`) until it is gone. What the person types beside our text is not sent either.
//! - The text is sent through `prompt::safe`: no escapes, no commands of the agent.
//! - A shell has no composer: its line is typed with its Enter in one journalled write, and that is all that can be known.
//! - Delivered means that a turn was seen to start that carries this text: the agent's hook told the text back; or the composer
//!   gave it up and work was seen after our Enter, or the text stands in the conversation. An empty composer alone
//!   proves nothing: some agents drop a paste without a word.
//! - A text that a composer would not take in one piece goes as a file (`handing`): what is pasted then is one line.
//!
//! | file | holds |
//! |---|---|
//! | `waiting` | until the composer is free: questions, drafts, a paste before a crash |
//! | `pasted` | from the paste to Enter |
//! | `entered` | from Enter to the turn |
//! | `holding` | what holds a prompt back, and when that is said |
//! | `looks` | whose text stands on a screen |

mod entered;
mod holding;
mod looks;
mod pasted;
mod waiting;

use std::time::Duration;

use crate::model::Timestamp;
use crate::protocol::pane::{Observation, WriteFate};

use super::Agent;
use super::prompt::safe;
use entered::Entered;
pub use holding::Hold;
use holding::Holding;
use looks::Looks;
use pasted::Pasted;
use waiting::Waiting;

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
    /// The agent's own hook, or its log of the conversation, says that a prompt was taken.
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
        /// Only while the screen holds this text; empty means always.
        only_if: String,
    },
    /// Ask the host whether it has written this before; nothing is written. `Mismatch` is the answer no.
    Recall {
        /// Which write.
        key: String,
    },
    /// Remember where the agent's log of the conversation ends now.
    NoteLog,
    /// Tell, as `HookTurnStarted`, the prompts that its log has had since.
    ReadLog,
    /// Send `Tick` then.
    WakeAt(Timestamp),
    /// The person is in the way; `None` when that is over.
    Held(Option<Hold>),
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
    Waiting(Waiting),
    /// The composer holds our words: was it our paste that brought them?
    RecallingPaste(Waiting),
    Pasting(Waiting),
    Pasted(Pasted),
    /// The composer is empty after a crash: was Enter written before it?
    RecallingEnter(Pasted),
    Entering(Pasted),
    Entered(Entered),
    EnteringAgain(Entered),
    Over,
}

/// One delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    key: String,
    text: String,
    agent: Agent,
    looks: Looks,
    phase: Phase,
    begun: bool,
    /// A turn was under way when the text was pasted.
    working_before: bool,
    /// The text (another one that begins or ends like it) stood on the screen before it was pasted.
    stood_before: bool,
    /// It was pasted a second time, since a question had taken the first.
    pasted_again: bool,
    holding: Holding,
    last_seen: Option<Observation>,
}

impl Delivery {
    /// Of this text, under this key (the effect's id). Nothing happens before the first `step`.
    pub fn new(key: &str, text: &str, agent: &Agent) -> Self {
        let text = safe(text);
        Self {
            key: key.to_owned(),
            looks: Looks::new(agent, &text),
            text,
            agent: agent.clone(),
            phase: Phase::Waiting(Waiting::until(Timestamp(0))),
            begun: false,
            working_before: false,
            stood_before: false,
            pasted_again: false,
            holding: Holding::default(),
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
        if !self.is_over() {
            actions.extend(self.holding.tell(now));
        }
        actions
    }

    fn begin(&mut self, now: Timestamp) -> Vec<DeliveryAction> {
        if self.text.is_empty() {
            return self.fail("the prompt is empty");
        }
        if !self.agent.takes_prompts() {
            self.phase = Phase::Typing;
            let line = format!("{}\r", self.text.replace('\n', "\r"));
            return vec![self.write("line", line.into_bytes(), String::new())];
        }
        let limit = now.after(self.ready_for());
        self.phase = Phase::Waiting(Waiting::until(limit));
        vec![DeliveryAction::WakeAt(limit)]
    }

    /// A prompt was taken while ours was on its way. What a hook tells without its text is ours after our Enter, when
    /// nothing else was under way.
    fn hooked(&mut self, prompt: Option<&str>) -> Vec<DeliveryAction> {
        let ours = match (&self.phase, prompt) {
            (
                Phase::Pasted(_)
                | Phase::RecallingEnter(_)
                | Phase::Entering(_)
                | Phase::Entered(_)
                | Phase::EnteringAgain(_),
                Some(prompt),
            ) => self.looks.is_in(prompt),
            (Phase::Entering(_) | Phase::Entered(_) | Phase::EnteringAgain(_), None) => !self.working_before,
            _ => false,
        };
        if ours { self.delivered() } else { vec![] }
    }

    fn saw(&mut self, seen: &Observation, now: Timestamp) -> Vec<DeliveryAction> {
        match self.phase.clone() {
            Phase::Waiting(waiting) => self.saw_waiting(seen, waiting, now),
            Phase::Pasted(pasted) => self.saw_pasted(seen, pasted, now),
            Phase::Entered(entered) => self.saw_entered(seen, entered, now),
            _ => vec![],
        }
    }

    fn wrote(&mut self, key: &str, fate: WriteFate, now: Timestamp) -> Vec<DeliveryAction> {
        if fate == WriteFate::Over {
            return self.fail("the agent ended before the prompt reached it");
        }
        let Some(name) = key.strip_prefix(&self.key).and_then(|rest| rest.strip_prefix('.')) else { return vec![] };
        match (self.phase.clone(), name) {
            (Phase::Typing, "line") if fate == WriteFate::Unknown => {
                self.fail("a crash lay between, and it may have arrived: look at its pane")
            }
            (Phase::Typing, "line") => self.delivered(),
            (Phase::RecallingPaste(waiting), "paste") => self.recalled_paste(waiting, fate, now),
            (Phase::Pasting(waiting), _) if fate == WriteFate::Mismatch => self.wait_again(waiting, now),
            (Phase::Pasting(_), "paste" | "paste-again") => {
                self.pasted_again |= name == "paste-again";
                self.paste_written(fate, now)
            }
            (Phase::RecallingEnter(pasted), "enter") => self.recalled_enter(pasted, fate, now),
            (Phase::Entering(pasted), "enter") => self.enter_written(pasted, fate, now),
            (Phase::EnteringAgain(entered), "enter-again") => self.entered_again(entered, fate, now),
            _ => vec![],
        }
    }

    /// Observations come when something changes; what is due when nothing does is decided from the last one.
    fn ticked(&mut self, now: Timestamp) -> Vec<DeliveryAction> {
        if let Some(seen) = self.last_seen.clone() {
            return self.saw(&seen, now);
        }
        match &self.phase {
            Phase::Waiting(waiting) => match waiting.overdue(now) {
                Some(why) => self.fail(why),
                None => vec![],
            },
            Phase::Pasted(pasted) if pasted.is_overdue(now) => self.fail(pasted.missing()),
            Phase::Entered(entered) if entered.is_overdue(now) => self.fail("Enter did not start a turn"),
            _ => vec![],
        }
    }

    /// A write of this delivery. Only a paste is bracketed.
    fn write(&self, name: &str, bytes: Vec<u8>, only_if: String) -> DeliveryAction {
        let paste = name.starts_with("paste");
        DeliveryAction::Write { key: format!("{}.{name}", self.key), bytes, paste, only_if }
    }

    fn recall(&self, name: &str) -> DeliveryAction {
        DeliveryAction::Recall { key: format!("{}.{name}", self.key) }
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

    fn ready_for(&self) -> Duration {
        Duration::from_millis(self.agent.definition.times.ready_for)
    }
}
