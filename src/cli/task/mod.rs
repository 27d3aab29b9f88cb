//! `qd task`: give work, follow it, decide about it.

mod add;
mod decide;
mod read;

use clap::Subcommand;

use crate::model::TaskId;

pub(super) use add::or_standard_input;

use super::attach::Attach;
use super::pick::Target;
use super::{Context, Done, Where};

/// `qd task …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give a task to an agent
    Add(Box<add::Add>),
    /// Tasks of the project
    List(read::List),
    /// One task, whole
    Get(read::Get),
    /// Say yes to a proposed task
    Confirm(decide::Decide),
    /// Start a task now (also one that waits for `run` with autonomy manual)
    Run(decide::Decide),
    /// Land a green result
    Land(decide::Decide),
    /// Call a task off; its work is kept and can be brought back
    Cancel(decide::Decide),
    /// Start a failed, cancelled or returned task again
    Retry(decide::Decide),
    /// What happened to a task, or to the whole project
    Log(read::Log),
    /// The changes of a task against its target
    Diff(read::Diff),
    /// Follow the output of a task's agent as plain text
    Stream {
        /// The task: `7` or `#7`
        task: TaskId,
    },
    /// Show the pane of a task's agent in this terminal
    Attach {
        /// The task: `7` or `#7`
        task: TaskId,
    },
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::Add(add) => add.run(context).await,
            Command::List(list) => list.run(context).await,
            Command::Get(get) => get.run(context).await,
            Command::Confirm(decide) => decide.confirm(context).await,
            Command::Run(decide) => decide.start(context).await,
            Command::Land(decide) => decide.land(context).await,
            Command::Cancel(decide) => decide.cancel(context).await,
            Command::Retry(decide) => decide.retry(context).await,
            Command::Log(log) => log.run(context).await,
            Command::Diff(diff) => diff.run(context).await,
            Command::Stream { task } => super::stream::run(context, task).await,
            Command::Attach { task } => {
                Attach { target: Target::Task(task), place: Where::default() }.run(context).await
            }
        }
    }
}
