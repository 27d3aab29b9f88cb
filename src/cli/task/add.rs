//! `qd task add`: text becomes a task; with `--wait` the command ends when the task does, or when a
//! person is needed.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::client::Client;
use crate::model::{Amount, Autonomy, ExecutorKind, Kind, Priority, SessionMode, TaskId, TaskStatus, WorkerNumber};
use crate::protocol::TaskView;
use crate::protocol::control::{AddOptions, Request, Response};

use super::super::context::ask;
use super::super::input::or_standard_input;
use super::super::stop::note;
use super::super::{Context, Done, Output, Stop, Where, words};

/// `qd task add`.
#[derive(Debug, Args)]
pub struct Add {
    /// What is to be done; `-` reads it from standard input
    text: String,
    /// The agent (default: as configured, else the first installed one)
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The agent's model
    #[arg(long)]
    model: Option<String>,
    /// A command instead of an agent: run in the task's worktree by `sh -c`
    #[arg(long, value_name = "COMMAND")]
    run: Option<String>,
    /// Who makes tasks of the text: the built-in rules, or a model as `[planner]` says; then several tasks may come of it
    #[arg(long, value_enum, default_value = "rules", conflicts_with_all = ["run", "body"])]
    planner: PlannerWord,
    /// What happens without asking you
    #[arg(long, value_enum)]
    autonomy: Option<AutonomyWord>,
    /// How the agent runs (default: follows from the autonomy)
    #[arg(long, value_enum)]
    mode: Option<ModeWord>,
    /// A task that must have landed first; can be given several times
    #[arg(long, value_name = "TASK", value_delimiter = ',')]
    depends: Vec<TaskId>,
    /// The worker
    #[arg(long, value_name = "NUMBER")]
    worker: Option<WorkerNumber>,
    /// Where it runs (default: as configured, see `[executor]`)
    #[arg(long, value_name = "WHERE")]
    executor: Option<ExecutorKind>,
    /// What goes first when several wait: low, normal, high or urgent
    #[arg(long, value_name = "WORD")]
    priority: Option<Priority>,
    /// `agent:NAME`, `model:NAME` or `complexity:simple|medium|complex`; can be given several times
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    label: Vec<String>,
    /// A role of the catalogue
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// A longer description; `-` reads it from standard input
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
    /// What it may use before it waits: `2.50usd`, `200ktok`, or both with a comma
    #[arg(long, value_name = "AMOUNT")]
    budget: Option<Amount>,
    /// End when the task is final (exit code 0 only if it was completed) or needs you (exit code 1)
    #[arg(long)]
    wait: bool,
    /// The task as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Planner on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlannerWord {
    /// One task, no model
    Rules,
    /// As configured: an agent's headless mode or an endpoint
    Llm,
}

/// Autonomy on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum AutonomyWord {
    /// Nothing starts before `qd task run`
    Manual,
    /// Starts after a yes to the plan; landing asks
    Confirm,
    /// Starts and lands by itself when the checks pass
    Full,
}

/// Session mode on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeWord {
    /// The agent's own full-screen program
    Interactive,
    /// Its headless mode
    Autonomous,
}

impl Add {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let (wait, json) = (self.wait, self.json);
        let text = self.text()?;
        let (client, project) = context.at(&self.place).await?;
        let options = self.options()?;
        let tasks =
            ask!(client, Request::Add { project, text, options: Box::new(options) }, Response::Tasks(tasks) => tasks);
        if wait {
            return wait_for(&client, context.output, tasks, json).await;
        }
        print(context.output, &tasks, json)?;
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self) -> Result<String, Stop> {
        if self.text == "-" && self.body.as_deref() == Some("-") {
            return Err(Stop::new(
                Kind::Invalid,
                "both the text and `--body` are `-`, but there is one standard input",
            ));
        }
        let text = or_standard_input(&self.text)?;
        if text.trim().is_empty() {
            return Err(Stop::new(Kind::Invalid, "the task has no text")
                .hint("say what is to be done: `qd task add \"fix the login\"`"));
        }
        Ok(text)
    }

    fn options(self) -> Result<AddOptions, Stop> {
        if let Some(agent) = self.agent.as_deref().filter(|agent| self.run.is_some() && *agent != "shell") {
            return Err(Stop::new(
                Kind::Invalid,
                format!("`--run` is a command for `shell`; `{agent}` takes a request"),
            )
            .hint("leave out `--agent`, or say in the text what the agent is to do"));
        }
        Ok(AddOptions {
            agent: self.agent,
            budget: self.budget,
            model: self.model,
            run: self.run,
            autonomy: self.autonomy.map(AutonomyWord::meaning),
            mode: self.mode.map(ModeWord::meaning),
            depends: self.depends,
            worker: self.worker,
            role: self.role,
            body: self.body.as_deref().map(or_standard_input).transpose()?,
            priority: self.priority,
            split: false,
            from_chat: false,
            by_model: self.planner == PlannerWord::Llm,
            open_ended: false,
            fork: None,
            executor: self.executor,
            labels: self.label,
        })
    }
}

impl AutonomyWord {
    fn meaning(self) -> Autonomy {
        match self {
            AutonomyWord::Manual => Autonomy::Manual,
            AutonomyWord::Confirm => Autonomy::Confirm,
            AutonomyWord::Full => Autonomy::Full,
        }
    }
}

impl ModeWord {
    fn meaning(self) -> SessionMode {
        match self {
            ModeWord::Interactive => SessionMode::Interactive,
            ModeWord::Autonomous => SessionMode::Autonomous,
        }
    }
}

/// Waits until every task is final or one needs the person.
async fn wait_for(client: &Client, output: Output, tasks: Vec<TaskView>, json: bool) -> Done {
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    if !json {
        for task in &tasks {
            note(&format!("#{} {} – waiting for it", task.id, task.title));
        }
    }
    let tasks = ask!(client, Request::WaitTasks { tasks: ids }, Response::Tasks(tasks) => tasks);
    print(output, &tasks, json)?;
    let open: Vec<&TaskView> = tasks.iter().filter(|task| task.status != TaskStatus::Completed).collect();
    for task in &open {
        note(&wait_note(task));
    }
    Ok(if open.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Why waiting ended without success, and what can be done.
fn wait_note(task: &TaskView) -> String {
    let id = task.id;
    match (&task.needs, task.status) {
        (Some(needs), TaskStatus::Proposed) => format!("#{id} needs you: {needs}\nhint: `qd task confirm {id}`"),
        (Some(needs), TaskStatus::NeedsReview) => {
            format!("#{id} needs you: {needs}\nhint: `qd task diff {id}`, then land or retry it")
        }
        (Some(needs), _) => format!("#{id} needs you: {needs}\nhint: `qd approval list`"),
        (None, TaskStatus::Failed | TaskStatus::Cancelled) => {
            let why = task.reason.as_deref().unwrap_or("no reason is known");
            format!("#{id} is {}: {why}\nhint: `qd task retry {id}`", task.status)
        }
        (None, status) => match &task.waits_for {
            Some(waits) => format!("#{id} is {status} and waits for {waits}"),
            None => format!("#{id} is {status}"),
        },
    }
}

/// The tasks as they are: one alone as one JSON object.
pub(in crate::cli) fn print(output: Output, tasks: &[TaskView], json: bool) -> Result<(), Stop> {
    match (json, tasks) {
        (true, [task]) => output.json(task),
        (true, tasks) => output.json(&tasks),
        (false, tasks) => tasks.iter().try_for_each(|task| output.line(words::task_line(task))),
    }
}
