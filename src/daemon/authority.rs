//! Who is at the other end of the control socket. Agents run as the user and can reach every socket of
//! the user, so the user id is not authority: the peer's process is traced to the session that it
//! descends from, if it does. Outside a fence this is best effort (a process could ask another program
//! of the user's to speak for it), and the documentation says so.

use std::path::Path;

use crate::engine::State;
use crate::model::SessionId;
use crate::process;

/// What a peer may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The person, or a script of theirs.
    Person,
    /// A process inside this session: it may read and report, and nothing else.
    Session(SessionId),
}

/// The session whose host is an ancestor of `pid`, or whose mark `pid` carries in its environment.
pub(crate) fn of_peer(state: &State, pid: u32) -> Authority {
    let ancestry = process::ancestry(pid);
    let by_ancestry = state
        .live_sessions
        .iter()
        .filter_map(|id| state.sessions.get(id))
        .find(|session| session.host.is_some_and(|host| ancestry.contains(&host)))
        .map(|session| session.id.clone());
    by_ancestry.or_else(|| marked(pid)).map_or(Authority::Person, Authority::Session)
}

/// The session named by `QD_SESSION` in the process's first environment.
fn marked(pid: u32) -> Option<SessionId> {
    let environment = std::fs::read(Path::new("/proc").join(pid.to_string()).join("environ")).ok()?;
    environment
        .split(|byte| *byte == 0)
        .find_map(|entry| entry.strip_prefix(b"QD_SESSION="))
        .and_then(|value| std::str::from_utf8(value).ok())
        .and_then(SessionId::parse)
}
