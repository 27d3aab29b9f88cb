//! Stories of each place that sessions can run in, with the real binary and the real programs: work is done
//! and lands, a kill ends it, a killed daemon finds it again, and what a fence must refuse is refused.
//!
//! Programs that may be missing here (bubblewrap, tmux, podman, sshd) are skipped loudly, and required when
//! `QD_REQUIRE_E2E` is set.

#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(dead_code, reason = "the world is shared with the `e2e` tier, which uses more of it")]

#[path = "../e2e/world.rs"]
mod world;

mod docker;
mod sandbox;
mod stories;
mod tmux;
