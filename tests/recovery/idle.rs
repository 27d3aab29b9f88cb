//! A daemon that has nothing to do does nothing.

use std::fs;
use std::time::Duration;

use super::world::{World, until};
use super::{LONG, daemon};

/// Context switches of all threads of a process so far, and its processor time in ticks.
fn activity(pid: &serde_json::Value) -> (u64, u64) {
    let of = |status: String| -> u64 {
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines.filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok()).sum()
    };
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let switches = tasks.filter_map(|task| fs::read_to_string(task.path().join("status")).ok()).map(of).sum();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let ticks = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
    (switches, ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum())
}

#[test]
fn a_daemon_with_four_idle_sessions_sleeps() {
    let world = World::new();
    for n in 1..=4 {
        let task = world.start_shell_task(&format!("Idle {n}"), "echo ready; sleep 1000");
        world.running_session(task);
    }
    let daemon = daemon(&world);
    // a wait that is about nothing happening
    until("five seconds without work", LONG, || {
        let before = activity(&daemon);
        std::thread::sleep(Duration::from_secs(5));
        let after = activity(&daemon);
        // threads that end take their count along
        let switched = after.0.checked_sub(before.0)?;
        (switched <= 2 && after.1 == before.1).then_some(())
    });
}
