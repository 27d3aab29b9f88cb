//! `qd budget`: what agents may use, and how much of it is left.

use clap::{Args, Subcommand};

use crate::model::{Amount, BudgetScope, Kind, TaskId, WorkerNumber};
use crate::protocol::BudgetView;
use crate::protocol::control::{Request, Response};

use super::context::ask;
use super::reading::{Scope, Shape};
use super::{Context, Done, Output, Stop, Table, Where};

/// `qd budget …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Budgets that have a limit, and how they stand
    List(List),
    /// Set one; `default` follows the configuration again
    Set(Set),
}

/// `qd budget list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    shape: Shape,
}

/// `qd budget set`.
#[derive(Debug, Args)]
pub struct Set {
    /// How much: `2.50usd`, `200ktok`, both with a comma, or `default`
    amount: String,
    /// Of one task
    #[arg(long, value_name = "TASK", conflicts_with_all = ["worker", "day"])]
    task: Option<TaskId>,
    /// Of one worker
    #[arg(long, value_name = "NUMBER", conflicts_with = "day")]
    worker: Option<WorkerNumber>,
    /// Of each day, all projects together (default: of this project)
    #[arg(long)]
    day: bool,
    #[command(flatten)]
    place: Where,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::List(list) => list.run(context).await,
            Command::Set(set) => set.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = self.scope.project(context, &client).await?;
        let budgets = ask!(client, Request::Budgets { project }, Response::Budgets(budgets) => budgets);
        self.shape.whole(context.output, &budgets, |budgets| print(context.output, budgets))
    }
}

fn print(output: Output, budgets: &[BudgetView]) -> Result<(), Stop> {
    if budgets.is_empty() {
        return output.line("no budget is set: `qd budget set 5usd --day`, or `[budget]` in config.toml");
    }
    let mut table = Table::new(["BUDGET OF", "LIMIT", "COST", "TOKENS", "USED"]);
    for budget in budgets {
        let used = if budget.over { "used up".to_owned() } else { format!("{} %", budget.percent) };
        let (cost, tokens) = (budget.used.cost_words(), budget.used.tokens_words());
        table.row([budget.name.clone(), budget.limit.to_string(), cost, tokens, used]);
    }
    table.print(output, "")
}

impl Set {
    async fn run(self, context: &Context) -> Done {
        let limit = match self.amount.as_str() {
            "default" => None,
            text => Some(text.parse::<Amount>().map_err(|why| Stop::new(Kind::Invalid, why))?),
        };
        let (client, project) = context.at(&self.place).await?;
        let scope = match (self.task, self.worker, self.day) {
            (Some(task), ..) => BudgetScope::Task { task },
            (_, Some(worker), _) => BudgetScope::Worker { project, worker },
            (_, _, true) => BudgetScope::Day,
            _ => BudgetScope::Project { project },
        };
        let said = ask!(client, Request::SetBudget { scope, limit }, Response::Done(said) => said);
        context.output.line(&said)?;
        Ok(std::process::ExitCode::SUCCESS)
    }
}
