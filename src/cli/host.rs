//! `qd host DIR`: the body of a session's host process. Started by the daemon, not by people.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::session;

/// `qd host`.
#[derive(Debug, Args)]
pub struct Host {
    /// The session's directory
    directory: PathBuf,
}

/// Is the host until the session is over.
pub(super) fn run(arguments: &Host) -> ExitCode {
    session::run_host(&arguments.directory)
}
