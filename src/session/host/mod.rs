//! The host process: owns the PTY, parses what the agent prints, serves whoever connects, and puts on
//! record how it ended. Threads block on what they wait for; nothing ticks while nothing happens.
//!
//! Locks: `reports` before `state`, never the other way round; nothing blocks while `state` is held.

mod bell;
mod connection;
mod doors;
mod ending;
mod input;
mod lent;
mod outgoing;
mod output;
mod places;
mod pty;
mod reading;
mod refusals;
mod relay;
mod requests;
mod sender;
mod size;
mod state;

use std::panic;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::setsid;

use super::error::SessionError;
use super::executor::Elsewhere;
use super::files::{create_json, read_json, replace_json};
use super::journal::Journal;
use super::launch::{Directory, HostRecord, Launch};
use super::reports::Reports;
use super::stream_log::StreamLog;
use crate::model::Explain as _;
use crate::process::identity;
use crate::session::say::say;
use doors::Door;
pub(super) use reading::{Search, find_in, page_of};
use state::{Pty, Shared};

/// Stack of each thread: none goes deep, and only touched pages count.
const STACK: usize = 256 * 1024;
/// Panic messages that go to `host.log`.
const MOST_PANIC_MESSAGES: u32 = 20;

/// The body of `qd host DIRECTORY`: runs until the agent is over and buried.
pub fn run_host(directory: &Path) -> ExitCode {
    limit_panic_messages();
    match host(directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // stderr is the session's `host.log`
            say!("{error}{}", error.hint().map(|hint| format!(" - {hint}")).unwrap_or_default());
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Output that breaks an assertion of vt100 is survived (see `term`), but could fill the disk with messages.
fn limit_panic_messages() {
    let told = AtomicU32::new(0);
    panic::set_hook(Box::new(move |panic| {
        if told.fetch_add(1, Ordering::Relaxed) < MOST_PANIC_MESSAGES {
            say!("{panic}");
        }
    }));
}

fn host(directory: &Path) -> Result<(), SessionError> {
    let names = Directory(directory);
    let launch: Launch = read_json(&names.launch())?
        .ok_or_else(|| SessionError::file("read", &names.launch())(std::io::ErrorKind::NotFound.into()))?;
    let mut record = claim(directory)?;
    stand_alone()?;
    if let Some(far) = launch.far().cloned() {
        return relay::run(directory, launch, far, record, names.host_before().exists());
    }
    let listener = doors::bind(&launch.socket)?;
    let inner = launch.place.inner_socket.as_deref().map(doors::bind).transpose()?;
    let started = pty::start_agent(&launch);
    let agent = match started {
        Ok(agent) => agent,
        Err(error) => return pty::record_not_started(&names, &launch, error),
    };
    record.agent_pid = Some(agent.pid);
    record.agent_started_ticks = identity(agent.pid).map(|agent| agent.started_ticks);
    replace_json(&names.host(), &record)?;
    let reports = Reports::open(&names.reports()).map_err(SessionError::file("open", &names.reports()))?;
    let journal = Journal::open(&names.journal()).map_err(SessionError::file("open", &names.journal()))?;
    let logs_itself = launch.place.elsewhere.as_ref().is_some_and(Elsewhere::logs_itself);
    let limit = if logs_itself { 0 } else { launch.log_limit };
    let log = StreamLog::open(names.stream_log(), limit).map_err(SessionError::file("open", &names.stream_log()))?;
    let terminal = || agent.terminal.try_clone().map_err(|source| SessionError::Pty { detail: source.to_string() });
    let (reader, writer) = (terminal()?, terminal()?);
    let pty = Pty { master: agent.master, direct: agent.terminal };
    let shared = Arc::new(Shared::new(directory, launch, (agent.pid, pty), reports, log.written()));
    start_thread("output", Arc::clone(&shared), move |shared| output::run(&shared, reader, log))?;
    start_thread("input", Arc::clone(&shared), move |shared| input::run(&shared, writer, journal))?;
    start_thread("doors", Arc::clone(&shared), move |shared| doors::run(&shared, &listener, Door::Outer))?;
    if let Some(inner) = inner {
        start_thread("inner doors", Arc::clone(&shared), move |shared| doors::run(&shared, &inner, Door::Inner))?;
    }
    start_thread("sweep", Arc::clone(&shared), |shared| doors::rebind_when_told(&shared))?;
    ending::see_off(&shared, agent.slave)
}

/// Takes the directory for this process; the second host in one directory gives up here.
fn claim(directory: &Path) -> Result<HostRecord, SessionError> {
    let own = identity(std::process::id()).ok_or_else(|| SessionError::System {
        action: "read `/proc/self/stat`",
        source: std::io::ErrorKind::NotFound.into(),
    })?;
    let record =
        HostRecord { pid: own.pid, started_ticks: own.started_ticks, agent_pid: None, agent_started_ticks: None };
    if create_json(&Directory(directory).host(), &record)? {
        Ok(record)
    } else {
        Err(SessionError::Taken { directory: directory.to_path_buf() })
    }
}

/// Leaves the starter's process session, adopts orphans of the agent, and ignores what a terminal would send.
fn stand_alone() -> Result<(), SessionError> {
    let failed = |action| move |error: Errno| SessionError::System { action, source: error.into() };
    match setsid() {
        // the starter may have made us a leader already
        Ok(_) | Err(Errno::EPERM) => {}
        Err(error) => return Err(failed("leave the process session")(error)),
    }
    set_child_subreaper(true).map_err(failed("adopt orphaned processes"))?;
    let mut blocked = SigSet::empty();
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGUSR1] {
        blocked.add(signal);
    }
    // every thread inherits this; the PTY's child starts with an empty mask
    blocked.thread_block().map_err(failed("block signals"))
}

fn start_thread(
    name: &str,
    shared: Arc<Shared>,
    body: impl FnOnce(Arc<Shared>) + Send + 'static,
) -> Result<(), SessionError> {
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK)
        .spawn(move || body(shared))
        .map(drop)
        .map_err(|source| SessionError::System { action: "start a thread", source })
}
