//! From the yes to a plan to the first instruction of the agent, beside `git worktree add` on the same
//! repository. The agent is a shell command that writes down the time; the yes comes through the command
//! line, whose own start is measured too and not taken off.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::figures::Figures;
use crate::world::{World, until};

/// Files of the repository.
pub const FILES: usize = 10_000;

/// Measurements of each kind, in turn.
pub const ROUNDS: usize = 9;

/// In milliseconds.
#[derive(Default)]
pub struct Times {
    pub confirm: Figures,
    pub worktree: Figures,
    pub command_line: Figures,
}

/// So many rounds, everything below one directory.
pub fn measure(rounds: usize, place: &Path) -> Times {
    let mut world = World::new_in(place);
    // hundreds of thousands of files: nobody waits until they are gone
    world.swept_beside = true;
    generate(&world);
    world.qd(&["worker", "list"]).good(); // the daemon runs and knows the project
    let mut times = Times::default();
    for round in 0..rounds {
        times.worktree.push_ms(add_worktree(&world, round));
        times.confirm.push_ms(confirm_to_agent(&world, round));
        let began = Instant::now();
        world.qd(&["daemon", "status"]).good();
        times.command_line.push_ms(began.elapsed());
    }
    times
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
