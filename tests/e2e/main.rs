//! Stories with the real binary: a real daemon, real sessions, a real terminal read through a terminal emulator.
//! Each story has its own home and repository; nothing of the machine's user is read or written. Stories wait for
//! named conditions with a time limit, never for a time.
//!
//! Some need a real thing that may be missing here; they say so loudly, and fail when `QD_REQUIRE_E2E` is set.

#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unnecessary_wraps,
    reason = "test data is small, and helpers have the shape that the call needs"
)]

#[path = "../support/homes.rs"]
mod homes;
#[path = "../support/mock_model.rs"]
mod mock_model;
#[path = "../support/results.rs"]
mod results;

mod agents;
mod attach;
mod authority;
mod bad_input;
mod claude;
mod cockpit;
mod demo;
mod drafts;
mod forks;
mod honesty;
mod machine;
mod planning;
mod routing;
mod survival;
mod tasks;
mod terminal;
mod tmux;
mod usage;
mod world;
