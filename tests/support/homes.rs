//! Homes of agents that were used before: they know the mock model and have their first questions behind them, besides
//! those that a test is about. Nothing of the machine's user is read or written.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The key of Claude Code: its last letters stand in the home, as agreed to.
pub const CLAUDE_KEY: &str = "sk-ant-dummy-000000000000";

/// Agents whose absence is a failure where nothing may be missing (`QD_REQUIRE_E2E`).
const REQUIRED: [&str; 4] = ["claude", "codex", "gemini", "opencode"];

/// A home, and the model that its agent talks to.
pub struct Home {
    /// The home directory.
    pub path: PathBuf,
    /// The mock's address, without a path.
    pub url: String,
    /// Whether it asks what it can: trust in a folder (Gemini CLI), before each edit (OpenCode).
    pub asks: bool,
}

/// Variables for the agent's environment.
pub type Variables = Vec<(&'static str, String)>;

/// The agent's program as `QD_TEST_CODEX` and so on name it; else the reason why there is none.
pub fn program(name: &str) -> Result<PathBuf, String> {
    // MiniMax is Claude Code with another address
    let of = if name == "minimax" { "claude" } else { name };
    let variable = format!("QD_TEST_{}", of.to_uppercase());
    let named = std::env::var_os(&variable).map(PathBuf::from).filter(|path| path.is_file());
    named.ok_or_else(|| format!("{variable} does not name a program"))
}

/// Whether a story may go untold because this program is not here.
pub fn is_optional(name: &str) -> bool {
    !REQUIRED.contains(&name)
}

/// Where a newer Node is, for agents that need one: the directory of the program that `QD_TEST_NODE` names.
pub fn node() -> Option<PathBuf> {
    let program = PathBuf::from(std::env::var_os("QD_TEST_NODE")?);
    program.parent().filter(|_| program.is_file()).map(Path::to_path_buf)
}

impl Home {
    /// Writes what the agent finds there, and says what it finds in its environment.
    pub fn furnish(&self, agent: &str) -> Variables {
        match agent {
            "claude" => self.claude(("ANTHROPIC_API_KEY", CLAUDE_KEY.to_owned())),
            "minimax" => self.claude(("ANTHROPIC_AUTH_TOKEN", "dummy".to_owned())),
            "codex" => self.codex(),
            "gemini" => self.gemini(),
            "opencode" => self.opencode(),
            "kimi" => self.kimi(),
            "qwen" => self.qwen(),
            "copilot" => self.copilot(),
            "aider" => self.aider(),
            other => panic!("no home for {other}"),
        }
    }

    /// A file below the home.
    fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }

    /// Where `OpenAI`'s APIs are.
    fn openai(&self) -> String {
        format!("{}/v1", self.url)
    }

    fn claude(&self, key: (&'static str, String)) -> Variables {
        let known = json!({
            "hasCompletedOnboarding": true, "theme": "dark", "numStartups": 5,
            "customApiKeyResponses": { "approved": [&CLAUDE_KEY[CLAUDE_KEY.len() - 20..]], "rejected": [] },
        });
        self.write(".claude/.claude.json", &known.to_string());
        let mut variables = vec![
            ("CLAUDE_CONFIG_DIR", self.text(".claude")),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            ("CLAUDE_CODE_MAX_RETRIES", "1".to_owned()),
            ("DISABLE_AUTOUPDATER", "1".to_owned()),
            ("DISABLE_TELEMETRY", "1".to_owned()),
            ("ANTHROPIC_BASE_URL", self.url.clone()),
        ];
        variables.push(key);
        variables
    }

    /// Looks at the network, and a dialog that offers another model, are switched off.
    fn codex(&self) -> Variables {
        let text = format!(
            r#"
model = "gpt-5.5"
model_provider = "mock"
check_for_update_on_startup = false
[model_providers.mock]
name = "mock"
base_url = "{}"
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
"#,
            self.openai()
        );
        self.write(".codex/config.toml", &text);
        vec![("CODEX_HOME", self.text(".codex")), ("MOCK_KEY", "dummy".to_owned())]
    }

    fn gemini(&self) -> Variables {
        let settings = json!({
            "security": { "auth": { "selectedType": "gemini-api-key" }, "folderTrust": { "enabled": self.asks } },
            "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false },
            "privacy": { "usageStatisticsEnabled": false }, "telemetry": { "enabled": false },
            "model": { "name": "gemini-2.5-pro" },
        });
        self.write(".gemini/settings.json", &settings.to_string());
        vec![("GEMINI_API_KEY", "dummy".to_owned()), ("GOOGLE_GEMINI_BASE_URL", self.url.clone())]
    }

    fn opencode(&self) -> Variables {
        let known = json!({
            "name": "Mock Model", "tool_call": true, "limit": { "context": 1_000_000, "output": 8192 },
            "cost": { "input": 3, "output": 15, "cache_read": 0.3 },
        });
        let mut settings = json!({
            "autoupdate": false, "share": "disabled", "model": "mock/mock-model", "small_model": "mock/mock-model",
            "enabled_providers": ["mock"],
            "provider": { "mock": {
                "npm": "@ai-sdk/openai-compatible", "name": "Mock", "models": { "mock-model": known },
                "options": { "baseURL": self.openai(), "apiKey": "dummy" },
            } },
        });
        if self.asks {
            settings["permission"] = json!({ "edit": "ask" });
        }
        self.write(".config/opencode/opencode.json", &settings.to_string());
        let switches = [
            "OPENCODE_DISABLE_AUTOUPDATE",
            "OPENCODE_DISABLE_MODELS_FETCH",
            "OPENCODE_DISABLE_DEFAULT_PLUGINS",
            "OPENCODE_DISABLE_LSP_DOWNLOAD",
        ];
        switches.map(|name| (name, "1".to_owned())).to_vec()
    }

    fn kimi(&self) -> Variables {
        vec![
            ("KIMI_MODEL_NAME", "mock-model".to_owned()),
            ("KIMI_MODEL_API_KEY", "dummy".to_owned()),
            ("KIMI_MODEL_PROVIDER_TYPE", "openai".to_owned()),
            ("KIMI_MODEL_BASE_URL", self.openai()),
            ("KIMI_DISABLE_TELEMETRY", "1".to_owned()),
        ]
    }

    fn qwen(&self) -> Variables {
        let settings = json!({
            "security": { "auth": { "selectedType": "openai" }, "folderTrust": { "enabled": false } },
            "general": { "disableAutoUpdate": true, "disableUpdateNag": true, "enableAutoUpdate": false },
            "privacy": { "usageStatisticsEnabled": false }, "telemetry": { "enabled": false },
            "tools": { "approvalMode": if self.asks { "default" } else { "auto-edit" } },
        });
        self.write(".qwen/settings.json", &settings.to_string());
        vec![
            ("OPENAI_API_KEY", "dummy".to_owned()),
            ("OPENAI_BASE_URL", self.openai()),
            ("OPENAI_MODEL", "mock-model".to_owned()),
        ]
    }

    /// A provider of one's own: no sign-in at GitHub.
    fn copilot(&self) -> Variables {
        vec![
            ("COPILOT_PROVIDER_BASE_URL", self.openai()),
            ("COPILOT_PROVIDER_API_KEY", "dummy".to_owned()),
            ("COPILOT_MODEL", "gpt-5.4".to_owned()),
            ("COPILOT_PROVIDER_WIRE_MODEL", "mock-model".to_owned()),
            ("COPILOT_OFFLINE", "true".to_owned()),
            ("COPILOT_HOME", self.text(".copilot")),
        ]
    }

    fn aider(&self) -> Variables {
        self.write(".aider.conf.yml", "model: openai/mock-model\nedit-format: diff\nanalytics-disable: true\n");
        vec![
            ("OPENAI_API_BASE", self.openai()),
            ("OPENAI_API_KEY", "dummy".to_owned()),
            ("AIDER_ANALYTICS", "false".to_owned()),
        ]
    }

    /// Writes Claude Code's settings file of the person.
    pub fn configure_claude(&self, settings: &Value) {
        self.write(".claude/settings.json", &settings.to_string());
    }

    /// The repository was trusted before, by Claude Code.
    pub fn trust_for_claude(&self, repository: &Path) {
        let mut known: Value =
            serde_json::from_str(&fs::read_to_string(self.path.join(".claude/.claude.json")).unwrap()).unwrap();
        let root = repository.canonicalize().unwrap().display().to_string();
        known["projects"] = json!({ root: { "hasTrustDialogAccepted": true } });
        self.write(".claude/.claude.json", &known.to_string());
    }
}
