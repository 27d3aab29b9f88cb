//! `qd mission`: team templates, and starting one.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::protocol::MissionView;
use crate::protocol::control::{Request, Response};

use super::context::ask;
use super::input::or_standard_input;
use super::reading::Shape;
use super::{Context, Done, Output, Stop, Table, Where, task};

/// `qd mission …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Teams that can be started
    List(List),
    /// Plan a request for a team: one task for each of its seats
    Start(Start),
}

/// `qd mission list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    shape: Shape,
}

/// `qd mission start`.
#[derive(Debug, Args)]
pub struct Start {
    /// The mission: `web-app`, `bugfix-sprint`, ...
    mission: String,
    /// What is to be done; `-` reads it from standard input
    text: String,
    /// The tasks as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::List(list) => list.run(context).await,
            Command::Start(start) => start.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let missions = ask!(client, Request::Missions, Response::Missions(missions) => missions);
        self.shape.whole(context.output, &missions, |missions| print(context.output, missions))
    }
}

fn print(output: Output, missions: &[MissionView]) -> Result<(), Stop> {
    let mut table = Table::new(["MISSION", "AGENTS", "AT ONCE", "BUDGET", "WHAT"]);
    for mission in missions {
        table.row([
            mission.name.clone(),
            mission.agents.to_string(),
            mission.at_once.to_string(),
            format!("${:.2}", mission.budget_usd),
            mission.summary.clone(),
        ]);
    }
    table.print(output, "")
}

impl Start {
    async fn run(self, context: &Context) -> Done {
        let text = or_standard_input(&self.text)?;
        let (client, project) = context.at(&self.place).await?;
        let request = Request::StartMission { project, mission: self.mission, text };
        let tasks = ask!(client, request, Response::Tasks(tasks) => tasks);
        task::print(context.output, &tasks, self.json)?;
        Ok(ExitCode::SUCCESS)
    }
}
