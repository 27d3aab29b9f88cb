//! Where a session's processes run. An executor says whether it can be used here, and turns what is to run
//! into what our host starts on its PTY instead; the pane protocol is always that of our host, so attach,
//! kill and recovery are the same everywhere.
//!
//! Two kinds of places: a fence around a child of the host (`sandbox`), which ends with it, and places whose
//! processes are no children of ours (`docker`, `tmux`, `ssh`). For the first two the host runs `qd elsewhere`, which
//! finds the process or makes it, shows it on the host's PTY and ends with its exit code; what is needed to
//! find, show and end it again is written into `launch.json` (`Elsewhere`).

mod aside;
mod container;
mod docker;
mod elsewhere;
mod error;
mod far_log;
mod inside;
mod local;
mod presence;
mod sandbox;
mod ssh;
mod ssh_end;
mod tmux;
mod window;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::{ExecutorKind, ExecutorSettings};
use crate::process::Ssh;

pub use aside::sweep;
pub use elsewhere::{Elsewhere, show};
pub use error::ExecutorError;
pub use inside::{log, run};
pub use presence::Presence;
pub use ssh::FarSession;
pub(super) use ssh::keep_reports;
pub(super) use ssh_end::{State as FarState, copy};
pub use ssh_end::{answer_session, bridge};

/// Something to run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Job {
    /// Tells it from others that run at the same time: the session's id.
    pub name: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Variables to set.
    pub env: Vec<(String, String)>,
    /// Variables to take away.
    pub remove_env: Vec<String>,
    /// Where it starts.
    pub cwd: PathBuf,
}

/// What a job may touch. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workplace {
    /// The worktree.
    pub directory: PathBuf,
    /// The private git directory: writable.
    pub git: Option<PathBuf>,
    /// Files that lie over others, read-only: what is shown, and where.
    pub overlays: Vec<(PathBuf, PathBuf)>,
    /// Places that must be readable wherever they are: our program, the project's objects, the agent's files.
    pub readable: Vec<PathBuf>,
    /// More places to write to, made by whoever asks: the agent's own state. Those that are not there are left out.
    pub writable: Vec<PathBuf>,
    /// Places that are not to be seen.
    pub hidden: Vec<PathBuf>,
    /// The directory with the session's own socket.
    pub socket: Option<PathBuf>,
    /// Its own directory for temporary files.
    pub temporary: PathBuf,
    /// Where goes what is written to directories that are only copied on write; made when it is needed.
    pub aside: PathBuf,
    /// The person's home directory.
    pub home: PathBuf,
    /// Our own program.
    pub qd: PathBuf,
    /// The agent's program as found on this machine.
    pub program: Option<PathBuf>,
    /// The session's directory.
    pub session: PathBuf,
    /// The worktree on another machine, where the job is to run there.
    pub away: Option<PathBuf>,
    /// What a window with it is called: `<task>-<mode>`.
    pub title: String,
}

/// What our host starts instead of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// What is started, with which variables, where.
    pub job: Job,
    /// What the host has to know about it.
    pub place: Place,
}

/// What a host has to know about the place of its session; part of `launch.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// A second socket for the session's own processes, in a directory of its own.
    pub inner_socket: Option<PathBuf>,
    /// What the fence allows, in words: told when something is refused.
    pub fence: Option<String>,
    /// How processes that are no children of the host are found and ended.
    pub elsewhere: Option<Elsewhere>,
}

/// One kind of place.
pub trait Executor: Send + Sync {
    /// Which.
    fn kind(&self) -> ExecutorKind;

    /// Whether it can be used here: what was found, or why not and what to do about it. May take a second.
    fn available(&self) -> Result<String, ExecutorError>;

    /// Whether caches in the person's home can be written to inside without a change to them, what is written being
    /// kept below `aside`; or why not.
    fn copies_on_write(&self, _aside: &Path) -> Result<(), String> {
        Err(format!("`{}` does not do that", self.kind()))
    }

    /// What to start so that the job runs in its place.
    fn wrap(&self, job: Job, workplace: &Workplace) -> Result<Wrapped, ExecutorError>;

    /// Makes what has to be there before the host starts, and must not be a child of it. May be asked again.
    fn prepare(&self) -> Result<(), ExecutorError> {
        Ok(())
    }

    /// How its machine is reached and where things go there, when it is another one.
    fn far(&self) -> Result<Option<(Ssh, String)>, ExecutorError> {
        Ok(None)
    }

    /// The same for a command without a terminal (a check, a setup command).
    fn wrap_command(&self, job: Job, workplace: &Workplace) -> Result<Job, ExecutorError> {
        self.wrap(job, workplace).map(|wrapped| wrapped.job)
    }

    /// Ends what a wrapped command left running when its own client was killed.
    fn end_command(&self, _: &Job) {}
}

/// The executor of a kind. `path` is where its programs are looked for.
pub fn executor(kind: ExecutorKind, settings: &ExecutorSettings, path: &OsStr) -> Box<dyn Executor> {
    match kind {
        ExecutorKind::Sandbox => Box::new(sandbox::Sandbox::new(settings.sandbox.clone(), path)),
        ExecutorKind::Docker => Box::new(docker::Docker::new(settings.docker.clone(), path)),
        ExecutorKind::Tmux => Box::new(tmux::Tmux::new(settings.tmux.clone(), path)),
        ExecutorKind::Ssh => Box::new(ssh::Remote::new(settings.ssh.clone(), path)),
        ExecutorKind::Local => Box::new(local::Local),
    }
}
