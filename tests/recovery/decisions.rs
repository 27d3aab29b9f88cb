//! The person ends, cancels and repeats what runs: states are right, and no work is lost.

use super::world::{World, runs, until};
use super::{LONG, session};

/// A task that has written something and goes on; its session.
fn with_work(world: &World, file: &str) -> (u64, serde_json::Value) {
    let noted = world.path(file);
    let task = world.start_shell_task(
        &format!("Write {file}"),
        &format!("echo draft > {file}; : > '{}'; sleep 1000", noted.display()),
    );
    until("the draft is written", LONG, || noted.exists().then_some(()));
    (task, world.running_session(task))
}

fn gone(world: &World, running: &serde_json::Value) -> serde_json::Value {
    let ended = until("the session is over", LONG, || {
        Some(session(world, &running["id"])).filter(|session| session["ended_at"].is_string())
    });
    assert!(!runs(&running["pid"]), "a session that is called over has no agent");
    ended
}

#[test]
fn a_killed_session_keeps_its_work_for_a_retry() {
    let world = World::new();
    let (task, running) = with_work(&world, "killed.txt");
    world.qd(&["session", "kill", running["id"].as_str().unwrap()]).good();
    assert_eq!(gone(&world, &running)["state"], "exited");
    let asks = world.until_status(task, "needs_review", LONG);
    let worktree = std::path::PathBuf::from(asks["worktree"].as_str().expect("its worktree stays"));
    assert_eq!(std::fs::read_to_string(worktree.join("killed.txt")).unwrap(), "draft\n");
    world.qd(&["task", "retry", &task.to_string()]).good();
    let again = world.running_session(task);
    assert_ne!(again["id"], running["id"]);
    assert_eq!(world.task(task)["attempts"], 2);
}

#[test]
fn a_stopped_worker_keeps_its_work() {
    let world = World::new();
    let (task, running) = with_work(&world, "stopped.txt");
    world.qd(&["worker", "stop", &running["worker"].to_string()]).good();
    assert_eq!(gone(&world, &running)["state"], "exited");
    let asks = world.until_status(task, "needs_review", LONG);
    assert!(std::path::Path::new(asks["worktree"].as_str().unwrap()).join("stopped.txt").exists());
}

#[test]
fn cancelled_work_can_be_brought_back() {
    let world = World::new();
    let (task, running) = with_work(&world, "cancelled.txt");
    let branch = world.task(task)["branch"].as_str().expect("it has a branch").to_owned();
    world.qd(&["task", "cancel", &task.to_string()]).good();
    gone(&world, &running);
    world.until_status(task, "cancelled", LONG);
    let kept = until("the work is kept aside", LONG, || {
        let refs = world.git(&["for-each-ref", "--format=%(refname)", "refs/quarterdeck"]);
        refs.lines()
            .find(|name| world.git(&["ls-tree", "--name-only", name]).contains("cancelled.txt"))
            .map(str::to_owned)
    });
    assert_eq!(world.git(&["show", &format!("{kept}:cancelled.txt")]), "draft\n");
    let listed = world.qd(&["undo", "--list", "--json"]).good().json();
    let entry =
        listed.as_array().unwrap().iter().find(|entry| entry["task"] == task).expect("it can be undone").clone();
    world.qd(&["undo", entry["id"].as_str().unwrap()]).good();
    assert_eq!(world.git(&["show", &format!("restored/{branch}:cancelled.txt")]), "draft\n");
}
