//! Prints what the support measures: from the yes to a plan to the live agent.

use crate::support_confirm::{FILES, ROUNDS, measure as times};

pub fn measure() {
    let times = times(ROUNDS, &std::env::temp_dir());
    let (git, ours) = (times.worktree.median(), times.confirm.median());
    println!("\n| {FILES} files, median of {ROUNDS} (fastest–slowest) | ms |\n|---|---|");
    println!("| `git worktree add` | {} |", times.worktree.spread(0));
    println!("| confirm → live agent process | {} |", times.confirm.spread(0));
    println!("| of that, one `qd` command line (here `daemon status`) | {} |", times.command_line.spread(0));
    println!("| difference to `git worktree add` | {:.0} |", ours - git);
    println!("| ratio | {:.2} |", ours / git);
    println!(
        "\nbeyond `git worktree add`: {:.0} ms (to be under 300; `qd` itself {:.0})",
        ours - git,
        times.command_line.median()
    );
}
