//! Directories that are ours alone, the lock that makes one daemon, and the copy of `qd` that outlives
//! an upgrade.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use crate::config::Paths;

use super::DaemonError;

/// The file in a session's directory that names the tools its agent was seen to use.
pub(super) const TOOLS: &str = "tools";

/// Makes every directory that the daemon writes to, for the user alone.
pub(super) fn prepare(paths: &Paths) -> Result<(), DaemonError> {
    for directory in [
        paths.config.clone(),
        paths.data.clone(),
        paths.state.join("sessions"),
        paths.state.join("worktrees"),
        paths.handoffs(),
        paths.logs(),
        paths.runtime.clone(),
        paths.runtime.join("s"),
    ] {
        private_directory(&directory)?;
    }
    Ok(())
}

/// A directory with mode 0700 that belongs to us. Its parents are made too; one that was there with a
/// wider mode is narrowed, one that belongs to somebody else is refused.
fn private_directory(path: &Path) -> Result<(), DaemonError> {
    let place = |source| DaemonError::Place { path: path.to_path_buf(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(place)?;
    let metadata = fs::symlink_metadata(path).map_err(place)?;
    if !metadata.is_dir() || metadata.uid() != nix::unistd::getuid().as_raw() {
        return Err(DaemonError::UnsafePlace { path: path.to_path_buf() });
    }
    if metadata.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(place)?;
    }
    Ok(())
}

/// The lock of the one daemon. Its file names the control socket, and in a second line the daemon's process,
/// so that a client that finds no socket can ask for it (SIGHUP).
pub(super) struct Lock {
    _held: Flock<File>,
    /// The daemon that had it before us, and is over.
    pub(super) before: Option<u32>,
}

/// Takes the lock or says that another daemon has it.
pub(super) fn lock(paths: &Paths) -> Result<Lock, DaemonError> {
    let path = paths.lock();
    let place = |source| DaemonError::Place { path: path.clone(), source };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(place)?;
    let mut held = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
        nix::errno::Errno::EWOULDBLOCK => DaemonError::AlreadyRuns,
        other => DaemonError::Place { path: path.clone(), source: other.into() },
    })?;
    let mut earlier = String::new();
    // what cannot be read is nobody's name
    let _ = held.read_to_string(&mut earlier);
    let before =
        earlier.lines().nth(1).and_then(|pid| pid.trim().parse().ok()).filter(|pid| *pid != std::process::id());
    write_socket_name(&mut held, &paths.control_socket()).map_err(place)?;
    Ok(Lock { _held: held, before })
}

fn write_socket_name(file: &mut File, socket: &Path) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(socket.as_os_str().as_encoded_bytes())?;
    write!(file, "\n{}\n", std::process::id())?;
    file.sync_all()
}

/// A copy of this program under `state/bin/<version>-<stamp>/qd`: hosts and hooks run it, and go on
/// running it when the original is replaced. A hard link where the file system allows, else a copy.
pub(super) fn versioned_program(paths: &Paths, program: &Path) -> Result<PathBuf, DaemonError> {
    let place = |source| DaemonError::Place { path: program.to_path_buf(), source };
    let metadata = fs::metadata(program).map_err(place)?;
    let stamp = format!("{}-{:x}-{:x}", env!("CARGO_PKG_VERSION"), metadata.mtime(), metadata.len());
    let directory = paths.state.join("bin").join(stamp);
    let copy = directory.join("qd");
    if copy.exists() {
        return Ok(copy);
    }
    private_directory(&directory)?;
    if fs::hard_link(program, &copy).is_err() {
        let unfinished = directory.join(format!("qd.{}", std::process::id()));
        fs::copy(program, &unfinished).map_err(place)?;
        fs::rename(&unfinished, &copy).map_err(place)?;
    }
    Ok(copy)
}

/// Writes a file for the user alone.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}
