//! An agent's command that changes the person's own checkout, and a person who changes it meanwhile.

use std::fs;

use serde_json::Value;

use super::world::{World, until};
use super::{LONG, session};

fn asked(world: &World) -> Option<Value> {
    let waiting = world.qd(&["approval", "list", "--json"]).json_or_nothing();
    waiting.into_iter().find(|one| one["kind"] == "checkout")
}

/// A task that leaves its worktree, then waits; and how far it is.
fn trespass(world: &World, command: &str) -> u64 {
    let sign = world.path("trespassed");
    let root = world.repository().display().to_string();
    let command = command.replace("ROOT", &root);
    let task = world.start_shell_task(
        "Trespass",
        &format!(
            "{command}; echo x > own.txt; touch '{0}'; while [ ! -e '{0}.go' ]; do sleep 0.05; done",
            sign.display()
        ),
    );
    until("it was there", LONG, || sign.exists().then_some(()));
    task
}

fn go(world: &World) {
    fs::write(world.path("trespassed.go"), "").unwrap();
}

#[test]
fn a_change_by_an_agent_is_noticed_kept_and_put_back() {
    let world = World::new();
    world.write("notes.txt", "of the person, not committed\n");
    let task = trespass(&world, "echo mine > 'ROOT/greeting.txt'; rm 'ROOT/notes.txt'; echo new > 'ROOT/planted.txt'");
    world.write("README.md", "# Changed by the person\n");
    go(&world);
    let question = until("the person is asked", LONG, || asked(&world));
    let view = world.task(task);
    assert_eq!(view["status"], "needs_review", "it does not land: {view}");
    assert!(question["title"].as_str().unwrap().contains("Worker 1 changed files in your checkout"), "{question}");
    let mut files: Vec<&str> =
        question["subject"]["files"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    files.sort_unstable();
    assert_eq!(files, ["greeting.txt", "notes.txt", "planted.txt"], "the person's own change is not among them");
    let record = question["subject"]["record"].as_str().unwrap().to_owned();
    assert!(world.qd(&["undo", "--list"]).good().stdout.contains(&record));

    let refused = world.qd(&["undo"]);
    assert_ne!(refused.code, Some(0), "not what a plain undo means: {refused:?}");
    // the person goes on with one of them
    fs::write(world.repository().join("planted.txt"), "mine now\n").unwrap();
    let done = world.qd(&["approval", "answer", &question["id"].to_string(), "yes"]).good();
    assert!(done.stdout.contains("2 of 3"), "{done:?}");
    let read = |name: &str| fs::read_to_string(world.repository().join(name)).unwrap();
    assert_eq!(read("greeting.txt"), "hello\n");
    assert_eq!(read("notes.txt"), "of the person, not committed\n");
    assert_eq!(read("planted.txt"), "mine now\n", "changed since: left alone");
    assert_eq!(read("README.md"), "# Changed by the person\n");
    assert!(asked(&world).is_none());
}

#[test]
fn a_session_that_trespassed_and_goes_on_is_stopped_when_its_turn_ends() {
    let world = World::new();
    let task = trespass(&world, "cd 'ROOT' && echo mine >> greeting.txt; cd -");
    let running = world.running_session(task);
    go(&world);
    let question = until("the person is asked", LONG, || asked(&world));
    assert_eq!(question["subject"]["session"], running["id"]);
    world.qd(&["approval", "answer", &question["id"].to_string(), "no"]).good();
    assert_eq!(fs::read_to_string(world.repository().join("greeting.txt")).unwrap(), "hello\nmine\n", "let be");
    assert!(session(&world, &running["id"])["ended_at"].is_string());
    // what the person let be is no news for the next one
    let next = world.start_shell_task("Next", "echo y > next.txt");
    until("it is over", LONG, || (world.task(next)["status"] == "merging").then_some(()));
    assert!(asked(&world).is_none());
}

#[test]
fn a_file_that_an_agent_only_reads_is_the_persons() {
    let world = World::new();
    let task = trespass(
        &world,
        "cd 'ROOT' && cat greeting.txt 'ROOT/notes.txt' > /dev/null; grep -c x 'ROOT/greeting.txt'; cd -",
    );
    world.write("greeting.txt", "by the person\n");
    world.write("notes.txt", "by the person too\n");
    let running = world.running_session(task);
    go(&world);
    let note = until("it is told", LONG, || {
        let told = world.qd(&["task", "log", "--limit", "50"]).stdout;
        told.contains("Files in your checkout changed while agents worked").then_some(told)
    });
    assert!(note.contains("greeting.txt") && note.contains("notes.txt"), "{note}");
    until("it waits for the checkout", LONG, || (world.task(task)["status"] == "merging").then_some(()));
    assert!(asked(&world).is_none(), "nobody is accused");
    let ended = session(&world, &running["id"]);
    assert_eq!(ended["exit"], "exit code 0", "and nobody was stopped: {ended}");
    assert_eq!(fs::read_to_string(world.repository().join("greeting.txt")).unwrap(), "by the person\n");
}

#[test]
fn what_the_person_changes_is_the_persons() {
    let world = World::new();
    let task = trespass(&world, "ls 'ROOT' > seen.txt");
    world.write("greeting.txt", "by the person\n");
    go(&world);
    until("it waits for the checkout", LONG, || (world.task(task)["status"] == "merging").then_some(()));
    assert!(asked(&world).is_none());
    assert_eq!(fs::read_to_string(world.repository().join("greeting.txt")).unwrap(), "by the person\n");
    world.git(&["checkout", "--quiet", "--", "greeting.txt"]);
    world.until_status(task, "completed", LONG);
    let after = world.start_shell_task("After a landing", "echo y > next.txt");
    world.until_status(after, "completed", LONG);
    assert!(asked(&world).is_none(), "landings are no trespass");
}
