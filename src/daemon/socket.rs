//! The control socket: bound with mode 0600 in a directory that is ours alone, peers checked by user id
//! and traced to the session they may descend from. Swept away (a cleaned `/tmp`), it is bound again
//! when a client that found nothing sends SIGHUP.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Paths;

use super::authority::{self, Authority};
use super::{Daemon, DaemonError, connection};

/// Binds the socket. A leftover one is removed: the lock says that no other daemon lives.
pub(super) fn bind(paths: &Paths) -> Result<UnixListener, DaemonError> {
    let path = paths.control_socket();
    let place = |source| DaemonError::Place { path: path.clone(), source };
    super::places::prepare(paths)?;
    remove(paths);
    let listener = UnixListener::bind(&path).map_err(place)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(place)?;
    Ok(listener)
}

/// Removes the socket.
pub(super) fn remove(paths: &Paths) {
    let _ = std::fs::remove_file(paths.control_socket());
}

/// Serves clients until the daemon is asked to end.
pub(super) async fn serve(daemon: &Arc<Daemon>) -> Result<(), DaemonError> {
    let mut listener = bind(&daemon.paths)?;
    let signals = |kind| signal(kind).map_err(DaemonError::Thread);
    let mut terminate = signals(SignalKind::terminate())?;
    let mut interrupt = signals(SignalKind::interrupt())?;
    let mut hang_up = signals(SignalKind::hangup())?;
    loop {
        tokio::select! {
            () = accept(daemon, &listener) => {}
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = daemon.stop.notified() => break,
            _ = hang_up.recv() => {
                if !daemon.paths.control_socket().exists() {
                    listener = bind(&daemon.paths)?;
                }
            }
        }
    }
    remove(&daemon.paths);
    Ok(())
}

/// Accepts clients, for ever.
pub(super) async fn accept(daemon: &Arc<Daemon>, listener: &UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(greet(Arc::clone(daemon), stream));
            }
            Err(error) => {
                tracing::warn!(%error, "a client was not accepted");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// Only the same user is served, with the authority that its process has.
async fn greet(daemon: Arc<Daemon>, stream: UnixStream) {
    let Ok(credentials) = stream.peer_cred() else { return };
    if credentials.uid() != nix::unistd::getuid().as_raw() {
        tracing::warn!(uid = credentials.uid(), "another user was turned away");
        return;
    }
    let Some(pid) = credentials.pid().and_then(|pid| u32::try_from(pid).ok()) else { return };
    let paths = daemon.paths.clone();
    let authority = daemon.core.look(move |state, _| authority::of_peer(state, &paths, pid)).await;
    connection::serve(daemon, stream, authority.unwrap_or(Authority::Unknown)).await;
}
