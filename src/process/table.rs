//! What `/proc` says about processes. A process is told from a later one with the same number by its
//! start time, so nothing here ever mistakes one for the other. Without `/proc` nothing is known.

use std::collections::BTreeMap;
use std::fs;

use crate::model::HostIdentity;

/// More ancestors than any real process has; ends a walk through a table that changes meanwhile.
const DEEPEST: usize = 256;

/// The fields of `/proc/PID/stat` that we use (proc(5)).
struct Stat {
    state: char,
    parent: u32,
    started_ticks: u64,
}

/// Reads one line of the table. The program's name (field 2) may hold spaces and parentheses, so fields
/// count from its last closing one.
fn stat(pid: u32) -> Option<Stat> {
    let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    // Field 22; state was field 3 and the parent field 4.
    let started_ticks = fields.nth(17)?.parse().ok()?;
    Some(Stat { state, parent, started_ticks })
}

/// Who has this number now; `None` when nobody has.
pub fn identity(pid: u32) -> Option<HostIdentity> {
    stat(pid).map(|stat| HostIdentity { pid, started_ticks: stat.started_ticks })
}

/// Whether exactly this process still runs. A zombie does not.
pub fn is_alive(id: HostIdentity) -> bool {
    stat(id.pid).is_some_and(|stat| stat.started_ticks == id.started_ticks && !matches!(stat.state, 'Z' | 'X'))
}

/// The process itself, its parent, and so on up to process 1.
pub fn ancestry(pid: u32) -> Vec<HostIdentity> {
    let mut line = Vec::new();
    let mut next = pid;
    while next != 0 && line.len() < DEEPEST {
        let Some(stat) = stat(next) else { break };
        line.push(HostIdentity { pid: next, started_ticks: stat.started_ticks });
        next = stat.parent;
    }
    line
}

/// All children, their children, and so on; nearest first, without the process itself.
pub fn descendants(pid: u32) -> Vec<u32> {
    let Ok(table) = fs::read_dir("/proc") else { return Vec::new() };
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in table.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(stat) = stat(child) {
            children.entry(stat.parent).or_default().push(child);
        }
    }
    let mut found = Vec::new();
    let mut generation = vec![pid];
    while !generation.is_empty() {
        generation = generation.iter().filter_map(|parent| children.remove(parent)).flatten().collect();
        found.extend_from_slice(&generation);
    }
    found
}
