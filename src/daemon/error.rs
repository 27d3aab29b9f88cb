//! Why a daemon does not start or cannot go on.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::model::{Explain, Kind};
use crate::store::StoreError;

/// An error of the daemon as a whole.
#[derive(Debug, Error)]
pub enum DaemonError {
    /// Another daemon holds the lock.
    #[error("a daemon already runs for this home")]
    AlreadyRuns,
    /// A directory or file of ours cannot be used.
    #[error("`{}` cannot be used: {source}", path.display())]
    Place {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A runtime directory that somebody else could have prepared.
    #[error("`{}` belongs to somebody else or is open to others", path.display())]
    UnsafePlace {
        /// Which.
        path: PathBuf,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The history cannot be read.
    #[error("event {at} of the history cannot be read: {source}")]
    History {
        /// Its place after the snapshot; 0 may be the snapshot itself.
        at: u64,
        /// Why.
        source: serde_json::Error,
    },
    /// The loop's thread or the runtime did not start.
    #[error("no thread could be started: {0}")]
    Thread(#[source] io::Error),
    /// An agent definition, setting or other configuration cannot be used.
    #[error("{0}")]
    Configuration(String),
}

impl Explain for DaemonError {
    fn kind(&self) -> Kind {
        match self {
            DaemonError::AlreadyRuns => Kind::Conflict,
            DaemonError::Place { .. } | DaemonError::UnsafePlace { .. } | DaemonError::Thread(_) => Kind::Unavailable,
            DaemonError::Store(error) => error.kind(),
            DaemonError::History { .. } => Kind::Internal,
            DaemonError::Configuration(_) => Kind::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            DaemonError::AlreadyRuns => Some("`qd daemon status` shows it".to_owned()),
            DaemonError::Place { .. } => Some("check its owner and permissions, or set `QD_HOME`".to_owned()),
            DaemonError::UnsafePlace { path } => Some(format!("remove `{}` if you do not know it", path.display())),
            DaemonError::Store(error) => error.hint(),
            DaemonError::History { .. } => {
                Some("the database was kept as it is; an older or newer `qd` may read it".to_owned())
            }
            DaemonError::Thread(_) | DaemonError::Configuration(_) => None,
        }
    }
}
