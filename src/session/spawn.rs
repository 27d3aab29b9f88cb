//! Starts the host process. The one place of this module that starts a program besides the PTY's child.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::error::SessionError;
use super::files::append;

/// Starts `qd host DIRECTORY` apart from this process: no terminal, its messages in `log`. The host makes
/// itself the leader of a process session of its own. The child is waited for in the background.
pub(super) fn spawn_host(qd: &Path, directory: &Path, log: &Path) -> Result<(), SessionError> {
    let log = append(log).map_err(SessionError::file("write", log))?;
    // the host works in `/`, so relative paths would mean something else there
    let absolute = |path: &Path| std::path::absolute(path).map_err(SessionError::file("find", path));
    let mut child = Command::new(absolute(qd)?)
        .arg("host")
        .arg(absolute(directory)?)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|source| SessionError::Spawn { program: qd.to_path_buf(), source })?;
    thread::Builder::new()
        .name("host-wait".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || child.wait())
        .map_err(|source| SessionError::System { action: "start a thread", source })?;
    Ok(())
}
