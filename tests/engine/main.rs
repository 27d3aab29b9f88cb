//! The engine: given inputs → events and effects, told as stories in a tiny simulated world, and the
//! invariants under any sequence of inputs against a slow oracle.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unnecessary_wraps,
    reason = "test data is small, and helpers have the shape that the call needs"
)]

mod handoffs;
mod invariants;
mod landings;
mod lives;
mod planning;
mod plans;
mod prompts;
mod random;
mod results;
mod reviews;
mod survival;
mod usage;
mod world;
