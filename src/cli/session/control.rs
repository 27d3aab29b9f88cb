//! What a person does to a session: let it go on, start it again, call it off, end it, keep it.

use std::process::ExitCode;

use clap::Args;

use crate::client::Client;
use crate::model::{Kind, SessionState, TaskId, TaskStatus, WorkerNumber};
use crate::protocol::SessionView;
use crate::protocol::control::{Request, Response};

use super::super::context::ask;
use super::super::input::or_standard_input;
use super::super::pick::{self, Target};
use super::super::{Context, Done, Stop, Where, words};

/// What is typed when nothing else is given.
const GO_ON: &str = "continue";

/// The word for every interrupted session; no id begins with it.
const ALL: &str = "all";

/// Which session.
#[derive(Debug, Args)]
struct Which {
    /// A session (the beginning of its id), a worker (`@2`) or a task (`#7`)
    #[arg(value_name = "SESSION")]
    target: Target,
    #[command(flatten)]
    place: Where,
}

impl Which {
    async fn find(&self, context: &Context) -> Result<(Client, SessionView), Stop> {
        let client = context.connect().await?;
        let session = pick::session_of(&client, context, &self.place, &self.target).await?;
        Ok((client, session))
    }
}

/// Only a session that runs can be told anything.
async fn refuse_over(client: &Client, session: &SessionView) -> Result<(), Stop> {
    if !session.state.is_over() {
        return Ok(());
    }
    let (id, state) = (session.id.short(), session.state);
    let over = Stop::new(Kind::Conflict, format!("session {id} is over ({state})"));
    let hint = match session.task {
        // what is done is not tried again
        Some(task) if is_completed(client, task).await => {
            format!("its task #{task} is completed: add a new one with `qd task add`")
        }
        _ => again(session),
    };
    Err(over.hint(hint))
}

/// Whether a task is done; what cannot be found out is not.
async fn is_completed(client: &Client, task: TaskId) -> bool {
    let answer = client.call(Request::Task { task }).await;
    matches!(answer, Ok(Response::Task(task)) if task.status == TaskStatus::Completed)
}

/// How what a session did can be done again.
fn again(session: &SessionView) -> String {
    match session.task {
        _ if session.state == SessionState::Interrupted => {
            format!("`qd session restart {}` resumes it", session.id.short())
        }
        Some(task) => format!("`qd task retry {task}` gives its task to a fresh one"),
        None => format!("`qd worker start {} --agent {}` opens a fresh one", session.worker, session.agent),
    }
}

/// `qd session kill`.
#[derive(Debug, Args)]
pub struct Kill {
    #[command(flatten)]
    which: Which,
}

impl Kill {
    pub(super) async fn run(self, context: &Context) -> Done {
        let (client, session) = self.which.find(context).await?;
        context.order(&client, Request::KillSession { session: session.id }).await
    }
}

/// `qd session restart`.
#[derive(Debug, Args)]
pub struct Restart {
    /// A session (the beginning of its id), a worker (`@2`) or a task (`#7`); `all` is every interrupted one
    #[arg(value_name = "SESSION")]
    target: Target,
    #[command(flatten)]
    place: Where,
}

impl Restart {
    pub(super) async fn run(self, context: &Context) -> Done {
        if self.target == Target::Session(ALL.to_owned()) {
            let (client, project) = context.at(&self.place).await?;
            return context.order(&client, Request::RestartInterrupted { project: Some(project) }).await;
        }
        let (client, session) = Which { target: self.target, place: self.place }.find(context).await?;
        context.order(&client, Request::RestartSession { session: session.id }).await
    }
}

/// `qd session fork`.
#[derive(Debug, Args)]
pub struct Fork {
    #[command(flatten)]
    which: Which,
    /// The seat of the copy (default: a free one)
    #[arg(long, value_name = "NUMBER")]
    worker: Option<WorkerNumber>,
}

impl Fork {
    pub(super) async fn run(self, context: &Context) -> Done {
        let (client, session) = self.which.find(context).await?;
        context.order(&client, Request::ForkSession { session: session.id, worker: self.worker }).await
    }
}

/// `qd session archive`.
#[derive(Debug, Args)]
pub struct Archive {
    #[command(flatten)]
    which: Which,
}

impl Archive {
    pub(super) async fn run(self, context: &Context) -> Done {
        let (client, session) = self.which.find(context).await?;
        context.order(&client, Request::ArchiveSession { session: session.id }).await
    }
}

/// `qd session continue`.
#[derive(Debug, Args)]
pub struct Continue {
    #[command(flatten)]
    which: Which,
    /// What to type instead of `continue`; `-` reads it from standard input
    #[arg(long, value_name = "TEXT")]
    say: Option<String>,
}

impl Continue {
    pub(super) async fn run(self, context: &Context) -> Done {
        let text = or_standard_input(self.say.as_deref().unwrap_or(GO_ON))?;
        if text.trim().is_empty() {
            return Err(Stop::new(Kind::Invalid, "the message has no text"));
        }
        let (client, session) = self.which.find(context).await?;
        if session.state == SessionState::Interrupted && self.say.is_none() {
            return context.order(&client, Request::RestartSession { session: session.id }).await;
        }
        refuse_over(&client, &session).await?;
        let SessionView { project, worker, .. } = session;
        context.order(&client, Request::Send { project, worker, text }).await
    }
}

/// `qd session cancel`.
#[derive(Debug, Args)]
pub struct Cancel {
    #[command(flatten)]
    which: Which,
}

impl Cancel {
    pub(super) async fn run(self, context: &Context) -> Done {
        let (client, session) = self.which.find(context).await?;
        refuse_over(&client, &session).await?;
        let SessionView { project, worker, task, .. } = session;
        let Some(task) = task else {
            return context.order(&client, Request::StopWorker { project, worker }).await;
        };
        let task = ask!(client, Request::CancelTask { task }, Response::Task(task) => *task);
        context.output.line(words::task_line(&task))?;
        Ok(ExitCode::SUCCESS)
    }
}
