//! `qd demo --headless`: the whole machine without a person, and nothing left of it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::world::{World, until};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn the_headless_demo_merges_all_four_and_leaves_nothing() {
    let world = World::without_repository();
    let ended = world.qd_in(&world.path("home"), &["demo", "--headless", "--json"], b"").good();
    let summary = ended.json();
    assert_eq!((&summary["ok"], &summary["merged"]), (&true.into(), &4.into()), "{summary}");
    let tasks = summary["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 4);
    for task in tasks {
        assert_eq!(task["status"], "completed", "{task}");
        assert!(task["commit"].is_string() && task["branch"].is_string() && task["seconds"].is_number(), "{task}");
    }
    assert!(tasks.iter().any(|task| task["attempts"].as_u64() > Some(0)));
    for kind in ["plan", "commands", "permission", "landing"] {
        assert!(summary["answers"][kind].as_u64() > Some(0), "`{kind}` was asked: {summary}");
    }
    assert!(!std::path::Path::new(summary["repository"].as_str().unwrap()).exists(), "the files are gone");
    for place in ["qd/data", "qd/state", "qd/run"] {
        assert!(!world.path(place).exists(), "the person's own place was not touched");
    }
    let root = std::path::Path::new(summary["repository"].as_str().unwrap()).parent().unwrap().display().to_string();
    assert_eq!(processes_below(&root), Vec::<String>::new(), "its processes have ended");
}

/// Command lines and directories of processes that have to do with a directory.
fn processes_below(directory: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    processes
        .filter_map(|process| {
            let command = String::from_utf8_lossy(&fs::read(process.join("cmdline")).ok()?).replace('\0', " ");
            let cwd = fs::read_link(process.join("cwd")).unwrap_or_default().display().to_string();
            (command.contains(directory) || cwd.starts_with(directory)).then(|| format!("{command} in {cwd}"))
        })
        .collect()
}

#[test]
fn what_a_killed_demo_leaves_is_cleared_away_and_nothing_else() {
    let world = World::without_repository();
    let home = world.path("home");
    let others = ["qd-demo-secret", "qd-demo-ABCDEF", "qd-other-123456"].map(|name| world.path(name));
    for other in &others {
        fs::create_dir_all(other).unwrap();
    }
    // one that says it belongs to a process of another system says nothing here
    let foreign = r#"{"pid":1,"started_ticks":1,"world":"elsewhere","keep":false}"#;
    fs::write(others[1].join("owner.json"), foreign).unwrap();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_qd"));
    demo.args(["demo", "--headless", "--json"]).current_dir(&home).env_clear().envs(world.variables());
    let mut demo = demo.env("QD_DEMO_PACE", "3").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let root = until("agents of the demo run", LONG, || {
        let found = fs::read_dir(world.path("")).unwrap().flatten().map(|entry| entry.path());
        let mut demos = found.filter(|path| path.join("inkwell").is_dir());
        demos.find(|root| fs::read_dir(root.join("home/state/sessions")).is_ok_and(|all| all.count() > 0))
    });
    let sweep = || world.qd_in(&home, &["doctor"], b"").stdout;
    assert!(!sweep().contains("cleared away") && root.exists(), "one that runs is left alone");
    demo.kill().unwrap();
    demo.wait().unwrap();
    let said = sweep();
    assert!(said.contains(&root.display().to_string()), "{said}");
    assert!(!root.exists() && others.iter().all(|other| other.exists()));
    until("its processes have ended", LONG, || processes_below(&root.display().to_string()).is_empty().then_some(()));
}
