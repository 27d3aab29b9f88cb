//! The PTY and the agent on it.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::time::SystemTime;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use portable_pty::{CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};

use super::lent::duplicate;
use crate::model::{Exit, Timestamp, sanitize};
use crate::session::error::SessionError;
use crate::session::files::replace_json;
use crate::session::launch::{Directory, Launch};
use crate::session::say::say;
use crate::term::Terminal;

/// The exit code on record for an agent that could not be started, as shells have it.
const NOT_STARTED: i32 = 127;

/// A running agent and the ends of its PTY.
pub(super) struct Agent {
    pub(super) pid: u32,
    pub(super) master: Box<dyn MasterPty + Send>,
    /// The master's other end of everything: reading and writing it never blocks.
    pub(super) terminal: File,
    /// Held until the session is over, so that end-of-file means that and nothing else.
    pub(super) slave: Box<dyn SlavePty + Send>,
}

/// Rows and columns with the pixels of our nominal cells.
pub(super) fn pty_size((rows, cols): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: cols.saturating_mul(8), pixel_height: rows.saturating_mul(16) }
}

/// Opens the PTY and starts the agent as the leader of a process session on it.
pub(super) fn start_agent(launch: &Launch) -> Result<Agent, SessionError> {
    let program = launch.argv.first().cloned().unwrap_or_default();
    let refused = |detail: String| SessionError::Agent { program: program.clone(), detail };
    if program.is_empty() {
        return Err(refused("no program was named".to_owned()));
    }
    if !launch.cwd.is_dir() {
        return Err(refused(format!("`{}` is not a directory", launch.cwd.display())));
    }
    let size = Terminal::new(launch.rows, launch.cols, 0).size();
    let no_pty = |error: anyhow::Error| SessionError::Pty { detail: error.to_string() };
    let pair = native_pty_system().openpty(pty_size(size)).map_err(no_pty)?;
    let child = pair.slave.spawn_command(command(launch)).map_err(|error| refused(format!("{error:#}")))?;
    let pid = child.process_id().ok_or_else(|| refused("it has no process id".to_owned()))?;
    let terminal =
        unblocked(pair.master.as_ref()).map_err(|source| SessionError::Pty { detail: source.to_string() })?;
    Ok(Agent { pid, terminal, master: pair.master, slave: pair.slave })
}

/// The master as a file that does not block: a key is written on the way, and a flood is read until there is
/// nothing left.
fn unblocked(master: &(dyn MasterPty + Send)) -> io::Result<File> {
    let terminal = duplicate(master)?;
    fcntl(&terminal, FcntlArg::F_SETFL(OFlag::O_RDWR | OFlag::O_NONBLOCK))?;
    Ok(File::from(terminal))
}

fn command(launch: &Launch) -> CommandBuilder {
    let mut command = CommandBuilder::from_argv(launch.argv.iter().map(OsString::from).collect());
    for name in &launch.remove_env {
        command.env_remove(name);
    }
    for (name, value) in &launch.env {
        command.env(name, value);
    }
    command.cwd(&launch.cwd);
    command
}

/// Puts a failed start on record, for whoever asks later.
pub(super) fn record_not_started(
    names: &Directory<'_>,
    launch: &Launch,
    error: SessionError,
) -> Result<(), SessionError> {
    let tail = match &error {
        SessionError::Agent { detail, .. } => sanitize(detail),
        other => other.to_string(),
    };
    let recorded = replace_json(&names.exit(), &Exit { code: Some(NOT_STARTED), signal: None, at: now(), tail });
    if let Err(error) = super::doors::remove(launch) {
        say!("{error}");
    }
    recorded.and(Err(error))
}

/// The wall clock.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
