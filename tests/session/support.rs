//! A session in a temporary directory, and connections that wait for what they name.

use std::collections::VecDeque;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quarterdeck::model::{Exit, SessionId};
use quarterdeck::protocol::pane::{
    FromHost, Observation, Row, ScreenUpdate, ToHost, VERSION, WriteFate, encode, read_from,
};
use quarterdeck::session::{self, Found, Launch, SessionError, Started};
use tempfile::TempDir;

/// Long enough for a busy machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Session {
    pub home: TempDir,
    pub launch: Launch,
    pub started: Option<Started>,
}

pub fn qd() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_qd"))
}

impl Session {
    /// A session that was not started yet, running `script` in `sh`.
    pub fn new(script: &str) -> Self {
        Self::running(&["sh", "-c", script])
    }

    pub fn running(argv: &[&str]) -> Self {
        let home = tempfile::Builder::new().prefix("qd").tempdir().unwrap();
        let session = SessionId::from_entropy(*uuid::Uuid::new_v4().as_bytes());
        let socket = home.path().join("run").join(format!("{}.sock", session.short()));
        let env = [
            ("QD_SESSION", session.as_str()),
            ("QD_SESSION_SOCKET", socket.to_str().unwrap()),
            ("TERM", "xterm-256color"),
        ];
        let launch = Launch {
            place: Default::default(),
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            session,
            argv: argv.iter().map(|argument| (*argument).to_owned()).collect(),
            remove_env: Vec::new(),
            cwd: home.path().to_path_buf(),
            rows: 24,
            cols: 80,
            scrollback: 1000,
            socket,
            log_limit: 64 * 1024,
        };
        Self { home, launch, started: None }
    }

    /// Another session beside this one.
    pub fn beside(other: &Session, argv: &[&str]) -> Self {
        let mut session = Self::running(argv);
        session.launch.socket = other.launch.socket.with_file_name("beside.sock");
        session
    }

    pub fn started(script: &str) -> Self {
        let mut session = Self::new(script);
        session.start().unwrap();
        session
    }

    pub fn start(&mut self) -> Result<Started, SessionError> {
        let started = session::start(&self.directory(), &self.launch, qd(), PATIENCE)?;
        self.started = Some(started);
        Ok(started)
    }

    pub fn directory(&self) -> PathBuf {
        self.home.path().join("sessions").join(self.launch.session.as_str())
    }

    pub fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.directory().join(name)).unwrap_or_default()
    }

    pub fn find(&self) -> Found {
        session::find(&self.directory())
    }

    pub fn connect(&self) -> Connection {
        Connection::to(&self.launch.socket)
    }

    pub fn view(&self) -> Connection {
        self.view_sized(24, 80, true)
    }

    pub fn view_sized(&self, rows: u16, cols: u16, resize: bool) -> Connection {
        let mut connection = self.connect();
        connection.send(&ToHost::View { version: VERSION, rows, cols, resize });
        connection
    }

    pub fn watch(&self) -> Connection {
        let mut connection = self.connect();
        connection.send(&ToHost::Watch { version: VERSION });
        connection
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Ok(mut stream) = UnixStream::connect(&self.launch.socket) else { return };
        let stop = encode(&ToHost::Stop { grace_ms: 0, ask: Vec::new() }).unwrap();
        let watch = encode(&ToHost::Watch { version: VERSION }).unwrap();
        let _ = stream.write_all(&[watch, stop].concat());
        let _ = stream.set_read_timeout(Some(PATIENCE));
        while let Ok(Some(message)) = read_from::<FromHost>(&mut stream) {
            if matches!(message, FromHost::Ended(_)) {
                let _ = stream.write_all(&encode(&ToHost::Bury).unwrap());
                break;
            }
        }
        let host = self.started.map(|started| started.host.pid);
        wait_for("the host to go", || host.is_none_or(|pid| !is_running(pid)));
    }
}

/// One connection, with the screen that its updates add up to.
pub struct Connection {
    pub stream: UnixStream,
    pub rows: Vec<Row>,
    pub last: Option<ScreenUpdate>,
    pub frames: usize,
    others: VecDeque<FromHost>,
}

impl Connection {
    pub fn to(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut connection = Self { stream, rows: Vec::new(), last: None, frames: 0, others: VecDeque::new() };
        connection.until("hello", |message| matches!(message, FromHost::Hello { .. }).then_some(()));
        connection
    }

    pub fn send(&mut self, message: &ToHost) {
        self.stream.write_all(&encode(message).unwrap()).unwrap();
    }

    pub fn type_in(&mut self, text: &str) {
        self.send(&ToHost::Input(text.as_bytes().to_vec()));
    }

    /// The next message; screen updates are applied on the way.
    pub fn next(&mut self) -> Option<FromHost> {
        let message = read_from(&mut self.stream).expect("a message in time")?;
        if let FromHost::Screen(update) = &message {
            self.apply(update);
        }
        Some(message)
    }

    fn apply(&mut self, update: &ScreenUpdate) {
        self.frames += 1;
        if update.full {
            self.rows = vec![Row::default(); usize::from(update.rows)];
        }
        for (row, content) in &update.changed {
            self.rows[usize::from(*row)] = content.clone();
        }
        self.last = Some(update.clone());
    }

    /// Waits for a message, keeping the others for later.
    pub fn until<T>(&mut self, what: &str, mut pick: impl FnMut(&FromHost) -> Option<T>) -> T {
        for at in 0..self.others.len() {
            if let Some(picked) = pick(&self.others[at]) {
                self.others.remove(at);
                return picked;
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let message =
                self.next().unwrap_or_else(|| panic!("the host hung up before {what}; screen:\n{}", self.text()));
            if let Some(picked) = pick(&message) {
                return picked;
            }
            if !matches!(message, FromHost::Screen(_) | FromHost::Observed(_)) {
                self.others.push_back(message);
            }
        }
        panic!("no {what}; screen:\n{}", self.text());
    }

    pub fn text(&self) -> String {
        let row = |row: &Row| row.runs.iter().map(|run| run.text.as_str()).collect::<String>();
        self.rows.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    pub fn wait_for_text(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.text().contains(text) {
            assert!(Instant::now() < deadline, "no `{text}` on screen:\n{}", self.text());
            assert!(self.next().is_some(), "the host hung up before `{text}`; screen:\n{}", self.text());
        }
    }

    pub fn ended(&mut self) -> Exit {
        self.until("an end", |message| match message {
            FromHost::Ended(exit) => Some(exit.clone()),
            _ => None,
        })
    }

    pub fn observed(&mut self, what: &str, seen: impl Fn(&Observation) -> bool) -> Observation {
        self.until(what, |message| match message {
            FromHost::Observed(observation) if seen(observation) => Some(observation.clone()),
            _ => None,
        })
    }

    pub fn refused(&mut self) -> String {
        self.until("a refusal", |message| match message {
            FromHost::Refused(why) => Some(why.clone()),
            _ => None,
        })
    }

    pub fn write(&mut self, key: &str, text: &str, only_if: &str) -> WriteFate {
        let (bytes, only_if) = (text.as_bytes().to_vec(), only_if.to_owned());
        self.send(&ToHost::Write { key: key.to_owned(), bytes, paste: false, only_if });
        self.until("the fate of a write", |message| match message {
            FromHost::Wrote { key: of, fate } if of == key => Some(*fate),
            _ => None,
        })
    }
}

/// Waits for something outside the socket.
pub fn wait_for(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a process is there and no zombie.
pub fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with(['Z', 'X']))
}
