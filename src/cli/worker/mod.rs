//! `qd worker`: the seats, and what can be done with the session on one.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::client::Client;
use crate::model::{ExecutorKind, HandoffControl, HandoffId, Kind, StepState, WorkerNumber};
use crate::protocol::control::{Request, Response};
use crate::protocol::{HandoffView, WorkerView};

use super::context::ask;
use super::input::or_standard_input;
use super::reading::Shape;
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
    /// Take a worker back that is offline after too many failures
    Reset(One),
    /// Type a message into the session of a worker
    Send(Send),
    /// Replace the session of a worker by a fresh one that goes on from a written brief
    Handoff(Handoff),
}

/// `qd worker list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    shape: Shape,
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
    /// Where the agent runs (default: as configured, see `[executor]`)
    #[arg(long, value_name = "WHERE")]
    executor: Option<ExecutorKind>,
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
    /// What becomes of the handoff of this worker that waits or failed
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["push", "no_push"])]
    decide: Option<Decision>,
    /// End when the handoff does (exit code 0 only if it succeeded)
    #[arg(long)]
    wait: bool,
    /// With --wait: the handoff as JSON
    #[arg(long, requires = "wait")]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// What can be decided about a handoff.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Decision {
    /// Try the failed step again
    Retry,
    /// Leave the failed step out, or accept a fresh session that did not say the next step
    Skip,
    /// Go on with step 4
    Continue,
    /// Stop it: the old session goes on
    Cancel,
}

impl Decision {
    fn control(self) -> HandoffControl {
        match self {
            Decision::Retry => HandoffControl::Retry,
            Decision::Skip => HandoffControl::Skip,
            Decision::Continue => HandoffControl::Continue,
            Decision::Cancel => HandoffControl::Cancel,
        }
    }
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
            Command::Reset(one) => one.reset(context).await,
            Command::Send(send) => send.run(context).await,
            Command::Handoff(handoff) => handoff.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Done {
        let (client, project) = context.at(&self.place).await?;
        let workers = ask!(client, Request::Workers { project }, Response::Workers(workers) => workers);
        self.shape.list(context.output, &workers, table, "no workers")
    }
}

/// Workers as a table.
fn table(workers: &[WorkerView]) -> Table<6> {
    let mut table = Table::new(["WORKER", "STATE", "AGENT", "TASK", "SESSION", "NOTE"]);
    for worker in workers {
        let needs = worker.needs.as_ref().map(|needs| format!("needs you: {needs}"));
        table.row([
            worker
                .name
                .as_ref()
                .map_or_else(|| format!("@{}", worker.number), |name| format!("@{} {name}", worker.number)),
            match (&worker.offline, worker.state) {
                (Some(_), _) => "offline".to_owned(),
                (None, state) => state.map_or_else(|| "free".to_owned(), |state| state.to_string()),
            },
            words::or_dash(worker.agent.as_deref()),
            words::task_or_dash(worker.task),
            words::session_or_dash(worker.session.as_ref()),
            note(worker, needs),
        ]);
    }
    table
}

/// What is to be known of a worker: how its session runs first.
fn note(worker: &WorkerView, needs: Option<String>) -> String {
    let rest = worker.offline.clone().or(needs).or_else(|| worker.title.clone());
    let mut words = worker.warnings.clone();
    words.extend(rest);
    words.join("; ")
}

impl Start {
    async fn run(self, context: &Context) -> Done {
        let (client, project) = context.at(&self.place).await?;
        let agent = match (self.agent, &self.run) {
            (Some(agent), _) => agent,
            (None, Some(_)) => "shell".to_owned(),
            (None, None) => first_agent(&client, context).await?,
        };
        let request =
            Request::StartPane { project, worker: self.worker, agent, run: self.run, executor: self.executor };
        context.order(&client, request).await
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

impl One {
    async fn stop(self, context: &Context) -> Done {
        let (client, project) = context.at(&self.place).await?;
        context.order(&client, Request::StopWorker { project, worker: self.worker }).await
    }

    async fn reset(self, context: &Context) -> Done {
        let (client, project) = context.at(&self.place).await?;
        context.order(&client, Request::ResetWorker { project, worker: self.worker }).await
    }
}

impl Send {
    async fn run(self, context: &Context) -> Done {
        let text = or_standard_input(&self.text)?;
        if text.trim().is_empty() {
            return Err(Stop::new(Kind::Invalid, "the message has no text"));
        }
        let (client, project) = context.at(&self.place).await?;
        context.order(&client, Request::Send { project, worker: self.worker, text }).await
    }
}

impl Handoff {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let view = context.project(&client, &self.place).await?;
        let project = view.id;
        if let Some(decision) = self.decide {
            let of_worker = || view.handoffs.iter().filter(|handoff| handoff.worker == self.worker);
            let handoff = of_worker().find(|handoff| !handoff.ended).or_else(|| of_worker().max_by_key(|one| one.id));
            let Some(handoff) = handoff.map(|handoff| handoff.id) else {
                return Err(Stop::new(Kind::NotFound, format!("worker {} has no handoff", self.worker)));
            };
            let request = Request::SteerHandoff { handoff, control: decision.control() };
            if !self.wait {
                return context.order(&client, request).await;
            }
            ask!(client, request, Response::Done(_) => ());
            return follow(&client, context.output, handoff, self.json).await;
        }
        let request = Request::Handoff { project, worker: self.worker, push: self.pushing.wish(), hold: false };
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
        (_, false) if view.silent => output.line(format!(
            "the fresh session runs, the old one is parked: qd worker handoff {} --decide retry|skip|cancel",
            view.worker
        )),
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
