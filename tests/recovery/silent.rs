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
    world.configure("heartbeat = 1\n");
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

#[test]
fn a_host_that_stands_still_is_unreachable_though_nothing_is_expected_of_it() {
    let world = World::new();
    world.configure("heartbeat = 1\n");
    world.qd(&["worker", "start", "1", "--agent", "shell"]).good();
    let running = until("its shell waits at its prompt", LONG, || {
        world.sessions().into_iter().find(|session| session["pid"].is_u64() && session["state"] == "idle")
    });
    signal(&running["host_pid"], Signal::SIGSTOP);
    let missed = until("its host is missed", LONG, || {
        Some(session(&world, &running["id"])).filter(|session| session["state"] == "unreachable")
    });
    let evidence = missed["evidence"].as_str().unwrap();
    assert!(evidence.contains("no answer for"), "since when is said: {evidence}");
    let shown = world.qd(&["session", "list"]).good().stdout;
    assert!(shown.contains("unreachable"), "{shown}");
    signal(&running["host_pid"], Signal::SIGCONT);
    let back = until("it is back by itself", LONG, || {
        Some(session(&world, &running["id"])).filter(|session| session["state"] == "idle")
    });
    assert_eq!((&back["pid"], &back["host_pid"]), (&running["pid"], &running["host_pid"]), "nothing is started anew");
    assert_eq!(world.sessions().len(), 1, "nothing is doubled");
    assert!(runs(&running["pid"]));
}

#[test]
fn what_a_host_that_stood_still_was_asked_for_is_done_once() {
    let world = World::new();
    world.configure("heartbeat = 1\n");
    world.qd(&["worker", "start", "1", "--agent", "shell"]).good();
    let running = until("its shell waits at its prompt", LONG, || {
        world.sessions().into_iter().find(|session| session["pid"].is_u64() && session["state"] == "idle")
    });
    let sign = world.path("said");
    signal(&running["host_pid"], Signal::SIGSTOP);
    until("its host is missed", LONG, || (session(&world, &running["id"])["state"] == "unreachable").then_some(()));
    world.qd(&["worker", "send", "1", &format!("echo once >> '{0}'; echo over >> '{0}'", sign.display())]).good();
    signal(&running["host_pid"], Signal::SIGCONT);
    let read = || std::fs::read_to_string(&sign).unwrap_or_default();
    until("it was said", LONG, || read().ends_with("over\n").then_some(()));
    until("it is at rest", LONG, || (session(&world, &running["id"])["state"] == "idle").then_some(()));
    assert_eq!(read(), "once\nover\n", "and not twice");
}
