//! Stands for the host of a session on another machine: has its directory and its socket here, lets every
//! connection be served by the host there, and puts on record how that ended. While nothing can be heard from
//! there it stays, answers nobody, and asks again: a session that may live is never called over.

use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};

use super::doors;
use super::pty::record_not_started;
use crate::process::SshError;
use crate::session::error::SessionError;
use crate::session::executor::{FarSession, FarState, copy, keep_reports};
use crate::session::files::replace_json;
use crate::session::launch::{Directory, HostRecord, Launch};
use crate::session::peer::{Standing, standing};
use crate::session::say::say;

/// Between two tries to reach the other machine, doubled up to the second number.
const FIRST_AFTER: Duration = Duration::from_millis(500);
const LAST_AFTER: Duration = Duration::from_secs(15);
/// Without any news the other machine is asked this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// More connections at once are turned away.
const MOST: usize = 64;
/// After an accept that failed for lack of descriptors or memory.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

struct Relay {
    far: FarSession,
    launch: Launch,
    directory: std::path::PathBuf,
    open: AtomicUsize,
    /// A connection ended.
    news: Sender<()>,
}

/// Is there until the session is over. `again` when an earlier relay of it was lost.
pub(super) fn run(
    directory: &Path,
    launch: Launch,
    far: FarSession,
    mut record: HostRecord,
    again: bool,
) -> Result<(), SessionError> {
    let names = Directory(directory);
    // the process that stands for the agent here; it has no number of this machine
    record.agent_pid = Some(record.pid);
    replace_json(&names.host(), &record)?;
    if !again && let Err(error) = begin(&far, &launch) {
        record.agent_pid = None;
        replace_json(&names.host(), &record)?;
        return record_not_started(&names, &launch, error);
    }
    let listener = doors::bind(&launch.socket)?;
    let (news, heard) = channel();
    let relay = Arc::new(Relay { far, launch, directory: directory.to_path_buf(), open: AtomicUsize::new(0), news });
    relay.serve(listener)?;
    let told = Arc::clone(&relay);
    spawn("sweep", move || told.rebind_when_told())?;
    relay.watch(&heard)
}

/// Starts the session there. As long as nothing is heard it is asked again: it is started once all the same.
fn begin(far: &FarSession, launch: &Launch) -> Result<(), SessionError> {
    let mut pause = FIRST_AFTER;
    loop {
        match far.begin(launch) {
            Ok(()) => return Ok(()),
            Err(error) if error.is_silence() => say!("{error}"),
            Err(error) => {
                let program = launch.argv.first().cloned().unwrap_or_default();
                return Err(SessionError::Agent { program, detail: error.to_string() });
            }
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LAST_AFTER);
    }
}

impl Relay {
    /// Serves whoever comes, on a thread of its own.
    fn serve(self: &Arc<Self>, listener: UnixListener) -> Result<(), SessionError> {
        let relay = Arc::clone(self);
        spawn("doors", move || {
            for stream in listener.incoming() {
                match stream {
                    Ok(stream) => relay.pass_on(stream),
                    Err(error) => {
                        say!("cannot accept a connection: {error}");
                        thread::sleep(AFTER_FAILURE);
                    }
                }
            }
        })
    }

    /// One connection. The host there takes it for a person's, so only such ones are passed on.
    fn pass_on(self: &Arc<Self>, stream: UnixStream) {
        let session = self.launch.session.as_str();
        let outside = standing(&stream, &self.directory, session) == Some(Standing::Outside);
        if !outside || self.open.load(Ordering::Relaxed) >= MOST {
            return;
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        let relay = Arc::clone(self);
        let passed = spawn("line", move || {
            // however it ended, the other machine is asked what is the matter
            if let Err(error) = relay.carry(&stream) {
                say!("{error}");
            }
            relay.open.fetch_sub(1, Ordering::Relaxed);
            let _ = relay.news.send(());
        });
        if let Err(error) = passed {
            say!("{error}");
        }
    }

    /// Carries bytes both ways until the other machine ends it. They go through this process, so that a
    /// connection ends with it and nobody goes on with a line that belongs to no relay any more.
    fn carry(&self, stream: &UnixStream) -> Result<(), SessionError> {
        let failed = |source| SessionError::System { action: "carry a connection", source };
        let mut child = self.far.connect().map_err(|source| SessionError::Spawn { source })?;
        if let (Some(mut to), Some(mut from)) = (child.stdin.take(), child.stdout.take()) {
            let mut up = stream.try_clone().map_err(failed)?;
            spawn("up", move || {
                // the end of either side ends both; `to` is closed with this
                let _ = copy(&mut up, &mut to);
            })?;
            let _ = copy(&mut from, &mut &*stream);
        }
        // also wakes the other direction
        let _ = stream.shutdown(Shutdown::Both);
        let _ = child.kill();
        child.wait().map(drop).map_err(failed)
    }

    /// Asks the other machine whenever a connection ended, and now and then while there is none.
    fn watch(&self, heard: &Receiver<()>) -> Result<(), SessionError> {
        let mut pause = FIRST_AFTER;
        loop {
            match heard.recv_timeout(LOOK_EVERY) {
                Ok(()) => while heard.try_recv().is_ok() {},
                Err(RecvTimeoutError::Timeout) if self.open.load(Ordering::Relaxed) > 0 => continue,
                Err(_) => {}
            }
            loop {
                match self.far.look() {
                    Ok(FarState::Running) => break pause = FIRST_AFTER,
                    Ok(FarState::Ended { exit, reports }) => {
                        self.bring_log(&mut pause);
                        keep_reports(&self.directory, &reports);
                        replace_json(&Directory(&self.directory).exit(), &exit)?;
                        if let Err(error) = self.far.clear() {
                            say!("{error}");
                        }
                        return doors::remove(&self.launch);
                    }
                    Ok(FarState::Lost { reports }) => {
                        say!("the session's host on `{}` is gone", self.far.host());
                        self.bring_log(&mut pause);
                        keep_reports(&self.directory, &reports);
                        return doors::remove(&self.launch);
                    }
                    Ok(FarState::NeverStarted) => return doors::remove(&self.launch),
                    Err(error) => {
                        say!("{error}");
                        thread::sleep(pause);
                        pause = (pause * 2).min(LAST_AFTER);
                    }
                }
            }
        }
    }

    /// The output log comes here before it is forgotten there. While nothing is heard it is asked for again.
    fn bring_log(&self, pause: &mut Duration) {
        loop {
            match self.far.fetch_log(&self.directory) {
                Ok(Ok(())) => return,
                Ok(Err(error)) => return say!("the output log cannot be written here: {error}"),
                Err(error @ SshError::Unreachable { .. }) => say!("{error}"),
                Err(error) => return say!("the output log did not come: {error}"),
            }
            thread::sleep(*pause);
            *pause = (*pause * 2).min(LAST_AFTER);
        }
    }

    /// Binds the socket again at each SIGUSR1, which `find` sends when the socket is missing.
    fn rebind_when_told(self: &Arc<Self>) {
        let mut told = SigSet::empty();
        told.add(Signal::SIGUSR1);
        while told.wait().is_ok() {
            if !self.launch.socket.exists()
                && let Err(error) = doors::bind(&self.launch.socket).and_then(|listener| self.serve(listener))
            {
                say!("{error}");
            }
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), SessionError> {
    let started = thread::Builder::new().name(name.to_owned()).stack_size(super::STACK).spawn(body);
    started.map(drop).map_err(|source| SessionError::System { action: "start a thread", source })
}
