//! `qd demo --headless`: the whole machine without a person, and nothing left of it.

use std::fs;

use super::world::World;

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
    assert!(!world.path("qd").exists(), "the person's own place was not touched");
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
