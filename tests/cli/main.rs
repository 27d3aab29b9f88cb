//! The client against a daemon that says what the test wants, and the real `qd` in front of the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod client;
mod commands;
mod fake;
mod pane;
mod reference;
mod report;
mod sessions;
mod transcript;
