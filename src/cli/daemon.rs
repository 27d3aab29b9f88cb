//! `qd daemon`: whether the background process runs, and ending it.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::client::ClientError;
use crate::model::Kind;
use crate::protocol::control::{Request, Response, StatusView};

use super::context::ask;
use super::reading::Shape;
use super::{Context, Done, Stop, Tone};

/// How long its end may take: sessions stay, so there is little to do.
const END_LIMIT: Duration = Duration::from_secs(10);

/// `qd daemon …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Whether it runs, and how it is
    Status(Status),
    /// End it; sessions run on, and the next command starts it again
    Stop,
}

/// `qd daemon status`.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    shape: Shape,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        match self {
            Command::Status(status) => status.run(context).await,
            Command::Stop => stop(context).await,
        }
    }
}

impl Status {
    async fn run(self, context: &Context) -> Done {
        let client = context.connect_running().await?;
        let status = ask!(client, Request::Status, Response::Status(status) => status);
        self.shape.whole(context.output, &status, |status| {
            facts(status).iter().try_for_each(|(name, value)| context.output.line(format!("{name:<9} {value}")))
        })
    }
}

fn facts(status: &StatusView) -> [(&'static str, String); 8] {
    [
        ("process", status.pid.to_string()),
        ("version", status.version.clone()),
        ("since", status.started_at.clone()),
        ("socket", status.socket.display().to_string()),
        ("database", status.database.display().to_string()),
        ("projects", status.projects.to_string()),
        ("sessions", status.sessions.to_string()),
        ("tasks", format!("{} open", status.open_tasks)),
    ]
}

/// Asks it to end and waits until it has. None to end is as good.
async fn stop(context: &Context) -> Done {
    let client = match context.connect_running().await {
        Ok(client) => client,
        Err(ClientError::NotRunning { .. }) => {
            context.output.toned(Tone::Faint, "no daemon runs")?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(error.into()),
    };
    let closed = client.closed();
    match client.call(Request::Shutdown).await {
        Ok(Response::Done(said)) => context.output.line(said)?,
        Ok(other) => return Err(Stop::unexpected(&other)),
        Err(ClientError::Closed) => {}
        Err(error) => return Err(error.into()),
    }
    let ended = tokio::time::timeout(END_LIMIT, closed).await;
    ended.map_err(|_| Stop::new(Kind::Busy, "the daemon has not ended yet").hint("see `qd daemon status`"))?;
    Ok(ExitCode::SUCCESS)
}
