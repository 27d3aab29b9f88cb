//! `qd session`: runs of agents in their terminals.

mod capture;
mod control;
mod logs;
mod read;

use clap::Subcommand;

use super::attach::Attach;
use super::pick::Target;
use super::{Context, Done};

/// `qd session …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sessions of the project
    List(read::List),
    /// One session, whole; also one that is over
    #[command(visible_alias = "get")]
    Show(read::Show),
    /// Show panes in this terminal, several side by side
    Attach {
        /// Workers (`2`), tasks (`#7`) or sessions (the beginning of an id)
        #[arg(required = true, value_name = "TARGET")]
        targets: Vec<Target>,
    },
    /// What it has written, as it was recorded; also of one that is over
    Logs(logs::Logs),
    /// Its screen as text; of one that is over, its last
    Capture(capture::Capture),
    /// Type into it that it shall go on; one that was interrupted is resumed
    Continue(control::Continue),
    /// Call off what it works on: its task, or the pane when it has none
    Cancel(control::Cancel),
    /// Open a copy of its conversation on another seat, in a worktree of its own; it goes on itself
    Fork(control::Fork),
    /// Start it again with the same worker, agent, worktree and conversation
    Restart(control::Restart),
    /// End it at once
    Kill(control::Kill),
    /// Write the summary and the metadata of one that is over again
    Archive(control::Archive),
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::List(list) => list.run(context).await,
            Command::Show(show) => show.run(context).await,
            Command::Attach { targets } => Attach::to(targets).run(context).await,
            Command::Logs(logs) => logs.run(context).await,
            Command::Capture(capture) => capture.run(context).await,
            Command::Continue(more) => more.run(context).await,
            Command::Cancel(cancel) => cancel.run(context).await,
            Command::Fork(fork) => fork.run(context).await,
            Command::Restart(restart) => restart.run(context).await,
            Command::Kill(kill) => kill.run(context).await,
            Command::Archive(archive) => archive.run(context).await,
        }
    }
}
