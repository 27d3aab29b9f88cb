//! From the yes to a plan to the first instruction of the agent. The agent is a shell command that writes down the
//! time; the yes comes through the command line, whose own start is measured too and not taken off.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use super::world::{World, until};

/// Files of the repository.
const FILES: usize = 10_000;

/// Measurements of each kind, in turn.
const ROUNDS: usize = 9;

pub fn measure() {
    let world = World::new();
    generate(&world);
    world.qd(&["worker", "list"]).good(); // the daemon runs and knows the project
    let mut confirm = Vec::new();
    let mut worktree = Vec::new();
    let mut command_line = Vec::new();
    for round in 0..ROUNDS {
        worktree.push(add_worktree(&world, round));
        confirm.push(confirm_to_agent(&world, round));
        let began = Instant::now();
        world.qd(&["daemon", "status"]).good();
        command_line.push(began.elapsed());
    }
    let (git, ours, start) = (median(&mut worktree), median(&mut confirm), median(&mut command_line));
    println!("\n| {FILES} files, median of {ROUNDS} (fastest–slowest) | ms |\n|---|---|");
    println!("| `git worktree add` | {} |", spread(&worktree));
    println!("| confirm → live agent process | {} |", spread(&confirm));
    println!("| of that, one `qd` command line (here `daemon status`) | {} |", spread(&command_line));
    println!("| difference to `git worktree add` | {:.0} |", milliseconds(ours) - milliseconds(git));
    println!("| ratio | {:.2} |", ours.as_secs_f64() / git.as_secs_f64());
    let beyond = ours.saturating_sub(git);
    println!(
        "\nbeyond `git worktree add`: {:.0} ms (to be under 300; `qd` itself {:.0})",
        milliseconds(beyond),
        milliseconds(start)
    );
}

/// A repository with many small files in a few hundred directories.
fn generate(world: &World) {
    for n in 0..FILES {
        let directory = world.repository().join(format!("src/part{}", n % 250));
        if n < 250 {
            fs::create_dir_all(&directory).unwrap();
        }
        fs::write(directory.join(format!("file{n}.txt")), format!("file {n}\n").repeat(40)).unwrap();
    }
    world.commit("Many files");
}

fn add_worktree(world: &World, round: usize) -> Duration {
    let (path, branch) = (world.path(&format!("worktree{round}")), format!("bench/{round}"));
    let began = Instant::now();
    world.git(&["worktree", "add", "--quiet", "-b", &branch, path.to_str().unwrap(), "main"]);
    began.elapsed()
}

fn confirm_to_agent(world: &World, round: usize) -> Duration {
    let note = world.path(&format!("started{round}"));
    let command = format!("date +%s%N > '{0}.new' && mv '{0}.new' '{0}'", note.display());
    let added = world
        .qd(&["task", "add", "Note the time", "--run", &command, "--agent", "shell", "--autonomy", "confirm", "--json"])
        .good()
        .json();
    let id = added["id"].to_string();
    let began = SystemTime::now();
    world.qd(&["task", "confirm", &id]).good();
    until("the agent has written down its time", Duration::from_secs(60), || note.exists().then_some(()));
    let at: u64 = fs::read_to_string(&note).unwrap().trim().parse().unwrap();
    let started = SystemTime::UNIX_EPOCH + Duration::from_nanos(at);
    world.qd(&["task", "cancel", &id]);
    started.duration_since(began).unwrap_or_default()
}

/// Sorts, and takes the one in the middle.
fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Of sorted times: the median, and the fastest and slowest.
fn spread(times: &[Duration]) -> String {
    let [fastest, .., slowest] = times else { return String::new() };
    let middle = times[times.len() / 2];
    format!("{:.0} ({:.0}–{:.0})", milliseconds(middle), milliseconds(*fastest), milliseconds(*slowest))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
