//! The connection is gone: whether the session is over, and what was asked of it then.

use std::path::Path;

use crate::engine::{EffectResult, Fact};
use crate::model::{Kind, Reading, SessionState, StateSource};
use crate::protocol::pane::SessionReport;
use crate::session::{self, Found};

use super::Ask;
use super::link::{CONNECT_TRIES, Link};

impl Link {
    /// The connection is gone. `true` when the session is over.
    pub(super) async fn lost(&mut self, tries: u32) -> bool {
        let directory = self.daemon.paths.session(&self.id);
        let found = tokio::task::spawn_blocking(move || look_after(&directory)).await;
        let (exit, reports) = match found {
            Ok((Found::Ended(exit), reports)) => (Some(exit), reports),
            Ok((Found::Lost | Found::NeverStarted, reports)) => (None, reports),
            Ok((Found::Running(_), _)) | Err(_) => {
                if tries == CONNECT_TRIES {
                    self.unreachable().await;
                }
                return false;
            }
        };
        // what the agent said last counts, although its host cannot hand it over any more
        for (number, report) in reports {
            self.take_in(number, report).await;
        }
        self.daemon.core.fact(Fact::SessionEnded { session: self.id.clone(), exit }).await;
        true
    }

    pub(super) async fn unreachable(&mut self) {
        let reading = Reading {
            state: SessionState::Unreachable,
            source: StateSource::Process,
            evidence: "its host runs but does not answer".to_owned(),
            dialog: None,
        };
        self.read(reading).await;
    }

    /// Answers an ask that came when the session was already over.
    pub(super) async fn refuse(&mut self, ask: Ask) {
        let effect = ask.effect();
        let result = ask.when_over();
        if let Some(effect) = effect {
            self.ended(effect, result).await;
        }
    }

    /// Answers everything that was under way when the session ended.
    pub(super) async fn refuse_rest(&mut self) {
        while let Some(effect) = self.deliveries.pop() {
            let detail = "the session ended before the text reached it".to_owned();
            self.ended(effect, EffectResult::Failed { kind: Kind::Conflict, detail }).await;
        }
        if let Some(answering) = self.answering.take() {
            self.ended(answering.effect, EffectResult::DialogGone).await;
        }
        for answer in std::mem::take(&mut self.to_answer) {
            self.ended(answer.effect, EffectResult::DialogGone).await;
        }
        for quieting in self.quieting.drain(..) {
            let _ = quieting.reply.send(true);
        }
        for stopping in std::mem::take(&mut self.stopping) {
            self.ended(stopping.effect, EffectResult::Done).await;
        }
    }
}

/// What became of a session whose host does not answer. A host that is gone leaves reports, and may leave
/// processes that nobody reaps any more: those are ended here.
fn look_after(directory: &Path) -> (Found, Vec<(u64, SessionReport)>) {
    let found = session::find(directory);
    if found == Found::Lost {
        let left = session::end_leftovers(directory);
        if !left.is_empty() {
            tracing::error!(session = %directory.display(), ?left, "processes of a lost session do not end");
        }
    }
    let reports = if matches!(found, Found::Running(_)) { Vec::new() } else { session::uncollected(directory) };
    (found, reports)
}
