//! Starts a session once, however often it is asked for.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::error::SessionError;
use super::files::{create_json, private_directory, read_json};
use super::find::find;
use super::launch::{Directory, Found, HostRecord, Launch, Started};
use super::leftovers::{end_by_force, end_host};
use crate::model::{Exit, HostIdentity};
use crate::process::{self, Detached, identity, is_alive, send_signal};
use crate::protocol::pane::{FromHost, read_from};

/// Between two tries to reach a host that is coming up; doubled up to the second number.
const FIRST_TRY_AFTER: Duration = Duration::from_millis(1);
const LAST_TRY_AFTER: Duration = Duration::from_millis(16);

/// Starts the session's host and waits for its hello. `launch.json` appears once and whole, and of several
/// hosts in one directory only the first goes on, so this may be called again after any crash: a session
/// that runs is found, and so is one that ran, since a quick agent is over before anybody asks. How it ended
/// is `find`'s to tell.
pub fn start(directory: &Path, launch: &Launch, qd: &Path, deadline: Duration) -> Result<Started, SessionError> {
    private_directory(directory)?;
    let names = Directory(directory);
    create_json(&names.launch(), launch)?;
    match find(directory) {
        Found::Running(started) => return Ok(started),
        Found::Ended(exit) => return ended(directory, launch, exit),
        Found::Lost => return recorded(directory).inspect_err(|_| clear_up(directory, None)),
        Found::NeverStarted => {}
    }
    let host = spawn_host(qd, directory, names.host_log())?;
    let started = wait_for_hello(directory, launch, Instant::now() + deadline);
    if let Err(SessionError::NoHello { .. } | SessionError::Lost { .. }) = started {
        clear_up(directory, host);
    }
    started
}

/// A session whose host is gone and whose process runs elsewhere gets another host, which shows it again.
/// `None` when there is nothing to show.
pub fn adopt(directory: &Path, qd: &Path, deadline: Duration) -> Option<Started> {
    let names = Directory(directory);
    let launch: Launch = read_json(&names.launch()).ok().flatten()?;
    if !launch.place.elsewhere.as_ref()?.is_alive(directory) {
        return None;
    }
    let left: Vec<HostIdentity> = read_json::<HostRecord>(&names.host()).ok().flatten()?.agent().into_iter().collect();
    // what showed it to the old host is of no use any more
    left.iter().filter(|process| is_alive(**process)).for_each(|process| send_signal(process.pid, Signal::SIGKILL));
    std::fs::rename(names.host(), directory.join("host-before.json")).ok()?;
    let host = spawn_host(qd, directory, names.host_log()).ok()?;
    match wait_for_hello(directory, &launch, Instant::now() + deadline) {
        Ok(started) => Some(started),
        Err(error) => {
            tracing::error!(session = %directory.display(), %error, "a session that runs elsewhere got no new host");
            host.map(end_host);
            None
        }
    }
}

/// A start that failed leaves nothing running, so that another one may follow.
fn clear_up(directory: &Path, host: Option<HostIdentity>) {
    let mut left = end_by_force(directory);
    // one that hung before it wrote its record
    left.extend(host.map(end_host).unwrap_or_default());
    if !left.is_empty() {
        tracing::error!(session = %directory.display(), ?left, "processes of a start that failed do not end");
    }
}

/// Starts the host process apart from this one, its messages in `host.log`. It works in `/`, so that it
/// keeps no file system busy; relative paths would mean something else there.
fn spawn_host(qd: &Path, directory: &Path, log: PathBuf) -> Result<Option<HostIdentity>, SessionError> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(SessionError::file("find", path));
    let argv = vec![absolute(qd)?.into_os_string(), OsString::from("host"), absolute(directory)?.into_os_string()];
    let detached = Detached { argv, env: Vec::new(), remove_env: Vec::new(), cwd: PathBuf::from("/"), log: Some(log) };
    let mut child = process::spawn_detached(detached).map_err(|source| SessionError::Spawn { source })?;
    let host = identity(child.id());
    thread::Builder::new()
        .name("host-wait".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || child.wait())
        .map(|_| host)
        .map_err(|source| SessionError::System { action: "start a thread", source })
}

/// The session as its host wrote it down.
fn recorded(directory: &Path) -> Result<Started, SessionError> {
    let record: Option<HostRecord> = read_json(&Directory(directory).host())?;
    record
        .and_then(|record| Some(Started { pid: record.agent_pid?, host: record.identity() }))
        .ok_or_else(|| SessionError::Lost { directory: directory.to_path_buf() })
}

/// A session that is over: it ran, or its host has not been able to start the agent.
fn ended(directory: &Path, launch: &Launch, exit: Exit) -> Result<Started, SessionError> {
    recorded(directory).map_err(|_| SessionError::Agent {
        program: launch.argv.first().cloned().unwrap_or_default(),
        detail: exit.tail,
    })
}

fn wait_for_hello(directory: &Path, launch: &Launch, deadline: Instant) -> Result<Started, SessionError> {
    let mut pause = FIRST_TRY_AFTER;
    loop {
        if let Some(started) = hear_hello(launch, deadline) {
            return Ok(started);
        }
        match find(directory) {
            Found::Ended(exit) => return ended(directory, launch, exit),
            Found::Lost => return recorded(directory),
            Found::Running(_) | Found::NeverStarted => {}
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
