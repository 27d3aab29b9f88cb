//! What lands is what was checked, shown and agreed to; what did not land is not called done.

use std::fs;
use std::time::Duration;

use super::world::{World, until};

const LONG: Duration = Duration::from_secs(90);

/// A task with a yes to its plan, up to where its landing asks.
fn up_to_the_landing(world: &World, title: &str, command: &str) -> serde_json::Value {
    world.qd(&["task", "add", title, "--run", command, "--agent", "shell", "--json"]).good();
    world.qd(&["task", "confirm", "1"]).good();
    world.until_status(1, "needs_review", LONG)
}

#[test]
fn work_on_another_branch_is_not_lost() {
    let world = World::new();
    let command = "git switch -q -c elsewhere && echo 1 > far.txt && git add -A && git commit -qm far";
    world.shell_task("Work elsewhere", command).good();
    assert_eq!(world.landed("far.txt"), "1\n");
}

#[test]
fn what_changed_after_it_was_shown_is_asked_for_again() {
    let world = World::new();
    let shown = up_to_the_landing(&world, "Write a file", "echo 1 > one.txt");
    let worktree = shown["worktree"].as_str().expect("there is a worktree").to_owned();
    fs::write(format!("{worktree}/sneaky.txt"), "x\n").unwrap();
    world.qd(&["task", "land", "1"]);
    let again = until("it is asked for again", LONG, || {
        let task = world.task(1);
        (task["status"] == "needs_review" && world.qd(&["task", "diff", "1"]).stdout.contains("sneaky")).then_some(task)
    });
    assert!(again["commit"].is_null(), "nothing landed: {again}");
    world.qd(&["task", "land", "1"]).good();
    world.until_status(1, "completed", LONG);
    assert_eq!(world.landed("sneaky.txt"), "x\n");
}

#[test]
fn shell_operators_in_checks_are_checks() {
    let world = World::new();
    world.write(".quarterdeck.toml", "checks = [\"true && false\"]\n");
    world.commit("checks");
    world.start_shell_task("Write a file", "echo 1 > one.txt");
    let asked = until("the commands are asked for", LONG, || {
        let waiting = world.qd(&["approval", "list", "--json"]).good().json();
        waiting.as_array().and_then(|all| all.first().cloned())
    });
    world.qd(&["approval", "answer", &asked["id"].to_string(), "yes"]).good();
    let red = world.until_status(1, "needs_review", LONG);
    assert!(red["reason"].as_str().unwrap_or_default().contains("true && false"), "{red}");
}

#[test]
fn a_check_that_calls_for_its_own_landing_is_refused() {
    let world = World::new();
    let qd = env!("CARGO_BIN_EXE_qd");
    let said = world.path("said").display().to_string();
    let script = format!("setsid sh -c '{qd} task land 1 > {said} 2>&1; echo $? >> {said}' & wait");
    world.write("test.sh", &script);
    world.write("Makefile", "test:\n\tsh test.sh\n");
    world.commit("checks");
    let task = up_to_the_landing(&world, "Write a file", "echo 1 > one.txt");
    let said = until("the check has tried", LONG, || {
        fs::read_to_string(world.path("said")).ok().filter(|said| said.trim_end().ends_with(char::is_numeric))
    });
    assert!(said.trim_end().ends_with('4'), "{said}");
    assert!(world.task(1)["commit"].is_null(), "{task}");
}

#[test]
fn a_setup_command_is_asked_for_and_then_runs() {
    let world = World::new();
    world.write(".quarterdeck.toml", "setup = \"touch ready.txt\"\nchecks = [\"test -e ready.txt\"]\n");
    world.commit("setup");
    world.start_shell_task("Write a file", "echo 1 > one.txt");
    let asked = until("the commands are asked for", LONG, || {
        let waiting = world.qd(&["approval", "list", "--json"]).good().json();
        waiting.as_array().and_then(|all| all.iter().find(|it| it["kind"] == "commands").cloned())
    });
    world.qd(&["approval", "answer", &asked["id"].to_string(), "yes"]).good();
    world.until_status(1, "completed", LONG);
    assert_eq!(world.landed("one.txt"), "1\n");
}

#[test]
fn waiting_ends_when_what_it_waits_for_needs_the_person() {
    let world = World::new();
    world.start_shell_task("Fail", "exit 3");
    world.until_status(1, "needs_review", LONG);
    let ended = world.qd(&[
        "task",
        "add",
        "Later",
        "--run",
        "true",
        "--agent",
        "shell",
        "--autonomy",
        "full",
        "--depends",
        "1",
        "--wait",
    ]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
}

#[test]
fn a_landing_that_was_taken_back_says_so() {
    let world = World::new();
    world.shell_task("Write a file", "echo 1 > one.txt").good();
    world.qd(&["undo"]).good();
    let task = world.task(1);
    assert!(task["commit"].is_null() && task["reason"].as_str().unwrap_or_default().contains("taken back"), "{task}");
}

#[test]
fn a_detached_head_hides_nothing() {
    let world = World::new();
    world.shell_task("Write a file", "echo 1 > one.txt").good();
    world.git(&["checkout", "-q", "--detach"]);
    assert!(world.qd(&["task", "list"]).good().stdout.contains("Write a file"));
}
