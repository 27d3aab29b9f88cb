//! A prompt that the person holds back without knowing it, by a draft in the agent's input box: what is in the way, and
//! when that is said. Somebody who is just typing is not interrupted for it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

use super::DeliveryAction;

/// How long something must be in the way to be told.
const TOLD_AFTER: Duration = Duration::from_secs(2);

/// What of the person's is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// A draft: nothing was pasted.
    Draft,
    /// Text beside ours, which was pasted: neither was sent.
    Beside,
}

impl Hold {
    /// What happened, in one line.
    pub fn words(self) -> &'static str {
        match self {
            Hold::Draft => "your draft stands in the composer; the prompt waits",
            Hold::Beside => "your text stands beside the prompt in the composer; neither is sent",
        }
    }

    /// What can be done, in one line.
    pub fn hint(self) -> &'static str {
        match self {
            Hold::Draft => "send the draft or clear it in the pane; the prompt then goes out by itself",
            Hold::Beside => {
                "take your text out in the pane, and the prompt goes out; or press Enter there to send both"
            }
        }
    }
}

/// What is in the way, and what was told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Holding {
    now: Option<(Hold, Timestamp)>,
    told: Option<Hold>,
}

impl Holding {
    /// This is in the way.
    pub(super) fn by(&mut self, hold: Hold, at: Timestamp) {
        if self.now.is_none_or(|(known, _)| known != hold) {
            self.now = Some((hold, at));
        }
    }

    /// Nothing is.
    pub(super) fn over(&mut self) {
        self.now = None;
    }

    /// Whether this is.
    pub(super) fn is_by(&self, hold: Hold) -> bool {
        self.now.is_some_and(|(known, _)| known == hold)
    }

    /// What is to be told, and when to look again.
    pub(super) fn tell(&mut self, at: Timestamp) -> Option<DeliveryAction> {
        match self.now {
            None => self.told.take().map(|_| DeliveryAction::Held(None)),
            Some((hold, _)) if self.told == Some(hold) => None,
            Some((hold, since)) if since.after(TOLD_AFTER) <= at => {
                self.told = Some(hold);
                Some(DeliveryAction::Held(Some(hold)))
            }
            Some((_, since)) => Some(DeliveryAction::WakeAt(since.after(TOLD_AFTER))),
        }
    }
}
