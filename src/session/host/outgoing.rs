//! What waits for one peer, and about how many bytes it takes.

use std::collections::VecDeque;

use crate::protocol::pane::{FromHost, Row};
use crate::session::reports::length;

/// What a message takes besides its text, about.
const BESIDES: usize = 64;

/// Messages in their order.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    messages: VecDeque<FromHost>,
    bytes: usize,
}

impl Outgoing {
    pub(super) fn push(&mut self, message: FromHost) {
        self.bytes += weight(&message);
        self.messages.push_back(message);
    }

    pub(super) fn pop(&mut self) -> Option<FromHost> {
        let message = self.messages.pop_front()?;
        self.bytes = self.bytes.saturating_sub(weight(&message));
        Some(message)
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn weight(message: &FromHost) -> usize {
    let text = match message {
        FromHost::Captured(text) | FromHost::Clipboard(text) | FromHost::Alert(text) | FromHost::Refused(text) => {
            text.len()
        }
        FromHost::History { lines, .. } | FromHost::Lines { lines, .. } => lines.iter().map(row).sum(),
        FromHost::Reported { report, .. } => length(report),
        _ => 0,
    };
    BESIDES + text
}

fn row(row: &Row) -> usize {
    let link = |link: &crate::protocol::pane::Link| link.id.len() + link.uri.len();
    row.runs.iter().map(|run| BESIDES + run.text.len() + run.link.as_ref().map_or(0, link)).sum::<usize>() + BESIDES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::pane::SessionReport;

    #[test]
    fn bytes_are_counted_in_and_out() {
        let mut outgoing = Outgoing::default();
        outgoing.push(FromHost::Captured("x".repeat(1_000)));
        outgoing.push(FromHost::Reported { number: 1, report: SessionReport::Stream { line: "y".repeat(500) } });
        assert!((1_500..2_000).contains(&outgoing.bytes()));
        assert!(outgoing.pop().is_some() && outgoing.pop().is_some());
        assert_eq!((outgoing.bytes(), outgoing.len()), (0, 0));
    }
}
