//! Becoming another program, and running one on our own terminal.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

use nix::sys::signal::{SigSet, Signal};

use super::ProcessError;
use super::program::resolve;

/// Replaces this process by a program, with exactly these signals blocked. Returns only when that fails.
pub fn replace(argv: &[OsString], blocked: &[Signal]) -> ProcessError {
    let (name, args) = argv.split_first().map_or((OsString::new(), [].as_slice()), |(name, args)| (name.clone(), args));
    let program = name.to_string_lossy().into_owned();
    let file = match resolve(&name, std::env::var_os("PATH").as_deref()) {
        Ok(file) => file,
        Err(error) => return error,
    };
    let mut mask = SigSet::empty();
    for signal in blocked {
        mask.add(*signal);
    }
    if let Err(errno) = mask.thread_set_mask() {
        return ProcessError::Start { program, source: errno.into() };
    }
    let source = Command::new(file).args(args).exec();
    ProcessError::Start { program, source }
}

/// Runs a program on our own standard streams and waits for it.
pub fn run_here(
    argv: &[String],
    env: &[(String, String)],
    remove_env: &[String],
    cwd: &Path,
) -> Result<ExitStatus, ProcessError> {
    let (name, args) = argv.split_first().map_or((String::new(), [].as_slice()), |(name, args)| (name.clone(), args));
    let path = env.iter().rev().find(|(key, _)| key == "PATH").map(|(_, value)| OsString::from(value));
    let path = path.or_else(|| std::env::var_os("PATH"));
    let file = resolve(OsStr::new(&name), path.as_deref())?;
    let mut command = Command::new(file);
    command.args(args).current_dir(cwd);
    for name in remove_env {
        command.env_remove(name);
    }
    command.envs(env.iter().map(|(key, value)| (key, value)));
    command.status().map_err(|source| ProcessError::Start { program: name, source })
}
