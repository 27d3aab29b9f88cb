//! Figures of the main job, side by side with what they are to be compared with in the same run, as Markdown:
//!
//! - from the confirmation of a plan to the live agent process, on a repository of 10,000 files, against
//!   `git worktree add` on the same repository
//! - processor time and wake-ups of the idle cockpit, daemon and four panes over 20 seconds
//!
//! `cargo bench --bench spine` runs everything; with `-- confirm` or `-- idle` only that part.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/processes.rs"]
mod processes;
#[path = "../support/confirm.rs"]
mod support_confirm;
#[path = "../../tests/e2e/terminal.rs"]
mod terminal;
#[path = "../../tests/e2e/world.rs"]
mod world;

mod confirm;
mod idle;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let all = wanted.is_empty();
    if all || wanted.iter().any(|word| word == "confirm") {
        confirm::measure();
    }
    if all || wanted.iter().any(|word| word == "idle") {
        idle::measure();
    }
}
