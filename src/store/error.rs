//! What can go wrong with the database.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::model::{Explain, Kind};

/// An error of the store. Nothing of the failed turn was written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file cannot be opened.
    #[error("the database `{}` cannot be opened: {source}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What `SQLite` says.
        source: rusqlite::Error,
    },
    /// The file was written by a newer program.
    #[error("the database `{}` has version {found}, this program knows up to {known}", path.display())]
    TooNew {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A read or write failed.
    #[error("the database refused: {0}")]
    Refused(#[source] rusqlite::Error),
}

impl StoreError {
    /// An error while opening `path`.
    pub(super) fn open(path: &Path, source: rusqlite::Error) -> Self {
        StoreError::Open { path: path.to_path_buf(), source }
    }

    /// Whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, StoreError::Refused(error) | StoreError::Open { source: error, .. }
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Refused(error)
    }
}

impl Explain for StoreError {
    fn kind(&self) -> Kind {
        Kind::Unavailable
    }

    fn hint(&self) -> Option<String> {
        match self {
            StoreError::TooNew { .. } => Some("use the newer `qd`, or another `QD_HOME`".to_owned()),
            StoreError::Open { .. } => Some("check that the directory exists and belongs to you".to_owned()),
            StoreError::Refused(_) if self.is_disk_full() => Some("free some space; nothing was lost".to_owned()),
            StoreError::Refused(_) => None,
        }
    }
}
