//! A program that gets our terminal for a while: the person's editor. It shares our process group, so that
//! it is in the foreground and the terminal's keys reach it.

use std::ffi::OsString;
use std::process::Command;

use super::ProcessError;
use super::program::resolve;

/// Runs a program on our own standard streams to its end; answers its exit code, if it exited by itself.
/// The terminal must have been given back before.
pub fn run_in_front(argv: &[OsString]) -> Result<Option<i32>, ProcessError> {
    let (name, arguments) = argv.split_first().map_or((OsString::new(), [].as_slice()), |(n, a)| (n.clone(), a));
    let program = name.to_string_lossy().into_owned();
    let file = resolve(&name, std::env::var_os("PATH").as_deref())?;
    let status = Command::new(file).args(arguments).status();
    status.map(|status| status.code()).map_err(|source| ProcessError::Start { program, source })
}
