//! `qd elsewhere`: the two ends of a session that runs in a container, in tmux or on another machine. Started by
//! session hosts and over ssh, not by people.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::git;
use crate::session::executor;

/// `qd elsewhere …`.
#[derive(Debug, Subcommand)]
pub enum Elsewhere {
    /// Shows the session's process here, started there if need be
    Show(Place),
    /// Runs the session's command there, and notes how it ended
    Run(Place),
    /// Puts standard input into the session's log
    Log {
        /// The session's directory
        directory: PathBuf,
        /// What tells the end
        mark: String,
    },
    /// Answers a question of another machine about a session here
    Session,
    /// Answers a question of another machine about a task's worktree here
    Task,
    /// Connects standard input and output to a session here
    Bridge {
        /// Where sessions of other machines are
        directory: String,
        /// Which one
        session: String,
    },
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
        Elsewhere::Log { directory, mark } => code(executor::log(directory, mark)),
        Elsewhere::Session => code(executor::answer_session()),
        Elsewhere::Task => code(git::answer_far()),
        Elsewhere::Bridge { directory, session } => code(executor::bridge(directory, session)),
    }
}

fn code(done: std::io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
