//! What a person decides about one task: confirm, run, land, cancel, retry, priority.

use std::process::ExitCode;

use clap::Args;

use crate::model::{Kind, Priority, TaskId, TaskStatus, WorkerNumber};
use crate::protocol::control::{Request, Response};

use super::super::context::ask;
use super::super::input::or_standard_input;
use super::super::{Context, Done, Stop};
use super::add::print;

/// One task and how to print what became of it.
#[derive(Debug, Args)]
pub struct Decide {
    /// The task: `7` or `#7`
    task: TaskId,
    /// The task as JSON
    #[arg(long)]
    json: bool,
}

/// `qd task priority`.
#[derive(Debug, Args)]
pub struct Prioritize {
    #[command(flatten)]
    decide: Decide,
    /// low, normal, high or urgent
    #[arg(value_name = "WORD")]
    priority: Priority,
}

/// `qd task edit`.
#[derive(Debug, Args)]
#[group(id = "changes", required = true, multiple = true, args = ["title", "body", "agent", "model", "worker"])]
pub struct Edit {
    #[command(flatten)]
    decide: Decide,
    /// Another title
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Another request; `-` reads it from standard input
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
    /// Another agent; the model of the one before does not go with it
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Another model; empty for the agent's own default
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Another worker
    #[arg(long, value_name = "NUMBER")]
    worker: Option<WorkerNumber>,
}

impl Edit {
    /// Changes a task that has not started.
    pub(super) async fn run(self, context: &Context) -> Done {
        let Self { decide, title, body, agent, model, worker } = self;
        let body = body.as_deref().map(or_standard_input).transpose()?;
        let task = decide.task;
        decide.send(context, Request::EditTask { task, title, body, agent, model, worker }).await
    }
}

impl Prioritize {
    /// What goes first when several wait.
    pub(super) async fn run(self, context: &Context) -> Done {
        let Self { decide, priority } = self;
        let task = decide.task;
        decide.send(context, Request::Prioritize { task, priority }).await
    }
}

impl Decide {
    /// Yes to this one task; the others of its plan wait on.
    pub(super) async fn confirm(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let task = self.task;
        let view = ask!(client, Request::Task { task }, Response::Task(view) => view);
        if view.status != TaskStatus::Proposed {
            return Err(Stop::new(Kind::Conflict, format!("#{task} waits for no yes: it is {}", view.status))
                .hint(format!("`qd task get {task}` says how it stands")));
        }
        self.start(context).await
    }

    /// Start it now.
    pub(super) async fn start(self, context: &Context) -> Done {
        let task = self.task;
        self.send(context, Request::RunTask { task }).await
    }

    /// Land its result.
    pub(super) async fn land(self, context: &Context) -> Done {
        let task = self.task;
        self.send(context, Request::LandTask { task }).await
    }

    /// Call it off.
    pub(super) async fn cancel(self, context: &Context) -> Done {
        let task = self.task;
        self.send(context, Request::CancelTask { task }).await
    }

    /// Start it again.
    pub(super) async fn retry(self, context: &Context) -> Done {
        let task = self.task;
        self.send(context, Request::RetryTask { task }).await
    }

    async fn send(&self, context: &Context, request: Request) -> Done {
        let client = context.connect().await?;
        let task = ask!(client, request, Response::Task(task) => *task);
        print(context.output, &[task], self.json)?;
        Ok(ExitCode::SUCCESS)
    }
}
