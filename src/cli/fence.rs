//! `qd fence`: the two ends of a fence around an agent. Started by session hosts, not by people.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use nix::sys::signal::Signal;

use crate::model::Explain;
use crate::process;

/// Exit code when a program cannot be started, as shells have it.
const NOT_STARTED: u8 = 127;

/// `qd fence …`.
#[derive(Debug, Subcommand)]
pub enum Fence {
    /// Becomes the program that makes the fence; signals for the agent do not end it
    Hold(Line),
    /// Becomes the agent inside; takes every signal again
    Enter(Line),
}

/// A command line.
#[derive(Debug, Args)]
pub struct Line {
    /// Program and arguments
    #[arg(last = true, required = true)]
    argv: Vec<OsString>,
}

/// Becomes the program; returns only when that fails.
pub(super) fn run(fence: &Fence) -> ExitCode {
    let error = match fence {
        Fence::Hold(line) => {
            process::replace(&line.argv, &[Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM])
        }
        Fence::Enter(line) => process::replace(&line.argv, &[]),
    };
    eprintln!("{error}{}", error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default());
    ExitCode::from(NOT_STARTED)
}
