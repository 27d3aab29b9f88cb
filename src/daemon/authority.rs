//! Who is at the other end of the control socket. Agents run as the user and can reach every socket of
//! the user, so the user id is not authority: the peer's process is traced to the session that it
//! descends from, if it does. Outside a fence this is best effort (a process could ask another program
//! of the user's to speak for it), and the documentation says so.

use crate::config::Paths;
use crate::engine::State;
use crate::model::{HostIdentity, SessionId};
use crate::{process, session};

/// What a peer may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The person, or a script of theirs.
    Person,
    /// A process inside this session: it may read and report, and nothing else.
    Session(SessionId),
    /// A process that could not be traced, so it may do no more than one inside a session.
    Unknown,
}

/// The session whose host is an ancestor of `pid`, or whose mark one of its ancestors carries.
pub(crate) fn of_peer(state: &State, paths: &Paths, pid: u32) -> Authority {
    let ancestry = process::ancestry(pid);
    // a peer that is gone already, or not seen from here, cannot be told from a process of a session
    if ancestry.is_empty() {
        return Authority::Unknown;
    }
    let by_host = state.live_sessions.iter().find(|id| host(state, paths, id).is_some_and(|it| ancestry.contains(&it)));
    let of_session = by_host.cloned().or_else(|| ancestry.iter().find_map(|process| marked(state, process.pid)));
    match of_session {
        Some(session) => Authority::Session(session),
        // what the daemon itself started and did not mark as a session's: checks and setup run an agent's code
        None if came_from_daemon(&ancestry) => Authority::Unknown,
        None => Authority::Person,
    }
}

/// Whether a process descends from this one, or carries the mark of the programs that it starts.
fn came_from_daemon(ancestry: &[HostIdentity]) -> bool {
    let own = std::process::id();
    let mark = own.to_string();
    ancestry.iter().skip(1).any(|process| process.pid == own)
        || ancestry.iter().any(|process| {
            process::variable(process.pid, process::STARTED_BY).is_some_and(|value| value.to_str() == Some(&mark))
        })
}

/// A session's host as the state knows it; as it wrote itself down while its start is not committed yet.
fn host(state: &State, paths: &Paths, id: &SessionId) -> Option<HostIdentity> {
    state.sessions.get(id)?.host.or_else(|| session::host_of(&paths.session(id)))
}

/// The session named by `QD_SESSION` in the process's first environment, when it is one of ours. The mark
/// can be dropped or forged, so it only ever takes rights away.
fn marked(state: &State, pid: u32) -> Option<SessionId> {
    let value = process::variable(pid, "QD_SESSION")?;
    value.to_str().and_then(SessionId::parse).filter(|id| state.sessions.contains_key(id))
}
