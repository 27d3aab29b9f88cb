//! What can go wrong between a face and the daemon, or between a viewer and a host.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::model::{Explain, Kind};
use crate::process::ProcessError;
use crate::protocol::control::{Failure, VERSION};

/// What can go wrong between a face and the daemon, or between a viewer and a host.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No daemon answers and none was to be started.
    #[error("no daemon runs (nothing answers at `{}`)", socket.display())]
    NotRunning {
        /// Where it was looked for.
        socket: PathBuf,
    },
    /// No daemon answers, and a process inside a session must not start one: it would end with the session.
    #[error("no daemon runs, and a session{} cannot start one", session.as_ref().map(|id| format!(" ({id})")).unwrap_or_default())]
    InsideSession {
        /// The session, when it is known.
        session: Option<String>,
    },
    /// The socket is there, but cannot be used.
    #[error("cannot connect to `{}`", socket.display())]
    Connect {
        /// Which socket.
        socket: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another user's process answers: it is not trusted.
    #[error("`{}` belongs to user {uid}, not to you", socket.display())]
    OtherUser {
        /// Which socket.
        socket: PathBuf,
        /// Whose process answers.
        uid: u32,
    },
    /// A place that the daemon needs cannot be made or locked.
    #[error("cannot prepare `{}`", path.display())]
    Prepare {
        /// Which place.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another client is starting the daemon and does not come to an end.
    #[error("another `qd` has been starting the daemon for {} s", waited.as_secs())]
    StartIsTaken {
        /// How long this one waited.
        waited: Duration,
    },
    /// The daemon's program could not be started.
    #[error("cannot start the daemon")]
    Start {
        /// Why.
        source: ProcessError,
    },
    /// The daemon was started, but does not answer.
    #[error("the daemon did not come up within {} s{}", waited.as_secs(), quoted(said))]
    DidNotStart {
        /// How long was waited.
        waited: Duration,
        /// The last lines it wrote.
        said: String,
        /// Where it writes.
        log: PathBuf,
    },
    /// The daemon was started and ended at once.
    #[error("the daemon ended while it started{}", quoted(said))]
    EndedAtOnce {
        /// The last lines it wrote.
        said: String,
        /// Where it writes.
        log: PathBuf,
    },
    /// The daemon speaks another version of the protocol.
    #[error("the daemon (qd {program}) speaks protocol {version}, this qd speaks {VERSION}")]
    VersionDiffers {
        /// The daemon's protocol.
        version: u32,
        /// The daemon's program version.
        program: String,
    },
    /// The other side went away before it answered.
    #[error("the connection was closed before the answer came")]
    Closed,
    /// What is to be sent is longer than the other side accepts.
    #[error("the message has {bytes} bytes, more than the {limit} that can be sent")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The other side said something that is not the protocol.
    #[error("the answer cannot be understood ({detail})")]
    Garbled {
        /// What was wrong with it.
        detail: String,
    },
    /// The daemon's own refusal or failure.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The host refuses.
    #[error("the session refuses: {reason}")]
    Refused {
        /// In its words.
        reason: String,
    },
    /// Too much is waiting to be sent to a host that does not read; nothing of this message was taken.
    #[error("the session does not take its input ({waiting} bytes wait)")]
    Congested {
        /// What waits.
        waiting: usize,
    },
    /// No answer in time.
    #[error("no answer within {} ms", after.as_millis())]
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// The stream broke.
    #[error("the connection broke")]
    Broken {
        /// How.
        source: io::Error,
    },
}

/// The daemon's last words as part of a sentence; nothing when it said nothing.
fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("; its last words:\n{said}") }
}

impl ClientError {
    /// Whether the other end went away in the middle.
    pub fn is_lost(&self) -> bool {
        matches!(self, ClientError::Closed | ClientError::Broken { .. })
    }
}

impl Explain for ClientError {
    fn kind(&self) -> Kind {
        match self {
            ClientError::Failure(failure) => failure.kind,
            ClientError::InsideSession { .. } | ClientError::OtherUser { .. } | ClientError::Refused { .. } => {
                Kind::Conflict
            }
            ClientError::StartIsTaken { .. } | ClientError::Congested { .. } => Kind::Busy,
            ClientError::TooLong { .. } => Kind::Invalid,
            ClientError::Garbled { .. } => Kind::Internal,
            _ => Kind::Unavailable,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ClientError::Failure(failure) => failure.hint.clone(),
            ClientError::NotRunning { .. } => Some("start it with `qd`, or with `qd serve` to watch it".to_owned()),
            ClientError::InsideSession { .. } => Some("run `qd` once in a terminal of your own".to_owned()),
            ClientError::OtherUser { .. } => {
                Some("set `QD_HOME` or `XDG_RUNTIME_DIR` to a directory of yours".to_owned())
            }
            ClientError::StartIsTaken { .. } => Some("see `qd doctor`; then try again".to_owned()),
            ClientError::DidNotStart { log, .. } | ClientError::EndedAtOnce { log, .. } => {
                Some(format!("see `{}`, or run `qd serve` to watch it start", log.display()))
            }
            ClientError::VersionDiffers { .. } => Some(
                "run `qd daemon stop`, then this again; sessions run on and are found by the new daemon".to_owned(),
            ),
            ClientError::Closed => Some("run it again; if it happens again, see `qd doctor`".to_owned()),
            ClientError::Connect { .. } | ClientError::Prepare { .. } => Some("see `qd doctor`".to_owned()),
            _ => None,
        }
    }
}
