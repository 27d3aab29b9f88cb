//! Processes of a session that are no children of its host: in a container, in tmux.
//!
//! The host's child is `qd elsewhere show DIR` then. It finds the session's process there, or starts it, shows
//! it on the host's PTY and ends with its exit code. When the host is killed, that process lives on: a new
//! host in the same directory shows it again (`adopt`), which no local session can.

use std::path::Path;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use super::docker::Container;
use super::ssh::FarSession;
use super::tmux::Window;
use crate::model::Exit;
use crate::process;
use crate::session::files::read_json;
use crate::session::launch::{Directory, Launch};
use crate::session::leftovers;
use crate::session::say::say;

/// How they are found, shown and ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "in")]
pub enum Elsewhere {
    /// In a container.
    Docker(Container),
    /// In a window of tmux.
    Tmux(Window),
    /// On another machine, below a host there.
    Ssh(FarSession),
}

/// Exit code when the process there is gone without a word, as shells have it for SIGKILL.
const GONE: u8 = 137;
/// Exit code when nothing could be started.
const NOT_STARTED: u8 = 127;

impl Elsewhere {
    /// Whether the session's process still runs there.
    pub fn is_alive(&self, directory: &Path) -> bool {
        match self {
            Elsewhere::Docker(container) => container.is_running(),
            Elsewhere::Tmux(window) => exit_of(directory).is_none() && window.exists(),
            Elsewhere::Ssh(session) => session.is_alive(directory),
        }
    }

    /// The session on another machine, if it is on one.
    pub(crate) fn far(&self) -> Option<&FarSession> {
        match self {
            Elsewhere::Ssh(session) => Some(session),
            _ => None,
        }
    }

    /// Ends it, by force. What cannot be ended is said.
    pub(crate) fn end(&self, session: &str) {
        match self {
            Elsewhere::Docker(container) => container.remove(),
            Elsewhere::Tmux(window) => window.kill(),
            Elsewhere::Ssh(far) => {
                if let Err(error) = far.end() {
                    tracing::error!(session, %error, "a session on another machine may live");
                }
                return;
            }
        }
        let own = std::process::id();
        let left = leftovers::end(|| leftovers::marked(session, None).into_iter().filter(|pid| *pid != own).collect());
        if !left.is_empty() {
            tracing::error!(session, ?left, "processes of a session do not end");
        }
    }

    /// The body of the host's child: shows the process until it is over.
    fn show(&self, directory: &Path) -> u8 {
        let shown = match self {
            Elsewhere::Docker(container) => container.show(),
            Elsewhere::Tmux(window) => window.show(directory),
            // a relay shows it, not a child of a host
            Elsewhere::Ssh(_) => Ok(None),
        };
        match shown {
            Ok(Some(code)) => code,
            Ok(None) => exit_of(directory).map_or(GONE, |exit| code_of(&exit)),
            Err(error) => {
                say!("{error}");
                NOT_STARTED
            }
        }
    }
}

/// What `qd elsewhere` does: one of its two ends.
pub fn show(directory: &Path) -> ExitCode {
    match launch(directory).and_then(|launch| launch.place.elsewhere) {
        Some(elsewhere) => ExitCode::from(elsewhere.show(directory)),
        None => no_record(directory),
    }
}

/// The other end: runs the session's own command where it is called, and puts its exit on record.
pub fn run(directory: &Path) -> ExitCode {
    let Some(window) = launch(directory).and_then(|launch| match launch.place.elsewhere {
        Some(Elsewhere::Tmux(window)) => Some(window),
        _ => None,
    }) else {
        return no_record(directory);
    };
    let job = &window.job;
    let ended = process::run_here(&job.argv, &job.env, &job.remove_env, &job.cwd);
    let code = match ended {
        Ok(status) => code_of_status(status),
        Err(error) => {
            say!("{error}");
            NOT_STARTED
        }
    };
    let exit = Exit { code: Some(i32::from(code)), signal: None, at: crate::model::Timestamp(0), tail: String::new() };
    if let Err(error) = crate::session::files::replace_json(&exit_file(directory), &exit) {
        say!("{error}");
    }
    ExitCode::from(code)
}

fn no_record(directory: &Path) -> ExitCode {
    say!("`{}` holds no session that runs elsewhere", directory.display());
    ExitCode::from(NOT_STARTED)
}

fn launch(directory: &Path) -> Option<Launch> {
    read_json(&Directory(directory).launch()).ok().flatten()
}

fn exit_file(directory: &Path) -> std::path::PathBuf {
    directory.join("elsewhere-exit.json")
}

/// How the session's own command ended, once it did.
pub(super) fn exit_of(directory: &Path) -> Option<Exit> {
    read_json(&exit_file(directory)).ok().flatten()
}

fn code_of(exit: &Exit) -> u8 {
    exit.code.and_then(|code| u8::try_from(code).ok()).unwrap_or(GONE)
}

/// An exit status as shells have it.
pub(super) fn code_of_status(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let signalled = status.signal().and_then(|signal| u8::try_from(signal).ok()).map(|signal| 128 + signal);
    status.code().and_then(|code| u8::try_from(code).ok()).or(signalled).unwrap_or(GONE)
}
