//! Real session hosts with real PTYs: the `qd` binary, its socket, and small programs as agents.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod ending;
mod hostile;
mod peers;
mod reading;
mod reporting;
mod slow;
mod support;
mod viewing;
mod writing;
