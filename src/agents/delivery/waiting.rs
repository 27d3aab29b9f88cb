//! Before the paste: until the composer is there, empty and still. A question on the screen and a draft of the person stop
//! the clock; the prompt goes out by itself when they are gone.

use std::time::Duration;

use crate::model::Timestamp;
use crate::protocol::pane::{Observation, WriteFate};

use super::looks::Stands;
use super::{Delivery, DeliveryAction, Hold, Phase};
use crate::agents::prompt::closed;

/// Waits for the composer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    /// When it is given up.
    until: Timestamp,
    /// Since when the composer has been as it is: its rows.
    still: Option<(String, Timestamp)>,
    /// What was in the way last, in words.
    obstacle: &'static str,
    /// The journal says that what stands in the composer is not our paste.
    not_ours: bool,
}

impl Waiting {
    pub(super) fn until(until: Timestamp) -> Self {
        Self { until, still: None, obstacle: "it did not show its input box", not_ours: false }
    }

    /// Why it is given up, when it is time.
    pub(super) fn overdue(&self, now: Timestamp) -> Option<&'static str> {
        (now >= self.until).then_some(self.obstacle)
    }

    fn behind(self, obstacle: &'static str) -> Self {
        Self { still: None, obstacle, ..self }
    }
}

impl Delivery {
    pub(super) fn saw_waiting(&mut self, seen: &Observation, waiting: Waiting, now: Timestamp) -> Vec<DeliveryAction> {
        let reader = &self.agent.reader;
        if reader.dialog(seen).is_some() {
            self.holding.over();
            return self.wait_for_person(waiting.behind("a question is on its screen"), now);
        }
        if !reader.is_ready(seen) {
            self.holding.over();
            let waiting = waiting.behind("it did not show its input box");
            let overdue = waiting.overdue(now);
            self.phase = Phase::Waiting(waiting);
            return overdue.map_or_else(Vec::new, |why| self.fail(why));
        }
        match self.looks.stands(seen) {
            Stands::Ours if !waiting.not_ours && self.agent.reader.composer.is_known() => {
                // an earlier life of this delivery may have pasted it, or the person typed the same
                self.phase = Phase::RecallingPaste(waiting);
                vec![self.recall("paste")]
            }
            Stands::Ours | Stands::Mixed | Stands::Theirs if self.agent.reader.composer.is_known() => {
                self.holding.by(Hold::Draft, now);
                self.wait_for_person(waiting.behind("other text stands in its input box"), now)
            }
            _ => {
                self.holding.over();
                self.settle(seen, waiting, now)
            }
        }
    }

    /// The person's time does not count.
    fn wait_for_person(&mut self, waiting: Waiting, now: Timestamp) -> Vec<DeliveryAction> {
        let until = waiting.until.max(now.after(self.ready_for()));
        self.phase = Phase::Waiting(Waiting { until, ..waiting });
        vec![DeliveryAction::WakeAt(until)]
    }

    /// The composer is free: pastes when it has stood still for long enough.
    fn settle(&mut self, seen: &Observation, waiting: Waiting, now: Timestamp) -> Vec<DeliveryAction> {
        let settle = Duration::from_millis(self.agent.definition.times.settle_for);
        let guard = self.looks.guard(seen);
        let since = match &waiting.still {
            Some((before, since)) if *before == guard => *since,
            _ => Timestamp(now.0.saturating_sub(i64::try_from(seen.quiet_ms).unwrap_or(0))).max(Timestamp(0)),
        };
        if now >= since.after(settle) {
            self.working_before = self.agent.reader.is_working(seen);
            self.stood_before = self.looks.stands_on(seen);
            return self.paste(seen, "paste", waiting);
        }
        let obstacle = "its input box did not settle";
        self.phase = Phase::Waiting(Waiting { still: Some((guard, since)), obstacle, not_ours: false, ..waiting });
        vec![DeliveryAction::WakeAt(since.after(settle))]
    }

    pub(super) fn paste(&mut self, seen: &Observation, name: &str, waiting: Waiting) -> Vec<DeliveryAction> {
        self.phase = Phase::Pasting(Waiting { obstacle: "its screen does not stand still", ..waiting });
        vec![self.write(name, closed(&self.text).into_bytes(), self.looks.guard(seen))]
    }

    /// The screen changed under the paste, so nothing was written: it is looked at again.
    pub(super) fn wait_again(&mut self, waiting: Waiting, now: Timestamp) -> Vec<DeliveryAction> {
        if let Some(why) = waiting.overdue(now) {
            return self.fail(why);
        }
        let guard = self.last_seen.as_ref().map(|seen| self.looks.guard(seen)).unwrap_or_default();
        self.phase = Phase::Waiting(Waiting { still: Some((guard, now)), ..waiting });
        vec![DeliveryAction::WakeAt(now.after(Duration::from_millis(self.agent.definition.times.settle_for)))]
    }

    /// The journal told whether our paste had begun.
    pub(super) fn recalled_paste(&mut self, waiting: Waiting, fate: WriteFate, now: Timestamp) -> Vec<DeliveryAction> {
        if fate != WriteFate::Mismatch {
            return self.paste_written(fate, now);
        }
        self.holding.by(Hold::Draft, now);
        let waiting = Waiting { not_ours: true, ..waiting };
        self.wait_for_person(waiting.behind("other text stands in its input box"), now)
    }
}
