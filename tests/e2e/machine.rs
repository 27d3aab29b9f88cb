//! `qd agents` on machines with none, one, all and broken agents, and with a PATH that leads nowhere: fake programs in a
//! directory of the story.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::Value;

use super::world::{World, until};

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
fn programs_that_hang_say_nothing_or_are_something_else() {
    let world = world();
    install(&world, "claude", "exec sleep 600");
    install(&world, "codex", "head -c 3000000 /dev/urandom | tr -d '0-9'");
    install(&world, "gemini", "exit 0");
    install(
        &world,
        "opencode",
        "echo 'file:///x.js:1'; echo 'SyntaxError: no export named zstd' >&2; echo 'Node.js v20' >&2; exit 1",
    );
    install(&world, "kimi", "kill -9 $$");
    // no program at all
    fs::write(world.path("bin/qwen"), [0x7f, b'E', b'L', b'F', 0, 1, 2]).unwrap();
    fs::set_permissions(world.path("bin/qwen"), fs::Permissions::from_mode(0o755)).unwrap();
    let all = world.qd(&["agents", "--json"]).good().json();
    let hint = |name: &str| {
        let agent = all.as_array().unwrap().iter().find(|agent| agent["name"] == name).unwrap();
        assert_eq!((&agent["installed"], &agent["version"]), (&true.into(), &Value::Null), "{agent}");
        agent["hint"].as_str().unwrap_or_default().to_owned()
    };
    assert!(hint("claude").contains("hangs") && hint("claude").contains("try it in a terminal"), "{}", hint("claude"));
    for name in ["codex", "gemini"] {
        assert!(hint(name).contains("printed no version: is it the agent's program?"), "{}", hint(name));
    }
    assert!(hint("opencode").ends_with("does not start: SyntaxError: no export named zstd"), "{}", hint("opencode"));
    assert!(hint("kimi").contains("does not start: a signal (it needs Node.js 22 or newer)"), "{}", hint("kimi"));
    assert!(hint("qwen").contains("does not start"), "{}", hint("qwen"));
    let table = world.qd(&["agents"]).good().stdout;
    assert!(table.lines().all(|line| line.len() < 600), "garbage does not get into it: {table}");
}

#[test]
fn only_the_login_shell_knows_where_it_is() {
    let world = world();
    let tools = world.path("home/tools");
    fs::create_dir_all(&tools).unwrap();
    install(&world, "codex", "echo codex-cli 0.169.0");
    fs::rename(world.path("bin/codex"), tools.join("codex")).unwrap();
    assert!(agents(&world).iter().all(|agent| agent["installed"] == false));
    world.qd(&["daemon", "stop"]).good();

    fs::write(world.path("home/.profile"), "echo welcome\nPATH=\"$HOME/tools:$PATH\"\nexport PATH\n").unwrap();
    let found = agents(&world);
    let codex = found.iter().find(|agent| agent["name"] == "codex").unwrap();
    assert_eq!(codex["path"], tools.join("codex").display().to_string(), "{codex}");
    assert_eq!(codex["version"], "codex-cli 0.169.0");
}

/// What the person says about an agent holds from the next look and the next start on, while the daemon runs.
#[test]
fn an_edited_definition_is_used_at_once() {
    let world = world();
    install(&world, "mine", "if [ \"$1\" = --version ]; then echo mine 1.0; else echo first; sleep 60; fi");
    let file = world.path("qd/config/agents/mine.toml");
    let definition = |arguments: &str| {
        format!(
            "name = \"mine\"\ntitle = \"Mine\"\ncommand = \"mine\"\n[arguments]\ninteractive = {arguments}\n[screen]\nready = [\"^first\"]\n"
        )
    };
    let of = |all: &Value| all.as_array().unwrap().iter().find(|agent| agent["name"] == "mine").cloned();
    assert_eq!(of(&world.qd(&["agents", "--json"]).good().json()), None);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, definition("[]")).unwrap();
    let mine = of(&world.qd(&["agents", "--json"]).good().json()).unwrap();
    assert_eq!((&mine["version"], &mine["source"]), (&"mine 1.0".into(), &file.display().to_string().into()));

    let started = |number: u16| {
        world.qd(&["worker", "start", &number.to_string(), "--agent", "mine"]).good();
        until("it runs", Duration::from_secs(60), || {
            let all = world.sessions();
            let session = all.iter().find(|session| session["worker"] == number)?;
            session["pid"].is_u64().then(|| world.qd(&["session", "show", session["id"].as_str().unwrap()]).stdout)
        })
    };
    assert!(!started(3).contains("--loud"));
    fs::write(&file, definition("[\"--loud\"]")).unwrap();
    assert!(started(4).contains("--loud"), "the next start uses it");

    fs::write(&file, "name = \"mine\"\ntitel = 1\n").unwrap();
    let mine = of(&world.qd(&["agents", "--json"]).good().json()).unwrap();
    assert!(mine["hint"].as_str().unwrap().contains("line 2: unknown field `titel`"), "{mine}");
    assert!(started(5).contains("--loud"), "what it said before stays in force");
    fs::remove_file(&file).unwrap();
    assert_eq!(of(&world.qd(&["agents", "--json"]).good().json()), None);
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
