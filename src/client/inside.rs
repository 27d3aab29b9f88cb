//! Whether this process runs inside one of our sessions. Such a process must not start the daemon: it
//! would be a descendant of the session and end with it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::config::Paths;
use crate::process;

use super::ClientError;

/// Refuses when `QD_SESSION` is set or an ancestor is a session host of these places.
pub(super) fn refuse(paths: &Paths) -> Result<(), ClientError> {
    if let Some(session) = std::env::var_os("QD_SESSION").filter(|id| !id.is_empty()) {
        return Err(ClientError::InsideSession { session: Some(session.to_string_lossy().into_owned()) });
    }
    let sessions = paths.state.join("sessions");
    let host = process::ancestry(std::process::id())
        .into_iter()
        .filter_map(|ancestor| std::fs::read(format!("/proc/{}/cmdline", ancestor.pid)).ok())
        .find_map(|command| hosted(&command, &sessions));
    match host {
        Some(session) => Err(ClientError::InsideSession { session: Some(session) }),
        None => Ok(()),
    }
}

/// The session of a host, told by its command line (`qd host DIR`, NUL-separated as proc(5) has it).
fn hosted(command: &[u8], sessions: &Path) -> Option<String> {
    let mut words = command.split(|byte| *byte == 0).skip(1);
    if words.next() != Some(b"host") {
        return None;
    }
    let directory = PathBuf::from(OsStr::from_bytes(words.next()?));
    let inside = directory.parent() == Some(sessions);
    inside.then(|| directory.file_name().map(|id| id.to_string_lossy().into_owned()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_these_places_is_recognised_and_nothing_else() {
        let sessions = Path::new("/home/x/state/sessions");
        assert_eq!(hosted(b"/usr/bin/qd\0host\0/home/x/state/sessions/abc\0", sessions), Some("abc".to_owned()));
        assert_eq!(hosted(b"/usr/bin/qd\0host\0/elsewhere/sessions/abc\0", sessions), None);
        assert_eq!(hosted(b"qd\0serve\0", sessions), None);
        assert_eq!(hosted(b"host\0example.org\0", sessions), None);
        assert_eq!(hosted(b"", sessions), None);
    }
}
