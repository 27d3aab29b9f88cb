//! Finding the daemon, and starting it when there is none. Two clients that start at the same moment
//! start one daemon: the second waits at the start lock and then finds the first one's.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};
use tokio::net::UnixStream;

use crate::config::Paths;

use super::launch::Launched;
use super::{Client, ClientError, inside, swept};

/// How long a daemon may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long to look on when our daemon has ended at once: it does so when somebody else's is just coming up.
const ANOTHER_ONE_LIMIT: Duration = Duration::from_millis(500);

/// How long a daemon that hangs up on the greeting is taken for one that is just ending.
const DYING_LIMIT: Duration = Duration::from_secs(3);

/// The first and the longest pause between two looks at a condition.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Whether an absent daemon is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoStart {
    /// Start it.
    Yes,
    /// Say that it is absent.
    No,
}

impl Client {
    /// Connects to this user's daemon; `qd` is the program that `AutoStart::Yes` starts.
    pub async fn connect(paths: &Paths, qd: &Path, start: AutoStart) -> Result<Client, ClientError> {
        let mut pause = Pause::new();
        let deadline = Instant::now() + DYING_LIMIT;
        loop {
            let stream = match (find(paths).await?, start) {
                (Some(stream), _) => stream,
                (None, AutoStart::No) => return Err(ClientError::NotRunning { socket: paths.control_socket() }),
                (None, AutoStart::Yes) => begin(paths, qd).await?,
            };
            let client = Client::over(stream);
            match client.hello().await {
                Ok(()) => return Ok(client),
                // a daemon that is dying still accepts for a moment, and then nobody answers
                Err(error) if error.is_lost() && Instant::now() < deadline => pause.wait().await,
                Err(error) => return Err(error),
            }
        }
    }
}

/// A stream to a daemon that listens, if there is one: where its lock says, else where it would be.
async fn find(paths: &Paths) -> Result<Option<UnixStream>, ClientError> {
    let usual = paths.control_socket();
    let named = named_socket(paths).filter(|named| *named != usual);
    for socket in named.iter().chain(std::iter::once(&usual)) {
        match UnixStream::connect(socket).await {
            Ok(stream) => return trusted(stream, socket).map(Some),
            Err(error) if nobody_listens(&error) => {}
            Err(source) => return Err(ClientError::Connect { socket: socket.clone(), source }),
        }
    }
    Ok(None)
}

/// The socket that the daemon's lock file names. A shell without `XDG_RUNTIME_DIR` computes another path
/// than the one the daemon listens on; the lock beside the database is the same for both.
fn named_socket(paths: &Paths) -> Option<PathBuf> {
    let content = std::fs::read_to_string(paths.lock()).ok()?;
    let line = content.lines().next()?.trim();
    let socket = PathBuf::from(line);
    socket.is_absolute().then_some(socket)
}

/// Absent, left over from a dead daemon, or its directory is not there yet.
fn nobody_listens(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotADirectory)
}

/// Only a process of the same user is believed.
pub(super) fn trusted(stream: UnixStream, socket: &Path) -> Result<UnixStream, ClientError> {
    let peer = stream.peer_cred().map_err(|source| ClientError::Connect { socket: socket.to_owned(), source })?;
    if peer.uid() == nix::unistd::geteuid().as_raw() {
        Ok(stream)
    } else {
        Err(ClientError::OtherUser { socket: socket.to_owned(), uid: peer.uid() })
    }
}

/// Starts the daemon, or finds the one that somebody else has started meanwhile.
async fn begin(paths: &Paths, qd: &Path) -> Result<UnixStream, ClientError> {
    inside::refuse(paths)?;
    let deadline = Instant::now() + START_LIMIT;
    let _lock = take_start_lock(paths, deadline).await?;
    if let Some(stream) = find(paths).await? {
        return Ok(stream);
    }
    let mut launched = if swept::ask_to_bind(paths) { None } else { Some(Launched::start(paths, qd)?) };
    let mut pause = Pause::new();
    let mut ended_at = None;
    loop {
        if let Some(stream) = find(paths).await? {
            return Ok(stream);
        }
        let now = Instant::now();
        if ended_at.is_none() && launched.as_mut().is_some_and(Launched::has_ended) {
            ended_at = Some(now);
        }
        if now >= deadline || ended_at.is_some_and(|at| now.duration_since(at) >= ANOTHER_ONE_LIMIT) {
            return Err(failed_start(paths, launched, ended_at.is_some()));
        }
        pause.wait().await;
    }
}

/// What to say of a daemon that does not answer.
fn failed_start(paths: &Paths, launched: Option<Launched>, ended: bool) -> ClientError {
    match launched {
        Some(launched) if ended => ClientError::EndedAtOnce { said: launched.last_words(), log: launched.log },
        Some(launched) => {
            ClientError::DidNotStart { waited: START_LIMIT, said: launched.last_words(), log: launched.log }
        }
        None => ClientError::NotRunning { socket: paths.control_socket() },
    }
}

/// Takes the lock that lets one client start the daemon. It is freed when the file is closed, so a
/// client that dies while starting blocks nobody.
async fn take_start_lock(paths: &Paths, deadline: Instant) -> Result<Flock<File>, ClientError> {
    let path = paths.data.join("qd.start");
    let prepare = |source| ClientError::Prepare { path: path.clone(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&paths.data).map_err(prepare)?;
    let mut file =
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(prepare)?;
    let mut pause = Pause::new();
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(lock),
            Err((same, nix::errno::Errno::EWOULDBLOCK)) if Instant::now() < deadline => file = same,
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Err(ClientError::StartIsTaken { waited: START_LIMIT }),
            Err((_, error)) => return Err(prepare(error.into())),
        }
        pause.wait().await;
    }
}

/// Pauses that grow, for conditions that nobody announces.
struct Pause(Duration);

impl Pause {
    fn new() -> Self {
        Self(FIRST_PAUSE)
    }

    async fn wait(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
    }
}
