//! The process table as `/proc` shows it (proc(5)): who is whose parent, and who is still the same process.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::model::HostIdentity;

/// One line of `/proc/PID/stat`.
#[derive(Debug, Clone, Copy)]
struct Stat {
    state: char,
    parent: u32,
    started_ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the name is in parentheses and may hold anything, also parentheses
    let (_, after) = text.rsplit_once(')')?;
    let mut fields = after.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let started_ticks = fields.nth(17)?.parse().ok()?;
    Some(Stat { state, parent, started_ticks })
}

/// Who a process is, so that a later one with the same number is not taken for it.
pub(super) fn identity(pid: u32) -> Option<HostIdentity> {
    stat(pid).map(|stat| HostIdentity { pid, started_ticks: stat.started_ticks })
}

/// Whether that very process still runs.
pub(super) fn is_alive(id: HostIdentity) -> bool {
    stat(id.pid).is_some_and(|stat| stat.started_ticks == id.started_ticks && !matches!(stat.state, 'Z' | 'X'))
}

/// The process, its parent, and so on up to the first; empty when it is not visible.
pub(super) fn ancestry(pid: u32) -> Vec<HostIdentity> {
    let mut line = Vec::new();
    let mut next = pid;
    while next != 0 && line.len() < 1024 {
        let Some(stat) = stat(next) else { break };
        line.push(HostIdentity { pid: next, started_ticks: stat.started_ticks });
        next = stat.parent;
    }
    line
}

/// Every living process below `root`, not `root` itself.
pub(super) fn descendants(root: u32) -> Vec<u32> {
    let processes: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| stat(pid).filter(|stat| !matches!(stat.state, 'Z' | 'X')).map(|stat| (pid, stat.parent)))
        .collect();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        found.extend(processes.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found.split_off(1)
}

/// Sends a signal; a process that is gone already is no error.
pub(super) fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}
