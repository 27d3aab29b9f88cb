//! `qd serve`: is the daemon.

use std::process::ExitCode;

use clap::Args;
use tracing_appender::non_blocking::WorkerGuard;

use crate::daemon::{self, ServeOptions};

use super::logs::Logs;
use super::stop::note;
use super::{Context, Done, Stop};

/// `qd serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Started by a client: nobody watches
    #[arg(long, hide = true)]
    detached: bool,
}

/// Serves until it is told to end.
pub(super) async fn run(arguments: Serve, context: &Context) -> Done {
    let settings = context.settings()?;
    let _writer = log(context)?;
    if !arguments.detached {
        note(&format!("serving; logs go to `{}`; Ctrl+C ends it, sessions run on", context.paths.logs().display()));
    }
    let options = ServeOptions { paths: context.paths.clone(), settings, qd: context.qd.clone() };
    daemon::serve(options).await?;
    Ok(ExitCode::SUCCESS)
}

/// Log lines go to a file of the day below the state directory, written by a thread of their own.
fn log(context: &Context) -> Result<WorkerGuard, Stop> {
    let logs = context.paths.logs();
    let files = Logs::open(&logs).map_err(|error| {
        Stop::new(crate::model::Kind::Unavailable, format!("logs cannot be written to `{}`: {error}", logs.display()))
            .hint("see `qd doctor`")
    })?;
    let (writer, guard) = tracing_appender::non_blocking(files);
    let subscriber =
        tracing_subscriber::fmt().with_writer(writer).with_ansi(false).with_max_level(tracing::Level::INFO).finish();
    // a second subscriber in one process (tests) is refused, and the first one is as good
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(guard)
}
