//! The dialog on the screen, and the answer that is given to it.

use crate::daemon::core::steady as now;
use crate::engine::EffectResult;
use crate::model::{AnswerKind, Dialog, EffectId, Reading};
use crate::protocol::pane::ToHost;

use super::answering::{Answer, AnswerStep, Answering};
use super::link::Link;

impl Link {
    /// Answers a dialog, after those that are being answered.
    pub(super) fn answer(&mut self, effect: EffectId, dialog: Dialog, kind: AnswerKind) {
        let known = self.answering.as_ref().is_some_and(|answering| answering.effect == effect)
            || self.to_answer.iter().any(|answer| answer.effect == effect);
        if !known {
            self.to_answer.push_back(Answer { effect, dialog, kind });
            self.next_answer();
        }
    }

    /// Begins with the next answer when none is on its way.
    fn next_answer(&mut self) {
        if self.answering.is_none() {
            self.answering = self.to_answer.pop_front().map(|answer| {
                let shown = self.shown.as_ref().filter(|(shown, _)| *shown == answer.dialog);
                Answering::new(answer, shown.map_or_else(now, |(_, since)| *since))
            });
        }
    }

    /// Finds the request that the dialog on the screen is about, and remembers since when it stands there; tells an answer
    /// under way when its dialog went.
    pub(super) async fn dialog_shown(&mut self, reading: Option<&mut Reading>) {
        let mut shown = reading.and_then(|reading| reading.dialog.as_mut());
        if let Some(dialog) = &mut shown {
            dialog.exact = self.requests.of(dialog);
        }
        if let Some(step) = self.answering.as_ref().and_then(|answering| answering.sees(shown.as_deref())) {
            self.answer_step(step).await;
            // what was refused is not what this one asks
            if let Some(dialog) = &mut shown {
                dialog.exact = self.requests.of(dialog);
            }
        }
        let dialog = shown.cloned();
        let since = match &self.shown {
            Some((shown, since)) if Some(shown) == dialog.as_ref() => *since,
            _ => now(),
        };
        self.shown = dialog.map(|dialog| (dialog, since));
    }

    /// Whether the question that is being answered is the one on the screen, as far as that is known.
    fn still_asks(&self) -> bool {
        let shown = self.shown.as_ref().map(|(shown, _)| shown);
        match (&self.answering, shown) {
            (Some(answering), Some(shown)) => answering.is_for(shown),
            _ => true,
        }
    }

    /// Does what an answer under way wants.
    pub(super) async fn answer_step(&mut self, step: AnswerStep) {
        let result = match step {
            // the host compares what is on the screen; what is asked for may have changed behind the same words
            AnswerStep::Write(..) if !self.still_asks() => EffectResult::DialogGone,
            AnswerStep::Write(key, bytes, only_if) => {
                self.send(ToHost::Write { key, bytes, paste: false, only_if });
                return;
            }
            AnswerStep::Answered => EffectResult::Answered,
            AnswerStep::Gone => EffectResult::DialogGone,
        };
        if let Some(answering) = self.answering.take() {
            if result == EffectResult::Answered
                && let Some(refused) = answering.refuses()
            {
                self.requests.refused(refused);
            }
            self.ended(answering.effect, result).await;
        }
        self.next_answer();
    }
}
