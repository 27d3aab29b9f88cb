//! Why a place cannot be used.

use thiserror::Error;

use crate::model::{ExecutorKind, Explain, Kind};
use crate::process::ProcessError;

/// A place that cannot be used.
#[derive(Debug, Error)]
pub enum ExecutorError {
    /// Its program is not installed.
    #[error("`{kind}` needs {program}, which was not found")]
    Missing {
        /// Which place.
        kind: ExecutorKind,
        /// What is looked for.
        program: &'static str,
        /// How to get it.
        install: &'static str,
    },
    /// It is there and does not work.
    #[error("`{kind}` cannot be used here: {detail}")]
    Unusable {
        /// Which place.
        kind: ExecutorKind,
        /// What was tried and what came of it.
        detail: String,
        /// What to do about it.
        hint: String,
    },
    /// A setting is missing.
    #[error("`{kind}` is not set up: {what}")]
    NotSetUp {
        /// Which place.
        kind: ExecutorKind,
        /// What is missing.
        what: &'static str,
        /// What to write where.
        hint: &'static str,
    },
    /// A path cannot be given to it.
    #[error("`{path}` cannot be used with `{kind}`: {why}")]
    BadPath {
        /// Which place.
        kind: ExecutorKind,
        /// The path.
        path: String,
        /// Why not.
        why: &'static str,
    },
    /// A program of it could not be started.
    #[error("`{kind}` cannot be used here")]
    Program {
        /// Which place.
        kind: ExecutorKind,
        /// Why.
        source: ProcessError,
    },
}

impl Explain for ExecutorError {
    fn kind(&self) -> Kind {
        match self {
            ExecutorError::NotSetUp { .. } | ExecutorError::BadPath { .. } => Kind::Invalid,
            _ => Kind::Unavailable,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ExecutorError::Missing { install, .. } => Some((*install).to_owned()),
            ExecutorError::Unusable { hint, .. } => Some(hint.clone()),
            ExecutorError::NotSetUp { hint, .. } => Some((*hint).to_owned()),
            ExecutorError::BadPath { .. } => None,
            ExecutorError::Program { source, .. } => source.hint(),
        }
    }
}
