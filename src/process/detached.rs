//! Programs that outlive us: session hosts and the daemon. They get a terminal session of their own, so
//! that neither a closed terminal nor our end takes them along.
//!
//! This is, with `lent`, one of two reviewed files with `unsafe`: std cannot start a child in a new session, and the child
//! cannot do it for itself where it is a stranger's program (a login shell).
#![allow(unsafe_code, reason = "setsid between fork and exec has no safe form in std")]

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::ProcessError;
use super::files::resolve;

/// A program to start and leave.
#[derive(Debug, Clone)]
pub struct Detached {
    /// Program and arguments.
    pub argv: Vec<OsString>,
    /// Variables to set.
    pub env: Vec<(OsString, OsString)>,
    /// Variables to take away.
    pub remove_env: Vec<OsString>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// Where its standard error goes (appended, made with mode 0600); nowhere otherwise.
    pub log: Option<PathBuf>,
}

/// Starts it in a session of its own, with no input and no output but the log. The child is returned so
/// that the caller can reap it should it end first.
pub fn spawn_detached(detached: Detached) -> Result<Child, ProcessError> {
    let (name, args) =
        detached.argv.split_first().map_or((OsString::new(), [].as_slice()), |(name, args)| (name.clone(), args));
    let program = name.to_string_lossy().into_owned();
    let path = detached.env.iter().rev().find(|(key, _)| key == "PATH").map(|(_, value)| value.clone());
    let path = path.or_else(|| std::env::var_os("PATH"));
    let file = resolve(&name, path.as_deref())?;
    if !detached.cwd.is_dir() {
        return Err(ProcessError::NoDirectory { program, path: detached.cwd });
    }
    let stderr = match detached.log {
        None => Stdio::null(),
        Some(path) => match OpenOptions::new().append(true).create(true).mode(0o600).open(&path) {
            Ok(log) => Stdio::from(log),
            Err(source) => return Err(ProcessError::Log { program, path, source }),
        },
    };
    let mut command = Command::new(file);
    command.args(args).current_dir(&detached.cwd).stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    for key in &detached.remove_env {
        command.env_remove(key);
    }
    command.envs(detached.env);
    new_session(&mut command);
    command.spawn().map_err(|source| ProcessError::Start { program, source })
}

/// Makes the command start as the leader of a new session (and so of a new process group).
pub(super) fn new_session(command: &mut Command) {
    // SAFETY: the closure runs in the child between fork and exec and calls only `setsid`, which is
    // async-signal-safe (POSIX.1-2017, 2.4.3) and allocates nothing.
    unsafe {
        command.pre_exec(|| nix::unistd::setsid().map(|_| ()).map_err(io::Error::from));
    }
}
