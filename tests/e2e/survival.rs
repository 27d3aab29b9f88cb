//! What happens when something is killed in the middle of the work.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::world::{World, kill_now, runs, until};

const LONG: Duration = Duration::from_secs(90);

/// Four tasks that note that they began, wait for a sign, and then write their file.
fn four_waiting(world: &World) -> Vec<u64> {
    let (sign, notes) = (world.path("sign"), world.path("notes"));
    fs::create_dir_all(&notes).unwrap();
    (1..=4)
        .map(|n| {
            let command = format!(
                "echo begun >> '{}/{n}'; while [ ! -e '{}' ]; do sleep 0.05; done; echo {n} > file{n}.txt",
                notes.display(),
                sign.display()
            );
            world.start_shell_task(&format!("Wait {n}"), &command)
        })
        .collect()
}

fn begun(world: &World) -> usize {
    (1..=4).map(|n| fs::read_to_string(world.path(&format!("notes/{n}"))).unwrap_or_default().lines().count()).sum()
}

#[test]
fn a_killed_daemon_loses_nothing_and_does_nothing_twice() {
    let world = World::new();
    let tasks = four_waiting(&world);
    until("all four have begun", LONG, || (begun(&world) == 4).then_some(()));
    let sessions: Vec<Value> = tasks.iter().map(|task| world.running_session(*task)).collect();
    let daemon = world.qd(&["daemon", "status", "--json"]).good().json();
    kill_now(&daemon["pid"]);
    until("the daemon is gone", LONG, || (!runs(&daemon["pid"])).then_some(()));
    assert!(
        sessions.iter().all(|session| runs(&session["pid"]) && runs(&session["host_pid"])),
        "they go on: {sessions:?}"
    );

    // the next command starts a new daemon, and that one finds them
    let found = world.sessions();
    for session in &sessions {
        let again = found.iter().find(|other| other["id"] == session["id"]).expect("the session is known");
        assert_eq!((&again["pid"], &again["host_pid"]), (&session["pid"], &session["host_pid"]));
    }
    fs::write(world.path("sign"), "").unwrap();
    for task in &tasks {
        let done = world.until_status(*task, "completed", LONG);
        assert_eq!(done["attempts"], 1, "{done}");
    }
    assert_eq!(begun(&world), 4, "no command ran twice");
    assert_eq!(world.sessions().len(), 4, "no session was started twice");
    for n in 1..=4 {
        assert_eq!(world.arrivals(&format!("file{n}.txt")), 1, "file{n}.txt landed exactly once");
    }
}

#[test]
fn work_that_ends_while_the_daemon_is_dead_is_collected() {
    let world = World::new();
    let tasks = four_waiting(&world);
    until("all four have begun", LONG, || (begun(&world) == 4).then_some(()));
    let sessions: Vec<Value> = tasks.iter().map(|task| world.running_session(*task)).collect();
    kill_now(&world.qd(&["daemon", "status", "--json"]).good().json()["pid"]);
    fs::write(world.path("sign"), "").unwrap();
    until("all four agents have ended", LONG, || sessions.iter().all(|session| !runs(&session["pid"])).then_some(()));
    for task in &tasks {
        world.until_status(*task, "completed", LONG);
    }
    assert_eq!(begun(&world), 4);
    for n in 1..=4 {
        assert_eq!(world.arrivals(&format!("file{n}.txt")), 1);
    }
}

/// What became of a task whose session was lost: it is told, and it was tried again or asks.
fn lost_session(world: &World, task: u64, session: &Value, states: &[&str]) {
    let ended = until("the loss is noticed", LONG, || {
        let now = world.sessions().into_iter().find(|other| other["id"] == session["id"])?;
        now["ended_at"].is_string().then_some(now)
    });
    assert!(states.contains(&ended["state"].as_str().unwrap()), "{ended}");
    until("the task is tried again, or asks", LONG, || {
        let now = world.task(task);
        let again =
            now["attempts"].as_u64() > Some(1) || (now["session"].is_string() && now["session"] != session["id"]);
        let asks = now["status"] == "needs_review" || now["needs"].is_string();
        (again || asks).then_some(())
    });
}

#[test]
fn a_killed_agent_is_shown_as_crashed() {
    let world = World::new();
    let task = world.start_shell_task("Sleep", "sleep 1000");
    let session = world.running_session(task);
    kill_now(&session["pid"]);
    lost_session(&world, task, &session, &["crashed"]);
}

#[test]
fn a_killed_host_is_shown_as_interrupted() {
    let world = World::new();
    let task = world.start_shell_task("Sleep", "sleep 1000");
    let session = world.running_session(task);
    kill_now(&session["host_pid"]);
    lost_session(&world, task, &session, &["interrupted", "crashed"]);
}
