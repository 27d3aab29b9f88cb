//! `qd worker explain`: the verdict on a worker's session with all that it rests on.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::model::{StateSource, WorkerNumber};
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
    let age = Duration::from_millis(view.age_ms).as_secs();
    output.line(format!("@{} {} is {} for {age} s", view.worker, view.agent, view.state))?;
    let fact = |name: &str, value: &str| match value {
        "" => Ok(()),
        value => output.line(format!("{name:<12} {value}")),
    };
    fact("known by", &word(view.source))?;
    fact("confidence", &view.confidence)?;
    fact("evidence", &view.evidence)?;
    fact("title", &view.title)?;
    let seen = view.screen_says.as_ref();
    let seen = seen.map(|seen| format!("{} ({}: {})", seen.state, word(seen.source), seen.evidence));
    fact("screen says", seen.as_deref().unwrap_or("nothing that is known"))?;
    let pending = view.pending.as_ref().map(|reading| format!("{} ({})", reading.state, reading.evidence));
    fact("not yet", pending.as_deref().unwrap_or_default())?;
    for row in &view.screen {
        output.toned(Tone::Faint, format!("  | {row}"))?;
    }
    Ok(())
}

fn word(source: StateSource) -> String {
    serde_json::to_value(source).ok().as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}
