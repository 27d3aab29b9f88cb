//! `qd queue`: how many sessions run, what waits for one, and in which order.

use clap::Args;

use crate::protocol::QueueView;
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

impl Queue {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = self.scope.project(context, &client).await?;
        let queue = ask!(client, Request::Queue { project }, Response::Queue(queue) => queue);
        self.shape.whole(context.output, &queue, |queue| print(context.output, queue))
    }
}

fn print(output: Output, queue: &QueueView) -> Result<(), Stop> {
    let QueueView { running, slots, requests, most_requests, waiting } = queue;
    let asked = if *requests == 0 { String::new() } else { format!(" ({requests} of {most_requests} asked for)") };
    output.toned(Tone::Strong, format!("{running} of {slots} run, {} wait{asked}", waiting.len()))?;
    if waiting.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(["PLACE", "TASK", "PRIORITY", "AGENT", "SINCE", "TITLE", "WAITS FOR"]);
    for entry in waiting {
        table.row([
            entry.place.to_string(),
            words::task(entry.task),
            words::json_word(&entry.priority),
            entry.agent.clone(),
            words::age(entry.since),
            entry.title.clone(),
            entry.waits_for.clone().unwrap_or_else(|| "nothing: it starts now".to_owned()),
        ]);
    }
    table.print(output, "")
}
