//! The host's socket: bound in a private directory, open to its user, made anew when it was swept away.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};

use super::state::Shared;
use super::{connection, start_thread};
use crate::session::error::SessionError;
use crate::session::files::private_directory;
use crate::session::launch::Launch;

/// More connections at once are turned away.
const MOST_PEERS: usize = 128;
/// After an accept that failed for lack of descriptors or memory.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Binds the socket. What lies at its path is an earlier socket of the same session.
pub(super) fn bind(path: &Path) -> Result<UnixListener, SessionError> {
    if let Some(parent) = path.parent() {
        private_directory(parent)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(SessionError::file("replace", path)(error));
        }
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(SessionError::file("create", path))?;
    fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(SessionError::file("protect", path))?;
    Ok(listener)
}

/// Which of the session's sockets a connection came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The one that everybody outside uses.
    Outer,
    /// The one that only the session's own processes see: whoever comes in here is one of them.
    Inner,
}

/// Accepts connections for as long as the process lives.
pub(super) fn run(shared: &Arc<Shared>, listener: &UnixListener, door: Door) {
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => {
                if shared.state().peers.len() >= MOST_PEERS {
                    continue;
                }
                let started =
                    start_thread("peer", Arc::clone(shared), move |shared| connection::run(&shared, stream, door));
                if let Err(error) = started {
                    eprintln!("{error}");
                }
            }
            Err(error) => {
                eprintln!("cannot accept a connection: {error}");
                thread::sleep(AFTER_FAILURE);
            }
        }
    }
}

/// Binds the socket again at each SIGUSR1, which `find` sends when the socket is missing.
pub(super) fn rebind_when_told(shared: &Arc<Shared>) {
    let mut told = SigSet::empty();
    told.add(Signal::SIGUSR1);
    while told.wait().is_ok() {
        let outer = std::iter::once((&shared.launch.socket, Door::Outer));
        let inner = shared.launch.place.inner_socket.iter().map(|socket| (socket, Door::Inner));
        for (socket, door) in outer.chain(inner).filter(|(socket, _)| !socket.exists()) {
            let opened = bind(socket).and_then(|listener| {
                start_thread("doors", Arc::clone(shared), move |shared| run(&shared, &listener, door))
            });
            if let Err(error) = opened {
                eprintln!("{error}");
            }
        }
    }
}

/// Takes the sockets away: the session is over.
pub(super) fn remove(launch: &Launch) -> Result<(), SessionError> {
    if let Some(inner) = &launch.place.inner_socket {
        // a directory of its own holds it; what cannot be removed is made anew or swept with the others
        let _ = fs::remove_file(inner);
        let _ = inner.parent().map(fs::remove_dir);
    }
    match fs::remove_file(&launch.socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(SessionError::file("remove", &launch.socket)(error))
        }
        _ => Ok(()),
    }
}
