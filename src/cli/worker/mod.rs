//! `qd worker`: the seats, and what can be done with the session on one.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::client::Client;
use crate::model::{HandoffId, Kind, StepState, WorkerNumber};
use crate::protocol::control::{Request, Response};
use crate::protocol::{HandoffView, WorkerView};

use super::context::ask;
use super::task::or_standard_input;
use super::{Context, Done, Output, Stop, Table, Tone, Where, words};

mod explain;

use explain::Explain;

/// `qd worker …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The seats and what they do
    List(List),
    /// Why a worker counts as working, waiting and so on
    Explain(Explain),
    /// Open a pane with an agent, without a task
    Start(Start),
    /// End the session of a worker
    Stop(One),
    /// Type a message into the session of a worker
    Send(Send),
    /// Replace the session of a worker by a fresh one that goes on from a written brief
    Handoff(Handoff),
}

/// `qd worker list`.
#[derive(Debug, Args)]
pub struct List {
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// `qd worker start`.
#[derive(Debug, Args)]
pub struct Start {
    /// Which seat (default: a free one)
    worker: Option<WorkerNumber>,
    /// The agent (default: the first installed one; `shell` with --run)
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The command of a `shell` pane
    #[arg(long, value_name = "COMMAND")]
    run: Option<String>,
    #[command(flatten)]
    place: Where,
}

/// `qd worker stop`.
#[derive(Debug, Args)]
pub struct One {
    /// The worker: `2` or `@2`
    worker: WorkerNumber,
    #[command(flatten)]
    place: Where,
}

/// `qd worker send`.
#[derive(Debug, Args)]
pub struct Send {
    /// The worker: `2` or `@2`
    worker: WorkerNumber,
    /// The message; `-` reads it from standard input
    text: String,
    #[command(flatten)]
    place: Where,
}

/// `qd worker handoff`.
#[derive(Debug, Args)]
pub struct Handoff {
    /// The worker: `2` or `@2`
    worker: WorkerNumber,
    #[command(flatten)]
    pushing: Pushing,
    /// End when the handoff does (exit code 0 only if it succeeded)
    #[arg(long)]
    wait: bool,
    /// With --wait: the handoff as JSON
    #[arg(long, requires = "wait")]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// What step 3 of a handoff does.
#[derive(Debug, Args)]
struct Pushing {
    /// Push the branch in step 3
    #[arg(long, conflicts_with = "no_push")]
    push: bool,
    /// Do not push (default: as configured)
    #[arg(long)]
    no_push: bool,
}

impl Pushing {
    /// What was said about it; `None` leaves it to the configuration.
    fn wish(&self) -> Option<bool> {
        match (self.push, self.no_push) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::List(list) => list.run(context).await,
            Command::Explain(explain) => explain.run(context).await,
            Command::Start(start) => start.run(context).await,
            Command::Stop(one) => one.stop(context).await,
            Command::Send(send) => send.run(context).await,
            Command::Handoff(handoff) => handoff.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = context.project(&client, &self.place).await?.id;
        let workers = ask!(client, Request::Workers { project }, Response::Workers(workers) => workers);
        if self.json {
            context.output.json(&workers)?;
        } else {
            table(&workers).print(context.output, "no workers")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Workers as a table.
pub(super) fn table(workers: &[WorkerView]) -> Table<6> {
    let mut table = Table::new(["WORKER", "STATE", "AGENT", "TASK", "SESSION", "NOTE"]);
    for worker in workers {
        let needs = worker.needs.as_ref().map(|needs| format!("needs you: {needs}"));
        table.row([
            worker
                .name
                .as_ref()
                .map_or_else(|| format!("@{}", worker.number), |name| format!("@{} {name}", worker.number)),
            worker.state.map_or_else(|| "free".to_owned(), |state| state.to_string()),
            words::or_dash(worker.agent.as_deref()),
            words::task_or_dash(worker.task),
            words::session_or_dash(worker.session.as_ref()),
            needs.or_else(|| worker.title.clone()).unwrap_or_default(),
        ]);
    }
    table
}

impl Start {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = context.project(&client, &self.place).await?.id;
        let agent = match (self.agent, &self.run) {
            (Some(agent), _) => agent,
            (None, Some(_)) => "shell".to_owned(),
            (None, None) => first_agent(&client, context).await?,
        };
        let request = Request::StartPane { project, worker: self.worker, agent, run: self.run };
        done(&client, context, request).await
    }
}

/// The configured agent, else the first installed one that is not the plain shell, else the shell.
async fn first_agent(client: &Client, context: &Context) -> Result<String, Stop> {
    if let Some(agent) = context.settings()?.agent {
        return Ok(agent);
    }
    let agents = ask!(client, Request::Agents, Response::Agents(agents) => agents);
    let first = agents.into_iter().find(|agent| agent.installed && agent.name != "shell");
    Ok(first.map_or_else(|| "shell".to_owned(), |agent| agent.name))
}

/// Sends a request and prints the one line that answers it.
async fn done(client: &Client, context: &Context, request: Request) -> Done {
    let said = ask!(client, request, Response::Done(said) => said);
    context.output.line(said)?;
    Ok(ExitCode::SUCCESS)
}

impl One {
    async fn stop(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = context.project(&client, &self.place).await?.id;
        done(&client, context, Request::StopWorker { project, worker: self.worker }).await
    }
}

impl Send {
    async fn run(self, context: &Context) -> Done {
        let text = or_standard_input(&self.text)?;
        if text.trim().is_empty() {
            return Err(Stop::new(Kind::Invalid, "the message has no text"));
        }
        let client = context.connect().await?;
        let project = context.project(&client, &self.place).await?.id;
        done(&client, context, Request::Send { project, worker: self.worker, text }).await
    }
}

impl Handoff {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = context.project(&client, &self.place).await?.id;
        let request = Request::Handoff { project, worker: self.worker, push: self.pushing.wish() };
        let handoff = ask!(client, request, Response::HandoffStarted(handoff) => handoff);
        if !self.wait {
            context.output.line(format!("handoff {handoff} of worker {} has begun", self.worker))?;
            return Ok(ExitCode::SUCCESS);
        }
        follow(&client, context.output, handoff, self.json).await
    }
}

/// Waits until the handoff is over and prints its steps.
async fn follow(client: &Client, output: Output, handoff: HandoffId, json: bool) -> Done {
    let view = ask!(client, Request::WaitHandoff { handoff }, Response::Handoff(view) => view);
    if json {
        output.json(&view)?;
    } else {
        print(output, &view)?;
    }
    Ok(if view.succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The steps, one a line.
fn print(output: Output, view: &HandoffView) -> Result<(), Stop> {
    for (name, state) in &view.steps {
        let (tone, word, detail) = spoken(state);
        output.write(
            format!("{:<7} {}  {}\n", name, output.paint(tone, word), output.paint(Tone::Plain, detail)).as_bytes(),
        )?;
    }
    match (&view.document, view.succeeded) {
        (Some(document), true) => output.line(format!("the brief is `{}`", document.display())),
        (_, true) => Ok(()),
        (_, false) => output.line("the old session works on"),
    }
}

/// A step's tone, word and detail.
fn spoken(state: &StepState) -> (Tone, &'static str, &str) {
    match state {
        StepState::Waiting => (Tone::Faint, "waiting", ""),
        StepState::Running { .. } => (Tone::Plain, "running", ""),
        StepState::Done { detail } => (Tone::Good, "done   ", detail),
        StepState::Skipped { reason } => (Tone::Faint, "skipped", reason),
        StepState::Failed { reason } => (Tone::Bad, "failed ", reason),
    }
}
