//! Becoming another program.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

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
