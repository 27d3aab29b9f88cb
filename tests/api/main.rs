//! The control protocol against one daemon in this process: real store, real git, real hosts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/mock_model.rs"]
mod mock_model;

mod house;
mod planning;
mod stories;
