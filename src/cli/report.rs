//! `qd report`: how an agent says how it stands, to the host of its own session. It needs no daemon, and
//! is quick, because agents call it from their hooks. A hook never fails: its trouble is not the agent's.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::client::ClientError;
use crate::client::pane::call_blocking;
use crate::model::{Kind, Report};
use crate::protocol::pane::{FromHost, SessionReport, ToHost};

use super::stop::say;
use super::{Done, Output, Stop, outbox};

/// How long the host may take to write a report down.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long a hook may hold up its agent.
const HOOK_LIMIT: Duration = Duration::from_secs(2);

/// The longest payload that is passed on, in bytes; what is beyond is read and dropped.
const LONGEST_PAYLOAD: u64 = 4 * 1024 * 1024;

/// `qd report …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The work is finished
    Done(Finished),
    /// A line for the activity log
    Progress {
        /// The line; `-` reads it from standard input
        text: String,
    },
    /// Ask the person something; end your turn afterwards
    Ask {
        /// The question; `-` reads it from standard input
        question: String,
    },
    /// For hooks of agents: the event's payload comes on standard input
    Hook {
        /// The event, as the agent calls it
        event: String,
    },
}

/// `qd report done`.
#[derive(Debug, Args)]
pub struct Finished {
    /// What was done; `-` reads it from standard input
    #[arg(conflicts_with = "summary")]
    text: Option<String>,
    /// What was done; `-` reads it from standard input
    #[arg(long)]
    summary: Option<String>,
}

/// Does it.
pub(super) fn run(command: Command) -> Done {
    let socket = std::env::var_os("QD_SESSION_SOCKET").filter(|socket| !socket.is_empty());
    match command {
        Command::Hook { event } => Ok(hook(event, socket)),
        Command::Done(finished) => {
            let summary = text(finished.summary.or(finished.text).as_deref().unwrap_or_default())?;
            report(Report::Done { summary }, socket, "noted: done")
        }
        Command::Progress { text: line } => report(Report::Progress { text: text(&line)? }, socket, "noted"),
        Command::Ask { question } => {
            let question = text(&question)?;
            report(
                Report::Ask { question },
                socket,
                "the person is asked; end your turn now, the answer comes as your next message",
            )
        }
    }
}

/// Sends a report and says that it was taken.
fn report(report: Report, socket: Option<OsString>, thanks: &str) -> Done {
    let Some(socket) = socket else {
        return Err(Stop::new(
            Kind::Conflict,
            "this is not inside a session of Quarterdeck (`QD_SESSION_SOCKET` is not set)",
        )
        .hint("`qd report` is for agents; `qd task list` shows how tasks stand"));
    };
    let said =
        match call_blocking(Path::new(&socket), &ToHost::Report(SessionReport::Said(report.clone())), ANSWER_LIMIT) {
            Err(ClientError::Connect { source, .. }) if outbox::takes(&source) => {
                outbox::put(&report)?;
                FromHost::Noted
            }
            said => said?,
        };
    match said {
        FromHost::Noted => {
            Output::standard().line(thanks)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Stop::new(Kind::Internal, "the session's host answered something else than what was asked")),
    }
}

/// Passes a hook's event on. Whatever goes wrong is said on standard error only; outside a session there
/// is nobody to tell, which is no trouble at all (the agent's settings may be used elsewhere too).
fn hook(event: String, socket: Option<OsString>) -> ExitCode {
    let payload = payload();
    let Some(socket) = socket else { return ExitCode::SUCCESS };
    // what the agent reported before the event is told before it
    outbox::empty(|report| {
        call_blocking(Path::new(&socket), &ToHost::Report(SessionReport::Said(report)), HOOK_LIMIT).map(drop)
    });
    let message = ToHost::Report(SessionReport::Hook { event, payload });
    if let Err(error) = call_blocking(Path::new(&socket), &message, HOOK_LIMIT) {
        say(&format_args!("qd report hook: {error}"));
    }
    ExitCode::SUCCESS
}

/// What the agent gives its hook. It is read to its end even when it is too long: an agent that writes
/// into a closed pipe may take that for a failed hook.
fn payload() -> String {
    let mut input = std::io::stdin().lock();
    if input.is_terminal() {
        return String::new();
    }
    let mut bytes = Vec::new();
    let taken = input.by_ref().take(LONGEST_PAYLOAD).read_to_end(&mut bytes);
    let rest = std::io::copy(&mut input, &mut std::io::sink());
    if let Err(error) = taken.and(rest.map(|_| 0)) {
        say(&format_args!("qd report hook: standard input cannot be read: {error}"));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text itself, or standard input when it is `-`.
fn text(text: &str) -> Result<String, Stop> {
    super::input::or_standard_input(text)
}
