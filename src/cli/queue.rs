//! `qd queue`: what runs, what waits for a place, and in which order.

use clap::Args;
use serde::Serialize;

use crate::model::TaskStatus;
use crate::protocol::TaskView;
use crate::protocol::control::{Request, Response};

use super::context::ask;
use super::reading::{Scope, Shape};
use super::{Context, Done, Output, Stop, Table, Tone, words};

/// `qd queue`.
#[derive(Debug, Args)]
pub struct Queue {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    shape: Shape,
}

/// The queue as a program reads it.
#[derive(Debug, Serialize)]
struct Waiting {
    /// How many tasks are worked on at once.
    slots: u16,
    /// Tasks that are worked on.
    running: Vec<TaskView>,
    /// Tasks that start when there is room, the next one first.
    ready: Vec<TaskView>,
    /// Tasks that wait for others.
    blocked: Vec<TaskView>,
}

impl Queue {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = self.scope.project(context, &client).await?;
        let tasks = ask!(client, Request::Tasks { project }, Response::Tasks(tasks) => tasks);
        let slots = context.settings()?.slots;
        let queue = Waiting::of(slots, tasks);
        self.shape.whole(context.output, &queue, |queue| print(context.output, queue))
    }
}

impl Waiting {
    fn of(slots: u16, tasks: Vec<TaskView>) -> Self {
        let mut queue = Self { slots, running: Vec::new(), ready: Vec::new(), blocked: Vec::new() };
        for task in tasks {
            match task.status {
                TaskStatus::Executing | TaskStatus::Verifying => queue.running.push(task),
                TaskStatus::Ready => queue.ready.push(task),
                TaskStatus::Blocked => queue.blocked.push(task),
                _ => {}
            }
        }
        queue.ready.sort_by_key(|task| task.id);
        queue
    }
}

fn print(output: Output, queue: &Waiting) -> Result<(), Stop> {
    let Waiting { slots, running, ready, blocked } = queue;
    if running.is_empty() && ready.is_empty() && blocked.is_empty() {
        return output.toned(Tone::Faint, format!("nothing runs and nothing waits ({slots} at once)"));
    }
    output.toned(
        Tone::Strong,
        format!("{} run ({slots} at once), {} wait, {} blocked", running.len(), ready.len(), blocked.len()),
    )?;
    let mut table = Table::new(["PLACE", "TASK", "STATUS", "WORKER", "AGENT", "TITLE", "NOTE"]);
    let places = running.iter().map(|task| ("runs".to_owned(), task));
    let places = places.chain(ready.iter().enumerate().map(|(number, task)| ((number + 1).to_string(), task)));
    for (place, task) in places.chain(blocked.iter().map(|task| ("-".to_owned(), task))) {
        table.row([
            place,
            words::task(task.id),
            task.status.to_string(),
            words::worker_or_dash(task.worker),
            task.agent.clone(),
            task.title.clone(),
            words::note(task),
        ]);
    }
    table.print(output, "")
}
