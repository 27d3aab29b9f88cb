//! The control socket: bound with mode 0600 in a directory that is ours alone, peers checked by user id
//! and traced to the session they may descend from. Swept away (a cleaned `/tmp`), it is bound again
//! when a client that found nothing sends SIGHUP.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Paths;
use crate::model::Kind;
use crate::protocol::control::{Call, Failure, Frame};

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

/// Accepts clients, for ever. Without file descriptors a client is told so, with one that is kept for that.
pub(super) async fn accept(daemon: &Arc<Daemon>, listener: &UnixListener) {
    let mut spare = spare();
    let mut told = false;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                told = false;
                spare = spare.or_else(self::spare);
                tokio::spawn(greet(Arc::clone(daemon), stream));
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(%error, "clients are not accepted");
                }
                if is_exhausted(&error) && spare.take().is_some() {
                    turn_away(listener).await;
                    spare = self::spare();
                }
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
}

/// Between two tries to accept when that is not possible.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How long a client that is turned away may take to say what it wants.
const SAYS_WITHIN: Duration = Duration::from_millis(500);

/// A file descriptor to give up when there are no others.
fn spare() -> Option<std::fs::File> {
    std::fs::File::open("/dev/null").ok()
}

fn is_exhausted(error: &std::io::Error) -> bool {
    let exhausted = [nix::errno::Errno::EMFILE, nix::errno::Errno::ENFILE];
    error.raw_os_error().is_some_and(|code| exhausted.contains(&nix::errno::Errno::from_raw(code)))
}

/// Answers the first call of one client with why it cannot be served.
async fn turn_away(listener: &UnixListener) {
    let Ok(Ok((mut stream, _))) = tokio::time::timeout(SAYS_WITHIN, listener.accept()).await else { return };
    let mut line = String::new();
    let (read, mut write) = stream.split();
    let mut lines = tokio::io::BufReader::new(read).take(LONGEST_HELLO);
    let said = tokio::time::timeout(SAYS_WITHIN, lines.read_line(&mut line)).await;
    let Some(call) = said.ok().and_then(|_| serde_json::from_str::<Call>(&line).ok()) else { return };
    let failure = Failure {
        kind: Kind::Unavailable,
        message: "the daemon has no file descriptors left; sessions run on".to_owned(),
        hint: Some("close other clients, or start it with a higher `ulimit -n`".to_owned()),
    };
    if let Ok(mut answer) = serde_json::to_vec(&Frame::Reply { id: call.id, outcome: Err(failure) }) {
        answer.push(b'\n');
        // a client that is gone by now needs no answer
        let _ = write.write_all(&answer).await;
    }
}

/// A first call is short.
const LONGEST_HELLO: u64 = 4 * 1024;

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
