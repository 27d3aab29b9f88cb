//! What `/proc` says about processes. A process is told from a later one with the same number by its
//! start time, so nothing here ever mistakes one for the other. Without `/proc` nothing is known.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::model::HostIdentity;

/// More ancestors than any real process has; ends a walk through a table that changes meanwhile.
const DEEPEST: usize = 256;

/// The fields of `/proc/PID/stat` that we use (proc(5)).
struct Stat {
    state: char,
    parent: u32,
    /// The process session (setsid(2)) it belongs to.
    session: u32,
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
    let session = fields.nth(1)?.parse().ok()?;
    // field 22; the state was field 3, the parent 4, the session 6
    let started_ticks = fields.nth(15)?.parse().ok()?;
    Some(Stat { state, parent, session, started_ticks })
}

/// Whether it is over and only waits to be collected.
fn is_dead(stat: &Stat) -> bool {
    matches!(stat.state, 'Z' | 'X')
}

/// Every process that can be seen now.
fn all() -> impl Iterator<Item = (u32, Stat)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, stat(pid)?)))
}

/// Who has this number now; `None` when nobody has.
pub fn identity(pid: u32) -> Option<HostIdentity> {
    stat(pid).map(|stat| HostIdentity { pid, started_ticks: stat.started_ticks })
}

/// Whether exactly this process still runs. A zombie does not.
pub fn is_alive(id: HostIdentity) -> bool {
    stat(id.pid).is_some_and(|stat| stat.started_ticks == id.started_ticks && !is_dead(&stat))
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

/// All living children, their children, and so on; nearest first, without the process itself.
pub fn descendants(pid: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<(u32, bool)>> = BTreeMap::new();
    for (child, stat) in all() {
        children.entry(stat.parent).or_default().push((child, is_dead(&stat)));
    }
    let mut found = Vec::new();
    let mut generation = vec![(pid, true)];
    while !generation.is_empty() {
        generation = generation.iter().filter_map(|(parent, _)| children.remove(parent)).flatten().collect();
        found.extend(generation.iter().filter(|(_, dead)| !dead).map(|(child, _)| *child));
    }
    found
}

/// All living members of a process session, its leader included.
pub fn members(session: u32) -> Vec<HostIdentity> {
    all()
        .filter(|(_, stat)| stat.session == session && !is_dead(stat))
        .map(|(pid, stat)| HostIdentity { pid, started_ticks: stat.started_ticks })
        .collect()
}

/// All living processes of this user that were started with this variable set to this value.
pub fn carriers(name: &str, value: &str) -> Vec<HostIdentity> {
    all()
        .filter(|(pid, stat)| !is_dead(stat) && variable(*pid, name).is_some_and(|carried| carried == value))
        .map(|(pid, stat)| HostIdentity { pid, started_ticks: stat.started_ticks })
        .collect()
}

/// A variable as the process was started with it; `None` also when that cannot be read.
pub fn variable(pid: u32, name: &str) -> Option<OsString> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let value = environment
        .split(|byte| *byte == 0)
        .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    Some(OsString::from_vec(value.to_vec()))
}

/// Whether some living process of a program whose name begins so works in this directory or below it, or was
/// started with it (or a path below it) among its arguments. Where that cannot be known, somebody may.
pub fn may_work_in(directory: &Path, program: &str) -> bool {
    if fs::metadata("/proc/self").is_err() {
        return true;
    }
    all().any(|(pid, stat)| {
        let named = || fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with(program));
        !is_dead(&stat) && named() && (is_inside(pid, directory) || is_told_of(pid, directory))
    })
}

fn is_inside(pid: u32, directory: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(directory))
}

fn is_told_of(pid: u32, directory: &Path) -> bool {
    let (told, place) =
        (fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default(), directory.as_os_str().as_bytes());
    !place.is_empty() && told.windows(place.len()).any(|part| part == place)
}

/// The paths that a process has open for writing (the access mode among its `flags`, proc(5)).
pub fn being_written(pid: u32) -> Vec<PathBuf> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let is_for_writing = |name: &OsStr| {
        let facts = fs::read_to_string(format!("/proc/{pid}/fdinfo/{}", name.to_string_lossy()));
        let flags = facts
            .unwrap_or_default()
            .lines()
            .find_map(|line| i32::from_str_radix(line.strip_prefix("flags:")?.trim(), 8).ok());
        flags.is_some_and(|flags| flags & nix::libc::O_ACCMODE != nix::libc::O_RDONLY)
    };
    let paths = open.filter_map(|entry| Some((entry.file_name(), fs::read_link(entry.path()).ok()?)));
    paths.filter(|(name, path)| path.is_absolute() && is_for_writing(name)).map(|(_, path)| path).collect()
}

/// Whether some process may have this very file open. Where that cannot be known, one may.
pub fn may_be_open(file: &Path) -> bool {
    if fs::metadata("/proc/self").is_err() {
        return true;
    }
    let Ok(sought) = fs::metadata(file).map(|found| (found.dev(), found.ino())) else { return false };
    all().any(|(pid, _)| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        open.filter_map(|entry| fs::metadata(entry.path()).ok()).any(|found| (found.dev(), found.ino()) == sought)
    })
}

/// Sends a signal; a process that is gone already is no error.
pub fn send_signal(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}
