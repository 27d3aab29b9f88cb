//! From the paste to Enter: Enter is pressed when our text, and nothing else, is seen in the composer. A question that comes
//! up now may have swallowed the paste: then, and only if Enter was never pressed, it is pasted once more.

use std::time::Duration;

use crate::model::Timestamp;
use crate::protocol::pane::{Observation, WriteFate};

use super::looks::Stands;
use super::waiting::Waiting;
use super::{Delivery, DeliveryAction, Hold, Phase};

/// How long the pasted text may take to appear; with a large one, the agent needs seconds.
const TEXT_FOR: Duration = Duration::from_secs(30);
/// How long it may take to appear after a question went.
const AFTER_QUESTION: Duration = Duration::from_secs(10);
/// Between two tries to press Enter while the screen changes.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Waits for the text to show.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pasted {
    /// When it is given up.
    until: Timestamp,
    /// When Enter may be pressed.
    enter_at: Timestamp,
    /// What became of the paste.
    fate: WriteFate,
    /// It is known that Enter was not pressed, although there was a crash.
    not_entered: bool,
    /// A question was on the screen since.
    questioned: bool,
}

impl Pasted {
    pub(super) fn is_overdue(&self, now: Timestamp) -> bool {
        now >= self.until
    }

    /// Why it is given up, in words.
    pub(super) fn missing(&self) -> &'static str {
        match self.fate {
            WriteFate::Unknown => {
                "it may have been typed before an interruption, and the screen does not show it; look at the pane"
            }
            _ => "the text did not appear in its input box",
        }
    }
}

impl Delivery {
    pub(super) fn paste_written(&mut self, fate: WriteFate, now: Timestamp) -> Vec<DeliveryAction> {
        let enter_at = now.after(Duration::from_millis(self.agent.definition.times.enter_after));
        let until = now.after(TEXT_FOR);
        self.holding.over();
        self.phase = Phase::Pasted(Pasted { until, enter_at, fate, not_entered: false, questioned: false });
        vec![DeliveryAction::WakeAt(enter_at), DeliveryAction::WakeAt(until)]
    }

    pub(super) fn saw_pasted(&mut self, seen: &Observation, pasted: Pasted, now: Timestamp) -> Vec<DeliveryAction> {
        if self.agent.reader.dialog(seen).is_some() {
            // Enter is not for a question, and the person's time does not count
            self.holding.over();
            let until = pasted.until.max(now.after(AFTER_QUESTION));
            self.phase = Phase::Pasted(Pasted { until, questioned: true, ..pasted });
            return vec![DeliveryAction::WakeAt(until)];
        }
        let stands = self.looks.stands(seen);
        if stands == Stands::Mixed {
            self.holding.by(Hold::Beside, now);
            let until = pasted.until.max(now.after(AFTER_QUESTION));
            self.phase = Phase::Pasted(Pasted { until, ..pasted });
            return vec![DeliveryAction::WakeAt(until)];
        }
        let was_beside = self.holding.is_by(Hold::Beside);
        self.holding.over();
        match stands {
            Stands::Ours if now >= pasted.enter_at => {
                self.phase = Phase::Entering(pasted);
                let note = self.agent.keeps_log().then_some(DeliveryAction::NoteLog);
                note.into_iter().chain([self.enter(seen, "enter")]).collect()
            }
            Stands::Ours => vec![DeliveryAction::WakeAt(pasted.enter_at)],
            // the person pressed Enter on both
            Stands::Nothing | Stands::Theirs if was_beside && !self.stood_before && self.looks.stands_on(seen) => {
                self.delivered()
            }
            Stands::Nothing if pasted.fate != WriteFate::Written && !pasted.not_entered && now >= pasted.enter_at => {
                // a crash lay between: it may have been taken already, and the same text may have been said before
                if !self.stood_before && self.looks.stands_on(seen) {
                    return self.delivered();
                }
                self.phase = Phase::RecallingEnter(pasted);
                vec![self.recall("enter")]
            }
            _ if !pasted.is_overdue(now) => vec![],
            Stands::Nothing if self.may_paste_again(&pasted, seen) => {
                self.paste(seen, "paste-again", Waiting::until(now.after(self.ready_for())))
            }
            _ => self.fail(pasted.missing()),
        }
    }

    /// Whether the paste was surely not sent: a question took it, or a crash lay between and Enter was never pressed.
    fn may_paste_again(&self, pasted: &Pasted, seen: &Observation) -> bool {
        let lost = pasted.questioned || pasted.not_entered;
        lost && pasted.fate != WriteFate::Unknown && !self.pasted_again && self.agent.reader.is_ready(seen)
    }

    /// Enter, for the composer as it stands there now and for nothing else.
    pub(super) fn enter(&self, seen: &Observation, name: &str) -> DeliveryAction {
        self.write(name, b"\r".to_vec(), self.looks.guard(seen))
    }

    /// The journal told whether Enter was pressed before a crash.
    pub(super) fn recalled_enter(&mut self, pasted: Pasted, fate: WriteFate, now: Timestamp) -> Vec<DeliveryAction> {
        match fate {
            WriteFate::AlreadyWritten => self.delivered(),
            WriteFate::Mismatch => {
                let until = now.after(AFTER_QUESTION);
                self.phase = Phase::Pasted(Pasted { not_entered: true, until, ..pasted });
                vec![DeliveryAction::WakeAt(until)]
            }
            _ => self.entered(true, now),
        }
    }

    /// Enter was pressed; or not, because the screen had changed: then it is looked at again.
    pub(super) fn enter_written(&mut self, pasted: Pasted, fate: WriteFate, now: Timestamp) -> Vec<DeliveryAction> {
        if fate != WriteFate::Mismatch {
            return self.entered(false, now);
        }
        let enter_at = now.after(LOOK_AGAIN_AFTER);
        self.phase = Phase::Pasted(Pasted { enter_at, ..pasted });
        vec![DeliveryAction::WakeAt(enter_at)]
    }
}
