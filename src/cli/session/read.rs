//! What can be read about sessions: list, and one whole.

use std::path::Path;

use clap::Args;

use crate::model::{ExecutorKind, SessionMode};
use crate::protocol::SessionView;
use crate::protocol::control::{Request, Response};
use crate::session::{arguments_of, fence_of};

use super::super::context::ask;
use super::super::pick::{self, Target};
use super::super::reading::{Scope, Shape, facts};
use super::super::{Context, Done, Output, Stop, Table, Where, words};

/// `qd session list`.
#[derive(Debug, Args)]
pub struct List {
    /// Ended ones too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    shape: Shape,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = self.scope.project(context, &client).await?;
        let mut sessions =
            ask!(client, Request::Sessions { project, all: self.all }, Response::Sessions(sessions) => sessions);
        sessions.sort_by(|one, other| one.created_at.cmp(&other.created_at));
        let empty = if self.all { "no sessions" } else { "no sessions run; `--all` shows those that are over" };
        self.shape.list(context.output, &sessions, table, empty)
    }
}

/// Sessions as a table.
fn table(sessions: &[SessionView]) -> Table<8> {
    let mut table = Table::new(["SESSION", "WORKER", "TASK", "AGENT", "STATE", "KNOWN BY", "SINCE", "EVIDENCE"]);
    for session in sessions {
        table.row([
            session.id.short().to_owned(),
            format!("@{}", session.worker),
            words::task_or_dash(session.task),
            session.agent.clone(),
            session.state.to_string(),
            words::json_word(&session.state_source),
            words::age(session.state_at),
            session.exit.clone().unwrap_or_else(|| session.evidence.clone()),
        ]);
    }
    table
}

/// `qd session show`.
#[derive(Debug, Args)]
pub struct Show {
    /// A session (the beginning of its id), a worker (`@2`) or a task (`#7`)
    #[arg(value_name = "SESSION")]
    target: Target,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    place: Where,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let session = pick::session_of(&client, context, &self.place, &self.target).await?;
        let directory = context.paths.session(&session.id);
        self.shape.whole(context.output, &session, |session| whole(context.output, session, &directory))
    }
}

/// Why nothing can be typed into a session.
fn parked_words(session: &SessionView) -> &'static str {
    if session.over_budget { "paused: the budget is used up" } else { "input is locked" }
}

/// Everything about one session, for a person.
fn whole(output: Output, session: &SessionView, directory: &Path) -> Result<(), Stop> {
    let ended = session.state.is_over();
    let known = [
        ("worker", Some(format!("@{}", session.worker))),
        ("task", session.task.map(words::task)),
        ("agent", Some(session.agent.clone())),
        ("command", Some(arguments_of(directory).join(" ")).filter(|command| !command.is_empty())),
        ("mode", Some(words::json_word(&session.mode))),
        ("fence", Some(fence(session, directory))),
        ("state", Some(session.state.to_string())),
        (
            "known by",
            Some(format!(
                "{}, {} ago: {}",
                words::json_word(&session.state_source),
                words::age(session.state_at),
                session.evidence
            )),
        ),
        ("parked", session.parked.then(|| parked_words(session).to_owned())),
        ("talk", session.conversation.clone()),
        ("process", session.pid.filter(|_| !ended).map(|pid| pid.to_string())),
        ("host", session.host_pid.filter(|_| !ended).map(|pid| pid.to_string())),
        ("started", session.started_at.clone()),
        ("ended", session.ended_at.clone()),
        ("exit", session.exit.clone()),
        ("socket", (!ended).then(|| session.socket.display().to_string())),
        ("record", directory.is_dir().then(|| directory.display().to_string())),
    ];
    facts(output, session.id.as_str(), known)?;
    match std::fs::read_to_string(directory.join("summary.md")) {
        Ok(summary) if ended => output.line(format!("\n{}", summary.trim_end())),
        // not archived yet
        _ => Ok(()),
    }
}

/// The fence that holds for a session, or why there is none.
fn fence(session: &SessionView, directory: &Path) -> String {
    let (kind, agent) = (session.executor, &session.agent);
    if kind.is_fence() {
        return fence_of(directory).map_or_else(|| kind.to_string(), |allows| format!("{kind}: {allows}"));
    }
    let why = match session.warnings.iter().find_map(|warning| warning.strip_prefix("NO FENCE: ")) {
        Some(why) => why.to_owned(),
        None if kind != ExecutorKind::Local => format!("`{kind}` was asked for"),
        None if session.mode == SessionMode::Interactive => "a full-screen session gets one only when asked".to_owned(),
        None => format!("`local` was asked for, or `{agent}` is not known to work behind one"),
    };
    format!("none: {why}")
}
