//! The main job with the real Codex, Gemini CLI and OpenCode against a mock model on loopback: headless, and full screen
//! with a prompt that is typed in, an edit, a report and the landing. `QD_TEST_CODEX`, `QD_TEST_GEMINI` and
//! `QD_TEST_OPENCODE` name the programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::mock_model::MockModel;
use super::usage::counted;
use super::world::{World, skip, until};

/// A task may take this long: a cold start of the agent, several turns, checks and landing.
const LONG: Duration = Duration::from_secs(180);

/// The agent under test, or a loud note.
fn program(name: &str) -> Option<PathBuf> {
    let variable = format!("QD_TEST_{}", name.to_uppercase());
    let program = std::env::var_os(&variable).map(PathBuf::from).filter(|path| path.is_file());
    if program.is_none() {
        skip(&format!("{variable} does not name a program"));
    }
    program
}

/// A world in which this agent is the real one and talks to the mock only.
fn world(name: &str, program: &Path, model: &MockModel) -> World {
    let mut world = World::new();
    let bin = world.path("bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(fs::canonicalize(program).unwrap(), bin.join(name)).unwrap();
    world.path_first.push(bin);
    let more: Vec<(&str, String)> = match name {
        "codex" => codex(&world, model),
        "gemini" => gemini(&world, model),
        _ => opencode(&world, model),
    };
    world.environment.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
    world
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Its sandbox may write below `/tmp`, but its helpers must not be there: the temporary directory is another one.
fn codex(world: &World, model: &MockModel) -> Vec<(&'static str, String)> {
    let url = model.url();
    let text = format!(
        "model = \"gpt-5.5\"\nmodel_provider = \"mock\"\ncheck_for_update_on_startup = false\n\
         [model_providers.mock]\nname = \"mock\"\nbase_url = \"{url}/v1\"\nenv_key = \"MOCK_KEY\"\nwire_api = \"responses\"\n\
         request_max_retries = 1\nstream_max_retries = 1\n[features]\nplugins = false\napps = false\n\
         [analytics]\nenabled = false\n[feedback]\nenabled = false\n[tui]\nscreen_reader_detection_done = true\n\
         [notice.model_migrations]\n\"gpt-5.5\" = \"gpt-6-sol\"\n"
    );
    write(&world.path("home/.codex/config.toml"), &text);
    let temporary = world.path("tmp");
    fs::create_dir_all(&temporary).unwrap();
    vec![
        ("CODEX_HOME", world.path("home/.codex").display().to_string()),
        ("MOCK_KEY", "dummy".to_owned()),
        ("TMPDIR", temporary.display().to_string()),
    ]
}

fn gemini(world: &World, model: &MockModel) -> Vec<(&'static str, String)> {
    let settings = json!({
        "security": { "auth": { "selectedType": "gemini-api-key" }, "folderTrust": { "enabled": true } },
        "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false },
        "privacy": { "usageStatisticsEnabled": false }, "telemetry": { "enabled": false },
        "model": { "name": "gemini-2.5-pro" },
    });
    write(&world.path("home/.gemini/settings.json"), &settings.to_string());
    vec![("GEMINI_API_KEY", "dummy".to_owned()), ("GOOGLE_GEMINI_BASE_URL", model.url())]
}

fn opencode(world: &World, model: &MockModel) -> Vec<(&'static str, String)> {
    let known = json!({ "name": "Mock Model", "tool_call": true, "limit": { "context": 1_000_000, "output": 8192 } });
    let settings = json!({
        "autoupdate": false, "share": "disabled", "model": "mock/mock-model", "small_model": "mock/mock-model",
        "enabled_providers": ["mock"],
        "provider": { "mock": {
            "npm": "@ai-sdk/openai-compatible", "name": "Mock", "models": { "mock-model": known },
            "options": { "baseURL": format!("{}/v1", model.url()), "apiKey": "dummy" },
        } },
    });
    write(&world.path("home/.config/opencode/opencode.json"), &settings.to_string());
    ["OPENCODE_DISABLE_MODELS_FETCH", "OPENCODE_DISABLE_DEFAULT_PLUGINS", "OPENCODE_DISABLE_LSP_DOWNLOAD"]
        .map(|name| (name, "1".to_owned()))
        .to_vec()
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
    assert!(session["conversation"].is_string(), "it can be resumed: {session}");
    assert_eq!(world.landed("song.txt").trim(), "la");
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
    headless(name, &world, &model);
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
