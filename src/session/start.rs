//! Starts a session once, however often it is asked for.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::SessionError;
use super::files::{create_json, private_directory};
use super::find::find;
use super::launch::{Directory, Found, Launch, Started};
use crate::process::{self, Detached, identity};
use crate::protocol::pane::{FromHost, read_from};

/// Between two tries to reach a host that is coming up; doubled up to the second number.
const FIRST_TRY_AFTER: Duration = Duration::from_millis(1);
const LAST_TRY_AFTER: Duration = Duration::from_millis(16);

/// Starts the session's host and waits for its hello. `launch.json` appears once and whole, and of several
/// hosts in one directory only the first goes on, so this may be called again after any crash: a session
/// that runs is found, one that ran is an error.
pub fn start(directory: &Path, launch: &Launch, qd: &Path, deadline: Duration) -> Result<Started, SessionError> {
    private_directory(directory)?;
    let names = Directory(directory);
    create_json(&names.launch(), launch)?;
    match find(directory) {
        Found::Running(started) => return Ok(started),
        Found::Ended(exit) => return Err(SessionError::Over { exit }),
        Found::Lost => return Err(SessionError::Lost { directory: directory.to_path_buf() }),
        Found::NeverStarted => {}
    }
    spawn_host(qd, directory, names.host_log())?;
    wait_for_hello(directory, launch, Instant::now() + deadline)
}

/// Starts the host process apart from this one, its messages in `host.log`. It works in `/`, so that it
/// keeps no file system busy; relative paths would mean something else there.
fn spawn_host(qd: &Path, directory: &Path, log: PathBuf) -> Result<(), SessionError> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(SessionError::file("find", path));
    let argv = vec![absolute(qd)?.into_os_string(), OsString::from("host"), absolute(directory)?.into_os_string()];
    let detached =
        Detached { argv, env: Vec::new(), remove_env: Vec::new(), cwd: PathBuf::from("/"), log: Some(log) };
    let mut child = process::spawn_detached(detached).map_err(|source| SessionError::Spawn { source })?;
    thread::Builder::new()
        .name("host-wait".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || child.wait())
        .map(drop)
        .map_err(|source| SessionError::System { action: "start a thread", source })
}

fn wait_for_hello(directory: &Path, launch: &Launch, deadline: Instant) -> Result<Started, SessionError> {
    let mut pause = FIRST_TRY_AFTER;
    loop {
        if let Some(started) = hear_hello(launch, deadline) {
            return Ok(started);
        }
        match find(directory) {
            // a host that serves nobody has not been able to start the agent
            Found::Ended(exit) if exit.code == Some(super::host::NOT_STARTED) => {
                let program = launch.argv.first().cloned().unwrap_or_default();
                return Err(SessionError::Agent { program, detail: exit.tail });
            }
            Found::Lost => return Err(SessionError::Lost { directory: directory.to_path_buf() }),
            Found::Ended(_) | Found::Running(_) | Found::NeverStarted => {}
        }
        if Instant::now() >= deadline {
            return Err(SessionError::NoHello { directory: directory.to_path_buf() });
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LAST_TRY_AFTER);
    }
}

/// Hosts speak first, and only when their agent runs (or ran: a quick one may be over already).
fn hear_hello(launch: &Launch, deadline: Instant) -> Option<Started> {
    let mut stream = UnixStream::connect(&launch.socket).ok()?;
    let patience = deadline.saturating_duration_since(Instant::now()).max(FIRST_TRY_AFTER);
    stream.set_read_timeout(Some(patience)).ok()?;
    match read_from(&mut stream) {
        Ok(Some(FromHost::Hello { session, pid, host_pid, .. })) if session == launch.session.as_str() => {
            Some(Started { pid, host: identity(host_pid)? })
        }
        _ => None,
    }
}
