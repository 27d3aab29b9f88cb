//! What can keep the cockpit from opening or going on.

use std::io;

use thiserror::Error;

use crate::model::{Explain, Kind};

/// The cockpit cannot go on.
#[derive(Debug, Error)]
pub enum TuiError {
    /// Input or output is not a terminal.
    #[error("this is not a terminal")]
    NotATerminal,
    /// The terminal refused a request.
    #[error("the terminal cannot be {doing}")]
    Terminal {
        /// What was being done: past participle.
        doing: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// Signals cannot be received.
    #[error("signals cannot be received")]
    Signals {
        /// Why not.
        source: io::Error,
    },
}

impl Explain for TuiError {
    fn kind(&self) -> Kind {
        match self {
            TuiError::NotATerminal => Kind::Invalid,
            TuiError::Terminal { .. } => Kind::Unavailable,
            TuiError::Signals { .. } => Kind::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            TuiError::NotATerminal => Some("open it in a terminal, or use `qd task add` and `qd task list`".to_owned()),
            TuiError::Terminal { .. } | TuiError::Signals { .. } => None,
        }
    }
}
