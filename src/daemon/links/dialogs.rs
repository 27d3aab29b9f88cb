//! The dialog on the screen, and the answer that is given to it.

use crate::client::pane::PaneSender;
use crate::daemon::core::now;
use crate::engine::EffectResult;
use crate::model::{Dialog, EffectId};
use crate::protocol::pane::ToHost;

use super::answering::{AnswerStep, Answering};
use super::link::Link;

impl Link {
    /// Begins to answer a dialog.
    pub(super) fn answer(&mut self, effect: EffectId, dialog: Dialog, yes: bool) {
        let since = self.shown.as_ref().filter(|(shown, _)| *shown == dialog).map_or_else(now, |(_, since)| *since);
        self.answering = Some(Answering::new(effect, dialog, yes, since));
    }

    /// Remembers since when a dialog stands on the screen; tells an answer under way when it went.
    pub(super) async fn dialog_shown(&mut self, to: &PaneSender, dialog: Option<Dialog>) {
        if let Some(step) = self.answering.as_ref().and_then(|answering| answering.sees(dialog.as_ref())) {
            self.answer_step(to, step).await;
        }
        let since = match &self.shown {
            Some((shown, since)) if Some(shown) == dialog.as_ref() => *since,
            _ => now(),
        };
        self.shown = dialog.map(|dialog| (dialog, since));
    }

    /// Does what an answer under way wants.
    pub(super) async fn answer_step(&mut self, to: &PaneSender, step: AnswerStep) {
        let result = match step {
            AnswerStep::Write(key, bytes, only_if) => {
                let _ = to.send(ToHost::Write { key, bytes, paste: false, only_if });
                return;
            }
            AnswerStep::Answered => EffectResult::Answered,
            AnswerStep::Gone => EffectResult::DialogGone,
        };
        if let Some(answering) = self.answering.take() {
            self.ended(answering.effect, result).await;
        }
    }
}
