//! An agent is not the person: what it calls through `qd` to decide, land, speak or undo is refused.

use super::world::World;

#[test]
fn decisions_from_inside_a_session_are_refused() {
    let world = World::new();
    // something that waits for the person, and would be landed by a yes
    world.qd(&["task", "add", "Bait", "--run", "echo bait > bait.txt", "--agent", "shell", "--json"]).good();
    let waiting = world.qd(&["approval", "list", "--json"]).good().json();
    let approval = waiting[0]["id"].as_u64().expect("the plan waits").to_string();
    let before = world.git(&["rev-parse", "main"]);
    let command = format!(
        "qd=\"{qd}\"; refusals=; try() {{ \"$qd\" \"$@\" > out.txt 2>&1; echo \"$1 $2: $?\" >> codes.txt; cat out.txt >> words.txt; rm -f out.txt; }}; \
         cd \"$PWD\"; try approval answer {approval} yes; try task confirm 1; try task run 1; try task land 1; \
         try worker send 1 hello; try undo x; try daemon stop; true",
        qd = env!("CARGO_BIN_EXE_qd")
    );
    world.shell_task("Overreach", &command).good();
    let codes = world.landed("codes.txt");
    assert_eq!(codes.lines().count(), 7, "{codes}");
    for line in codes.lines() {
        assert!(line.ends_with(": 4"), "refused as a conflict: `{line}`\n{}", world.landed("words.txt"));
    }
    let bait = world.task(1);
    assert_eq!(bait["status"], "proposed", "nothing was confirmed: {bait}");
    assert_eq!(world.git(&["merge-base", "main", before.trim()]), before, "nothing was undone");
    let log = world.qd(&["task", "log", "--json"]).good().stdout;
    assert!(log.contains("refused"), "the attempt is reported: {log}");
}

#[test]
fn reading_from_inside_a_session_is_allowed() {
    let world = World::new();
    let command = format!("'{}' task get \"$QD_TASK\" --json > me.json", env!("CARGO_BIN_EXE_qd"));
    world.shell_task("Look around", &command).good();
    assert!(world.landed("me.json").contains("Look around"));
}
