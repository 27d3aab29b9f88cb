//! What can go wrong with a model call.

use std::time::Duration;

use thiserror::Error;

use crate::model::{Explain, Kind};
use crate::process::ProcessError;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum LlmError {
    /// The endpoint's key is not in the environment.
    #[error("the environment variable `{variable}` with the key for `{base}` is not set")]
    NoKey {
        /// Its name.
        variable: String,
        /// Whose key.
        base: String,
    },
    /// No connection, or it broke.
    #[error("`{base}` cannot be reached: {detail}")]
    Unreachable {
        /// The endpoint.
        base: String,
        /// What the network said.
        detail: String,
    },
    /// The endpoint answered with an error.
    #[error("`{base}` refused with HTTP status {status}: {detail}")]
    Refused {
        /// The endpoint.
        base: String,
        /// The status.
        status: u16,
        /// The start of what it said, one line.
        detail: String,
    },
    /// Nobody answered in time.
    #[error("no answer within {} s", .after.as_secs())]
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// The agent CLI could not be run.
    #[error("`{agent}` could not be asked")]
    NotStarted {
        /// Its name.
        agent: String,
        /// Why.
        #[source]
        source: ProcessError,
    },
    /// The agent CLI failed.
    #[error("`{agent}` ended with {ending}: {detail}")]
    AgentFailed {
        /// Its name.
        agent: String,
        /// `exit code 1`, `signal 9`.
        ending: String,
        /// The last it said, one line.
        detail: String,
    },
    /// It answered, but not in the form that is known of it.
    #[error("the answer of `{who}` holds no text: {detail}")]
    NoText {
        /// Who answered.
        who: String,
        /// The start of what it said, one line.
        detail: String,
    },
}

impl Explain for LlmError {
    fn kind(&self) -> Kind {
        match self {
            LlmError::NoKey { .. } => Kind::Invalid,
            LlmError::Refused { status: 429 | 529, .. } => Kind::Busy,
            _ => Kind::Unavailable,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            LlmError::NoKey { variable, .. } => return Some(format!("set `{variable}` where the daemon is started")),
            LlmError::Refused { status: 401 | 403, .. } => "look at the key that `planner.key` names",
            LlmError::Refused { status: 404, .. } => "look at `planner.base_url` and `planner.model`",
            LlmError::Refused { status: 429 | 529, .. } => "wait, or choose another model",
            LlmError::Unreachable { .. } => "look at `planner.base_url` and the network",
            LlmError::TimedOut { .. } => "`planner.timeout` sets how long is waited",
            LlmError::AgentFailed { .. } | LlmError::NotStarted { .. } => {
                "`qd agents` says whether it is installed and signed in"
            }
            LlmError::Refused { .. } | LlmError::NoText { .. } => return None,
        };
        Some(hint.to_owned())
    }
}
