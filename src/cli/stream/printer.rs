//! Lines of sessions as they are printed: as they are for one, with a prefix for several, as JSON lines
//! for programs.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::model::{SessionId, TaskId, WorkerNumber};
use crate::protocol::SessionView;

use super::super::{Output, Stop, Tone};

/// A line's session.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct Whose {
    session: SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<WorkerNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    /// What stands before its lines; empty when there is only one session.
    #[serde(skip)]
    prefix: String,
}

impl Whose {
    /// A session of which only the id is known.
    pub(in crate::cli) fn session(session: SessionId) -> Self {
        Self { session, worker: None, task: None, prefix: String::new() }
    }

    /// One session alone.
    pub(in crate::cli) fn one(session: &SessionView) -> Self {
        Self { session: session.id.clone(), worker: Some(session.worker), task: session.task, prefix: String::new() }
    }

    /// Several sessions, with prefixes of the same width.
    pub(in crate::cli) fn each(sessions: &[SessionView]) -> Vec<Self> {
        if let [one] = sessions {
            return vec![Self::one(one)];
        }
        let named = |session: &SessionView| {
            let task = session.task.map(|task| format!(" #{task}")).unwrap_or_default();
            // two sessions of one worker differ by their id
            let shared = sessions.iter().filter(|other| other.worker == session.worker).count() > 1;
            let id = if shared { format!(" {}", session.id.short()) } else { String::new() };
            format!("@{}{task}{id}", session.worker)
        };
        let widest = sessions.iter().map(|session| named(session).width()).max().unwrap_or(0);
        let prefixed = |session: &SessionView| {
            let name = named(session);
            let blank = " ".repeat(widest.saturating_sub(name.width()));
            Self { prefix: format!("{name}{blank} │ "), ..Self::one(session) }
        };
        sessions.iter().map(prefixed).collect()
    }
}

/// Where lines go.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Printer {
    pub output: Output,
    pub json: bool,
}

/// A line, or the end, as a program reads it.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    whose: &'a Whose,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<&'a str>,
}

impl Printer {
    /// One line of output.
    pub(in crate::cli) fn line(self, whose: &Whose, line: &str) -> Result<(), Stop> {
        if self.json {
            return self.output.json_line(&Told { whose, line: Some(line), ended: None });
        }
        let text =
            format!("{}{}\n", self.output.paint(Tone::Faint, &whose.prefix), self.output.paint(Tone::Plain, line));
        self.output.write(text.as_bytes())
    }

    /// The session is over.
    pub(in crate::cli) fn end(self, whose: &Whose, exit: Option<&str>) -> Result<(), Stop> {
        let how = exit.unwrap_or("how is not known");
        if self.json {
            return self.output.json_line(&Told { whose, line: None, ended: Some(how) });
        }
        self.output.toned(Tone::Faint, format!("{}ended: {how}", whose.prefix))
    }
}
