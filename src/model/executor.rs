//! Where a session's processes run, and what the person configured about it (`[executor]` of `config.toml`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A place to run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutorKind {
    /// As a plain process of the user.
    #[default]
    Local,
    /// Behind a fence of the operating system (bubblewrap).
    Sandbox,
    /// In a container (docker or podman).
    Docker,
    /// In a window of tmux.
    Tmux,
    /// On another machine that has `qd`.
    Ssh,
}

impl ExecutorKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [ExecutorKind; 5] =
        [ExecutorKind::Local, ExecutorKind::Sandbox, ExecutorKind::Docker, ExecutorKind::Tmux, ExecutorKind::Ssh];

    /// The word used in settings, JSON, on the command line and on screen.
    pub fn word(self) -> &'static str {
        match self {
            ExecutorKind::Local => "local",
            ExecutorKind::Sandbox => "sandbox",
            ExecutorKind::Docker => "docker",
            ExecutorKind::Tmux => "tmux",
            ExecutorKind::Ssh => "ssh",
        }
    }

    /// Whether it keeps the agent from the person's files.
    pub fn is_fence(self) -> bool {
        matches!(self, ExecutorKind::Sandbox | ExecutorKind::Docker)
    }

    /// Whether a task there commits into a git directory of its own, from which its branch is fetched.
    pub fn has_private_git(self) -> bool {
        matches!(self, ExecutorKind::Sandbox | ExecutorKind::Docker)
    }
}

impl fmt::Display for ExecutorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for ExecutorKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == text);
        found.ok_or_else(|| "executors are local, sandbox, docker, tmux and ssh".to_owned())
    }
}

/// Where tasks run when nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub enum DefaultExecutor {
    /// Nothing was said: like `Auto`, but only where the project's own checks go on working behind the fence.
    #[default]
    Unsaid,
    /// Headless runs of an agent behind the best fence that works here, everything else as plain processes.
    Auto,
    /// Always this.
    Is(ExecutorKind),
}

impl DefaultExecutor {
    /// The one that was named.
    pub fn named(self) -> Option<ExecutorKind> {
        match self {
            DefaultExecutor::Auto | DefaultExecutor::Unsaid => None,
            DefaultExecutor::Is(kind) => Some(kind),
        }
    }
}

impl TryFrom<String> for DefaultExecutor {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "auto" => Ok(DefaultExecutor::Auto),
            other => other.parse().map(DefaultExecutor::Is).map_err(|known: String| format!("{known}, or auto")),
        }
    }
}

/// Whether a fenced agent reaches the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// As everybody else.
    #[default]
    Allow,
    /// Only its own loopback device.
    None,
}

/// The person's settings about places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExecutorSettings {
    /// Where tasks run when nothing else is said.
    pub default: DefaultExecutor,
    /// About `sandbox`.
    pub sandbox: SandboxSettings,
    /// About `docker`.
    pub docker: DockerSettings,
    /// About `tmux`.
    pub tmux: TmuxSettings,
    /// About `ssh`.
    pub ssh: SshSettings,
}

/// About `sandbox`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxSettings {
    /// Whether the agent reaches the network.
    pub network: Network,
    /// More places that it may write to; `~/` is the home directory.
    pub writable: Vec<String>,
    /// Places that it does not see at all.
    pub hidden: Vec<String>,
    /// Directories that it may write to without changing them: what it writes is kept aside, and goes with the task.
    pub copy_on_write: Vec<String>,
}

/// Where build tools and package managers keep what they fetched, in the home directory.
const CACHES: &[&str] = &[
    ".cache",
    ".bun",
    ".bundle",
    ".cargo",
    ".composer",
    ".deno",
    ".dotnet",
    ".gem",
    ".gradle",
    ".ivy2",
    ".local/share/pnpm",
    ".local/share/uv",
    ".m2",
    ".npm",
    ".nuget",
    ".pub-cache",
    ".rustup",
    ".sbt",
    ".yarn",
    "go",
];

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            network: Network::Allow,
            writable: Vec::new(),
            hidden: Vec::new(),
            copy_on_write: CACHES.iter().map(|name| format!("~/{name}")).collect(),
        }
    }
}

/// About `docker`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DockerSettings {
    /// The program; empty takes the first found of `docker` and `podman`.
    pub program: String,
    /// Options before the subcommand (`--context`, `--runtime`).
    pub options: Vec<String>,
    /// The image. It needs glibc (our own program is mounted into it) and the agent.
    pub image: String,
    /// More `--volume` values.
    pub mounts: Vec<String>,
    /// More options of `run`.
    pub run_options: Vec<String>,
    /// The home directory inside.
    pub home: String,
    /// Whether the agent reaches the network.
    pub network: Network,
}

impl Default for DockerSettings {
    fn default() -> Self {
        Self {
            program: String::new(),
            options: Vec::new(),
            image: "my-claude:authenticated".to_owned(),
            mounts: Vec::new(),
            run_options: Vec::new(),
            home: "/home/claude".to_owned(),
            network: Network::Allow,
        }
    }
}

/// About `tmux`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TmuxSettings {
    /// The server's socket name (`tmux -L`); empty is the person's usual server.
    pub server: String,
    /// The session that shows all windows.
    pub session: String,
}

impl Default for TmuxSettings {
    fn default() -> Self {
        Self { server: String::new(), session: "quarterdeck".to_owned() }
    }
}

/// About `ssh`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SshSettings {
    /// `user@host`, or a name from `~/.ssh/config`.
    pub host: String,
    /// The port; 0 leaves it to the person's own configuration.
    pub port: u16,
    /// The key's file; empty leaves it to the person's own configuration.
    pub identity: String,
    /// Our program there.
    pub qd: String,
    /// Where repositories, worktrees and sessions are kept there; below the home directory unless absolute.
    pub directory: String,
    /// More options of `ssh`.
    pub options: Vec<String>,
}

impl Default for SshSettings {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 0,
            identity: String::new(),
            qd: "qd".to_owned(),
            directory: ".quarterdeck-far".to_owned(),
            options: Vec::new(),
        }
    }
}
