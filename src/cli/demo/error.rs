//! Why the demo could not run.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::client::ClientError;
use crate::daemon::DaemonError;
use crate::model::{Explain, Kind};
use crate::process::ProcessError;
use crate::tui::TuiError;

/// A demo that did not come about, or did not come to its end.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The temporary directory cannot be made or filled.
    #[error("cannot write `{path}`")]
    Write {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The cockpit needs a terminal and there is none.
    #[error("the demo needs a terminal")]
    NoTerminal,
    /// The runtime or the signal handlers could not be set up.
    #[error("this process cannot be prepared: {source}")]
    Prepare {
        /// Why.
        source: io::Error,
    },
    /// Git could not be started.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Git refused.
    #[error("`git {command}` failed: {detail}")]
    Git {
        /// Which command.
        command: String,
        /// Its last words.
        detail: String,
    },
    /// The daemon did not start.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The daemon refused or went away.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The cockpit could not be drawn.
    #[error(transparent)]
    Cockpit(#[from] TuiError),
    /// The daemon answered something else than was asked.
    #[error("the daemon gave an unexpected answer to `{0}`")]
    Answer(&'static str),
    /// The planner made another number of tasks.
    #[error("the plan has {0} tasks instead of 4")]
    Plan(usize),
    /// It took too long.
    #[error("the tasks were not done after {0} seconds")]
    TooLong(u64),
}

impl Explain for DemoError {
    fn kind(&self) -> Kind {
        match self {
            DemoError::Process(error) => error.kind(),
            DemoError::Daemon(error) => error.kind(),
            DemoError::Client(error) => error.kind(),
            DemoError::Cockpit(error) => error.kind(),
            DemoError::Write { .. } | DemoError::NoTerminal | DemoError::Git { .. } => Kind::Unavailable,
            DemoError::Prepare { .. } | DemoError::Answer(_) | DemoError::Plan(_) | DemoError::TooLong(_) => {
                Kind::Internal
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            DemoError::Process(error) => error.hint(),
            DemoError::Daemon(error) => error.hint(),
            DemoError::Client(error) => error.hint(),
            DemoError::Cockpit(error) => error.hint(),
            DemoError::NoTerminal => Some("without one, use `qd demo --headless`".to_owned()),
            DemoError::Write { .. } => Some("set `TMPDIR` to a directory that can be written".to_owned()),
            DemoError::TooLong(_) => Some("run it again with `--keep` and look at the logs in its home".to_owned()),
            _ => None,
        }
    }
}
