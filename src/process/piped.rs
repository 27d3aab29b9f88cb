//! A child whose output we read line by line while everything else of it stays where ours goes: for the
//! transcript of a headless agent, which runs in front of us in the same PTY and process group.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::ProcessError;
use super::files::resolve;

/// A running child and its output.
#[derive(Debug)]
pub struct Piped {
    /// The child, to be waited for.
    pub child: Child,
    /// What it prints.
    pub stdout: ChildStdout,
}

/// Starts a program with no input, piped output, and our own standard error, environment, directory and
/// process group.
pub fn spawn_piped(program: &OsStr, arguments: &[OsString]) -> Result<Piped, ProcessError> {
    let name = program.to_string_lossy().into_owned();
    let file = resolve(program, std::env::var_os("PATH").as_deref())?;
    let failed = |source| ProcessError::Start { program: name.clone(), source };
    let mut command = Command::new(file);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(failed)?;
    match child.stdout.take() {
        Some(stdout) => Ok(Piped { child, stdout }),
        None => Err(failed(io::Error::other("it has no output"))),
    }
}
