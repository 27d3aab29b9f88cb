//! Requests that a peer may not make: what it is told, and what the person is told of it. An agent that asks in a
//! loop is told every time; the person, the log and the store hear of it at a bounded rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::Command;
use crate::model::{Kind, SessionId};
use crate::protocol::control::{Failure, Notice, Request};

use super::Daemon;

/// Refusals of one session that are told at once.
const AT_ONCE: u32 = 10;
/// After those, one is told in this time, with how many there were.
const EVERY: Duration = Duration::from_secs(60);

/// What was told of whom.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    told: Mutex<HashMap<String, Told>>,
}

#[derive(Debug)]
struct Told {
    times: u32,
    last: Instant,
    untold: u64,
}

impl Refusals {
    /// Whether this refusal is told, and then how many were not before it.
    fn tell(&self, who: &str) -> Option<u64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let known = told.entry(who.to_owned()).or_insert(Told { times: 0, last: now, untold: 0 });
        if known.times >= AT_ONCE && now.duration_since(known.last) < EVERY {
            known.untold += 1;
            return None;
        }
        known.times = known.times.saturating_add(1);
        known.last = now;
        Some(std::mem::take(&mut known.untold))
    }
}

/// Says no to a process of an agent, and reports it to the person.
pub(super) async fn refuse_session(daemon: &Daemon, session: &SessionId, request: &Request) -> Failure {
    let what = request_name(request);
    let words = format!("session {} tried `{what}`; refused: only you may do that", session.short());
    if let Some(untold) = daemon.refusals.tell(session.as_str()) {
        tracing::warn!(session = %session, request = %what, untold, "refused a request from inside a session");
        let words = if untold == 0 { words } else { format!("{words} ({untold} more since the last time)") };
        daemon.toast(Notice::Toast { kind: Some(Kind::Conflict), text: words.clone() });
        let wanted = session.clone();
        let project = daemon.core.look(move |state, _| state.sessions.get(&wanted).map(|it| it.project)).await;
        if let Ok(Some(project)) = project {
            let _ = daemon.core.command(Command::Say { project, asked: None, answer: words }).await;
        }
    }
    Failure {
        kind: Kind::Conflict,
        message: format!("`{what}` is the person's alone: a process inside a session may not ask for it"),
        hint: Some("report with `qd report done`, `qd report ask` or `qd report progress`".to_owned()),
    }
}

/// Says no to a process that cannot be traced, and reports it.
pub(super) fn refuse_unknown(daemon: &Daemon, request: &Request) -> Failure {
    let what = request_name(request);
    if let Some(untold) = daemon.refusals.tell("") {
        tracing::warn!(request = %what, untold, "refused a request of a process that cannot be traced");
        let text = format!("a process that cannot be traced tried `{what}`; refused");
        daemon.toast(Notice::Toast { kind: Some(Kind::Conflict), text });
    }
    Failure {
        kind: Kind::Conflict,
        message: format!("`{what}` is the person's alone, and this process cannot be traced to one"),
        hint: Some(
            "stay until the answer has come, and run it on the daemon's machine, in its process namespace".to_owned(),
        ),
    }
}

/// The request's name on the wire.
fn request_name(request: &Request) -> String {
    match serde_json::to_value(request) {
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        Ok(serde_json::Value::String(name)) => name,
        _ => "request".to_owned(),
    }
}
