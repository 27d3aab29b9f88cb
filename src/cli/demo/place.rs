//! The temporary directory of a demo, and what ends with it. Dropping it stops every session that was started
//! below it, by the identity that its host wrote down, and removes the files: also after a panic. What a killed demo
//! leaves is cleared away by the next one.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::config::{Environment, Paths};
use crate::model::HostIdentity;
use crate::process;

use super::{DemoError, agent, repository};

/// The shipped definition of the demo agent; the demo adds the pace to it.
const AGENT_DEFINITION: &str = include_str!("../../../agents/demo.toml");

/// As long as hosts have to end by themselves after being asked.
const GRACE: Duration = Duration::from_secs(3);

/// How the directories of demos are called, before six characters that differ.
const PREFIX: &str = "qd-demo-";

/// The file that says whose a demo's directory is.
const OWNER: &str = "owner.json";

/// The process whose demo a directory is, so that what it leaves when it is killed can be told from what is in use.
#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    pid: u32,
    started_ticks: u64,
    /// The system's start and the process table that the number belongs to; in another one it says nothing.
    world: String,
    /// The files are to stay.
    keep: bool,
}

impl Owner {
    fn here(keep: bool) -> Self {
        let me = process::identity(std::process::id());
        let (pid, started_ticks) = me.map_or((0, 0), |me| (me.pid, me.started_ticks));
        Self { pid, started_ticks, world: world(), keep }
    }

    fn write(&self, root: &Path) -> Result<(), DemoError> {
        let path = root.join(OWNER);
        let text = serde_json::to_vec(self).unwrap_or_default();
        fs::write(&path, text).map_err(|source| DemoError::Write { path, source })
    }

    /// Whether it is certain that it does not run any more.
    fn is_gone(&self) -> bool {
        let host = HostIdentity { pid: self.pid, started_ticks: self.started_ticks };
        let me = process::identity(std::process::id()).is_some();
        me && self.pid != 0 && !self.world.is_empty() && self.world == world() && !process::is_alive(host)
    }
}

/// This start of the system and this process table; empty where that is not known.
fn world() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let table = fs::read_link("/proc/self/ns/pid");
    match (boot, table) {
        (Ok(boot), Ok(table)) => format!("{} {}", boot.trim(), table.display()),
        _ => String::new(),
    }
}

/// Ends what killed demos left running, and removes their files. Only directories below the temporary one that
/// carry a demo's name, are the person's own, and name an owner that is gone. Answers what was cleared away.
pub fn sweep() -> Vec<PathBuf> {
    let found = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    let named = found.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)).map(|entry| entry.path());
    named.filter_map(|root| abandoned(&root)).map(|place| place.root.clone()).collect()
}

/// A place whose owner is gone; dropping it clears it away.
fn abandoned(root: &Path) -> Option<Place> {
    let about = fs::symlink_metadata(root).ok()?;
    let ours = about.is_dir() && about.uid() == nix::unistd::getuid().as_raw();
    let owner: Owner = serde_json::from_slice(&fs::read(root.join(OWNER)).ok().filter(|_| ours)?).ok()?;
    let root = fs::canonicalize(root).ok().filter(|_| owner.is_gone())?;
    Some(Place { paths: paths(&root)?, root, keep: owner.keep })
}

/// Where Quarterdeck keeps its things in a demo.
fn paths(root: &Path) -> Option<Paths> {
    let environment =
        Environment { qd_home: Some(root.join("home")), xdg_runtime_dir: None, uid: nix::unistd::getuid().as_raw() };
    Paths::new(&environment)
}

/// The part of a host's record that is needed to end it.
#[derive(Deserialize)]
struct HostRecord {
    pid: u32,
    started_ticks: u64,
}

/// Repository and home of one demo.
pub(super) struct Place {
    /// The temporary directory.
    pub root: PathBuf,
    /// Where Quarterdeck keeps its things.
    pub paths: Paths,
    keep: bool,
}

impl Place {
    /// Makes directory, repository and home.
    pub(super) fn create(keep: bool, speed: &str) -> Result<Self, DemoError> {
        let template = std::env::temp_dir().join(format!("{PREFIX}XXXXXX"));
        let root = nix::unistd::mkdtemp(&template)
            .map_err(|error| DemoError::Write { path: template, source: error.into() })?;
        let root = fs::canonicalize(&root).unwrap_or(root);
        let Some(paths) = paths(&root) else { return Err(DemoError::Answer("paths")) };
        let place = Self { root, paths, keep };
        Owner::here(keep).write(&place.root)?;
        repository::create(&place.repository())?;
        place.write_agent(speed)?;
        Ok(place)
    }

    /// The repository.
    pub(super) fn repository(&self) -> PathBuf {
        self.root.join("inkwell")
    }

    /// What is left afterwards, in one line.
    pub(super) fn closing_line(&self) -> String {
        if self.keep {
            format!("demo over: its processes have ended; repository and home are kept in {}", self.root.display())
        } else {
            "demo over: its processes have ended and its files are removed".to_owned()
        }
    }

    /// The agent's definition with the pace of this demo.
    fn write_agent(&self, speed: &str) -> Result<(), DemoError> {
        let directory = self.paths.config.join("agents");
        let file = directory.join("demo.toml");
        let text = format!("{AGENT_DEFINITION}\n[environment.set]\n{} = \"{speed}\"\n", agent::PACE);
        fs::create_dir_all(&directory)
            .and_then(|()| fs::write(&file, text))
            .map_err(|source| DemoError::Write { path: file, source })
    }

    /// The hosts that were started here and still run.
    fn hosts(&self) -> Vec<HostIdentity> {
        let sessions = fs::read_dir(self.paths.state.join("sessions")).into_iter().flatten().flatten();
        sessions.filter_map(|session| running_host(&session.path())).collect()
    }

    /// Ends every host with everything below it: asks, waits, forces.
    fn stop_sessions(&self) {
        let hosts = self.hosts();
        for host in &hosts {
            signal(host.pid, Signal::SIGTERM);
        }
        let until = Instant::now() + GRACE;
        while hosts.iter().any(|host| process::is_alive(*host)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        for host in hosts.into_iter().filter(|host| process::is_alive(*host)) {
            let below = process::descendants(host.pid);
            signal(host.pid, Signal::SIGKILL);
            for pid in below {
                signal(pid, Signal::SIGKILL);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop_sessions();
        if self.keep {
            // nobody's any more: a later demo leaves it alone
            let _ = fs::remove_file(self.root.join(OWNER));
            return;
        }
        // A file may have been written while the tree was walked: once more is enough for that.
        if fs::remove_dir_all(&self.root).is_err() {
            let _ = fs::remove_dir_all(&self.root);
        }
        if !self.paths.runtime.starts_with(&self.root) {
            let _ = fs::remove_dir_all(&self.paths.runtime);
        }
    }
}

/// The host of a session's directory, if it runs.
fn running_host(session: &Path) -> Option<HostIdentity> {
    let record = fs::read_to_string(session.join("host.json")).ok()?;
    let record: HostRecord = serde_json::from_str(&record).ok()?;
    let host = HostIdentity { pid: record.pid, started_ticks: record.started_ticks };
    process::is_alive(host).then_some(host)
}

/// Sends a signal; a process that is gone needs none.
fn signal(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}
