//! `qd fence`: the two ends of a fence around an agent. Started by session hosts, not by people.

use std::ffi::OsString;
use std::path::PathBuf;
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
    Enter(Inside),
}

/// A command line.
#[derive(Debug, Args)]
pub struct Line {
    /// Program and arguments
    #[arg(last = true, required = true)]
    argv: Vec<OsString>,
}

/// What is done inside first.
#[derive(Debug, Args)]
pub struct Inside {
    /// A directory that may be written to without a change to it, and where what is written goes
    #[arg(long, num_args = 2, value_names = ["DIRECTORY", "ASIDE"])]
    over: Vec<PathBuf>,
    /// A directory that goes out of sight then
    #[arg(long)]
    away: Option<PathBuf>,
    #[command(flatten)]
    line: Line,
}

impl Inside {
    /// A directory that cannot be covered stays read-only, which is what the fence promises.
    fn cover(&self) {
        for pair in self.over.chunks_exact(2) {
            if let [place, aside] = pair
                && let Err(error) = process::lay_over(place, aside)
            {
                eprintln!("`{}` is read-only here: {error}", place.display());
            }
        }
        if let Some(Err(error)) = self.away.as_deref().map(process::take_away) {
            eprintln!("what is written aside stays in sight: {error}");
        }
    }
}

/// Becomes the program; returns only when that fails.
pub(super) fn run(fence: &Fence) -> ExitCode {
    let error = match fence {
        Fence::Hold(line) => {
            process::replace(&line.argv, &[Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM])
        }
        Fence::Enter(inside) => {
            inside.cover();
            process::replace(&inside.line.argv, &[])
        }
    };
    eprintln!("{error}{}", error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default());
    ExitCode::from(NOT_STARTED)
}
