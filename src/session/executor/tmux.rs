//! Windows of tmux: whether it can be used here, and its server. The windows themselves: `window`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::window::{LIMIT, STARTING, Window, ask, exactly};
use super::{Elsewhere, Executor, ExecutorError, Job, Place, Workplace, Wrapped};
use crate::model::{ExecutorKind, TmuxSettings};
use crate::process::{self, Detached, Program, find_program};

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
