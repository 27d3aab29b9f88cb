//! A child whose output we read line by line while everything else of it stays where ours goes: for the
//! transcript of a headless agent, which runs in front of us in the same PTY and process group.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Child, ChildStdout, Command, Stdio};

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
pub fn spawn_piped(program: &OsStr, arguments: &[OsString]) -> io::Result<Piped> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()?;
    match child.stdout.take() {
        Some(stdout) => Ok(Piped { child, stdout }),
        None => Err(io::Error::other("the child has no output")),
    }
}
