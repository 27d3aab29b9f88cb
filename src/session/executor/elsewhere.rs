//! Processes of a session that are no children of its host: in a container, in tmux, on another machine.
//!
//! The host's child is `qd elsewhere show DIR` then. It finds the session's process there, or starts it, shows
//! it on the host's PTY and ends with its exit code. When the host is killed, that process lives on: a new
//! host in the same directory shows it again (`adopt`), which no local session can.

use std::path::Path;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use super::container::Container;
use super::presence::{GONE, NOT_STARTED, Presence, code_of, exit_of, record_exit};
use super::ssh::FarSession;
use super::window::Window;
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

impl Elsewhere {
    /// Whether the session's process still is there.
    pub fn presence(&self, directory: &Path) -> Presence {
        match self {
            Elsewhere::Docker(container) => container.presence(),
            Elsewhere::Tmux(window) => window.presence(directory),
            Elsewhere::Ssh(session) => session.presence(directory),
        }
    }

    /// The session on another machine, if it is on one.
    pub(crate) fn far(&self) -> Option<&FarSession> {
        match self {
            Elsewhere::Ssh(session) => Some(session),
            _ => None,
        }
    }

    /// Whether the output is put into the session's log there, and not by the host, who sees a picture of it only.
    pub(crate) fn logs_itself(&self) -> bool {
        matches!(self, Elsewhere::Tmux(_))
    }

    /// Ends it, by force. Anything but `Gone` means that it may go on.
    pub(crate) fn end(&self, session: &str, directory: &Path) -> Presence {
        let left = match self {
            Elsewhere::Docker(container) => container.remove(),
            Elsewhere::Tmux(window) => {
                window.kill(directory);
                Presence::Gone
            }
            Elsewhere::Ssh(far) => {
                return match far.end() {
                    Ok(_) => Presence::Gone,
                    Err(error) => Presence::Unknown(error.to_string()),
                };
            }
        };
        let own = std::process::id();
        let marked =
            leftovers::end(|| leftovers::marked(session, None).into_iter().filter(|pid| *pid != own).collect());
        if !marked.is_empty() {
            tracing::error!(session, ?marked, "processes of a session do not end");
            return Presence::Here;
        }
        if matches!(self, Elsewhere::Tmux(_)) && exit_of(directory).is_none() {
            // a window that comes up late finds that it was given up
            if let Err(error) = record_exit(directory, GONE) {
                tracing::error!(session, %error, "the end of a session is not on record");
            }
        }
        left
    }

    /// The body of the host's child: shows the process until it is over.
    fn show(&self, directory: &Path) -> u8 {
        // a host was there before: whatever ran was started then
        let again = Directory(directory).host_before().exists();
        let shown = match self {
            Elsewhere::Docker(container) => container.show(again),
            Elsewhere::Tmux(window) => window.show(directory, again),
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

/// What `qd elsewhere show` does: the end of it that the host sees.
pub fn show(directory: &Path) -> ExitCode {
    let launch: Option<Launch> = read_json(&Directory(directory).launch()).ok().flatten();
    let Some(elsewhere) = launch.and_then(|launch| launch.place.elsewhere) else {
        say!("`{}` holds no session that runs elsewhere", directory.display());
        return ExitCode::from(NOT_STARTED);
    };
    ExitCode::from(elsewhere.show(directory))
}
