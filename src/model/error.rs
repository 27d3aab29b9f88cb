//! What every error of the library can say about itself, so that exit codes, wire errors and toast
//! colours come from one table each.

use serde::{Deserialize, Serialize};

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request makes no sense as it was given.
    Invalid,
    /// Something named does not exist.
    NotFound,
    /// It is not possible in the present state, or not for this caller.
    Conflict,
    /// A limit is reached or somebody else is at it; it may work later.
    Busy,
    /// Something outside (an agent, git, the daemon, the disk) is missing or refuses.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Kind {
    /// The exit code of the command line for this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Invalid => 2,
            Kind::NotFound => 3,
            Kind::Conflict => 4,
            Kind::Busy => 5,
            Kind::Unavailable => 6,
            Kind::Internal => 70,
        }
    }
}

/// An error that knows its kind and what the person can do about it.
pub trait Explain: std::error::Error {
    /// What sort of failure it is.
    fn kind(&self) -> Kind;

    /// What to do next, as a lowercase fragment, if there is something.
    fn hint(&self) -> Option<String> {
        None
    }
}
