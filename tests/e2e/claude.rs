//! The main job with the real Claude Code against a mock model on loopback: headless from the command line, and
//! from the chat through a plan, a live pane, an edit and a commit to the landing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::homes::{self, Home};
use super::mock_model::MockModel;
use super::terminal::Terminal;
use super::usage::counted;
use super::world::{World, skip, until};

/// A task may take this long: a cold start of the agent, several turns, checks and landing.
const LONG: Duration = Duration::from_secs(120);

/// The agent under test, or a loud note.
pub fn program() -> Option<PathBuf> {
    homes::program("claude").map_err(|why| skip(&why)).ok()
}

/// A world in which `claude` is the real one, has seen its first-run questions, and talks to the mock only.
pub fn world(program: &Path, model: &MockModel) -> World {
    let mut world = World::new();
    let bin = world.path("bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(fs::canonicalize(program).unwrap(), bin.join("claude")).unwrap();
    world.path_first.push(bin);
    let variables = Home { path: world.path("home"), url: model.url(), asks: false }.furnish("claude");
    world.environment.extend(variables.into_iter().map(|(key, value)| (key.to_owned(), value)));
    world
}

#[test]
fn headless_it_edits_reports_and_lands() {
    let Some(program) = program() else { return };
    let model = MockModel::start();
    let world = world(&program, &model);
    let text = "Write a poem [[mock:write poem.txt roses]] [[mock:report the poem is written]]";
    let task =
        world.qd(&["task", "add", text, "--agent", "claude", "--autonomy", "full", "--wait", "--json"]).good().json();
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(world.landed("poem.txt").trim(), "roses");
    assert_eq!(world.arrivals("poem.txt"), 1);
    assert!(model.requests() > 0, "it talked to the mock");
    let session = counted(&world, task["id"].as_u64().unwrap());
    assert_eq!(session["usage"]["estimated_micros"], 0, "its own price: {session}");
}

#[test]
fn headless_git_looks_and_neither_runs_nor_writes_elsewhere() {
    let Some(program) = program() else { return };
    let model = MockModel::start();
    let world = world(&program, &model);
    let (trap, trace) = (world.path("trap"), world.path("trace"));
    fs::write(&trap, format!("#!/bin/sh\necho \"$@\" > '{}'\n", trace.display())).unwrap();
    fs::set_permissions(&trap, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let outside = world.path("outside");
    fs::create_dir_all(&outside).unwrap();
    let at = outside.display();
    let commands = [
        format!("git grep -O{} hello", trap.display()),
        format!("git grep --open-files-in-pager={} hello", trap.display()),
        format!("git diff --output={at}/diff HEAD~0"),
        format!("git log -1 --output={at}/log"),
        format!("git show --output={at}/show"),
        "git stash push --include-untracked".to_owned(),
    ];
    let tried: String = commands.iter().map(|command| format!(" [[mock:bash {command}]]")).collect();
    let text = format!(
        "Look around [[mock:write found.txt x]]{tried} [[mock:bash git log --oneline -1]] [[mock:report looked]]"
    );
    let options = ["--agent", "claude", "--autonomy", "full", "--wait", "--json"];
    world.qd(&[&["task", "add", &text], &options[..]].concat()).good();
    assert_eq!(world.landed("found.txt").trim(), "x", "nothing was put away");
    assert!(!trace.exists(), "a program was run: {:?}", fs::read_to_string(&trace));
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0, "something was written elsewhere");
    let told = model.told();
    assert!(told.contains(" Begin"), "looking is allowed: {told}");
}

#[test]
fn from_the_chat_to_the_landing() {
    let Some(program) = program() else { return };
    let model = MockModel::start();
    let world = world(&program, &model);
    let terminal = Terminal::open(&world, &[], 40, 140);
    until("the project is known", LONG, || (world.qd(&["worker", "list", "--json"]).code == Some(0)).then_some(()));
    terminal.until_shows("CHAT", LONG);
    terminal.type_in("Write a song with claude [[mock:write song.txt la]] [[mock:report the song is written]]");
    terminal.until_shows("the song is written", LONG);
    terminal.type_in("\r");
    let task = until("there is a plan", LONG, || {
        let tasks = world.qd(&["task", "list", "--json"]).good().json();
        tasks.as_array()?.first().cloned()
    });
    assert_eq!((&task["status"], &task["agent"]), (&"proposed".into(), &"claude".into()), "{task}");
    let id = task["id"].as_u64().unwrap();
    // the card is deaf for half a second, so that an Enter that was meant for the chat confirms nothing
    terminal.until_shows("keys -> plan", LONG);
    until("the plan is confirmed by Enter", LONG, || {
        if terminal.text().contains("keys -> plan") {
            terminal.type_in("\r");
        }
        (world.task(id)["status"] != "proposed").then_some(())
    });
    let running = world.running_session(id);
    assert_eq!((&running["agent"], &running["mode"]), (&"claude".into(), &"interactive".into()));
    terminal.until_shows("Claude", LONG);
    until("everything that is asked is answered, and it lands", LONG, || {
        let waiting = world.qd(&["approval", "list", "--json"]).good().json();
        for approval in waiting.as_array().into_iter().flatten() {
            world.qd(&["approval", "answer", &approval["id"].to_string(), "yes"]);
        }
        (world.task(id)["status"] == "completed").then_some(())
    });
    assert_eq!(world.landed("song.txt").trim(), "la");
    assert!(world.repository().join("song.txt").exists(), "the checkout followed");
    assert_eq!(world.arrivals("song.txt"), 1);
    let session = counted(&world, id);
    assert!(session["usage"]["cost_micros"].as_u64().is_some_and(|micros| micros > 0), "{session}");
}

#[test]
fn a_fresh_session_says_the_next_step_before_the_old_one_is_let_go() {
    let Some(program) = program() else { return };
    let model = MockModel::start();
    let world = world(&program, &model);
    world.configure("[handoff]\nrestate_timeout = 5\n");
    let task = |text: &str| {
        let options = ["--agent", "claude", "--autonomy", "manual", "--json"];
        let made = world.qd(&[&["task", "add", text], &options[..]].concat()).good().json();
        let id = made["id"].as_u64().unwrap_or_else(|| panic!("{made}"));
        world.qd(&["task", "run", &id.to_string()]).good();
        until("the agent has ended its turn", LONG, || {
            for approval in world.qd(&["approval", "list", "--json"]).good().json().as_array().into_iter().flatten() {
                if approval["kind"] != "question" {
                    world.qd(&["approval", "answer", &approval["id"].to_string(), "yes"]);
                }
            }
            (world.task(id)["status"] == "needs_review").then_some(())
        });
        world.running_session(id)
    };
    let old = task("Song [[mock:progress next: the second verse]]");
    let done = world.qd(&["worker", "handoff", &old["worker"].to_string(), "--wait", "--json"]).good().json();
    assert_eq!(done["succeeded"], true, "{done}");
    assert_eq!(done["steps"][4][1]["detail"], "next: the second verse", "{done}");
    assert!(model.prompts().iter().any(|prompt| prompt.contains("qd report progress") && prompt.contains("take over")));

    let old = task("Tune without words");
    let worker = old["worker"].to_string();
    let failed = world.qd(&["worker", "handoff", &worker, "--wait", "--json"]).json();
    assert_eq!(failed["steps"][4][1]["reason"], "no restated next step in 0:05", "{failed}");
    world.qd(&["worker", "handoff", &worker, "--decide", "cancel"]).good();
    until("the old session is unlocked and the worker's again", LONG, || {
        let session = world.sessions().into_iter().find(|session| session["id"] == old["id"])?;
        (session["parked"] == false && session["ended_at"].is_null()).then_some(())
    });
}

/// The same home as a person has it: the settings file beside the directory, which is replaced by renaming.
fn usual_home(program: &Path, model: &MockModel) -> World {
    let mut world = world(program, model);
    fs::rename(world.path("home/.claude/.claude.json"), world.path("home/.claude.json")).unwrap();
    world.environment.retain(|(name, _)| name != "CLAUDE_CONFIG_DIR");
    world
}

/// Whether fences can be made here, or a loud note.
fn fences(world: &World) -> bool {
    let doctor = world.qd(&["doctor"]).stdout;
    let can = doctor.lines().any(|line| line.contains("sandbox") && line.contains("makes fences here"));
    if !can {
        skip(&format!("no sandbox here: {doctor}"));
    }
    can
}

fn whole_settings(world: &World) {
    let text = fs::read_to_string(world.path("home/.claude.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(settings["theme"], "dark", "{settings}");
}

#[test]
fn behind_the_fence_it_works_headless_and_is_resumed() {
    let Some(program) = program() else { return };
    let model = MockModel::start();
    let world = usual_home(&program, &model);
    if !fences(&world) {
        return;
    }
    let text = "Write a poem [[mock:write poem.txt roses]] [[mock:bash git add poem.txt && git commit -qm poem]]";
    let task =
        world.qd(&["task", "add", text, "--agent", "claude", "--autonomy", "full", "--wait", "--json"]).good().json();
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(world.landed("poem.txt").trim(), "roses");
    whole_settings(&world);

    let added = world.qd(&["task", "add", "Wait [[mock:hang]]", "--agent", "claude", "--autonomy", "full", "--json"]);
    let task = added.good().json()["id"].as_u64().unwrap();
    let asked = model.requests();
    let running = world.running_session(task);
    assert_eq!(running["executor"], "sandbox", "{running}");
    until("the model is asked", LONG, || (model.requests() > asked).then_some(()));
    world.qd(&["session", "restart", running["id"].as_str().unwrap()]).good();
    until("the conversation goes on", LONG, || {
        model.prompts().iter().any(|prompt| prompt.contains("You were interrupted")).then_some(())
    });
    let sessions = world.sessions();
    let ours: Vec<_> = sessions.iter().filter(|session| session["task"] == task).collect();
    assert!(ours.len() == 2 && ours.iter().all(|it| it["conversation"] == running["conversation"]), "{sessions:?}");
    whole_settings(&world);
}

#[test]
fn behind_the_fence_it_works_full_screen() {
    let Some(program) = program() else { return };
    let model = MockModel::start();
    let world = usual_home(&program, &model);
    if !fences(&world) {
        return;
    }
    let text = "Write a song [[mock:write song.txt la]] [[mock:report the song is written]]";
    let added = world
        .qd(&[
            "task",
            "add",
            text,
            "--agent",
            "claude",
            "--autonomy",
            "full",
            "--mode",
            "interactive",
            "--executor",
            "sandbox",
            "--json",
        ])
        .good()
        .json();
    let task = added["id"].as_u64().unwrap();
    until("it has landed", LONG, || {
        for asked in world.qd(&["approval", "list", "--json"]).json_or_nothing() {
            let answer = if asked["kind"] == "dialog" { "no" } else { "yes" };
            world.qd(&["approval", "answer", &asked["id"].to_string(), answer]);
        }
        (world.task(task)["status"] == "completed").then_some(())
    });
    assert_eq!(world.landed("song.txt").trim(), "la");
    whole_settings(&world);
}
