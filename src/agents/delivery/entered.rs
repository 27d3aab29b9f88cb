//! From Enter to the turn: seen to start, or said in words that it was not.

use std::time::Duration;

use crate::model::{DialogKind, Timestamp};
use crate::protocol::pane::{Observation, WriteFate};

use super::looks::Stands;
use super::{Delivery, DeliveryAction, Hold, Phase};

/// After this long in the composer with nothing happening, Enter is pressed once more.
const ENTER_AGAIN_AFTER: Duration = Duration::from_secs(3);
/// Between two readings of the log that an agent keeps of the conversation.
const READ_AFTER: Duration = Duration::from_millis(500);
/// How long the turn may take to start after Enter.
const START_FOR: Duration = Duration::from_secs(30);

/// Waits for the turn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entered {
    /// When it is given up.
    until: Timestamp,
    /// When Enter was pressed.
    since: Timestamp,
    /// It is not pressed any more.
    again: bool,
    /// Work was seen since.
    worked: bool,
    /// When the log of the conversation is read again.
    read_at: Timestamp,
}

impl Entered {
    pub(super) fn is_overdue(&self, now: Timestamp) -> bool {
        now >= self.until
    }
}

impl Delivery {
    /// Enter was pressed; `again`: not once more.
    pub(super) fn entered(&mut self, again: bool, now: Timestamp) -> Vec<DeliveryAction> {
        let until = now.after(START_FOR);
        let read_at = now.after(READ_AFTER);
        self.phase = Phase::Entered(Entered { until, since: now, again, worked: false, read_at });
        let wakes = [now.after(ENTER_AGAIN_AFTER), until].into_iter().chain(self.agent.keeps_log().then_some(read_at));
        wakes.map(DeliveryAction::WakeAt).collect()
    }

    pub(super) fn saw_entered(
        &mut self,
        seen: &Observation,
        mut entered: Entered,
        now: Timestamp,
    ) -> Vec<DeliveryAction> {
        let reader = &self.agent.reader;
        let dialog = reader.dialog(seen);
        let asks = dialog.as_ref().is_some_and(|dialog| dialog.kind == DialogKind::Permission);
        if asks && !self.working_before {
            return self.delivered();
        }
        if dialog.is_some() {
            // of an earlier turn, or one of its own that comes late: nothing follows from it, and the clock stands
            self.holding.over();
            entered.until = entered.until.max(now.after(START_FOR));
            entered.since = now;
            let until = entered.until;
            self.phase = Phase::Entered(entered);
            return vec![DeliveryAction::WakeAt(until)];
        }
        entered.worked |= reader.is_working(seen) && !self.working_before;
        let stands = self.looks.stands(seen);
        if self.is_taken(seen, stands, entered.worked) {
            return self.delivered();
        }
        if stands == Stands::Mixed {
            self.holding.by(Hold::Beside, now);
            entered.until = entered.until.max(now.after(START_FOR));
        } else {
            self.holding.over();
        }
        if stands == Stands::Ours && !entered.again && entered.since.after(ENTER_AGAIN_AFTER) <= now {
            self.phase = Phase::EnteringAgain(entered);
            return vec![self.enter(seen, "enter-again")];
        }
        let overdue = entered.is_overdue(now);
        if !overdue && self.agent.keeps_log() && entered.read_at <= now {
            let read_at = now.after(READ_AFTER);
            self.phase = Phase::Entered(Entered { read_at, ..entered });
            return vec![DeliveryAction::ReadLog, DeliveryAction::WakeAt(read_at)];
        }
        self.phase = Phase::Entered(entered);
        match stands {
            _ if !overdue => vec![],
            Stands::Nothing | Stands::Theirs => self.fail(
                "its input box is empty, but no turn was seen to start: look at its pane before you send it again",
            ),
            _ => self.fail("the text stands in its input box, but Enter did not start a turn"),
        }
    }

    /// Enter was pressed once more; or not, because the screen had changed: then it is looked at again.
    pub(super) fn entered_again(&mut self, entered: Entered, fate: WriteFate, now: Timestamp) -> Vec<DeliveryAction> {
        if fate != WriteFate::Mismatch {
            return self.entered(true, now);
        }
        self.phase = Phase::Entered(Entered { since: now, ..entered });
        vec![DeliveryAction::WakeAt(now.after(ENTER_AGAIN_AFTER))]
    }

    /// Whether the composer gave our text up to a turn. What the person types next may stand there by then.
    fn is_taken(&self, seen: &Observation, stands: Stands, worked: bool) -> bool {
        let reader = &self.agent.reader;
        match stands {
            Stands::Nothing | Stands::Theirs => worked || (!self.stood_before && self.looks.stands_on(seen)),
            // what cannot be told from the rest of the screen, or is not in sight
            Stands::Unknown => worked || (!reader.is_ready(seen) && reader.is_working(seen)),
            // where the composer cannot be told from the conversation, work is the sign
            Stands::Ours => worked && !reader.composer.is_known(),
            Stands::Mixed => false,
        }
    }
}
