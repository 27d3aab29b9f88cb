//! Ends what a session left running. While its host lives, orphans come to the host (a child subreaper);
//! when the host was killed, they are told by the session's mark in their environment and by the agent's
//! terminal session. A leftover that shed both is not found: only a fence holds that one.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::error::SessionError;
use super::executor::{Elsewhere, Presence};
use super::files::read_json;
use super::launch::{Directory, HostRecord, Launch, last_host};
use crate::model::HostIdentity;
use crate::process::{STARTED_BY, ancestry, carriers, descendants, identity, is_alive, members, send_signal, variable};

/// What was left running may end by itself for this long.
const MAY_END_WITHIN: Duration = Duration::from_millis(200);
/// Killed processes are waited for at most this long (one can hang in the kernel).
const KILLED_END_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks at the process table.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// Ends everything that `look` finds: asked, told, forced. Returns what is still there in the end.
pub(super) fn end(look: impl Fn() -> Vec<u32>) -> Vec<u32> {
    for pid in look() {
        send_signal(pid, Signal::SIGHUP);
        send_signal(pid, Signal::SIGTERM);
        // a stopped process acts on them only when it goes on
        send_signal(pid, Signal::SIGCONT);
    }
    if gone_within(MAY_END_WITHIN, Signal::SIGCONT, &look) || gone_within(KILLED_END_WITHIN, Signal::SIGKILL, &look) {
        return Vec::new();
    }
    look()
}

/// Sends the signal to all that is left until nothing is; `false` when something still is in the end.
fn gone_within(patience: Duration, signal: Signal, look: &impl Fn() -> Vec<u32>) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        let left = look();
        if left.is_empty() {
            return true;
        }
        for pid in left {
            send_signal(pid, signal);
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
}

/// Ends a session whose host is of no use any more: the host, if the recorded process still runs, everything
/// below it, and what a lost session leaves. Returns the processes that do not end; an error when its process is no
/// child of the host and nobody can tell whether that one ended.
pub fn end_by_force(directory: &Path) -> Result<Vec<u32>, SessionError> {
    let Some(record) = last_host(directory) else { return Ok(Vec::new()) };
    let Some(session) = directory.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let launch: Option<Launch> = read_json(&Directory(directory).launch()).ok().flatten();
    let elsewhere = launch.and_then(|launch| launch.place.elsewhere);
    let end_elsewhere = |elsewhere: &Elsewhere| match elsewhere.end(session, directory) {
        Presence::Gone => Ok(()),
        Presence::Here | Presence::Over => Err("it does not end".to_owned()),
        Presence::Unknown(why) => Err(why),
    };
    let may_live = |detail| SessionError::MayLive { session: session.to_owned(), detail };
    let (far, near): (Option<Elsewhere>, Option<Elsewhere>) = match elsewhere {
        Some(elsewhere) if elsewhere.far().is_some() => (Some(elsewhere), None),
        other => (None, other),
    };
    // before its host here, which goes on to stand for one that may live
    far.as_ref().map_or(Ok(()), end_elsewhere).map_err(may_live)?;
    let mut known = kill_host(record.identity());
    known.push(record.identity());
    let ended = near.as_ref().map_or(Ok(()), end_elsewhere);
    let left = end(|| {
        let mut left: BTreeSet<u32> = left_by(&record, session).into_iter().collect();
        left.extend(known.iter().filter(|process| is_alive(**process)).map(|process| process.pid));
        left.into_iter().collect()
    });
    ended.map(|()| left).map_err(may_live)
}

/// Ends a host and everything below it. Returns what does not end.
pub(super) fn end_host(host: HostIdentity) -> Vec<u32> {
    let mut known = kill_host(host);
    known.push(host);
    end(|| known.iter().filter(|process| is_alive(**process)).map(|process| process.pid).collect())
}

/// Kills exactly this host and waits until it is gone. Returns what was below it: that comes to nobody now.
fn kill_host(host: HostIdentity) -> Vec<HostIdentity> {
    if !is_alive(host) {
        return Vec::new();
    }
    let below: Vec<HostIdentity> = descendants(host.pid).into_iter().filter_map(identity).collect();
    gone_within(KILLED_END_WITHIN, Signal::SIGKILL, &|| {
        if is_alive(host) { vec![host.pid] } else { Vec::new() }
    });
    // a daemon that was started inside the session is no part of it
    if below.iter().any(|process| process.pid == std::process::id()) { Vec::new() } else { below }
}

/// Processes that carry a session's mark. A check of its task carries it too, for its authority; it is the daemon's
/// work and goes on: it stands below the daemon that it names, and below no host.
pub(super) fn marked(session: &str, host: Option<u32>) -> BTreeSet<u32> {
    let of_the_daemon = |pid: u32| {
        let daemon = variable(pid, STARTED_BY).and_then(|daemon| daemon.to_str()?.parse::<u32>().ok());
        let line: Vec<u32> = ancestry(pid).iter().map(|process| process.pid).collect();
        daemon.is_some_and(|daemon| line.contains(&daemon)) && host.is_none_or(|host| !line.contains(&host))
    };
    carriers("QD_SESSION", session).iter().map(|process| process.pid).filter(|pid| !of_the_daemon(*pid)).collect()
}

/// Marked processes, the agent's terminal session, and all that comes from either; never ourselves.
fn left_by(record: &HostRecord, session: &str) -> Vec<u32> {
    let mut left = marked(session, Some(record.pid));
    if let Some(agent) = record.agent().filter(|agent| identity(agent.pid) == Some(*agent)) {
        left.extend(members(agent.pid).iter().map(|process| process.pid));
    }
    let below: Vec<u32> = left.iter().flat_map(|pid| descendants(*pid)).collect();
    left.extend(below);
    for process in ancestry(std::process::id()) {
        left.remove(&process.pid);
    }
    left.into_iter().collect()
}
