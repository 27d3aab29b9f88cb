//! The main job with the real agents against a mock model on loopback: headless, and full screen with a prompt that is
//! typed in, an edit, a report and the landing. `QD_TEST_CODEX` and so on name the programs; only the first four must be
//! there where nothing may be skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::homes::{self, Home};
use super::mock_model::MockModel;
use super::results::worked;
use super::usage::counted;
use super::world::{World, skip, until};

/// A task may take this long: a cold start of the agent, several turns, checks and landing.
pub const LONG: Duration = Duration::from_secs(180);

/// The agent under test, or a loud note.
pub fn program(name: &str) -> Option<PathBuf> {
    match homes::program(name) {
        Ok(program) => Some(program),
        Err(why) if homes::is_optional(name) => {
            eprintln!("\n*** SKIPPED: {why}; this story was not told ***\n");
            None
        }
        Err(why) => {
            skip(&why);
            None
        }
    }
}

/// A world in which this agent is the real one and talks to the mock only.
pub fn world(name: &str, program: &Path, model: &MockModel) -> World {
    let mut world = World::new();
    let bin = world.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let command = if name == "minimax" { "claude" } else { name };
    std::os::unix::fs::symlink(fs::canonicalize(program).unwrap(), bin.join(command)).unwrap();
    world.path_first.push(bin);
    world.path_first.extend(homes::node());
    let home = Home { path: world.path("home"), url: model.url(), asks: name == "gemini" };
    let variables = home.furnish(name);
    world.environment.extend(variables.into_iter().map(|(key, value)| (key.to_owned(), value)));
    // Codex's sandbox may write below `/tmp`, but its helpers must not be there: the temporary directory is another one
    let temporary = world.path("tmp");
    fs::create_dir_all(&temporary).unwrap();
    world.environment.push(("TMPDIR".to_owned(), temporary.display().to_string()));
    if name == "minimax" {
        elsewhere(&world, model);
    }
    world
}

/// The person's own definition: the shipped one, with the mock in the place of `MiniMax`.
fn elsewhere(world: &World, model: &MockModel) {
    let shipped = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/agents/minimax.toml")).unwrap();
    let own = shipped.replace("https://api.minimax.io/anthropic", &model.url());
    assert_ne!(own, shipped, "its endpoint is in its definition");
    let place = world.path("qd/config/agents");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("minimax.toml"), own).unwrap();
}

/// Headless: the run's own end is the task's.
fn headless(name: &str, world: &World, model: &MockModel) {
    let text = "Write a poem [[mock:write poem.txt roses\\n]] [[mock:report the poem is written]]";
    let task =
        world.qd(&["task", "add", text, "--agent", name, "--autonomy", "full", "--wait", "--json"]).good().json();
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(world.landed("poem.txt").trim(), "roses");
    assert_eq!(world.arrivals("poem.txt"), 1);
    counted(world, task["id"].as_u64().unwrap());
    assert!(model.requests() > 0, "it talked to the mock");
}

/// Full screen: what it asks is answered, it reports, the work lands, and the prompt arrived once.
fn full_screen(name: &str, world: &World, model: &MockModel) {
    let text = "Write a song [[mock:write song.txt la\\n]] [[mock:report the song is written]]";
    let added = world
        .qd(&["task", "add", text, "--agent", name, "--autonomy", "full", "--mode", "interactive", "--json"])
        .good()
        .json();
    let id = added["id"].as_u64().unwrap();
    until("everything that is asked is answered, and it lands", LONG, || {
        let waiting = world.qd(&["approval", "list", "--json"]).good().json();
        for approval in waiting.as_array().into_iter().flatten() {
            world.qd(&["approval", "answer", &approval["id"].to_string(), "yes"]);
        }
        (world.task(id)["status"] == "completed").then_some(())
    });
    let session = world.sessions().into_iter().find(|session| session["task"] == id).unwrap();
    assert_eq!((&session["agent"], &session["mode"]), (&name.into(), &"interactive".into()), "{session}");
    // Kimi Code names its conversation at the end only, aider has none
    assert_eq!(session["conversation"].is_string(), !matches!(name, "kimi" | "aider"), "it can be resumed: {session}");
    let log = || world.git(&["log", "--patch", "main"]);
    assert_eq!(world.landed("song.txt").trim(), "la", "{}", log());
    assert!(!world.git(&["ls-files"]).contains(".aider"), "what an agent keeps for itself does not land: {}", log());
    assert_eq!(world.arrivals("song.txt"), 1);
    let begun = model
        .turns()
        .into_iter()
        .filter(|turn| turn.contains("[[mock:write song.txt") && !turn.starts_with("Generate "))
        .count();
    assert_eq!(begun, 1, "{:?}", model.turns());
    counted(world, id);
}

/// Both, in one project: Gemini CLI works headless only where the person said that it may trust the worktrees, and they
/// are asked that full screen.
fn both(name: &str) {
    let Some(program) = program(name) else { return };
    let model = MockModel::start();
    let world = world(name, &program, &model);
    full_screen(name, &world, &model);
    worked(name, "full_screen", &program, homes::node().as_deref());
    headless(name, &world, &model);
    worked(name, "headless", &program, homes::node().as_deref());
}

/// A command outside of its sandbox: it asks, the question is an approval with that very command, the answer goes back
/// into its screen, and it goes on.
#[test]
fn codex_asks_for_a_command_outside_of_its_sandbox() {
    let Some(program) = program("codex") else { return };
    let model = MockModel::start();
    let world = world("codex", &program, &model);
    let place = std::env::var("CARGO_TARGET_TMPDIR").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").to_owned());
    let outside = tempfile::Builder::new().prefix("qd-asked-").tempdir_in(place).unwrap();
    let file = outside.path().join("asked.txt");
    let command = format!("touch {}", file.display());
    for (answer, done) in [("no", false), ("yes", true)] {
        let text = format!("Touch it [[mock:escalate {command}]] [[mock:report it was {answer}]]");
        let options = ["--agent", "codex", "--autonomy", "manual", "--mode", "interactive", "--json"];
        let made = world.qd(&[&["task", "add", &text], &options[..]].concat()).good().json();
        let id = made["id"].as_u64().unwrap();
        world.qd(&["task", "run", &id.to_string()]).good();
        let asked = || {
            let waiting = world.qd(&["approval", "list", "--json"]).json_or_nothing();
            waiting.into_iter().find(|approval| approval["detail"].to_string().contains("asked.txt"))
        };
        let first = until("it asks for the command", LONG, || {
            for approval in world.qd(&["approval", "list", "--json"]).json_or_nothing() {
                if approval["title"].to_string().contains("trust") {
                    world.qd(&["approval", "answer", &approval["id"].to_string(), "yes"]);
                }
            }
            asked()
        });
        assert!(first["detail"].as_str().unwrap().contains(&command), "the exact command: {first}");
        assert!(!file.exists(), "nothing runs before the answer");
        // its hook tells of the question a moment before it stands on the screen, where it can be answered
        let seen = until("it can be answered", LONG, || {
            let seen = asked()?;
            (world.qd(&["approval", "answer", &seen["id"].to_string(), answer]).code == Some(0)).then_some(seen)
        });
        assert!(seen["detail"].as_str().unwrap().contains(&format!("$ {command}\n")), "as it stands there: {seen}");
        if done {
            until("it goes on and reports", LONG, || world.task(id)["summary"].as_str().map(str::to_owned));
        } else {
            until("its turn is over", LONG, || {
                let session = world.sessions().into_iter().find(|session| session["task"] == id)?;
                (session["state"] == "waiting_input").then_some(())
            });
        }
        assert_eq!(file.exists(), done, "{answer}");
        world.qd(&["task", "cancel", &id.to_string()]).good();
    }
}

#[test]
fn codex_does_a_task_full_screen_and_one_headless() {
    both("codex");
}

#[test]
fn gemini_does_a_task_full_screen_and_one_headless() {
    both("gemini");
}

#[test]
fn opencode_does_a_task_full_screen_and_one_headless() {
    both("opencode");
}

#[test]
fn kimi_does_a_task_full_screen_and_one_headless() {
    both("kimi");
}

#[test]
fn qwen_does_a_task_full_screen_and_one_headless() {
    both("qwen");
}

#[test]
fn copilot_does_a_task_full_screen_and_one_headless() {
    both("copilot");
}

#[test]
fn minimax_does_a_task_full_screen_and_one_headless() {
    both("minimax");
}

#[test]
fn aider_does_a_task_full_screen_and_one_headless() {
    both("aider");
}
