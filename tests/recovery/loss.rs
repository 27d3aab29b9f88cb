//! An agent or its host is killed: what is told of it, and what is left behind.

use std::fs;

use super::world::{World, runs, until};
use super::{LONG, kill_and_wait, session};

/// A task whose agent leaves a process that ignores hang-ups, far from it; the numbers of both.
fn with_a_far_one(world: &World) -> (u64, serde_json::Value, serde_json::Value) {
    let note = world.path("far");
    let command = format!(
        "(setsid sh -c 'trap \"\" HUP; echo $$ > \"{0}.tmp\"; mv \"{0}.tmp\" \"{0}\"; env -i sleep 1000; true' &) ; \
         trap '' HUP; sleep 1000",
        note.display()
    );
    let task = world.start_shell_task("Leave one behind", &command);
    let running = world.running_session(task);
    let far = until("the far process runs", LONG, || fs::read_to_string(&note).ok()?.trim().parse::<u64>().ok());
    (task, running, far.into())
}

#[test]
fn a_killed_host_leaves_nothing_behind() {
    let world = World::new();
    let (task, running, far) = with_a_far_one(&world);
    kill_and_wait("the host", &running["host_pid"]);
    until("agent and far process are gone", LONG, || (!runs(&running["pid"]) && !runs(&far)).then_some(()));
    let ended = until("the loss is told", LONG, || {
        Some(session(&world, &running["id"])).filter(|session| session["ended_at"].is_string())
    });
    assert_eq!(ended["state"], "interrupted", "{ended}");
    let asks = until("the task asks", LONG, || Some(world.task(task)).filter(|task| task["needs"].is_string()));
    assert_eq!(asks["status"], "needs_review", "{asks}");
    // and can be tried again
    fs::write(world.path("sign"), "").unwrap();
    world.qd(&["task", "retry", &task.to_string()]).good();
    let again = world.running_session(task);
    assert_ne!(again["id"], running["id"]);
}

#[test]
fn a_host_killed_while_the_daemon_is_dead_leaves_nothing_behind() {
    let world = World::new();
    let (_, running, far) = with_a_far_one(&world);
    kill_and_wait("the daemon", &super::daemon(&world));
    kill_and_wait("the host", &running["host_pid"]);
    let ended = until("the next daemon tells of the loss", LONG, || {
        Some(session(&world, &running["id"])).filter(|session| session["ended_at"].is_string())
    });
    assert_eq!(ended["state"], "interrupted", "{ended}");
    assert!(!runs(&running["pid"]) && !runs(&far), "what was left is ended before the loss is told");
}

#[test]
fn a_killed_agent_takes_its_far_processes_along() {
    let world = World::new();
    let (task, running, far) = with_a_far_one(&world);
    kill_and_wait("the agent", &running["pid"]);
    let ended = until("the crash is told", LONG, || {
        Some(session(&world, &running["id"])).filter(|session| session["ended_at"].is_string())
    });
    assert_eq!(ended["state"], "crashed", "{ended}");
    assert!(!runs(&far));
    until("the task asks", LONG, || world.task(task)["needs"].is_string().then_some(()));
}
