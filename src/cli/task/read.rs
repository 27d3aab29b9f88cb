//! What can be read about tasks: list, one whole, log, diff.

use std::process::ExitCode;

use clap::Args;

use crate::model::{Forecast, TaskId, TaskStatus};
use crate::protocol::control::{Request, Response};
use crate::protocol::{LogLine, TaskView};

use super::super::context::ask;
use super::super::reading::{Scope, Shape, facts};
use super::super::{Context, Done, Output, Stop, Table, Tone, Where, words};

/// `qd task list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only those that are not final
    #[arg(long)]
    open: bool,
    /// Only those in this status; can be given several times
    #[arg(long, value_parser = status, value_name = "STATUS")]
    status: Vec<TaskStatus>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    shape: Shape,
}

/// A status by its word.
fn status(word: &str) -> Result<TaskStatus, String> {
    TaskStatus::ALL.into_iter().find(|status| status.word() == word.replace('-', "_")).ok_or_else(|| {
        let words: Vec<&str> = TaskStatus::ALL.iter().map(|status| status.word()).collect();
        format!("the statuses are {}", words.join(", "))
    })
}

impl List {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = self.scope.project(context, &client).await?;
        let mut tasks = ask!(client, Request::Tasks { project }, Response::Tasks(tasks) => tasks);
        tasks.retain(|task| {
            (!self.open || !task.status.is_final()) && (self.status.is_empty() || self.status.contains(&task.status))
        });
        self.shape.list(context.output, &tasks, table, "no tasks; `qd task add \"…\"` gives one to an agent")
    }
}

/// Tasks as a table.
pub(in crate::cli) fn table(tasks: &[TaskView]) -> Table<6> {
    let mut table = Table::new(["TASK", "STATUS", "WORKER", "AGENT", "TITLE", "NOTE"]);
    for task in tasks {
        table.row([
            words::task(task.id),
            task.status.to_string(),
            words::worker_or_dash(task.worker),
            task.agent.clone(),
            task.title.clone(),
            words::note(task),
        ]);
    }
    table
}

/// `qd task get`.
#[derive(Debug, Args)]
pub struct Get {
    /// The task: `7` or `#7`
    task: TaskId,
    #[command(flatten)]
    shape: Shape,
}

impl Get {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let task = ask!(client, Request::Task { task: self.task }, Response::Task(task) => *task);
        self.shape.whole(context.output, &task, |task| whole(context.output, task))
    }
}

/// Everything about one task, for a person.
fn whole(output: Output, task: &TaskView) -> Result<(), Stop> {
    let agent = match &task.model {
        Some(model) => format!("{} ({model})", task.agent),
        None => task.agent.clone(),
    };
    let depends: Vec<String> = task.depends.iter().map(|id| words::task(*id)).collect();
    let known = [
        ("status", Some(task.status.to_string())),
        ("needs you", task.needs.clone()),
        ("waits for", task.waits_for.clone()),
        ("why", task.reason.clone()),
        ("agent", Some(agent)),
        ("because", task.route.as_ref().map(|route| route.why.clone())),
        ("role", task.role.clone()),
        ("command", task.run.clone()),
        ("worker", task.worker.map(|worker| format!("@{worker}"))),
        ("session", task.session.as_ref().map(|session| session.short().to_owned())),
        ("branch", Some(task.branch.clone())),
        ("worktree", task.worktree.as_ref().map(|path| path.display().to_string())),
        ("depends", Some(depends.join(", ")).filter(|list| !list.is_empty())),
        ("files", list(&task.forecast.files)),
        ("skills", list(&task.forecast.skills)),
        ("tools", list(&task.forecast.tools)),
        ("estimate", estimate(&task.forecast)),
        ("risks", list(&task.forecast.risks)),
        ("attempts", Some(task.attempts.to_string())),
        ("used", task.usage.map(|used| format!("{}, {}", used.tokens_words(), used.cost_words()))),
        ("summary", task.summary.clone()),
        ("created", Some(task.created_at.clone())),
        ("completed", task.completed_at.clone()),
        ("commit", task.commit.clone()),
    ];
    facts(output, &format!("#{} {}", task.id, task.title), known)?;
    for check in &task.checks {
        let (tone, word) = if check.passed() { (Tone::Good, "passed") } else { (Tone::Bad, "failed") };
        let line = format!(
            "  {} {} {} ms\n",
            output.paint(tone, word),
            output.paint(Tone::Plain, &check.name),
            check.duration_ms
        );
        output.write(line.as_bytes())?;
    }
    if task.body != task.title {
        output.line(format!("\n{}", task.body))?;
    }
    Ok(())
}

/// Names in a row; nothing for none.
fn list(names: &[String]) -> Option<String> {
    Some(names.join(", ")).filter(|names| !names.is_empty())
}

/// What a planner guesses that it takes.
fn estimate(forecast: &Forecast) -> Option<String> {
    let minutes = forecast.minutes.map(|minutes| format!("{minutes} min"));
    let tokens = forecast.tokens.map(|tokens| format!("{tokens} tokens"));
    let known: Vec<String> = minutes.into_iter().chain(tokens).collect();
    list(&known).map(|known| format!("about {known}"))
}

/// `qd task log`.
#[derive(Debug, Args)]
pub struct Log {
    /// Only this task: `7` or `#7`
    task: Option<TaskId>,
    /// At most this many lines, the latest
    #[arg(long, default_value_t = 200)]
    limit: u32,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    place: Where,
}

impl Log {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = match self.task {
            Some(_) => None,
            None => Some(context.project(&client, &self.place).await?.id),
        };
        let request = Request::Log { project, task: self.task, limit: self.limit };
        let lines = ask!(client, request, Response::Log(lines) => lines);
        self.shape
            .whole(context.output, &lines, |lines| lines.iter().try_for_each(|line| context.output.line(spoken(line))))
    }
}

/// One line of the log.
fn spoken(line: &LogLine) -> String {
    let task = line.task.map(|task| format!("#{task} ")).unwrap_or_default();
    format!("{}  {task}{}", line.at, line.text)
}

/// `qd task diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// The task: `7` or `#7`
    task: TaskId,
    /// As JSON: the task and its diff
    #[arg(long)]
    json: bool,
}

impl Diff {
    /// Does it. A pipe gets the diff as it is, so that `git apply` understands it; a terminal gets it
    /// made safe, because an agent wrote it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let diff = ask!(client, Request::Diff { task: self.task }, Response::Text(diff) => diff);
        if self.json {
            context.output.json(&serde_json::json!({ "task": self.task, "diff": diff }))?;
            return Ok(ExitCode::SUCCESS);
        }
        if !context.output.is_terminal() {
            context.output.write(diff.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
        if diff.is_empty() {
            context.output.toned(Tone::Faint, format!("#{} changes nothing", self.task))?;
        }
        diff.lines().try_for_each(|line| context.output.toned(tone_of(line), line))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// How a line of a unified diff looks.
fn tone_of(line: &str) -> Tone {
    match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'd', b'i', b'f', b'f', ..] => Tone::Strong,
        [b'+', ..] => Tone::Good,
        [b'-', ..] => Tone::Bad,
        [b'@', ..] => Tone::Faint,
        _ => Tone::Plain,
    }
}
