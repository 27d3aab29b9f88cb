//! A window of tmux. Each session has a tmux session of its own, `qd-<id>`, which holds one window and is what
//! our host shows (without status line and prefix key, so that every key is the agent's). The window is
//! linked into the session `quarterdeck` too, where plain `tmux attach -t quarterdeck` shows all of them.
//! A session that showed several windows would turn to another task's when its own ends: hence two.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::elsewhere::{code_of_status, exit_of};
use super::{Elsewhere, Executor, ExecutorError, Job, Place, Workplace, Wrapped};
use crate::model::{ExecutorKind, TmuxSettings};
use crate::process::{self, Detached, Finished, ProcessError, Program, find_program};

/// Each call takes milliseconds.
const LIMIT: Duration = Duration::from_secs(10);
/// A window that is gone may take this long to leave its exit behind.
const EXIT_WITHIN: Duration = Duration::from_secs(2);
/// Between two looks.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// The window that keeps the shared session open until the first task's is there.
const STARTING: &str = "starting";

/// tmux.
pub(super) struct Tmux {
    settings: TmuxSettings,
    program: Option<PathBuf>,
}

impl Tmux {
    /// Looks for tmux in `path`.
    pub(super) fn new(settings: TmuxSettings, path: &OsStr) -> Self {
        Self { settings, program: find_program("tmux", path) }
    }

    /// tmux with the options that name its server.
    fn line(&self) -> Result<Vec<String>, ExecutorError> {
        let mut line = vec![self.program()?.to_string_lossy().into_owned()];
        if !self.settings.server.is_empty() {
            line.extend(["-L".to_owned(), self.settings.server.clone()]);
        }
        Ok(line)
    }

    fn program(&self) -> Result<&Path, ExecutorError> {
        self.program.as_deref().ok_or(ExecutorError::Missing {
            kind: ExecutorKind::Tmux,
            program: "`tmux`",
            install: "install it (`apt install tmux`), or choose another executor",
        })
    }
}

impl Executor for Tmux {
    fn kind(&self) -> ExecutorKind {
        ExecutorKind::Tmux
    }

    fn available(&self) -> Result<String, ExecutorError> {
        let kind = ExecutorKind::Tmux;
        let program = self.program()?;
        let ended = Program::new(program).arg("-V").timeout(LIMIT).run();
        let ended = ended.map_err(|source| ExecutorError::Program { kind, source })?;
        let said = String::from_utf8_lossy(&ended.stdout).trim().to_owned();
        let version =
            said.split_whitespace().nth(1).unwrap_or_default().trim_start_matches(|c: char| !c.is_ascii_digit());
        let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse::<u32>().unwrap_or(0));
        match (numbers.next(), numbers.next()) {
            (Some(major), minor) if (1..3).contains(&major) || (major == 3 && minor < Some(2)) => {
                Err(ExecutorError::Unusable {
                    kind,
                    detail: format!("{said} is too old"),
                    hint: "tmux 3.2 or newer is needed".to_owned(),
                })
            }
            _ => Ok(format!("{said}; `tmux attach -t {}` shows the tasks that run there", self.settings.session)),
        }
    }

    fn wrap(&self, job: Job, workplace: &Workplace) -> Result<Wrapped, ExecutorError> {
        let qd = workplace.qd.to_string_lossy().into_owned();
        let window = Window {
            tmux: self.line()?,
            name: format!("qd-{}", job.name),
            title: workplace.title.clone(),
            shared: self.settings.session.clone(),
            qd: qd.clone(),
            job: job.clone(),
        };
        let argv =
            vec![qd, "elsewhere".to_owned(), "show".to_owned(), workplace.session.to_string_lossy().into_owned()];
        let place = Place { elsewhere: Some(Elsewhere::Tmux(window)), ..Place::default() };
        Ok(Wrapped { job: Job { argv, ..job }, place })
    }

    /// The server and the shared session. The daemon makes them, whose child a server may be.
    fn prepare(&self) -> Result<(), ExecutorError> {
        let kind = ExecutorKind::Tmux;
        let (line, session) = (self.line()?, self.settings.session.as_str());
        let failed = |source| ExecutorError::Program { kind, source };
        if ask(&line, &["has-session", "-t", &exactly(session)]).map_err(failed)?.success() {
            return Ok(());
        }
        let mut argv: Vec<OsString> = line.iter().map(OsString::from).collect();
        argv.extend(["new-session", "-d", "-s", session, "-n", STARTING, "--", "sleep", "60"].map(OsString::from));
        // a server lives on: it must not look like a program that this daemon waits for
        let remove_env = ["TMUX", "QD_SESSION", "QD_SESSION_SOCKET", process::STARTED_BY].map(OsString::from).to_vec();
        let server = Detached { argv, env: Vec::new(), remove_env, cwd: PathBuf::from("/"), log: None };
        let made = process::spawn_detached(server).map_err(failed)?.wait();
        // somebody else may have made it meanwhile
        if made.is_ok_and(|status| status.success())
            || ask(&line, &["has-session", "-t", &exactly(session)]).map_err(failed)?.success()
        {
            return Ok(());
        }
        Err(ExecutorError::Unusable {
            kind,
            detail: format!("`tmux new-session -d -s {session}` failed"),
            hint: "see that `tmux new-session -d` works".to_owned(),
        })
    }

    /// A command without a terminal needs no window.
    fn wrap_command(&self, job: Job, _: &Workplace) -> Result<Job, ExecutorError> {
        Ok(job)
    }
}

/// The window of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// tmux and its options.
    tmux: Vec<String>,
    /// The session's own tmux session.
    name: String,
    /// What the window is called.
    title: String,
    /// The session that shows all windows.
    shared: String,
    /// Our own program.
    qd: String,
    /// What runs in it.
    pub(super) job: Job,
}

impl Window {
    /// Whether it is there.
    pub(super) fn exists(&self) -> bool {
        self.ask(&["has-session", "-t", &exactly(&self.name)]).is_ok_and(|ended| ended.success())
    }

    /// Takes it away; its processes get SIGHUP.
    pub(super) fn kill(&self) {
        // one that is gone already is no error
        let _ = self.ask(&["kill-session", "-t", &exactly(&self.name)]);
    }

    /// Shows it until it is over. A client that was detached comes back at once.
    pub(super) fn show(&self, directory: &Path) -> Result<Option<u8>, ProcessError> {
        if exit_of(directory).is_none() && !self.exists() {
            self.make(directory)?;
        }
        let mut line = self.tmux.clone();
        line.extend(["attach-session".to_owned(), "-t".to_owned(), exactly(&self.name)]);
        let inside = ["TMUX".to_owned(), "TMUX_PANE".to_owned()];
        while exit_of(directory).is_none() && self.exists() {
            let status = process::run_here(&line, &[], &inside, Path::new("/"))?;
            if !status.success() && self.exists() {
                return Ok(Some(code_of_status(status)));
            }
        }
        let deadline = Instant::now() + EXIT_WITHIN;
        while exit_of(directory).is_none() && Instant::now() < deadline {
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
        Ok(None)
    }

    /// Makes the window with the session's command in it, and links it into the shared session.
    fn make(&self, directory: &Path) -> Result<(), ProcessError> {
        let cwd = self.job.cwd.to_string_lossy();
        let directory = directory.to_string_lossy();
        self.must(&[
            "new-session",
            "-d",
            "-s",
            &self.name,
            "-n",
            &self.title,
            "-c",
            &cwd,
            "--",
            &self.qd,
            "elsewhere",
            "run",
            &directory,
        ])?;
        match self.dress() {
            // a quick command is over by now, and its window gone
            Err(_) if !self.exists() => Ok(()),
            dressed => dressed,
        }
    }

    /// Only the agent is shown, and every key is its own; the name stays; the shared session shows it too.
    fn dress(&self) -> Result<(), ProcessError> {
        let own = format!("{}:", exactly(&self.name));
        for (option, value) in
            [("status", "off"), ("prefix", "None"), ("prefix2", "None"), ("destroy-unattached", "off")]
        {
            self.must(&["set-option", "-t", &own, option, value])?;
        }
        for option in ["automatic-rename", "allow-rename"] {
            self.must(&["set-option", "-w", "-t", &own, option, "off"])?;
        }
        self.link()
    }

    /// Shows it in the shared session, instead of what keeps that open while nothing runs.
    fn link(&self) -> Result<(), ProcessError> {
        let shared = exactly(&self.shared);
        let own = format!("{}:", exactly(&self.name));
        self.must(&["link-window", "-d", "-a", "-s", &own, "-t", &format!("{shared}:")])?;
        self.ask(&["kill-window", "-t", &format!("{shared}:{STARTING}")]).map(drop)
    }

    fn ask(&self, arguments: &[&str]) -> Result<Finished, ProcessError> {
        // never starts a server: it would be a child of our host, and end with it
        ask(&self.tmux, &[&["-N"], arguments].concat())
    }

    fn must(&self, arguments: &[&str]) -> Result<(), ProcessError> {
        let ended = self.ask(arguments)?;
        if ended.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
        Err(ProcessError::Start {
            program: format!("tmux {}", arguments.first().copied().unwrap_or_default()),
            source: std::io::Error::other(said),
        })
    }
}

/// One call of tmux. A server that it starts must not carry a session's mark, nor be waited for.
fn ask(tmux: &[String], arguments: &[&str]) -> Result<Finished, ProcessError> {
    let (name, options) = tmux.split_first().map_or(("tmux", [].as_slice()), |(name, rest)| (name.as_str(), rest));
    let ended = Program::new(name)
        .args(options)
        .args(arguments.iter().copied())
        .remove_env("TMUX")
        .remove_env("QD_SESSION")
        .remove_env("QD_SESSION_SOCKET");
    ended.own_session().timeout(LIMIT).run()
}

/// A target that is not taken for the beginning of another name.
fn exactly(name: &str) -> String {
    format!("={name}")
}
