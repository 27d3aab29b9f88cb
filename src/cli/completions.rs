//! `qd completions SHELL`.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::{Done, Output};

/// `qd completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Does it, for the whole command line.
pub(super) fn run(arguments: &Completions, whole: &mut clap::Command) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, whole, "qd", &mut script);
    Output::standard().write(&script)?;
    Ok(ExitCode::SUCCESS)
}
