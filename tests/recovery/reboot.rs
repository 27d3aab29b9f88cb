//! The machine goes down and comes up: all processes are gone and the runtime directory is empty.

use std::fs;

use super::world::{World, kill_now, runs, until};
use super::{LONG, session, storm};

/// Kills everything of the world at once, as a power cut does, and sweeps its sockets.
fn reboot(world: &World) {
    for _ in 0..3 {
        for pid in storm::processes(world) {
            if runs(&pid.into()) {
                kill_now(&pid.into());
            }
        }
    }
    until("everything is gone", LONG, || storm::processes(world).is_empty().then_some(()));
    fs::remove_dir_all(world.path("qd/run")).unwrap();
}

#[test]
fn what_ran_is_interrupted_and_one_yes_resumes_all_of_it() {
    let world = World::new();
    storm::define(&world);
    let tasks: Vec<u64> = (1..=3).map(|n| storm::add(&world, &format!("Steady {n}")).unwrap()).collect();
    let before: Vec<_> = tasks.iter().map(|task| world.running_session(*task)).collect();
    until("all were told", LONG, || (storm::told(&world).len() == 3).then_some(()));
    let shell = world.start_shell_task("Count", "echo x >> \"$HOME/counted\"; sleep 1000");
    until("the command runs", LONG, || world.path("home/counted").exists().then_some(()));
    reboot(&world);
    let listed = until("the loss is told", LONG, || {
        let listed = world.qd(&["session", "list", "--json"]).json_or_nothing();
        (listed.len() == 4 && listed.iter().all(|one| one["state"] == "interrupted")).then_some(listed)
    });
    for one in &before {
        let now = listed.iter().find(|now| now["id"] == one["id"]).expect("none is forgotten");
        assert!(now["conversation"].is_string(), "{now}");
    }
    assert!(tasks.iter().all(|task| world.task(*task)["status"] == "needs_review"));
    assert_eq!(storm::told(&world).len(), 3, "nothing starts by itself");
    let asked = world.qd(&["approval", "list", "--json"]).good().json();
    let all = asked.as_array().unwrap().iter().find(|one| one["kind"] == "resume").expect("all are offered at once");
    assert_eq!(all["title"], "Resume all 4 interrupted sessions?");
    world.qd(&["approval", "answer", &all["id"].to_string(), "yes"]).good();
    until("all were told to go on", LONG, || {
        (storm::told(&world).iter().filter(|told| told[1] == "resumed").count() == 3).then_some(())
    });
    let told = storm::told(&world);
    assert_eq!(told.iter().filter(|told| told[1] == "fresh").count(), 3, "none begins anew: {told:?}");
    until("the command runs again, as the yes said", LONG, || {
        (fs::read_to_string(world.path("home/counted")).unwrap().lines().count() == 2).then_some(())
    });
    fs::write(world.path("notes/sign"), "").unwrap();
    for task in tasks {
        world.until_status(task, "completed", LONG);
    }
    world.qd(&["task", "cancel", &shell.to_string()]).good();
}

#[test]
fn with_resume_auto_they_go_on_by_themselves() {
    let world = World::new();
    storm::define(&world);
    fs::write(world.path("qd/config/config.toml"), "resume = \"auto\"\n").unwrap();
    let task = storm::add(&world, "Steady").unwrap();
    let before = world.running_session(task);
    until("it was told", LONG, || (storm::told(&world).len() == 1).then_some(()));
    reboot(&world);
    until("it was told to go on", LONG, || {
        world.qd(&["task", "list"]);
        storm::told(&world).iter().any(|told| told[1] == "resumed").then_some(())
    });
    assert_eq!(session(&world, &before["id"])["state"], "interrupted");
    fs::write(world.path("notes/sign"), "").unwrap();
    world.until_status(task, "completed", LONG);
    assert_eq!(storm::told(&world).iter().filter(|told| told[1] == "fresh").count(), 1);
    until("it is archived", LONG, || {
        let session = world.task(task)["session"].as_str().unwrap().to_owned();
        let directory = world.path("qd/state/sessions").join(session);
        let summary = fs::read_to_string(directory.join("summary.md")).ok()?;
        let metadata: serde_json::Value =
            serde_json::from_slice(&fs::read(directory.join("metadata.json")).ok()?).unwrap();
        assert_eq!(metadata["task"], task);
        assert_eq!(metadata["parent"], before["id"], "{metadata}");
        assert!(
            summary.contains("completed") && summary.contains("landed as") && summary.contains("made it"),
            "{summary}"
        );
        Some(())
    });
    until("no session is active", LONG, || {
        (fs::read_to_string(world.path("qd/state/sessions/active.json")).ok()?.trim() == "[]").then_some(())
    });
}
