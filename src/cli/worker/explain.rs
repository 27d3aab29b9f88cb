//! `qd worker explain`: the verdict on a worker's session with all that it rests on.

use std::process::ExitCode;

use clap::Args;

use crate::model::WorkerNumber;
use crate::protocol::ExplanationView;
use crate::protocol::control::{Request, Response};

use super::super::context::ask;
use super::super::{Context, Done, Output, Stop, Tone, Where};

/// `qd worker explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The worker: `2` or `@2`
    worker: WorkerNumber,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Explain {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = context.project(&client, &self.place).await?.id;
        let request = Request::ExplainWorker { project, worker: self.worker };
        let view = ask!(client, request, Response::Explained(view) => view);
        if self.json {
            context.output.json(&view)?;
        } else {
            print(context.output, &view)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print(output: Output, view: &ExplanationView) -> Result<(), Stop> {
    for line in view.lines() {
        if line.starts_with(ExplanationView::ROW) {
            output.toned(Tone::Faint, line)?;
        } else {
            output.line(line)?;
        }
    }
    Ok(())
}
