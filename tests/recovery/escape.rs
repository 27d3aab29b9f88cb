//! An agent's process that tries to shed its session before it asks for what is the person's.

use std::fs;

use super::world::{World, until};
use super::{LONG, daemon};

/// A task that waits for the person, and the number of what it asks.
fn bait(world: &World) -> (u64, String) {
    let added = world.qd(&["task", "add", "Bait", "--run", "echo bait > bait.txt", "--agent", "shell", "--json"]);
    let task = added.good().json()["id"].as_u64().unwrap();
    let waiting = world.qd(&["approval", "list", "--json"]).good().json();
    (task, waiting[0]["id"].as_u64().expect("the plan waits").to_string())
}

#[test]
fn a_far_process_with_an_empty_environment_is_still_the_agent() {
    let world = World::new();
    let (bait, approval) = bait(&world);
    let before = daemon(&world);
    let (script, codes) = (world.path("escape.sh"), world.path("codes"));
    let tries = [
        format!("approval answer {approval} yes"),
        format!("task confirm {bait}"),
        format!("task land {bait}"),
        format!("task cancel {bait}"),
        "worker send 1 hello".to_owned(),
        "undo".to_owned(),
        "daemon stop".to_owned(),
    ];
    let mut lines = vec![format!("cd '{}'", world.repository().display())];
    lines.extend(tries.iter().map(|words| {
        format!("'{}' {words} >> said 2>&1; echo \"{words}: $?\" >> codes.tmp", env!("CARGO_BIN_EXE_qd"))
    }));
    lines.push(format!("mv codes.tmp '{}'", codes.display()));
    fs::write(&script, lines.join("\n")).unwrap();
    // a daemon's way out: a child of a child, in a terminal session of its own, its parents gone
    let command = format!(
        "(setsid sh -c '(env -i PATH=\"$PATH\" HOME=\"$HOME\" QD_HOME=\"$QD_HOME\" sh \"{}\" &)' &); \
         n=0; while [ ! -e '{}' ] && [ $n -lt 600 ]; do n=$((n+1)); sleep 0.05; done",
        script.display(),
        codes.display()
    );
    let task = world.start_shell_task("Overreach", &command);
    let codes = until("all was tried", LONG, || fs::read_to_string(&codes).ok());
    let said = fs::read_to_string(world.repository().join("said")).unwrap();
    assert_eq!(codes.lines().count(), tries.len(), "{codes}");
    assert!(codes.lines().all(|line| line.ends_with(": 4")), "refused as conflicts:\n{codes}\n{said}");
    assert_eq!(world.task(bait)["status"], "proposed");
    assert_eq!(daemon(&world), before, "the daemon was not stopped");
    let log = world.qd(&["task", "log", "--json"]).good().stdout;
    assert!(log.contains("refused"), "it is reported: {log}");
    fs::remove_file(world.repository().join("said")).unwrap();
    until("the overreaching task is over", LONG, || (world.task(task)["status"] != "executing").then_some(()));
}

/// The same from a command of the project that runs an agent's code: a check.
#[test]
fn a_far_process_of_a_check_is_not_the_person() {
    let world = World::new();
    let (bait, approval) = bait(&world);
    let (script, codes) = (world.path("escape.sh"), world.path("codes"));
    let tries = [format!("approval answer {approval} yes"), format!("task land {bait}"), format!("task cancel {bait}")];
    let mut lines = vec![format!("cd '{}'", world.repository().display())];
    lines.extend(tries.iter().map(|words| {
        format!(
            "'{}' {words} >> '{}.said' 2>&1; echo \"{words}: $?\" >> '{1}.tmp'",
            env!("CARGO_BIN_EXE_qd"),
            codes.display()
        )
    }));
    lines.push(format!("mv '{0}.tmp' '{0}'", codes.display()));
    fs::write(&script, lines.join("\n")).unwrap();
    let command = format!(
        "(setsid sh -c '(env -i PATH=\"$PATH\" HOME=\"$HOME\" QD_HOME=\"$QD_HOME\" sh \"{}\" &)' &); \
         n=0; while [ ! -e '{}' ] && [ $n -lt 600 ]; do n=$((n+1)); sleep 0.05; done",
        script.display(),
        codes.display()
    );
    world.write(".quarterdeck.toml", &format!("checks = [{}]\n", toml_text(&command)));
    world.commit("A check");
    let task = world.start_shell_task("Change something", "echo x > changed.txt");
    let asked = until("the check is asked for", LONG, || {
        let waiting = world.qd(&["approval", "list", "--json"]).json_or_nothing();
        waiting.into_iter().find(|one| one["kind"] == "commands")
    });
    world.qd(&["approval", "answer", &asked["id"].to_string(), "yes"]).good();
    let codes = until("all was tried", LONG, || fs::read_to_string(&codes).ok());
    assert!(codes.lines().count() == tries.len() && codes.lines().all(|line| line.ends_with(": 4")), "{codes}");
    assert_eq!(world.task(bait)["status"], "proposed");
    world.until_status(task, "completed", LONG);
}

/// A text as TOML has it.
fn toml_text(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
