//! Who is at the other end of a connection. The user id is not authority (ARCHITECTURE §6): agents run as
//! the user, so the peer's process is traced to the session that it belongs to, if any.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;

use super::files::read_json;
use super::launch::{Directory, HostRecord};
use crate::process::{ancestry, variable};

/// What a peer may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A process outside every session: everything.
    Outside,
    /// A process of this session: report, and look without touching.
    Inside,
    /// A process of another session, or one that cannot be traced: nothing.
    Stranger,
}

/// Traces the peer. `None` when it is another user, who is not spoken to at all.
pub(super) fn standing(stream: &UnixStream, directory: &Path, session: &str) -> Option<Standing> {
    let credentials = getsockopt(stream, PeerCredentials).ok()?;
    if credentials.uid() != geteuid().as_raw() {
        return None;
    }
    let Some(pid) = u32::try_from(credentials.pid()).ok().filter(|pid| *pid > 0) else {
        return Some(Standing::Stranger);
    };
    Some(trace(pid, directory, session))
}

fn trace(pid: u32, directory: &Path, session: &str) -> Standing {
    let line = ancestry(pid);
    if line.is_empty() {
        return Standing::Stranger;
    }
    if line.iter().any(|process| process.pid == std::process::id()) {
        return Standing::Inside;
    }
    // a variable can be forged or dropped, so it only ever takes rights away; a session of another home
    // (tests that an agent runs) is no business of ours
    match line.iter().find_map(|process| variable(process.pid, "QD_SESSION")) {
        Some(of) if of == session => return Standing::Inside,
        Some(of) if is_sibling(directory, &of) => return Standing::Stranger,
        _ => {}
    }
    let mut hosts = sibling_hosts(directory);
    if hosts.any(|host| line.contains(&host.identity())) { Standing::Stranger } else { Standing::Outside }
}

fn is_sibling(directory: &Path, session: &OsStr) -> bool {
    Path::new(session).components().count() == 1 && directory.with_file_name(session).is_dir()
}

fn sibling_hosts(directory: &Path) -> impl Iterator<Item = HostRecord> {
    directory
        .parent()
        .and_then(|sessions| fs::read_dir(sessions).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| read_json::<HostRecord>(&Directory(&entry.ok()?.path()).host()).ok()?)
}
