//! `qd agents`: which agent programs there are, and what to do about those that are missing.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::protocol::AgentView;
use crate::protocol::control::{Request, Response};

use super::context::ask;
use super::{Context, Done, Table, words};

mod replay;

/// `qd agents`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Agents {
    #[command(subcommand)]
    what: Option<Command>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// `qd agents …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The states that a recorded session shows, over time
    Replay(replay::Replay),
}

impl Agents {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        if let Some(Command::Replay(replay)) = self.what {
            return replay.run(context);
        }
        let client = context.connect().await?;
        let agents = ask!(client, Request::Agents, Response::Agents(agents) => agents);
        if self.json {
            context.output.json(&agents)?;
        } else {
            table(&agents).print(context.output, "no agents are defined")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Agents as a table.
pub(super) fn table(agents: &[AgentView]) -> Table<6> {
    let mut table = Table::new(["AGENT", "FOUND", "VERSION", "SIGNED IN", "PROGRAM", "NOTE"]);
    for agent in agents {
        table.row([
            agent.name.clone(),
            words::yes_no(agent.installed).to_owned(),
            words::or_dash(agent.version.as_deref()),
            agent.signed_in.map_or("not known", words::yes_no).to_owned(),
            words::or_dash(agent.path.as_ref().map(|path| path.display())),
            agent.hint.clone().unwrap_or_default(),
        ]);
    }
    table
}
