//! The daemon is killed again and again in the middle of a stream of small tasks.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::world::{World, until};
use super::{LONG, landings};

const ROUNDS: u64 = 20;
/// More tasks would only make the story longer.
const MOST_TASKS: u64 = 24;

/// Adds tasks until told to stop; those that were accepted, by number and file. A task whose answer did not arrive
/// may or may not have been taken: it only must not happen twice.
fn stream(world: &World, over: &AtomicBool) -> Vec<(u64, String)> {
    let mut accepted = Vec::new();
    for n in 1..=MOST_TASKS {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let (title, command) = (format!("Small {n}"), format!("sleep 0.1; echo {n} > small{n}.txt"));
        let added =
            world.qd(&["task", "add", &title, "--run", &command, "--agent", "shell", "--autonomy", "full", "--json"]);
        if added.code == Some(0) {
            accepted.push((added.json()["id"].as_u64().unwrap(), format!("small{n}.txt")));
        }
    }
    accepted
}

/// Kills whatever daemon runs, at moments that differ from round to round.
fn kill_in_rounds(world: &World) {
    let mut seed = u64::from(std::process::id());
    for round in 0..ROUNDS {
        until(&format!("a daemon to kill in round {round}"), LONG, || {
            // starts one
            world.qd(&["task", "list"]);
            let lock = fs::read_to_string(world.path("qd/data/qd.lock")).ok()?;
            let pid: u64 = lock.lines().nth(1)?.parse().ok()?;
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(Duration::from_millis((seed >> 33) % 400));
            super::world::runs(&pid.into()).then(|| super::kill_and_wait("the daemon", &pid.into()))
        });
    }
}

#[test]
fn no_task_is_lost_and_none_lands_twice() {
    let world = World::new();
    let over = AtomicBool::new(false);
    let accepted = std::thread::scope(|scope| {
        let adding = scope.spawn(|| stream(&world, &over));
        kill_in_rounds(&world);
        over.store(true, Ordering::Relaxed);
        adding.join().unwrap()
    });
    assert!(!accepted.is_empty(), "no task was taken in {ROUNDS} rounds");
    let tasks = until("all tasks are final", LONG * 2, || {
        let tasks = world.qd(&["task", "list", "--json"]).good().json();
        let all = tasks.as_array()?.clone();
        all.iter().all(|task| task["status"] == "completed" || task["needs"].is_string()).then_some(all)
    });
    for task in &tasks {
        let id = task["id"].as_u64().unwrap();
        assert_eq!(task["status"], "completed", "{task}");
        assert_eq!(landings(&world, id), 1, "#{id} landed exactly once: {task}");
    }
    for (id, file) in &accepted {
        assert!(tasks.iter().any(|task| task["id"] == *id), "#{id} was accepted and is lost");
        assert_eq!(world.arrivals(file), 1, "{file}");
    }
    let sessions = world.sessions();
    assert!(sessions.iter().all(|session| session["ended_at"].is_string()), "no session is left: {sessions:?}");
}
