//! Where everything lives. With `QD_HOME` set, all of it is below that one directory; otherwise the
//! platform's places (the `directories` crate) are used.
//!
//! ```text
//! config/  config.toml, keymaps.toml, themes/, agents/, roles/, missions/
//! data/    qd.sqlite3, qd.lock (beside the database; its content names the control socket)
//! state/   sessions/<id>/, worktrees/<project>/<task>/, handoffs/, logs/, bin/ (versioned copies of qd)
//! runtime  control.sock, s/<first 8 of the id>.sock   (0700, short paths)
//! ```

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::model::SessionId;

/// The part of the environment that decides places; read by the faces, an argument here.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `QD_HOME`.
    pub qd_home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub xdg_runtime_dir: Option<PathBuf>,
    /// The user's number, for `/tmp/quarterdeck-<uid>`.
    pub uid: u32,
}

/// All places. Nothing here is created; whoever writes creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Configuration files.
    pub config: PathBuf,
    /// The database and its lock.
    pub data: PathBuf,
    /// Sessions, worktrees, handoffs, logs.
    pub state: PathBuf,
    /// Sockets.
    pub runtime: PathBuf,
}

/// A Unix socket's path may have 108 bytes (`sun_path`, unix(7)); we stay below with room for the name.
const LONGEST_RUNTIME: usize = 80;

impl Paths {
    /// Computes the places. `None` when there is neither `QD_HOME` nor a home directory.
    pub fn new(environment: &Environment) -> Option<Self> {
        if let Some(home) = &environment.qd_home {
            return Some(Self {
                config: home.join("config"),
                data: home.join("data"),
                state: home.join("state"),
                runtime: short_runtime(home.join("run"), home, environment.uid),
            });
        }
        let places = directories::ProjectDirs::from("", "", "quarterdeck")?;
        let state = places.state_dir().unwrap_or_else(|| places.data_local_dir()).to_path_buf();
        let runtime = environment.xdg_runtime_dir.as_ref().map_or_else(
            || PathBuf::from(format!("/tmp/quarterdeck-{}", environment.uid)),
            |directory| directory.join("quarterdeck"),
        );
        Some(Self {
            config: places.config_dir().to_path_buf(),
            data: places.data_dir().to_path_buf(),
            runtime: short_runtime(runtime, &state, environment.uid),
            state,
        })
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data.join("qd.sqlite3")
    }

    /// The daemon's lock; its content is the control socket's path.
    pub fn lock(&self) -> PathBuf {
        self.data.join("qd.lock")
    }

    /// The control socket, as a daemon that starts now would name it.
    pub fn control_socket(&self) -> PathBuf {
        self.runtime.join("control.sock")
    }

    /// A session's directory: launch record, log, reports, exit record.
    pub fn session(&self, session: &SessionId) -> PathBuf {
        self.state.join("sessions").join(session.as_str())
    }

    /// The live sessions as a file.
    pub fn active_sessions(&self) -> PathBuf {
        self.state.join("sessions").join("active.json")
    }

    /// Files that an agent gets for one session (its settings). Apart from the host's directory, whose
    /// making is the lock that starts a session once.
    pub fn agent_files(&self, session: &SessionId) -> PathBuf {
        self.state.join("agents").join(session.as_str())
    }

    /// A session's socket.
    pub fn session_socket(&self, session: &SessionId) -> PathBuf {
        self.runtime.join("s").join(format!("{}.sock", session.short()))
    }

    /// The directory of a project's worktrees.
    pub fn worktrees(&self, project_name: &str, project: u64) -> PathBuf {
        self.state.join("worktrees").join(format!("{}-{project}", crate::model::slug(project_name)))
    }

    /// Handoff documents.
    pub fn handoffs(&self) -> PathBuf {
        self.state.join("handoffs")
    }

    /// An empty directory for agents that are only asked something.
    pub fn planning(&self) -> PathBuf {
        self.state.join("planning")
    }

    /// Logs of our own processes.
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }
}

/// The wanted directory, or a hashed one below `/tmp/quarterdeck-<uid>` when sockets in it would be too long.
fn short_runtime(wanted: PathBuf, identity: &Path, uid: u32) -> PathBuf {
    if wanted.as_os_str().len() <= LONGEST_RUNTIME {
        return wanted;
    }
    let digest = Sha256::digest(identity.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    PathBuf::from(format!("/tmp/quarterdeck-{uid}")).join(name)
}
