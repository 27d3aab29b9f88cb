//! The host's socket: bound in a private directory, open to its user, made anew when it was swept away.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};

use super::state::Shared;
use super::{connection, start_thread};
use crate::session::error::SessionError;
use crate::session::files::private_directory;
use crate::session::launch::Launch;
use crate::session::say::say;

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
    let mut told = false;
    // the last file descriptor, to tell with it that there is none
    let mut spare = File::open("/dev/null").ok();
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => {
                told = false;
                // traced before it costs a thread: who may do nothing takes nobody's place
                let Some((stream, place)) = connection::admit(shared, stream, door) else { continue };
                let started =
                    start_thread("peer", Arc::clone(shared), move |shared| connection::run(&shared, stream, &place));
                if let Err(error) = started {
                    say!("{error}");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    say!("cannot accept a connection: {error}");
                }
                turn_one_away(shared, listener, &mut spare);
                thread::sleep(AFTER_FAILURE);
            }
        }
    }
}

/// Tells one who waits that there is no file descriptor left, on the one that was kept for that.
fn turn_one_away(shared: &Shared, listener: &UnixListener, spare: &mut Option<File>) {
    let mut waits = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    if spare.is_some() && poll(&mut waits, PollTimeout::ZERO).is_ok_and(|ready| ready > 0) {
        drop(spare.take());
        if let Ok((stream, _)) = listener.accept() {
            connection::turn_away(shared, stream);
        }
    }
    if spare.is_none() {
        *spare = File::open("/dev/null").ok();
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
                say!("{error}");
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
