//! `qd agents` on machines with none, one, all and broken agents, and with a PATH that leads nowhere: fake programs in a
//! directory of the story.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::world::World;

const AGENTS: [&str; 4] = ["claude", "codex", "gemini", "opencode"];

/// A world whose PATH holds only what the system itself needs.
fn world() -> World {
    let mut world = World::new();
    fs::create_dir_all(world.path("bin")).unwrap();
    let path = format!("{}:/usr/bin:/bin", world.path("bin").display());
    world.environment.push(("PATH".to_owned(), path));
    world
}

fn install(world: &World, name: &str, script: &str) {
    let file = world.path("bin").join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

fn agents(world: &World) -> Vec<Value> {
    let all = world.qd(&["agents", "--json"]).good().json();
    let known = |agent: &&Value| AGENTS.iter().any(|name| agent["name"] == **name);
    all.as_array().unwrap().iter().filter(known).cloned().collect()
}

#[test]
fn none() {
    let world = world();
    for agent in agents(&world) {
        assert_eq!((&agent["installed"], &agent["version"]), (&false.into(), &Value::Null), "{agent}");
        assert!(agent["hint"].as_str().unwrap().contains("npm install -g"), "{agent}");
        assert_eq!(agent["signed_in"], Value::Null, "{agent}");
    }
    let refused = world.qd(&["task", "add", "Do it", "--agent", "codex", "--autonomy", "full", "--wait"]);
    assert_ne!(refused.code, Some(0));
}

#[test]
fn one_all_and_broken_ones() {
    let world = world();
    install(&world, "codex", "echo codex-cli 0.169.0");
    let found = agents(&world);
    let installed: Vec<&Value> = found.iter().filter(|agent| agent["installed"] == true).collect();
    assert_eq!(installed.len(), 1, "{found:?}");
    assert_eq!((&installed[0]["name"], &installed[0]["version"]), (&"codex".into(), &"codex-cli 0.169.0".into()));
    assert_eq!(installed[0]["path"], world.path("bin/codex").display().to_string());
    assert_eq!((&installed[0]["signed_in"], &installed[0]["hint"]), (&false.into(), &"run `codex login`".into()));

    fs::create_dir_all(world.path("home/.codex")).unwrap();
    fs::write(world.path("home/.codex/auth.json"), "{}").unwrap();
    install(&world, "claude", "echo '2.1.329 (Claude Code)'");
    install(&world, "gemini", "echo 'SyntaxError: this node is too old' >&2; exit 1");
    install(&world, "opencode", "printf '\\033[31m1.18.33\\033[0m\\n'");
    let found = agents(&world);
    assert!(found.iter().all(|agent| agent["installed"] == true), "{found:?}");
    let of = |name: &str| found.iter().find(|agent| agent["name"] == name).unwrap();
    assert_eq!((&of("codex")["signed_in"], &of("codex")["hint"]), (&true.into(), &Value::Null));
    assert_eq!(of("opencode")["version"], "1.18.33", "its colours are not for a table");
    let gemini = of("gemini");
    assert_eq!((&gemini["version"], &gemini["signed_in"]), (&Value::Null, &Value::Null));
    assert!(gemini["hint"].as_str().unwrap().contains("does not start: SyntaxError"), "{gemini}");
    let table = world.qd(&["agents"]).good().stdout;
    assert!(table.contains("AGENT") && table.contains("codex-cli 0.169.0"), "{table}");
}

#[test]
fn a_path_that_leads_nowhere() {
    let mut world = world();
    world.environment.push(("PATH".to_owned(), "/nowhere:/usr/bin:/bin".to_owned()));
    install(&world, "codex", "echo codex-cli 0.169.0");
    let found = agents(&world);
    assert!(found.iter().all(|agent| agent["installed"] == false), "{found:?}");
    // a file that cannot be run is none either
    let file = world.path("bin/claude");
    fs::write(&file, "no program").unwrap();
    assert!(agents(&world).iter().all(|agent| agent["installed"] == false));
}

#[test]
fn a_recording_is_replayed_without_a_daemon() {
    let world = world();
    let recording = format!("{}/tests/fixtures/agents/recordings/codex_approval.cast", env!("CARGO_MANIFEST_DIR"));
    let states = world.qd(&["agents", "replay", &recording, "--agent", "codex", "--json"]).good().json();
    let words: Vec<&str> = states.as_array().unwrap().iter().map(|state| state["state"].as_str().unwrap()).collect();
    assert!(words.starts_with(&["waiting_permission", "idle"]) || words.starts_with(&["idle"]), "{states}");
    for word in ["working", "waiting_permission", "waiting_input"] {
        assert!(words.contains(&word), "{word}: {states}");
    }
    for state in states.as_array().unwrap() {
        assert!(state["t"].is_f64() && state["source"].is_string() && state["evidence"].is_string(), "{state}");
    }
    assert!(!world.path("qd/state/daemon.sock").exists());
    let wrong = world.qd(&["agents", "replay", &recording, "--agent", "nobody", "--json"]);
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
    world.write("bad.cast", "{\"version\":2,\"width\":80,\"height\":24}\n[1.0,\"o\"");
    let bad = world.qd(&["agents", "replay", "bad.cast", "--agent", "codex"]);
    assert!(bad.stderr.contains("line 2"), "{bad:?}");
}

#[test]
fn a_worker_is_explained() {
    let world = world();
    let id = world.start_shell_task("Wait", "echo here; sleep 60");
    let session = world.running_session(id);
    let worker = session["worker"].to_string();
    let explained = world.qd(&["worker", "explain", &worker, "--json"]).good().json();
    assert_eq!((&explained["agent"], &explained["session"]), (&"shell".into(), &session["id"]), "{explained}");
    assert!(explained["age_ms"].is_u64() && explained["confidence"].is_string(), "{explained}");
    let words = world.qd(&["worker", "explain", &worker]).good().stdout;
    assert!(words.contains("confidence") && words.contains("known by"), "{words}");
    assert_ne!(world.qd(&["worker", "explain", "9"]).code, Some(0));
}
