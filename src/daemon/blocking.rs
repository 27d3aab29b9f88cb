//! Work that blocks (git, processes, files), done off the async threads, and faults as failures.

use std::path::PathBuf;

use crate::model::{Explain, Kind};
use crate::protocol::control::Failure;

/// A fault of ours, as a failure.
pub(super) fn fault(message: &str) -> Failure {
    Failure { kind: Kind::Internal, message: message.to_owned(), hint: None }
}

/// Runs blocking work (git, processes, the disk) off the async threads.
pub(super) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Failure>
where
    T: Send + 'static,
    E: Explain + Send + 'static,
{
    match tokio::task::spawn_blocking(move || work().map_err(|error| Failure::of(&error))).await {
        Ok(outcome) => outcome,
        Err(_) => Err(fault("a part of the daemon failed; see the daemon's log")),
    }
}

/// A small file's text; empty when it cannot be read.
pub(super) async fn read_text(path: PathBuf) -> String {
    tokio::task::spawn_blocking(move || std::fs::read_to_string(path).unwrap_or_default()).await.unwrap_or_default()
}
