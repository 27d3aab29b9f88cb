//! Programs and repositories: real ones, in every odd state, with nothing lost and nothing run that only
//! a hostile worktree asks for.
#![allow(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "a test fails by panicking and counts no allocations"
)]

mod branches;
mod hostile;
mod landing;
mod odd;
mod private;
mod process;
mod removals;
mod taking_back;
mod touched;
mod worktrees;

#[path = "../support/git.rs"]
mod support;
