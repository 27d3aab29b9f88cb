//! Starts a session once, however often it is asked for.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::error::SessionError;
use super::executor::Presence;
use super::files::{create_json, private_directory, read_json};
use super::find::find;
use super::launch::{Directory, Found, Launch, Started, last_host};
use super::leftovers::{end_by_force, end_host};
use crate::model::{Exit, HostIdentity};
use crate::process::{self, Detached, identity, is_alive, send_signal};
use crate::protocol::pane::{FromHost, read_from};

/// Between two tries to reach a host that is coming up; doubled up to the second number.
const FIRST_TRY_AFTER: Duration = Duration::from_millis(1);
const LAST_TRY_AFTER: Duration = Duration::from_millis(16);

/// What became of a session whose host is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adopted {
    /// It has a new host.
    Shown(Started),
    /// Nothing of it is left to show: that is proven.
    Gone,
    /// It may go on, and could not be shown: in words why.
    Unknown(String),
}

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
        Found::Lost => return recorded(directory).or_else(|error| given_up(directory, None, error)),
        Found::NeverStarted => {}
    }
    let host = spawn_host(qd, directory, names.host_log())?;
    match wait_for_hello(directory, launch, Instant::now() + deadline) {
        Err(error @ (SessionError::NoHello { .. } | SessionError::Lost { .. })) => given_up(directory, host, error),
        started => started,
    }
}

/// A session whose host is gone and whose process runs elsewhere gets another host, which shows it again. May be
/// called again after a crash at any point of it. A session that may run is never given up here.
pub fn adopt(directory: &Path, qd: &Path, deadline: Duration) -> Adopted {
    match try_to_adopt(directory, qd, deadline) {
        Ok(adopted) => adopted,
        Err(error) => Adopted::Unknown(format!("it got no new host: {error}")),
    }
}

fn try_to_adopt(directory: &Path, qd: &Path, deadline: Duration) -> Result<Adopted, SessionError> {
    let names = Directory(directory);
    let launch: Option<Launch> = read_json(&names.launch())?;
    let Some(launch) = launch.filter(|launch| launch.place.elsewhere.is_some()) else { return Ok(Adopted::Gone) };
    // what showed it to the old host is of no use any more, and must start nothing from now on
    let left = last_host(directory).and_then(|record| record.agent()).filter(|process| is_alive(*process));
    if let Some(process) = left {
        send_signal(process.pid, Signal::SIGKILL);
    }
    let presence = launch.place.elsewhere.as_ref().map(|elsewhere| elsewhere.presence(directory));
    match presence {
        None | Some(Presence::Gone) => return Ok(Adopted::Gone),
        // the one that stands for it here asks the other machine itself, for as long as it takes
        Some(Presence::Unknown(why)) if launch.far().is_none() => return Ok(Adopted::Unknown(why)),
        Some(Presence::Here | Presence::Over | Presence::Unknown(_)) => {}
    }
    match std::fs::rename(names.host(), names.host_before()) {
        // an earlier try got as far as that
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && names.host_before().exists() => {}
        moved => moved.map_err(SessionError::file("move", &names.host()))?,
    }
    let host = spawn_host(qd, directory, names.host_log())?;
    let until = Instant::now() + deadline;
    let started = match launch.far() {
        // it may be out of reach for long; what stands for it here is enough
        Some(_) => wait_for_relay(directory, until),
        None => wait_for_hello(directory, &launch, until),
    };
    started.map(Adopted::Shown).inspect_err(|_| {
        host.map(end_host);
    })
}

/// A start that failed leaves nothing running, so that another one may follow. Where that cannot be known, the start
/// counts: the session has a host that is gone, and is looked for like any other of that kind.
fn given_up(directory: &Path, host: Option<HostIdentity>, error: SessionError) -> Result<Started, SessionError> {
    let ended = end_by_force(directory);
    // one that hung before it wrote its record
    let mut left = host.map(end_host).unwrap_or_default();
    match ended {
        Ok(more) => left.extend(more),
        Err(unknown) => {
            tracing::error!(session = %directory.display(), error = %unknown, "a start that failed");
            return last_host(directory)
                .map(|record| Started { pid: record.agent_pid.unwrap_or(record.pid), host: record.identity() })
                .ok_or(error);
        }
    }
    if !left.is_empty() {
        tracing::error!(session = %directory.display(), ?left, "processes of a start that failed do not end");
    }
    Err(error)
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
    last_host(directory)
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

fn wait_for_relay(directory: &Path, deadline: Instant) -> Result<Started, SessionError> {
    while Instant::now() < deadline {
        match find(directory) {
            Found::Running(started) => return Ok(started),
            Found::Ended(_) => return recorded(directory),
            Found::Lost | Found::NeverStarted => thread::sleep(LAST_TRY_AFTER),
        }
    }
    Err(SessionError::NoHello { directory: directory.to_path_buf() })
}

fn wait_for_hello(directory: &Path, launch: &Launch, deadline: Instant) -> Result<Started, SessionError> {
    let mut pause = FIRST_TRY_AFTER;
    loop {
        if let Some(started) = hear_hello(directory, launch, deadline) {
            return Ok(started);
        }
        match find(directory) {
            Found::Ended(exit) => return ended(directory, launch, exit),
            Found::Lost if Directory(directory).host().exists() => return recorded(directory),
            Found::Running(_) | Found::Lost | Found::NeverStarted => {}
        }
        if Instant::now() >= deadline {
            return Err(SessionError::NoHello { directory: directory.to_path_buf() });
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LAST_TRY_AFTER);
    }
}

/// Hosts speak first, and only when their agent runs (or ran: a quick one may be over already).
fn hear_hello(directory: &Path, launch: &Launch, deadline: Instant) -> Option<Started> {
    let mut stream = UnixStream::connect(&launch.socket).ok()?;
    let patience = deadline.saturating_duration_since(Instant::now()).max(FIRST_TRY_AFTER);
    stream.set_read_timeout(Some(patience)).ok()?;
    match read_from(&mut stream) {
        Ok(Some(FromHost::Hello { session, .. })) if session == launch.session.as_str() && launch.far().is_some() => {
            // the numbers in it are another machine's
            recorded(directory).ok()
        }
        Ok(Some(FromHost::Hello { session, pid, host_pid, .. })) if session == launch.session.as_str() => {
            Some(Started { pid, host: identity(host_pid)? })
        }
        _ => None,
    }
}
