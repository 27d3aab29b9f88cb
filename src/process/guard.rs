//! Runs a program and ends with it whatever it started. Orphans come to this process, which is an ancestor for as long
//! as they live: a program that clears its environment and leaves its parents can still be told where it came from.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use super::files::resolve;
use super::front::leave_keys_to_child;
use super::{ProcessError, descendants, send_signal};

/// Killed processes are waited for at most this long (one can hang in the kernel).
const KILLED_END_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks at the process table.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// Runs it with our own input, output and environment. Answers its exit code, 128 + the signal that ended it.
pub fn guard(argv: &[OsString]) -> Result<u8, ProcessError> {
    let (name, args) = argv.split_first().map_or((OsString::new(), [].as_slice()), |(name, args)| (name.clone(), args));
    let program = name.to_string_lossy().into_owned();
    let file = resolve(&name, std::env::var_os("PATH").as_deref())?;
    let failed = |source: Errno| ProcessError::Start { program: program.clone(), source: source.into() };
    set_child_subreaper(true).map_err(failed)?;
    let child = Command::new(file)
        .args(args)
        .spawn()
        .map_err(|source| ProcessError::Start { program: program.clone(), source })?;
    end_when_told().map_err(|source| ProcessError::Start { program: program.clone(), source })?;
    let code = reap_until(child.id());
    end_the_rest();
    Ok(code)
}

/// Whoever is told to end (a time limit, a terminal that is gone) ends everything that it started first. The keys of a
/// terminal are for the child. After the child's start, so that it does not inherit a blocked signal.
fn end_when_told() -> std::io::Result<()> {
    leave_keys_to_child()?;
    let mut told = SigSet::from(Signal::SIGTERM);
    told.add(Signal::SIGHUP);
    told.thread_block()?;
    std::thread::Builder::new().name("told".to_owned()).spawn(move || {
        let signal = loop {
            if let Ok(signal) = told.wait() {
                break signal;
            }
        };
        end_the_rest();
        // as shells have it
        #[expect(clippy::disallowed_methods, reason = "the main thread waits for a child that may never end")]
        std::process::exit(128 + signal as i32);
    })?;
    Ok(())
}

/// Waits for every child, also adopted ones, until this one is among them.
fn reap_until(child: u32) -> u8 {
    loop {
        let (pid, status) = match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) => (pid, ExitStatus::from_raw(code << 8)),
            Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, ExitStatus::from_raw(signal as i32)),
            Ok(_) | Err(Errno::EINTR) => continue,
            // no child is left: somebody else waited for it
            Err(_) => return 1,
        };
        if u32::try_from(pid.as_raw()) == Ok(child) {
            let code = status.code().or_else(|| status.signal().map(|signal| signal.saturating_add(128)));
            return code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        }
    }
}

fn end_the_rest() {
    let deadline = Instant::now() + KILLED_END_WITHIN;
    loop {
        let left = descendants(std::process::id());
        for pid in &left {
            send_signal(*pid, Signal::SIGKILL);
        }
        while matches!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Ok(status) if status != WaitStatus::StillAlive) {}
        if left.is_empty() || Instant::now() >= deadline {
            return;
        }
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
}
