//! A daemon that lives, but whose socket was swept away (a cleaned `/tmp`): it is asked to bind it again.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::config::Paths;

/// Asks the daemon that the lock file names on its second line. `false` when there is none, or when it
/// is not ready to be asked: the signal would end a process that does not handle it.
pub(super) fn ask_to_bind(paths: &Paths) -> bool {
    let asked = std::fs::read_to_string(paths.lock())
        .ok()
        .and_then(|content| content.lines().nth(1)?.trim().parse::<i32>().ok())
        .filter(|pid| *pid > 1 && is_daemon(*pid) && handles_hang_up(*pid));
    asked.is_some_and(|pid| kill(Pid::from_raw(pid), Signal::SIGHUP).is_ok())
}

/// Whether the process was started as `qd serve`: the number may have gone to another one meanwhile.
fn is_daemon(pid: i32) -> bool {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).nth(1) == Some(b"serve")
}

/// Whether the process catches SIGHUP (`SigCgt` of proc(5): bit 0 is signal 1).
fn handles_hang_up(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
