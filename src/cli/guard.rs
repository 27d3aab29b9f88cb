//! `qd guard -- PROGRAM …`: runs a command of a project with an eye on everything that it starts. Started by the
//! daemon, not by people.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;

use crate::model::Explain as _;
use crate::process;

use super::{Done, Stop};

/// `qd guard`.
#[derive(Debug, Args)]
pub struct Guard {
    /// Program and arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    argv: Vec<OsString>,
}

/// Runs it to its end.
pub(super) fn run(arguments: &Guard) -> Done {
    let code = process::guard(&arguments.argv).map_err(|error| Stop::new(error.kind(), error.to_string()))?;
    Ok(ExitCode::from(code))
}
