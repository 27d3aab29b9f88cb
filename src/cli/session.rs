//! `qd session`: runs of agents in their terminals.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::client::pane;
use crate::model::Kind;
use crate::protocol::SessionView;
use crate::protocol::control::{Request, Response};
use crate::protocol::pane::{FromHost, ToHost, VERSION};

use super::attach::{Attach, SMALLEST};
use super::context::ask;
use super::pick::{self, Target};
use super::{Context, Done, Output, Stop, Table, Tone, Where, words};

/// `qd session …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sessions of the project
    List(List),
    /// One session, whole
    Show(Show),
    /// End a session at once
    Kill {
        /// Its id, or a beginning of it
        session: String,
    },
    /// Start it again with the same worker, agent, worktree and conversation
    Restart {
        /// Its id, or a beginning of it; `all` resumes every session that is interrupted
        session: String,
    },
    /// Write its summary and metadata again
    Archive {
        /// Its id, or a beginning of it
        session: String,
    },
    /// Show its pane in this terminal
    Attach {
        /// Its id, or a beginning of it
        session: String,
    },
    /// Its screen as text
    Capture(Capture),
}

/// `qd session list`.
#[derive(Debug, Args)]
pub struct List {
    /// Ended ones too
    #[arg(long)]
    all: bool,
    /// Of every project
    #[arg(long, conflicts_with = "project")]
    all_projects: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// `qd session show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Its id, or a beginning of it
    session: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// `qd session capture`.
#[derive(Debug, Args)]
pub struct Capture {
    /// Its id, or a beginning of it
    session: String,
    /// With colours (SGR escapes)
    #[arg(long)]
    ansi: bool,
    /// With what has scrolled away
    #[arg(long)]
    history: bool,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::List(list) => list.run(context).await,
            Command::Show(show) => show.run(context).await,
            Command::Kill { session } => end(&session, context).await,
            Command::Restart { session } => restart(&session, context).await,
            Command::Archive { session } => archive(&session, context).await,
            Command::Attach { session } => {
                Attach { target: Target::Session(session), place: Where::default() }.run(context).await
            }
            Command::Capture(capture) => capture.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = if self.all_projects { None } else { Some(context.project(&client, &self.place).await?.id) };
        let sessions =
            ask!(client, Request::Sessions { project, all: self.all }, Response::Sessions(sessions) => sessions);
        if self.json {
            context.output.json(&sessions)?;
        } else {
            table(&sessions).print(context.output, "no sessions")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Sessions as a table.
pub(super) fn table(sessions: &[SessionView]) -> Table<8> {
    let mut table = Table::new(["SESSION", "WORKER", "TASK", "AGENT", "STATE", "KNOWN BY", "SINCE", "EVIDENCE"]);
    for session in sessions {
        table.row([
            session.id.short().to_owned(),
            format!("@{}", session.worker),
            words::task_or_dash(session.task),
            session.agent.clone(),
            session.state.to_string(),
            word(&session.state_source),
            words::age(session.state_at),
            session.exit.clone().unwrap_or_else(|| session.evidence.clone()),
        ]);
    }
    table
}

/// The word that JSON has for a value.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Show {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let session = pick::session(&client, &pick::session_text(&self.session)).await?;
        if self.json {
            context.output.json(&session)?;
        } else {
            whole(context.output, &session)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Everything about one session, for a person.
fn whole(output: Output, session: &SessionView) -> Result<(), Stop> {
    output.toned(Tone::Strong, session.id.as_str())?;
    let known = [
        ("worker", Some(format!("@{}", session.worker))),
        ("task", session.task.map(words::task)),
        ("agent", Some(session.agent.clone())),
        ("mode", Some(word(&session.mode))),
        ("state", Some(session.state.to_string())),
        (
            "known by",
            Some(format!(
                "{}, {} ago: {}",
                word(&session.state_source),
                words::age(session.state_at),
                session.evidence
            )),
        ),
        ("parked", session.parked.then(|| "input is locked by a handoff".to_owned())),
        ("process", session.pid.map(|pid| pid.to_string())),
        ("host", session.host_pid.map(|pid| pid.to_string())),
        ("started", session.started_at.clone()),
        ("ended", session.ended_at.clone()),
        ("exit", session.exit.clone()),
        ("socket", Some(session.socket.display().to_string())),
    ];
    known.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).try_for_each(|(name, value)| {
        output.write(
            format!("  {} {}\n", output.paint(Tone::Faint, &format!("{name:<10}")), output.paint(Tone::Plain, &value))
                .as_bytes(),
        )
    })
}

async fn end(text: &str, context: &Context) -> Done {
    let client = context.connect().await?;
    let session = pick::session(&client, &pick::session_text(text)).await?.id;
    let said = ask!(client, Request::KillSession { session }, Response::Done(said) => said);
    context.output.line(said)?;
    Ok(ExitCode::SUCCESS)
}

async fn restart(text: &str, context: &Context) -> Done {
    let client = context.connect().await?;
    let request = if text == "all" {
        Request::RestartInterrupted { project: None }
    } else {
        Request::RestartSession { session: pick::session(&client, &pick::session_text(text)).await?.id }
    };
    let said = ask!(client, request, Response::Done(said) => said);
    context.output.line(said)?;
    Ok(ExitCode::SUCCESS)
}

async fn archive(text: &str, context: &Context) -> Done {
    let client = context.connect().await?;
    let session = pick::session(&client, &pick::session_text(text)).await?.id;
    let said = ask!(client, Request::ArchiveSession { session }, Response::Done(said) => said);
    context.output.line(said)?;
    Ok(ExitCode::SUCCESS)
}

impl Capture {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let session = pick::session(&client, &pick::session_text(&self.session)).await?;
        if session.state.is_over() {
            return Err(Stop::new(Kind::Conflict, format!("session {} is over", session.id.short()))
                .hint("`qd task stream` shows the recorded output of a task's last session"));
        }
        let (rows, cols) = SMALLEST;
        let first = ToHost::View { version: VERSION, rows, cols, resize: false };
        let (sender, mut receiver) = pane::connect(&session.socket, first).await?;
        sender.send(ToHost::Capture { ansi: self.ansi, history: self.history })?;
        while let Some(message) = receiver.next().await {
            match message {
                FromHost::Captured(text) => {
                    print(context.output, &text, self.ansi)?;
                    return Ok(ExitCode::SUCCESS);
                }
                FromHost::Refused(reason) => return Err(Stop::new(Kind::Conflict, reason)),
                _ => {}
            }
        }
        Err(Stop::new(Kind::Unavailable, "the session ended before it showed its screen"))
    }
}

/// The captured text; with colours it was asked for as escapes, which only hold looks.
fn print(output: Output, text: &str, ansi: bool) -> Result<(), Stop> {
    let text = text.trim_end_matches('\n');
    if ansi { output.write(format!("{text}\n").as_bytes()) } else { output.line(text) }
}
