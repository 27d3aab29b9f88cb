//! `qd task`: give work, follow it, decide about it.

mod add;
mod decide;
mod live;
mod read;

use clap::Subcommand;

use crate::model::TaskId;

use super::attach::Attach;
use super::pick::Target;
use super::stream::Stream;
pub(super) use add::print;

use super::{Context, Done};

/// `qd task …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give a task to an agent
    Add(Box<add::Add>),
    /// Tasks of the project
    List(read::List),
    /// One task, whole
    Get(read::Get),
    /// Change a task before it starts: title, request, agent, model, worker
    Edit(decide::Edit),
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
    /// What goes first when several wait (see `qd queue`)
    Priority(decide::Prioritize),
    /// What happened to a task, or to the whole project
    Log(read::Log),
    /// The changes of a task against its target
    Diff(read::Diff),
    /// Follow the output of a task's agent as plain text
    Stream {
        /// The task: `7` or `#7`
        task: TaskId,
        /// As JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Follow a task to its end: where it stands, and what its agent writes
    Live(live::Live),
    /// Show the panes of tasks' agents in this terminal, several side by side
    Attach {
        /// The tasks: `7` or `#7`
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<TaskId>,
    },
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::Add(add) => add.run(context).await,
            Command::List(list) => list.run(context).await,
            Command::Get(get) => get.run(context).await,
            Command::Edit(edit) => edit.run(context).await,
            Command::Confirm(decide) => decide.confirm(context).await,
            Command::Run(decide) => decide.start(context).await,
            Command::Land(decide) => decide.land(context).await,
            Command::Cancel(decide) => decide.cancel(context).await,
            Command::Retry(decide) => decide.retry(context).await,
            Command::Priority(prioritize) => prioritize.run(context).await,
            Command::Log(log) => log.run(context).await,
            Command::Diff(diff) => diff.run(context).await,
            Command::Stream { task, json } => Stream::of(Target::Task(task), json).run(context).await,
            Command::Live(live) => live.run(context).await,
            Command::Attach { tasks } => Attach::to(tasks.into_iter().map(Target::Task).collect()).run(context).await,
        }
    }
}
