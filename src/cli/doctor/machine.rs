//! What the machine has: git, settings, directories, the daemon, agents.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use crate::client::{Client, ClientError};
use crate::config::ProjectSettings;
use crate::process::{self, Program};
use crate::protocol::control::{Request, Response};
use crate::protocol::{AgentView, UsageBy};

use super::super::context::read_if_there;
use super::super::{Context, Stop};
use super::{Finding, places as executors};

/// The oldest git whose `merge --no-overwrite-ignore` and `worktree` behave as landing needs.
const OLDEST_GIT: (u32, u32) = (2, 30);

/// How long a program may take to say its version.
const VERSION_LIMIT: Duration = Duration::from_secs(5);

/// Looks at everything here.
pub(super) async fn look(context: &Context) -> Vec<Finding> {
    let mut findings = vec![git(), settings(context), keymap(context)];
    findings.extend(project_settings());
    findings.push(runtime_directory(&context.paths.runtime, context.environment.uid));
    findings.push(places(context));
    match context.connect_running().await {
        Ok(client) => {
            findings.push(daemon(&client).await);
            findings.extend(model_calls(&client).await);
            findings.extend(agents(&client).await);
        }
        Err(ClientError::NotRunning { .. }) => {
            findings.push(Finding::ok("daemon", "does not run; the first command that needs it starts it"));
            findings.push(claude_alone());
        }
        Err(error) => findings.push(Finding::of("daemon", error.into())),
    }
    let state = Some(context.paths.state.clone()).filter(|state| state.is_dir()).unwrap_or_else(std::env::temp_dir);
    findings.extend(executors::look(&context.settings().unwrap_or_default(), &state));
    findings
}

fn git() -> Finding {
    let Ok(finished) = Program::new("git").args(["--version"]).timeout(VERSION_LIMIT).run() else {
        return Finding::fail("git", "was not found", "install git 2.30 or newer");
    };
    let said = String::from_utf8_lossy(&finished.stdout).trim().to_owned();
    match version(&said) {
        Some(version) if version < OLDEST_GIT => {
            Finding::fail("git", format!("{said} is too old"), "install git 2.30 or newer")
        }
        Some(_) => Finding::ok("git", said),
        None => Finding::warn("git", format!("does not say its version: {said}"), "see that `git --version` works"),
    }
}

/// Major and minor of `git version 2.43.0`.
fn version(said: &str) -> Option<(u32, u32)> {
    let number = said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut parts = number.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn settings(context: &Context) -> Finding {
    let file = context.settings_file();
    match context.settings() {
        Ok(_) if file.exists() => Finding::ok("settings", format!("`{}` is understood", file.display())),
        Ok(_) => Finding::ok("settings", format!("defaults (there is no `{}`)", file.display())),
        Err(stop) => Finding::of("settings", stop),
    }
}

/// Whether the keymap is TOML; what its lines mean is for the cockpit, which shows it.
fn keymap(context: &Context) -> Finding {
    let file = context.paths.config.join("keymaps.toml");
    match read_if_there(&file) {
        Err(stop) => Finding::of("keymap", stop),
        Ok(None) => Finding::ok("keymap", "as shipped"),
        Ok(Some(text)) => match text.parse::<toml::Table>() {
            Ok(_) => Finding::ok("keymap", format!("`{}` is read", file.display())),
            Err(error) => Finding::fail(
                "keymap",
                format!("`{}` cannot be used: {}", file.display(), error.message()),
                "correct it, or move it away to get the keys as shipped",
            ),
        },
    }
}

/// The repository's own settings, when this directory has them.
fn project_settings() -> Option<Finding> {
    let file = Path::new(".quarterdeck.toml");
    let text = match read_if_there(file) {
        Ok(text) => text?,
        Err(stop) => return Some(Finding::of("project", stop)),
    };
    Some(match ProjectSettings::parse(&text, ".quarterdeck.toml") {
        Ok(_) => Finding::ok("project", "`.quarterdeck.toml` is understood"),
        Err(error) => Finding::of("project", Stop::from(error)),
    })
}

/// Sockets live there: it must be ours and closed to others.
fn runtime_directory(directory: &Path, uid: u32) -> Finding {
    let shown = directory.display();
    match std::fs::symlink_metadata(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::ok("sockets", format!("`{shown}` is made when needed"))
        }
        Err(error) => Finding::fail(
            "sockets",
            format!("`{shown}` cannot be looked at: {error}"),
            "set `XDG_RUNTIME_DIR` or `QD_HOME`",
        ),
        Ok(metadata) if !metadata.is_dir() => {
            Finding::fail("sockets", format!("`{shown}` is not a directory"), "move it away")
        }
        Ok(metadata) if metadata.uid() != uid => Finding::fail(
            "sockets",
            format!("`{shown}` belongs to user {}", metadata.uid()),
            "set `XDG_RUNTIME_DIR` or `QD_HOME`",
        ),
        Ok(metadata) if metadata.mode() & 0o077 != 0 => {
            Finding::fail("sockets", format!("others can enter `{shown}`"), format!("chmod 700 {shown}"))
        }
        Ok(_) => Finding::ok("sockets", format!("`{shown}`")),
    }
}

/// Whether the other places can be written: the nearest directory that exists must be ours to write.
fn places(context: &Context) -> Finding {
    let blocked = [&context.paths.config, &context.paths.data, &context.paths.state].into_iter().find(|place| {
        let there = place.ancestors().find(|directory| directory.exists());
        there.is_none_or(|directory| nix::unistd::access(directory, nix::unistd::AccessFlags::W_OK).is_err())
    });
    match blocked {
        None => Finding::ok("places", format!("`{}`", context.paths.state.display())),
        Some(place) => Finding::fail(
            "places",
            format!("`{}` cannot be written", place.display()),
            "give yourself the right, or set `QD_HOME`",
        ),
    }
}

/// Models that Quarterdeck called by itself.
async fn model_calls(client: &Client) -> Option<Finding> {
    let request = Request::Usage { project: None, by: UsageBy::Day };
    let Ok(Response::Usage(report)) = client.call(request).await else { return None };
    let (planning, supervision) = (report.planning_calls, report.supervision_calls);
    Some(Finding::ok("model calls", format!("by Quarterdeck itself: {planning} to plan, {supervision} to supervise")))
}

async fn daemon(client: &Client) -> Finding {
    match client.call(Request::Status).await {
        Ok(Response::Status(status)) if status.version == env!("CARGO_PKG_VERSION") => Finding::ok(
            "daemon",
            format!("runs (process {}, {} sessions, {} open tasks)", status.pid, status.sessions, status.open_tasks),
        ),
        Ok(Response::Status(status)) => Finding::warn(
            "daemon",
            format!("is qd {}, this is qd {}", status.version, env!("CARGO_PKG_VERSION")),
            "`qd daemon stop`; the next command starts the new one, and sessions run on",
        ),
        Ok(other) => Finding::of("daemon", Stop::unexpected(&other)),
        Err(error) => Finding::of("daemon", error.into()),
    }
}

async fn agents(client: &Client) -> Vec<Finding> {
    match client.call(Request::Agents).await {
        Ok(Response::Agents(agents)) => {
            let any = agents.iter().any(|agent| agent.installed && !["shell", "demo"].contains(&agent.name.as_str()));
            let none = (!any).then(no_agent);
            agents.iter().filter(|agent| agent.installed).map(agent).chain(none).collect()
        }
        Ok(other) => vec![Finding::of("agents", Stop::unexpected(&other))],
        Err(error) => vec![Finding::of("agents", error.into())],
    }
}

/// An agent that was found.
fn agent(agent: &AgentView) -> Finding {
    // the shell and what has no version of its own are known by their path
    let path = agent.path.as_ref().map(|path| format!("`{}`", path.display()));
    let known: Vec<String> = agent.version.clone().into_iter().chain(path).collect();
    let detail = format!("{} ({})", agent.name, known.join(", "));
    match (agent.signed_in, &agent.hint) {
        (Some(false), hint) => {
            let hint = hint.clone().unwrap_or_else(|| format!("start `{}` once and sign in", agent.name));
            Finding::warn("agent", format!("{detail} is not signed in"), hint)
        }
        (_, Some(hint)) => Finding::warn("agent", detail, hint.clone()),
        (_, None) => Finding::ok("agent", detail),
    }
}

fn no_agent() -> Finding {
    Finding::warn(
        "agents",
        "no coding agent was found on the PATH of your login shell",
        "`qd agents` says how to install them; `qd demo` and `qd task add --run` work without one",
    )
}

/// Without a daemon: whether the most common agent is there.
fn claude_alone() -> Finding {
    match process::find_program("claude", &process::login_path()) {
        Some(path) => Finding::ok("agents", format!("claude (`{}`); `qd agents` shows all", path.display())),
        None => no_agent(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_git_are_read_however_they_are_decorated() {
        assert_eq!(version("git version 2.43.0"), Some((2, 43)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("git version 2.30.windows.1"), Some((2, 30)));
        assert_eq!(version("nonsense"), None);
    }

    #[test]
    fn an_open_socket_directory_fails() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let uid = nix::unistd::geteuid().as_raw();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(runtime_directory(directory.path(), uid).health, super::super::Health::Fail);
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(runtime_directory(directory.path(), uid).health, super::super::Health::Ok);
        assert_eq!(runtime_directory(directory.path(), uid + 1).health, super::super::Health::Fail);
    }
}
