//! Ids as newtypes, so that a task can never be passed for a session. Numbers are handed out by the
//! engine, in order, and never reused; a session's id is random because it names directories and sockets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What was given is not the number of anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// It is no number at all.
    #[error("`{text}` is no {what} number")]
    Words {
        /// What was meant: `task`.
        what: &'static str,
        /// What was given.
        text: String,
    },
    /// No worker has it.
    #[error("`{text}` is no worker number: they go from 1 to {most}")]
    Beyond {
        /// What was given.
        text: String,
        /// The highest.
        most: u16,
    },
}

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident = $what:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotANumber;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let number = text.trim_start_matches('#').parse().map(Self);
                number.map_err(|_| NotANumber::Words { what: $what, text: text.to_owned() })
            }
        }
    )+};
}

numbered! {
    /// A project: one git repository that Quarterdeck knows.
    ProjectId = "project",
    /// A task, shown as `#7`.
    TaskId = "task",
    /// A plan: the tasks that came from one message.
    PlanId = "plan",
    /// One attempt at a task.
    DelegationId = "attempt",
    /// A question that waits for the person.
    ApprovalId = "approval",
    /// A handoff of a worker's session.
    HandoffId = "handoff",
    /// A row of the outbox: something to be done in the world.
    EffectId = "effect",
    /// A row of the event log.
    EventId = "event",
}

/// A session: one run of an agent in a PTY. A version 4 UUID in its usual text form; agents that take
/// a conversation id of our choosing get the same one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// Makes the id from 128 random bits, setting the version and variant bits of RFC 9562 §5.4.
    pub fn from_entropy(entropy: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(entropy).into_uuid().hyphenated().to_string())
    }

    /// Takes an id that was written down earlier. Only a UUID is an id: it becomes part of paths.
    pub fn parse(text: &str) -> Option<Self> {
        uuid::Uuid::try_parse(text).ok().map(|uuid| Self(uuid.hyphenated().to_string()))
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight characters: what people see and type.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
