//! The line to a session's host. What is asked of the host is followed by a question that every host
//! answers at once and in order: so one that runs but does not answer is told from one that has nothing to
//! say, and what went before the question is known to be done.

use std::path::Path;
use std::time::Duration;

use crate::client::pane::{self, PaneReceiver, PaneSender};
use crate::daemon::core::steady as now;
use crate::model::Timestamp;
use crate::protocol::pane::{FromHost, ToHost, VERSION};

/// How long a host may take to greet, and to answer.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// A connection to a host that greeted.
pub(super) struct Line {
    to: PaneSender,
    /// The number of the last question.
    asked: u32,
    /// The number of the last one that went with something that was asked for, and no heartbeat.
    urgent: u32,
    /// The number of the last one that was answered.
    answered: u32,
    /// Since when there is no answer to what was asked for.
    waiting_since: Option<Timestamp>,
}

impl Line {
    /// Connects as the daemon. `None` when no host greets in time.
    pub(super) async fn open(socket: &Path) -> Option<(Self, PaneReceiver)> {
        let greeted = tokio::time::timeout(ANSWERS_WITHIN, async {
            let (to, mut from) = pane::connect(socket, ToHost::Watch { version: VERSION }).await?;
            let greeted = matches!(from.next().await, Some(FromHost::Hello { .. }));
            Ok::<_, crate::client::ClientError>(greeted.then_some((to, from)))
        });
        match greeted.await {
            Ok(Ok(Some((to, from)))) => {
                Some((Self { to, asked: 0, urgent: 0, answered: 0, waiting_since: None }, from))
            }
            Ok(Ok(None)) | Err(_) => None,
            Ok(Err(error)) => {
                tracing::debug!(%error, "the host does not answer");
                None
            }
        }
    }

    /// Sends something that needs no answer. A line that takes nothing more is about to be found broken.
    pub(super) fn tell(&self, message: ToHost) {
        if let Err(error) = self.to.send(message) {
            tracing::debug!(%error, "the host was not told");
        }
    }

    /// Sends a message and a question, which is to be answered soon; returns the question's number.
    pub(super) fn ask(&mut self, message: ToHost) -> u32 {
        self.tell(message);
        self.beat();
        self.urgent = self.asked;
        self.waiting_since.get_or_insert_with(now);
        self.asked
    }

    /// Sends only the question.
    pub(super) fn beat(&mut self) {
        self.asked += 1;
        // a page without lines: hosts of every version answer with the same number
        self.tell(ToHost::History { back: self.asked, count: 0 });
    }

    /// The host said something: it is there.
    pub(super) fn heard(&mut self, message: &FromHost) {
        if let FromHost::History { back, .. } = message {
            self.answered = self.answered.max(*back);
        }
        self.waiting_since = (self.answered < self.urgent).then(now);
    }

    /// Whether everything that was sent before this question is done.
    pub(super) fn is_answered(&self, number: u32) -> bool {
        self.answered >= number
    }

    /// Since when there is no answer, if there should be one.
    pub(super) fn waiting_since(&self) -> Option<Timestamp> {
        self.waiting_since
    }

    /// Whether the host should have answered by now.
    pub(super) fn is_silent(&self) -> bool {
        self.due().is_some_and(|due| due <= now())
    }

    /// When a host that says nothing counts as silent.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.waiting_since.map(|since| since.after(ANSWERS_WITHIN))
    }
}
