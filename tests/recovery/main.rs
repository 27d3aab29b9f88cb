//! What happens when something is killed, swept away or full, told with the real binary: nothing is lost, nothing
//! happens twice, and an agent gets no more rights by it. Stories wait for named conditions with a time limit.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod clock;
mod decisions;
mod definitions;
mod disk;
mod escape;
mod idle;
mod limits;
mod loss;
mod old_host;
mod reboot;
mod rounds;
mod silent;
mod sockets;
mod storm;
#[path = "../e2e/terminal.rs"]
#[allow(dead_code, reason = "each tier uses its part")]
mod terminal;
mod tripwire;
mod upgrade;
#[path = "../e2e/world.rs"]
#[allow(dead_code, reason = "each tier uses its part")]
mod world;

use std::time::Duration;

use serde_json::Value;
use world::{World, kill_now, runs, until};

/// As long as anything here may take.
const LONG: Duration = Duration::from_secs(90);

/// The daemon's process, which is started if there is none.
fn daemon(world: &World) -> Value {
    world.qd(&["task", "list"]).good();
    world.qd(&["daemon", "status", "--json"]).good().json()["pid"].clone()
}

/// Kills a process and waits until it is gone.
fn kill_and_wait(what: &str, pid: &Value) {
    kill_now(pid);
    until(&format!("{what} is gone"), LONG, || (!runs(pid)).then_some(()));
}

/// How often a task was landed, told by what the landings say of themselves.
fn landings(world: &World, task: u64) -> usize {
    let trailer = format!("Quarterdeck-Task: {task}");
    let log = world.git(&["log", "--merges", "--format=%x00%B", "main"]);
    log.split('\0').filter(|message| message.lines().any(|line| line.trim() == trailer)).count()
}

/// A session as it is known now.
fn session(world: &World, id: &Value) -> Value {
    world.sessions().into_iter().find(|session| session["id"] == *id).expect("the session is known")
}
