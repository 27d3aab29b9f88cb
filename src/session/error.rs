//! What can go wrong with a session.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::model::{Explain, Kind};
use crate::process::ProcessError;

/// A failure of a session or of its host.
#[derive(Debug, Error)]
pub enum SessionError {
    /// A file of the session could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// `read`, `write`, `create`…
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The socket's directory belongs to somebody else or is open to others.
    #[error("`{}` is not a private directory of this user", path.display())]
    NotPrivate {
        /// The directory.
        path: PathBuf,
    },
    /// The host program could not be started.
    #[error("cannot start the session host")]
    Spawn {
        /// Why.
        source: ProcessError,
    },
    /// The agent's program could not be started.
    #[error("cannot start `{program}`: {detail}")]
    Agent {
        /// The program.
        program: String,
        /// The system's words.
        detail: String,
    },
    /// No terminal device could be had.
    #[error("cannot open a pseudo-terminal: {detail}")]
    Pty {
        /// The system's words.
        detail: String,
    },
    /// A call to the operating system failed.
    #[error("cannot {action}")]
    System {
        /// What was tried.
        action: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Another host has this directory.
    #[error("`{}` already has a session host", directory.display())]
    Taken {
        /// The session's directory.
        directory: PathBuf,
    },
    /// The session's host died and took the agent with it.
    #[error("the session's host in `{}` is gone", directory.display())]
    Lost {
        /// The session's directory.
        directory: PathBuf,
    },
    /// Nobody can tell whether its process runs, so it is taken for one that does.
    #[error("`{session}` may go on: {detail}")]
    MayLive {
        /// The session.
        session: String,
        /// Who does not answer, and why.
        detail: String,
    },
    /// The host did not say hello in time.
    #[error("the session host in `{}` does not answer", directory.display())]
    NoHello {
        /// The session's directory.
        directory: PathBuf,
    },
}

impl SessionError {
    /// For `map_err` after a file operation.
    pub(super) fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> SessionError {
        let path = path.to_path_buf();
        move |source| SessionError::File { action, path, source }
    }
}

impl Explain for SessionError {
    fn kind(&self) -> Kind {
        match self {
            SessionError::Agent { .. } => Kind::NotFound,
            SessionError::Taken { .. } | SessionError::Lost { .. } => Kind::Conflict,
            SessionError::File { .. }
            | SessionError::NotPrivate { .. }
            | SessionError::Spawn { .. }
            | SessionError::Pty { .. }
            | SessionError::MayLive { .. }
            | SessionError::NoHello { .. } => Kind::Unavailable,
            SessionError::System { .. } => Kind::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            SessionError::File { path, .. } => {
                Some(format!("check the permissions and the free space at `{}`", path.display()))
            }
            SessionError::NotPrivate { path } => {
                Some(format!("remove `{}` or make it yours with mode 0700", path.display()))
            }
            SessionError::Agent { program, .. } => {
                Some(format!("check that `{program}` is installed and on the PATH (`qd doctor`)"))
            }
            SessionError::Lost { .. } => Some("start a new session or resume the agent's conversation".to_owned()),
            SessionError::MayLive { .. } => Some("it is looked for again until there is an answer".to_owned()),
            SessionError::NoHello { directory } => Some(format!("see `{}`", directory.join("host.log").display())),
            SessionError::Pty { .. } => Some("check that `/dev/pts` is mounted and has free terminals".to_owned()),
            SessionError::Spawn { source } => source.hint(),
            SessionError::System { .. } | SessionError::Taken { .. } => None,
        }
    }
}
