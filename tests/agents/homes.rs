//! Homes of agents that were used before: they know the mock model and have their first questions behind them.

use std::fs;

use serde_json::{Value, json};

use super::world::World;

const CLAUDE_KEY: &str = "sk-ant-dummy-000000000000";

/// Writes what the agent finds in its home.
pub(super) fn furnish(world: &World) {
    match world.name {
        "claude" => claude(world),
        "codex" => codex(world),
        "gemini" => gemini(world, false),
        "opencode" => opencode(world),
        other => panic!("no home for {other}"),
    }
}

/// What it finds in its environment.
pub(super) fn environment(world: &World) -> Vec<(&'static str, String)> {
    let url = world.model.url();
    match world.name {
        "claude" => vec![
            ("CLAUDE_CONFIG_DIR", world.path("home/.claude").display().to_string()),
            ("ANTHROPIC_BASE_URL", url),
            ("ANTHROPIC_API_KEY", CLAUDE_KEY.to_owned()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            ("CLAUDE_CODE_MAX_RETRIES", "1".to_owned()),
        ],
        "codex" => {
            vec![("CODEX_HOME", world.path("home/.codex").display().to_string()), ("MOCK_KEY", "dummy".to_owned())]
        }
        "gemini" => vec![("GEMINI_API_KEY", "dummy".to_owned()), ("GOOGLE_GEMINI_BASE_URL", url)],
        _ => ["AUTOUPDATE", "MODELS_FETCH", "DEFAULT_PLUGINS", "LSP_DOWNLOAD"]
            .map(|what| match what {
                "AUTOUPDATE" => ("OPENCODE_DISABLE_AUTOUPDATE", "1".to_owned()),
                "MODELS_FETCH" => ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned()),
                "DEFAULT_PLUGINS" => ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1".to_owned()),
                _ => ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1".to_owned()),
            })
            .to_vec(),
    }
}

fn claude(world: &World) {
    fs::create_dir_all(world.path("home/.claude")).unwrap();
    let known = json!({
        "hasCompletedOnboarding": true, "theme": "dark", "numStartups": 5,
        "customApiKeyResponses": { "approved": [&CLAUDE_KEY[CLAUDE_KEY.len() - 20..]], "rejected": [] },
    });
    fs::write(world.path("home/.claude/.claude.json"), known.to_string()).unwrap();
}

/// Writes Claude Code's settings file of the person.
pub(super) fn configure(world: &World, settings: &Value) {
    fs::write(world.path("home/.claude/settings.json"), settings.to_string()).unwrap();
}

/// The main repository was trusted before, by Claude Code.
pub(super) fn trust_repository(world: &World) {
    let path = world.path("home/.claude/.claude.json");
    let mut known: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let root = world.path("repository").canonicalize().unwrap().display().to_string();
    known["projects"] = json!({ root: { "hasTrustDialogAccepted": true } });
    fs::write(path, known.to_string()).unwrap();
}

/// Looks at the network, and a dialog that offers another model, are switched off.
fn codex(world: &World) {
    fs::create_dir_all(world.path("home/.codex")).unwrap();
    let url = world.model.url();
    let text = format!(
        r#"
model = "gpt-5.5"
model_provider = "mock"
check_for_update_on_startup = false
[model_providers.mock]
name = "mock"
base_url = "{url}/v1"
env_key = "MOCK_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
[features]
plugins = false
apps = false
[analytics]
enabled = false
[feedback]
enabled = false
[tui]
screen_reader_detection_done = true
show_tooltips = false
[notice.model_migrations]
"gpt-5.5" = "gpt-6-sol"
"#
    );
    fs::write(world.path("home/.codex/config.toml"), text).unwrap();
}

/// Writes Gemini CLI's settings; it asks for trust or not.
pub(super) fn gemini(world: &World, asks_for_trust: bool) {
    fs::create_dir_all(world.path("home/.gemini")).unwrap();
    let settings = json!({
        "security": { "auth": { "selectedType": "gemini-api-key" }, "folderTrust": { "enabled": asks_for_trust } },
        "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false },
        "privacy": { "usageStatisticsEnabled": false }, "telemetry": { "enabled": false },
        "model": { "name": "gemini-2.5-pro" },
    });
    fs::write(world.path("home/.gemini/settings.json"), settings.to_string()).unwrap();
}

/// Edits and commands are asked about.
fn opencode(world: &World) {
    fs::create_dir_all(world.path("home/.config/opencode")).unwrap();
    let model = json!({
        "name": "Mock Model", "tool_call": true, "limit": { "context": 1_000_000, "output": 8192 },
        "cost": { "input": 3, "output": 15, "cache_read": 0.3 },
    });
    let settings = json!({
        "autoupdate": false, "share": "disabled", "model": "mock/mock-model", "small_model": "mock/mock-model",
        "enabled_providers": ["mock"], "permission": { "edit": "ask" },
        "provider": { "mock": {
            "npm": "@ai-sdk/openai-compatible", "name": "Mock", "models": { "mock-model": model },
            "options": { "baseURL": format!("{}/v1", world.model.url()), "apiKey": "dummy" },
        } },
    });
    fs::write(world.path("home/.config/opencode/opencode.json"), settings.to_string()).unwrap();
}
