//! A host that runs and does not answer.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::world::{World, runs, until};
use super::{LONG, session};

fn signal(pid: &Value, signal: Signal) {
    let pid = pid.as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a process has a number");
    kill(Pid::from_raw(pid), signal).unwrap();
}

#[test]
fn a_session_whose_host_hangs_can_be_killed() {
    let world = World::new();
    let task = world.start_shell_task("Wait", "trap '' HUP TERM; while :; do sleep 1; done");
    let running = world.running_session(task);
    signal(&running["host_pid"], Signal::SIGSTOP);
    world.qd(&["session", "kill", running["id"].as_str().unwrap()]).good();
    let ended = until("the end is told", LONG, || {
        Some(session(&world, &running["id"])).filter(|session| session["ended_at"].is_string())
    });
    assert!(!runs(&running["host_pid"]) && !runs(&running["pid"]), "{ended}");
}

#[test]
fn a_host_that_hung_for_a_while_is_worked_with_again() {
    let world = World::new();
    let sign = world.path("sign");
    let script = format!("while [ ! -e '{}' ]; do sleep 0.05; done; echo x > waited.txt", sign.display());
    let task = world.start_shell_task("Wait", &script);
    let running = world.running_session(task);
    let before = super::daemon(&world);
    super::kill_and_wait("the daemon", &before);
    signal(&running["host_pid"], Signal::SIGSTOP);
    until("its host is missed", LONG, || (session(&world, &running["id"])["state"] == "unreachable").then_some(()));
    signal(&running["host_pid"], Signal::SIGCONT);
    until("it is back", LONG, || (session(&world, &running["id"])["state"] == "working").then_some(()));
    std::fs::write(&sign, "").unwrap();
    assert_eq!(world.until_status(task, "completed", LONG)["attempts"], 1);
}
