//! `qd elsewhere`: the two ends of a session that runs in a container or in tmux. Started by session hosts, not by people.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::session::executor;

/// `qd elsewhere …`.
#[derive(Debug, Subcommand)]
pub enum Elsewhere {
    /// Shows the session's process here, started there if need be
    Show(Place),
    /// Runs the session's command there, and notes how it ended
    Run(Place),
}

/// Which session.
#[derive(Debug, Args)]
pub struct Place {
    /// The session's directory
    directory: PathBuf,
}

/// Does it.
pub(super) fn run(command: &Elsewhere) -> ExitCode {
    match command {
        Elsewhere::Show(place) => executor::show(&place.directory),
        Elsewhere::Run(place) => executor::run(&place.directory),
    }
}
