//! What every place must be able to do.

use std::time::Duration;

use super::world::{Ended, World, kill_now, runs, until};

/// Long enough for a container to start on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A shell task in a place; waits for its end.
pub fn task(world: &World, place: &str, title: &str, command: &str) -> Ended {
    let line = ["task", "add", title, "--run", command, "--executor", place];
    let rest = ["--agent", "shell", "--autonomy", "full", "--wait", "--json"];
    world.qd(&line.iter().chain(&rest).copied().collect::<Vec<_>>())
}

/// The same, without waiting: its number.
pub fn start(world: &World, place: &str, title: &str, command: &str) -> u64 {
    let line = ["task", "add", title, "--run", command, "--executor", place];
    let rest = ["--agent", "shell", "--autonomy", "full", "--json"];
    let added = world.qd(&line.iter().chain(&rest).copied().collect::<Vec<_>>()).good().json();
    added["id"].as_u64().unwrap()
}

/// What a session shows.
pub fn screen(world: &World, session: &serde_json::Value) -> String {
    world.qd(&["session", "capture", session["id"].as_str().unwrap()]).stdout
}

/// Waits until a session shows something.
pub fn until_shown(world: &World, session: &serde_json::Value, text: &str) {
    until(&format!("the pane shows `{text}`"), PATIENCE, || screen(world, session).contains(text).then_some(()));
}

/// A file is edited and committed there, another one is left uncommitted, and both land.
pub fn work_lands(world: &World, place: &str) {
    let command = "echo good evening > greeting.txt && git add -A && git commit -q -m 'Say it' && echo x > left.txt";
    let ended = task(world, place, "Greet", command).good().json();
    assert_eq!((&ended["status"], &ended["executor"]), (&"completed".into(), &place.into()), "{ended}");
    assert_eq!(world.landed("greeting.txt"), "good evening\n");
    assert_eq!(world.landed("left.txt"), "x\n");
    assert!(world.git(&["log", "--format=%s", "main"]).contains("Say it"), "its own commit is in the history");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.git(&["fsck", "--full", "--strict"]);
}

/// A session that is killed is over, with everything it started.
pub fn a_kill_ends_it(world: &World, place: &str, still_there: impl Fn() -> bool) {
    a_kill_ends_it_with(world, place, "echo up; sleep 6543 & sleep 6543", still_there);
}

/// The same with a command of the story's own.
pub fn a_kill_ends_it_with(world: &World, place: &str, command: &str, still_there: impl Fn() -> bool) {
    let id = start(world, place, "Endless", command);
    let session = world.running_session(id);
    until_shown(world, &session, "up");
    assert!(still_there(), "the story can see it");
    world.qd(&["session", "kill", session["id"].as_str().unwrap()]).good();
    until("the session is over", PATIENCE, || {
        world.sessions().into_iter().find(|it| it["id"] == session["id"] && !it["ended_at"].is_null())
    });
    until("nothing of it is left", PATIENCE, || (!still_there() && !runs(&session["pid"])).then_some(()));
}

/// The daemon is killed while the agent works; the next one finds the session, and the work lands once.
pub fn a_killed_daemon_finds_it_again(world: &World, place: &str) {
    let wait = "until [ -e go.txt ]; do sleep 0.1; done";
    let id = start(world, place, "Patient", &format!("echo up; {wait}; rm go.txt; echo here > patient.txt"));
    let session = world.running_session(id);
    until_shown(world, &session, "up");
    let status = world.qd(&["daemon", "status", "--json"]).good().json();
    kill_now(&status["pid"]);
    until("the daemon is gone", PATIENCE, || (!runs(&status["pid"])).then_some(()));
    let found = world.running_session(id);
    assert_eq!((&found["id"], &found["pid"]), (&session["id"], &session["pid"]), "the same one goes on");
    assert!(screen(world, &found).contains("up"));
    let worktree = world.task(id)["worktree"].as_str().unwrap().to_owned();
    std::fs::write(std::path::Path::new(&worktree).join("go.txt"), "").unwrap();
    world.until_status(id, "completed", PATIENCE);
    assert_eq!(world.landed("patient.txt"), "here\n");
    assert_eq!(world.arrivals("patient.txt"), 1);
}
