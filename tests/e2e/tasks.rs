//! Shell tasks from the command line: side by side, in conflict, one after another, and taken back.

use std::fs;
use std::time::Duration;

use super::world::{Ended, World};

/// A command that goes on when `count` of them are there: proof that they run at the same time.
fn together(world: &World, name: &str, count: usize, then: &str) -> String {
    let meeting = world.path("meeting").display().to_string();
    format!(
        "mkdir -p '{meeting}' && : > '{meeting}/{name}' && n=0 && \
         while [ \"$(ls '{meeting}' | wc -l)\" -lt {count} ] && [ $n -lt 600 ]; do n=$((n+1)); sleep 0.05; done; \
         [ \"$(ls '{meeting}' | wc -l)\" -ge {count} ] && {then}"
    )
}

/// Adds tasks at the same time and waits for all.
fn all_at_once(world: &World, tasks: &[(String, String)]) -> Vec<Ended> {
    std::thread::scope(|scope| {
        let running: Vec<_> =
            tasks.iter().map(|(title, command)| scope.spawn(move || world.shell_task(title, command))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn four_at_once_run_side_by_side_and_all_land() {
    let world = World::new();
    let tasks: Vec<_> = (1..=4)
        .map(|n| (format!("Write file {n}"), together(&world, &n.to_string(), 4, &format!("echo {n} > file{n}.txt"))))
        .collect();
    let ended = all_at_once(&world, &tasks);
    let mut commits: Vec<String> = Vec::new();
    for end in ended {
        let task = end.good().json();
        assert_eq!(task["status"], "completed", "{task}");
        assert!(task["completed_at"].is_string() && task["branch"].is_string(), "{task}");
        commits.push(task["commit"].as_str().expect("what landed").to_owned());
    }
    commits.sort();
    commits.dedup();
    assert_eq!(commits.len(), 4, "each has a landing of its own");
    for n in 1..=4 {
        assert_eq!(world.landed(&format!("file{n}.txt")), format!("{n}\n"));
        assert_eq!(world.arrivals(&format!("file{n}.txt")), 1);
        assert!(world.repository().join(format!("file{n}.txt")).exists(), "the checkout followed");
    }
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn of_two_that_change_the_same_line_one_lands_and_one_comes_back() {
    let world = World::new();
    let tasks: Vec<_> = ["aye", "nay"]
        .iter()
        .map(|word| (format!("Say {word}"), together(&world, word, 2, &format!("echo {word} > greeting.txt"))))
        .collect();
    let ended = all_at_once(&world, &tasks);
    let (good, bad): (Vec<_>, Vec<_>) = ended.iter().partition(|end| end.code == Some(0));
    assert_eq!((good.len(), bad.len()), (1, 1), "{ended:?}");
    let returned = bad[0].json();
    assert_eq!((bad[0].code, &returned["status"]), (Some(1), &"needs_review".into()), "{returned}");
    assert!(returned["reason"].as_str().unwrap().contains("greeting.txt"), "the file is named: {returned}");
    let winner = good[0].json()["title"].as_str().unwrap().replace("Say ", "");
    assert_eq!(world.landed("greeting.txt"), format!("{winner}\n"));
    assert_eq!(fs::read_to_string(world.repository().join("greeting.txt")).unwrap(), format!("{winner}\n"));
    assert_eq!(world.git(&["status", "--porcelain"]), "", "nothing is half-merged");
    assert!(!world.repository().join(".git/MERGE_HEAD").exists());
}

#[test]
fn a_dependent_starts_after_its_dependency_has_landed() {
    let world = World::new();
    let first = world.start_shell_task("First", "sleep 0.5; echo one > chain.txt");
    let id = first.to_string();
    let second = world
        .qd(&[
            "task",
            "add",
            "Second",
            "--run",
            "cat chain.txt && echo two >> chain.txt",
            "--agent",
            "shell",
            "--autonomy",
            "full",
            "--depends",
            &id,
            "--wait",
            "--json",
        ])
        .good()
        .json();
    assert_eq!(second["depends"][0], first);
    assert_eq!(world.landed("chain.txt"), "one\ntwo\n");
}

#[test]
fn confirm_waits_for_the_plan_and_for_the_landing() {
    let world = World::new();
    let added =
        world.qd(&["task", "add", "Careful", "--run", "echo x > careful.txt", "--agent", "shell", "--wait", "--json"]);
    let task = added.json();
    assert_eq!((added.code, &task["status"]), (Some(1), &"proposed".into()), "a person is needed: {added:?}");
    let id = task["id"].as_u64().unwrap();
    world.qd(&["task", "confirm", &id.to_string()]).good();
    super::world::until("the landing waits for a yes", Duration::from_secs(60), || {
        let waiting = world.qd(&["approval", "list", "--json"]).good().json();
        waiting.as_array()?.iter().any(|approval| approval["kind"] == "landing").then_some(())
    });
    assert!(world.qd(&["task", "diff", &id.to_string()]).good().stdout.contains("careful.txt"));
    assert_eq!(world.arrivals("careful.txt"), 0, "nothing landed without a yes");
    world.qd(&["task", "land", &id.to_string()]).good();
    world.until_status(id, "completed", Duration::from_secs(60));
    assert_eq!(world.landed("careful.txt"), "x\n");
}

#[test]
fn a_failing_command_lands_nothing() {
    let world = World::new();
    let ended = world.shell_task("Fail", "echo half > half.txt; exit 3");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(world.arrivals("half.txt"), 0);
}

#[test]
fn a_landing_can_be_undone() {
    let world = World::new();
    let before = world.git(&["rev-parse", "main"]);
    world.shell_task("Regret", "echo x > regret.txt").good();
    assert_ne!(world.git(&["rev-parse", "main"]), before);
    super::world::until("the landing is undone", Duration::from_secs(30), || {
        // the latest entry may be the removed worktree: undo until the landing is reached
        world.qd(&["undo"]).good();
        (world.git(&["rev-parse", "main"]) == before).then_some(())
    });
    assert!(!world.repository().join("regret.txt").exists());
}

#[test]
fn a_dirty_checkout_is_left_alone_and_the_landing_waits() {
    let world = World::new();
    world.write("greeting.txt", "my unfinished sentence\n");
    let id = world.start_shell_task("Greet", "echo good evening > greeting.txt");
    let task = super::world::until("the landing is held up", Duration::from_secs(60), || {
        let task = world.task(id);
        task["reason"].as_str().is_some_and(|reason| reason.contains("busy")).then_some(task)
    });
    assert_eq!(task["status"], "merging", "{task}");
    assert_eq!(fs::read_to_string(world.repository().join("greeting.txt")).unwrap(), "my unfinished sentence\n");
    world.git(&["checkout", "--", "greeting.txt"]);
    world.until_status(id, "completed", Duration::from_secs(90));
    assert_eq!(fs::read_to_string(world.repository().join("greeting.txt")).unwrap(), "good evening\n");
}
