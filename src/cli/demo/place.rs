//! The temporary directory of a demo, and what ends with it. Dropping it stops every session that was started
//! below it, by the identity that its host wrote down, and removes the files: also after a panic.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::config::{Environment, Paths};
use crate::model::HostIdentity;
use crate::process;

use super::{DemoError, agent, repository};

/// The shipped definition of the demo agent; the demo adds the pace to it.
const AGENT_DEFINITION: &str = include_str!("../../../agents/demo.toml");

/// As long as hosts have to end by themselves after being asked.
const GRACE: Duration = Duration::from_secs(3);

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
        let template = std::env::temp_dir().join("qd-demo-XXXXXX");
        let root = nix::unistd::mkdtemp(&template)
            .map_err(|error| DemoError::Write { path: template, source: error.into() })?;
        let root = fs::canonicalize(&root).unwrap_or(root);
        let environment = Environment {
            qd_home: Some(root.join("home")),
            xdg_runtime_dir: None,
            uid: nix::unistd::getuid().as_raw(),
        };
        let Some(paths) = Paths::new(&environment) else { return Err(DemoError::Answer("paths")) };
        let place = Self { root, paths, keep };
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
