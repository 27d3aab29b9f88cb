//! Why a program did not run. A program that ran and failed is no error here: see `Finished`.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::model::{Explain, Kind};

/// A program that could not be started or watched.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// Nothing of that name in the search path.
    #[error("`{program}` was not found; looked in {}", list(.looked_in))]
    NotFound {
        /// What was asked for.
        program: String,
        /// The directories of the search path, in order.
        looked_in: Vec<PathBuf>,
    },
    /// The directory it should run in does not exist.
    #[error("`{}` is not a directory to run `{program}` in", .path.display())]
    NoDirectory {
        /// What was asked for.
        program: String,
        /// The directory.
        path: PathBuf,
    },
    /// The system refused to start it.
    #[error("`{program}` could not be started")]
    Start {
        /// What was asked for.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The log of a detached program could not be opened.
    #[error("`{}` could not be opened for the output of `{program}`", .path.display())]
    Log {
        /// What was asked for.
        program: String,
        /// The log.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It runs, but its output or its end could not be read.
    #[error("`{program}` could not be watched")]
    Watch {
        /// What was asked for.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The directories as a reader sees them.
fn list(directories: &[PathBuf]) -> String {
    if directories.is_empty() {
        return "an empty search path".to_owned();
    }
    directories.iter().map(|directory| format!("`{}`", directory.display())).collect::<Vec<_>>().join(", ")
}

impl Explain for ProcessError {
    fn kind(&self) -> Kind {
        match self {
            ProcessError::NoDirectory { .. } => Kind::NotFound,
            ProcessError::NotFound { .. } | ProcessError::Start { .. } | ProcessError::Log { .. } => Kind::Unavailable,
            ProcessError::Watch { .. } => Kind::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ProcessError::NotFound { program, .. } => {
                Some(format!("install `{program}`, or put its directory into the `PATH` of your login shell"))
            }
            ProcessError::NoDirectory { .. } => Some("was it moved or deleted?".to_owned()),
            _ => None,
        }
    }
}
