//! `qd usage`: tokens and cost, summed up. What is an estimate has a `~` before it.

use clap::{Args, ValueEnum};

use crate::model::token_count;
use crate::protocol::control::{Request, Response};
use crate::protocol::{UsageBy, UsageReport};

use super::context::ask;
use super::reading::{Scope, Shape};
use super::{Context, Done, Output, Stop, Table, Tone};

/// `qd usage`.
#[derive(Debug, Args)]
pub struct UsageCommand {
    /// What it is summed up by
    #[arg(long, value_enum, default_value = "day")]
    by: By,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    shape: Shape,
}

/// What usage is summed up by, on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Day,
    Agent,
    Model,
    Worker,
    Task,
    Project,
    Session,
}

impl By {
    fn meaning(self) -> UsageBy {
        match self {
            By::Day => UsageBy::Day,
            By::Agent => UsageBy::Agent,
            By::Model => UsageBy::Model,
            By::Worker => UsageBy::Worker,
            By::Task => UsageBy::Task,
            By::Project => UsageBy::Project,
            By::Session => UsageBy::Session,
        }
    }
}

impl UsageCommand {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = self.scope.project(context, &client).await?;
        let by = self.by.meaning();
        let report = ask!(client, Request::Usage { project, by }, Response::Usage(report) => report);
        self.shape.whole(context.output, &report, |report| print(context.output, report))
    }
}

fn print(output: Output, report: &UsageReport) -> Result<(), Stop> {
    let word = match report.by {
        UsageBy::Day => "DAY",
        UsageBy::Agent => "AGENT",
        UsageBy::Model => "MODEL",
        UsageBy::Worker => "WORKER",
        UsageBy::Task => "TASK",
        UsageBy::Project => "PROJECT",
        UsageBy::Session => "SESSION",
    };
    let (total, today) = (report.total, report.today);
    let words = format!(
        "today {} {}, in all {} {}",
        today.cost_words(),
        today.tokens_words(),
        total.cost_words(),
        total.tokens_words()
    );
    output.toned(Tone::Strong, words)?;
    if !report.rows.is_empty() {
        let mut table = Table::new([word, "IN", "CACHE READ", "CACHE WRITE", "OUT", "COST"]);
        for row in &report.rows {
            let tokens = row.usage.tokens;
            let mark = if row.usage.estimated_tokens > 0 { "~" } else { "" };
            let count = |number| format!("{mark}{}", token_count(number));
            table.row([
                row.name.clone(),
                count(tokens.input),
                count(tokens.cache_read),
                count(tokens.cache_write),
                count(tokens.output),
                row.usage.cost_words(),
            ]);
        }
        table.print(output, "")?;
    }
    let own = format!(
        "models called by Quarterdeck itself: {} to plan, {} to supervise; ~ is estimated",
        report.planning_calls, report.supervision_calls
    );
    output.toned(Tone::Faint, own)
}
