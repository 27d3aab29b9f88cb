//! The other machine's end of `ssh`: starts the session's host, tells what became of it, ends it, and connects
//! whoever comes to its socket.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::far_log::piece;
use crate::model::{Exit, Timestamp, one_line};
use crate::process::{Program, answer, login_path};
use crate::session::files::{create_json, private_directory};
use crate::session::launch::{Directory, Found, Launch};
use crate::session::{end_by_force, find, start};

/// The version of these questions and answers.
pub(super) const FAR: u32 = 1;
/// How long a host may take to be there.
const START_WITHIN: Duration = Duration::from_secs(12);
/// Reports that are handed over at most, in bytes.
const MOST_REPORTS: usize = 16 << 20;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Question {
    /// What this machine has.
    Probe { directory: String },
    /// Starts a session, or finds it.
    Begin(Box<Begin>),
    /// What became of it.
    Look { directory: String, session: String },
    /// Ends it by force.
    End { directory: String, session: String },
    /// A part of its output log.
    Log { directory: String, session: String, from: u64 },
    /// Forgets it.
    Clear { directory: String, session: String },
}

/// A session to start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Begin {
    pub(super) directory: String,
    pub(super) launch: Launch,
    /// Its own files: names below its directory of files, and texts.
    pub(super) files: Vec<(String, String)>,
    pub(super) here: Here,
    /// The worktree on this machine.
    pub(super) worktree: PathBuf,
}

/// Places of the machine that asks, which are others on the one that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    pub(super) qd: PathBuf,
    pub(super) files: PathBuf,
    pub(super) program: Option<PathBuf>,
    pub(super) worktree: PathBuf,
}

/// What a machine has.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Probed {
    pub(super) far: u32,
    pub(super) version: String,
    pub(super) git: Option<String>,
    pub(super) directory: PathBuf,
    /// Bytes.
    pub(super) free: u64,
}

/// What became of a session.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::session) enum State {
    /// Its host is there.
    Running,
    /// It ended; what it reported and nobody collected comes along.
    Ended { exit: Exit, reports: String },
    /// Its host is gone without a record.
    Lost { reports: String },
    /// There never was one.
    NeverStarted,
}

/// Where a session is on this machine.
struct Places {
    session: PathBuf,
    files: PathBuf,
    socket: PathBuf,
}

impl Places {
    /// The name comes over the line: it must be one plain name.
    fn of(directory: &str, session: &str) -> Result<Self, String> {
        let mut parts = Path::new(session).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Err(format!("`{session}` is no session"));
        }
        let base = base(directory);
        Ok(Self {
            session: base.join("sessions").join(session),
            files: base.join("files").join(session),
            // socket paths are short (unix(7): 107 bytes)
            socket: base.join("s").join(session),
        })
    }
}

fn base(directory: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    home.join(directory.strip_prefix("~/").unwrap_or(directory))
}

/// What `qd elsewhere session` does: answers one question.
pub fn answer_session() -> io::Result<()> {
    answer(|question: Question| {
        let json = |state: State| serde_json::to_value(state).map_err(|error| error.to_string());
        match question {
            Question::Probe { directory } => probe(&directory),
            Question::Begin(begin) => begin.run().map(|()| serde_json::Value::Null),
            Question::Look { directory, session } => look(&Places::of(&directory, &session)?).and_then(json),
            Question::End { directory, session } => {
                let places = Places::of(&directory, &session)?;
                give_up(&places.session)?;
                look(&places).and_then(json)
            }
            Question::Log { directory, session, from } => {
                let places = Places::of(&directory, &session)?;
                let piece = piece(&places.session, from).map_err(|error| error.to_string())?;
                serde_json::to_value(piece).map_err(|error| error.to_string())
            }
            Question::Clear { directory, session } => {
                let places = Places::of(&directory, &session)?;
                end_by_force(&places.session).map_err(|error| error.to_string())?;
                for place in [&places.session, &places.files] {
                    // what is not there need not be removed
                    let _ = std::fs::remove_dir_all(place);
                }
                let _ = std::fs::remove_file(&places.socket);
                json(State::NeverStarted)
            }
        }
    })
}

/// Ends a session by force. One that was never started is not started any more: the question that asks for it may
/// still be on its way.
fn give_up(session: &Path) -> Result<(), String> {
    let left = end_by_force(session).map_err(|error| error.to_string())?;
    if !left.is_empty() {
        return Err(format!("{left:?} do not end"));
    }
    if find(session) == Found::NeverStarted {
        let exit =
            Exit { code: None, signal: None, at: Timestamp(0), tail: "it was given up before it began".to_owned() };
        let made = private_directory(session).and_then(|()| create_json(&Directory(session).exit(), &exit));
        made.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn probe(directory: &str) -> Result<serde_json::Value, String> {
    let directory = base(directory);
    std::fs::create_dir_all(&directory).map_err(|error| format!("`{}`: {error}", directory.display()))?;
    let git = Program::new("git").arg("--version").run().ok().filter(crate::process::Finished::success);
    let space = nix::sys::statvfs::statvfs(&directory).map_err(|error| error.to_string())?;
    let probed = Probed {
        far: FAR,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git: git.map(|ended| one_line(&String::from_utf8_lossy(&ended.stdout))),
        directory,
        free: space.blocks_available().saturating_mul(space.fragment_size()),
    };
    serde_json::to_value(probed).map_err(|error| error.to_string())
}

fn look(places: &Places) -> Result<State, String> {
    let reports = || {
        let text = std::fs::read_to_string(Directory(&places.session).reports()).unwrap_or_default();
        if text.len() <= MOST_REPORTS { Ok(text) } else { Err("it left too many reports".to_owned()) }
    };
    Ok(match find(&places.session) {
        Found::Running(_) => State::Running,
        Found::Ended(exit) => State::Ended { exit, reports: reports()? },
        Found::Lost => State::Lost { reports: reports()? },
        Found::NeverStarted => State::NeverStarted,
    })
}

impl Begin {
    fn run(self) -> Result<(), String> {
        let places = Places::of(&self.directory, self.launch.session.as_str())?;
        let qd = std::env::current_exe().map_err(|error| error.to_string())?;
        let changes = self.changes(&places, &qd);
        let here = |text: &str| changes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        for (name, text) in &self.files {
            let plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
            if plain {
                write_private(&places.files.join(name), &here(text)).map_err(|error| format!("`{name}`: {error}"))?;
            }
        }
        let mut path = qd.parent().map(|parent| parent.as_os_str().to_owned()).unwrap_or_default();
        path.push(":");
        path.push(login_path());
        let mut env: Vec<(String, String)> =
            self.launch.env.iter().map(|(name, value)| (name.clone(), here(value))).collect();
        env.retain(|(name, _)| !["PATH", "TMPDIR", "QD_SESSION_SOCKET"].contains(&name.as_str()));
        env.push(("PATH".to_owned(), path.to_string_lossy().into_owned()));
        env.push(("QD_SESSION_SOCKET".to_owned(), places.socket.to_string_lossy().into_owned()));
        let launch = Launch {
            argv: self.launch.argv.iter().map(|word| here(word)).collect(),
            env,
            cwd: self.worktree.clone(),
            socket: places.socket.clone(),
            ..self.launch
        };
        start(&places.session, &launch, &qd, START_WITHIN).map(drop).map_err(|error| error.to_string())
    }

    /// What stands for the other machine's places here. The agent's program goes by its name.
    fn changes(&self, places: &Places, qd: &Path) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let program = self.here.program.as_deref().and_then(|path| Some((path, path.file_name()?)));
        let mut changes = vec![
            (text(&self.here.files), text(&places.files)),
            (text(&self.here.worktree), text(&self.worktree)),
            (text(&self.here.qd), text(qd)),
        ];
        changes.extend(program.map(|(path, name)| (text(path), name.to_string_lossy().into_owned())));
        changes.retain(|(from, _)| !from.is_empty());
        changes
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

/// What `qd elsewhere bridge` does: standard input and output are a connection to the session's socket.
pub fn bridge(directory: &str, session: &str) -> io::Result<()> {
    let places = Places::of(directory, session).map_err(io::Error::other)?;
    // a host whose socket was swept away makes it anew when it is looked for
    let _ = find(&places.session);
    let stream = UnixStream::connect(&places.socket)?;
    let mut up = stream.try_clone()?;
    std::thread::Builder::new().name("up".to_owned()).spawn(move || {
        // the end of either side ends the connection; there is nobody to tell why
        let _ = copy(&mut io::stdin().lock(), &mut up);
        let _ = up.shutdown(Shutdown::Write);
    })?;
    copy(&mut &stream, &mut io::stdout().lock())
}

/// Bytes as they come, to the end of the stream.
pub(in crate::session) fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(buffer.get(..count).unwrap_or_default())?;
        to.flush()?;
    }
}
