//! What comes out of a session: what its screen and hooks say, and what it reported.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use tokio::sync::oneshot;

use crate::agents::delivery::DeliveryEvent;
use crate::agents::transcript::News;
use crate::agents::writes::Step;
use crate::daemon::core::steady as now;
use crate::daemon::places::TOOLS;
use crate::engine::Fact;
use crate::model::{Dialog, DialogKind, Reading, Report, SessionId, SessionState, StateSource, one_line, truncate};
use crate::protocol::pane::{Observation, SessionReport, ToHost};

use super::ask::Looks;
use super::control::is_at_rest;
use super::link::Link;

/// Different tools of one session that are noted, and the longest name.
const MOST_TOOLS: usize = 200;
/// In characters.
const LONGEST_TOOL: usize = 100;

/// What came of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is in the log.
    In,
    /// It is, and it said that the agent took a prompt; which, if it told.
    TurnStarted(Option<String>),
    /// It is not: the host keeps it.
    Kept,
}

impl Link {
    pub(super) async fn observed(&mut self, observation: Observation) {
        let agent = self.agent.as_ref();
        let waits = agent.filter(|_| !self.runs_command).and_then(|agent| agent.at_prompt(&observation));
        let mut reading = waits.or_else(|| agent.and_then(|agent| agent.read(&observation)));
        self.dialog_shown(reading.as_mut()).await;
        if let Some(news) = self.signals.observed(reading, now()) {
            self.read(news).await;
        }
        self.seen = Some(observation);
        self.step_delivery(None).await;
    }

    pub(super) async fn reported(&mut self, number: u64, report: SessionReport) {
        match self.take_in(number, report).await {
            Taken::Kept => return,
            Taken::In => {}
            Taken::TurnStarted(prompt) => {
                self.step_delivery(Some(DeliveryEvent::HookTurnStarted { prompt: prompt.as_deref() })).await;
            }
        }
        self.tell(ToHost::Collected { up_to: number });
    }

    /// What a report says becomes a fact, once.
    pub(super) async fn take_in(&mut self, number: u64, report: SessionReport) -> Taken {
        if number <= self.collected {
            return Taken::In;
        }
        let mark = Some((self.id.clone(), number));
        let taken = match report {
            SessionReport::Said(report) => {
                self.asked = matches!(report, Report::Ask { .. });
                let fact = Fact::Reported { session: self.id.clone(), report };
                if self.daemon.core.collect(fact, mark).await { Taken::In } else { Taken::Kept }
            }
            SessionReport::Hook { event, payload } => self.hooked(&event, &payload, mark).await,
            SessionReport::Stream { line } => self.streamed(&line, mark).await,
        };
        if taken != Taken::Kept {
            self.collected = number;
        }
        taken
    }

    pub(super) async fn hooked(&mut self, event: &str, payload: &str, mark: Option<(SessionId, u64)>) -> Taken {
        if let Some(tool) = tool_of(payload) {
            self.daemon.tripwire.heard(&self.id, Step::of_hook(event), &tool, payload);
            self.note_tool(&tool).await;
        }
        if Step::is_over(event) {
            self.daemon.tripwire.turn_over(&self.id);
        }
        if !self.meter_hook(event, payload, mark.clone()).await {
            return Taken::Kept;
        }
        let mut news = self.agent.as_ref().map(|agent| agent.hook(event, payload)).unwrap_or_default();
        let asked_anew = self.requests.heard(&news);
        if let Some(conversation) = news.conversation.filter(|_| self.can_resume()) {
            let fact = Fact::ConversationNamed { session: self.id.clone(), conversation };
            if !self.daemon.core.collect(fact, mark).await {
                return Taken::Kept;
            }
        }
        let asks = news.asks.take();
        if let Some(mut reading) = news.reading {
            // until the screen shows it, and where it never does, the hook's words are the question
            reading.dialog =
                asks.map(|asks| Dialog { exact: Some(asks), ..Dialog::told(DialogKind::Other, &reading.evidence) });
            if let Some(reading) = self.signals.hook(reading, now()) {
                self.read(reading).await;
            }
        }
        self.meter_named(event, payload).await;
        if asked_anew && let Some(seen) = self.seen.clone().filter(|_| self.shown.is_some()) {
            // the question stood there before its hook was heard
            self.observed(seen).await;
        }
        if news.turn_started { Taken::TurnStarted(news.prompt) } else { Taken::In }
    }

    /// A line of a headless agent's structured output: its first one names the conversation.
    pub(super) async fn streamed(&mut self, line: &str, mark: Option<(SessionId, u64)>) -> Taken {
        for news in self.transcript.line(line).news {
            if let News::Tool { name, .. } = &news {
                self.daemon.tripwire.heard(&self.id, Step::Ran, name, line);
                self.note_tool(name).await;
            }
            if let News::Started { conversation, .. } = news
                && self.can_resume()
            {
                let fact = Fact::ConversationNamed { session: self.id.clone(), conversation };
                if !self.daemon.core.collect(fact, mark.clone()).await {
                    return Taken::Kept;
                }
            }
        }
        if !self.meter_line(line, mark).await {
            return Taken::Kept;
        }
        let working = Reading {
            state: SessionState::Working,
            source: StateSource::Stream,
            evidence: "structured output".to_owned(),
            dialog: None,
        };
        if let Some(reading) = self.signals.hook(working, now()) {
            self.read(reading).await;
        }
        Taken::In
    }

    /// Notes a tool for the archive, the first time that it is seen. A full disk costs the note and nothing else.
    async fn note_tool(&mut self, name: &str) {
        let name = truncate(&one_line(name), LONGEST_TOOL);
        if !name.is_empty() && self.tools.len() < MOST_TOOLS && self.tools.insert(name.clone()) {
            let path = self.daemon.paths.session(&self.id).join(TOOLS);
            let noted = tokio::task::spawn_blocking(move || {
                let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
                writeln!(file, "{name}")
            });
            if let Ok(Err(error)) = noted.await {
                tracing::debug!(%error, "a tool was not noted");
            }
        }
    }

    fn can_resume(&self) -> bool {
        self.agent.as_ref().is_some_and(crate::agents::Agent::can_resume)
    }

    /// Tells what title and screen say by themselves.
    pub(super) fn explain(&self, reply: oneshot::Sender<Looks>) {
        let (seen, pending) = (self.signals.seen().cloned(), self.signals.pending().cloned());
        let _ = reply.send(Looks { seen, pending, screen: self.seen.clone() });
    }

    pub(super) async fn read(&mut self, reading: Reading) {
        let at_rest = is_at_rest(reading.state);
        let turn_ended = matches!(reading.state, SessionState::Idle | SessionState::WaitingInput);
        self.daemon.core.fact(Fact::Read { session: self.id.clone(), reading }).await;
        if at_rest {
            for quieting in self.quieting.drain(..) {
                let _ = quieting.reply.send(true);
            }
        }
        if turn_ended {
            self.meter_rest().await; // after the state, which waits for no file
        }
    }
}

/// The tool that a hook is about.
fn tool_of(payload: &str) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    payload.get("tool_name")?.as_str().map(str::to_owned)
}
