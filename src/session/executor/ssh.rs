//! Another machine that has `qd`. The session's real host runs there, started by our program and apart from
//! every connection; here a relay has the host's place (`host::relay`) and lets each viewer's connection be served
//! over one of OpenSSH's. So the pane protocol, reports and recovery are those of any session.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::far_log::fetch;
use super::presence::Presence;
use super::ssh_end::{Begin, FAR, Here, Probed, Question, State};
use super::{Elsewhere, Executor, ExecutorError, Job, Place, Workplace, Wrapped};
use crate::model::{ExecutorKind, Explain as _, SshSettings};
use crate::process::{ProcessError, Ssh, SshError, find_program};
use crate::session::launch::{Directory, Launch};

/// What the other machine's `qd` is called with.
const WORDS: [&str; 2] = ["elsewhere", "session"];
/// Less free space than this is too little to start with, in bytes.
const LEAST_SPACE: u64 = 64 << 20;
/// Nothing may ask on a terminal, and a line that went dead is noticed within half a minute.
const OPTIONS: [&str; 6] = [
    "BatchMode=yes",
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
    "ConnectTimeout=10",
    "RequestTTY=no",
    "LogLevel=ERROR",
];

/// Sessions on another machine.
pub(super) struct Remote {
    settings: SshSettings,
    program: Option<PathBuf>,
}

impl Remote {
    /// Looks for `ssh` in `path`.
    pub(super) fn new(settings: SshSettings, path: &OsStr) -> Self {
        Self { settings, program: find_program("ssh", path) }
    }

    fn ssh(&self) -> Result<Ssh, ExecutorError> {
        let kind = ExecutorKind::Ssh;
        let program = self.program.as_deref().ok_or(ExecutorError::Missing {
            kind,
            program: "`ssh`",
            install: "install it (`apt install openssh-client`), or choose another executor",
        })?;
        let settings = &self.settings;
        if settings.host.is_empty() || settings.host.starts_with('-') {
            return Err(ExecutorError::NotSetUp {
                kind,
                what: "there is no `host`",
                hint: "write `host = \"user@machine\"` under `[executor.ssh]` in `config.toml`",
            });
        }
        let mut line = vec![program.to_string_lossy().into_owned()];
        for option in OPTIONS {
            line.extend(["-o".to_owned(), option.to_owned()]);
        }
        if settings.port != 0 {
            line.extend(["-p".to_owned(), settings.port.to_string()]);
        }
        if !settings.identity.is_empty() {
            // `~/` is ssh's own to expand
            line.extend(["-i".to_owned(), settings.identity.clone()]);
        }
        line.extend(settings.options.iter().cloned());
        Ok(Ssh { line, host: settings.host.clone(), qd: settings.qd.clone() })
    }
}

impl Executor for Remote {
    fn kind(&self) -> ExecutorKind {
        ExecutorKind::Ssh
    }

    fn available(&self) -> Result<String, ExecutorError> {
        let unusable = |detail: String, hint: &str| ExecutorError::Unusable {
            kind: ExecutorKind::Ssh,
            detail,
            hint: hint.to_owned(),
        };
        let (ssh, directory) = (self.ssh()?, &self.settings.directory);
        let probed: Probed = ssh
            .ask(&WORDS, &Question::Probe { directory: directory.clone() })
            .map_err(|error| unusable(error.to_string(), &error.hint().unwrap_or_default()))?;
        let host = &ssh.host;
        if probed.far != FAR {
            let (theirs, ours) = (&probed.version, env!("CARGO_PKG_VERSION"));
            let detail = format!("`{host}` has qd {theirs}, which does not fit qd {ours} here");
            return Err(unusable(detail, "install the same version of Quarterdeck on both machines"));
        }
        let Some(git) = probed.git else {
            return Err(unusable(format!("`{host}` has no git"), "install git there"));
        };
        if probed.free < LEAST_SPACE {
            let detail = format!("`{host}` has {} MB free at `{}`", probed.free >> 20, probed.directory.display());
            return Err(unusable(detail, "make room there, or name another `directory` in `[executor.ssh]`"));
        }
        Ok(format!(
            "`{host}` has qd {} and {git}; work goes to `{}`; checks and setup commands run here",
            probed.version,
            probed.directory.display()
        ))
    }

    fn far(&self) -> Result<Option<(Ssh, String)>, ExecutorError> {
        Ok(Some((self.ssh()?, self.settings.directory.clone())))
    }

    fn wrap(&self, job: Job, workplace: &Workplace) -> Result<Wrapped, ExecutorError> {
        let worktree = workplace.away.clone().ok_or_else(|| ExecutorError::BadPath {
            kind: ExecutorKind::Ssh,
            path: workplace.directory.display().to_string(),
            why: "it was not brought to the other machine",
        })?;
        let session = FarSession {
            ssh: self.ssh()?,
            directory: self.settings.directory.clone(),
            session: job.name.clone(),
            worktree,
            here: Here {
                qd: workplace.qd.clone(),
                files: workplace.readable.first().cloned().unwrap_or_default(),
                program: workplace.program.clone(),
                worktree: workplace.directory.clone(),
            },
        };
        let place = Place { elsewhere: Some(Elsewhere::Ssh(session)), ..Place::default() };
        Ok(Wrapped { job, place })
    }

    /// Checks and setup commands run here, in the worktree that follows the one there.
    fn wrap_command(&self, job: Job, _: &Workplace) -> Result<Job, ExecutorError> {
        Ok(job)
    }
}

/// A session there, as it is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarSession {
    ssh: Ssh,
    directory: String,
    session: String,
    /// The task's worktree there.
    worktree: PathBuf,
    here: Here,
}

impl FarSession {
    /// Starts it there, once, however often it is asked for.
    pub(in crate::session) fn begin(&self, launch: &Launch) -> Result<(), SshError> {
        let launch = Launch { place: Place::default(), ..launch.clone() };
        let begin = Begin {
            directory: self.directory.clone(),
            launch,
            files: files_in(&self.here.files),
            here: self.here.clone(),
            worktree: self.worktree.clone(),
        };
        self.ssh.ask(&WORDS, &Question::Begin(Box::new(begin)))
    }

    /// What became of it. An error is silence: it may live.
    pub(in crate::session) fn look(&self) -> Result<State, SshError> {
        self.ssh.ask(&WORDS, &Question::Look { directory: self.directory.clone(), session: self.session.clone() })
    }

    /// Ends it there, by force.
    pub(in crate::session) fn end(&self) -> Result<State, SshError> {
        self.ssh.ask(&WORDS, &Question::End { directory: self.directory.clone(), session: self.session.clone() })
    }

    /// Brings its output log here.
    pub(in crate::session) fn fetch_log(&self, directory: &Path) -> Result<std::io::Result<()>, SshError> {
        fetch(directory, |from| {
            let (directory, session) = (self.directory.clone(), self.session.clone());
            self.ssh.ask(&WORDS, &Question::Log { directory, session, from })
        })
    }

    /// Forgets it there: all that was known of it is here now.
    pub(in crate::session) fn clear(&self) -> Result<State, SshError> {
        self.ssh.ask(&WORDS, &Question::Clear { directory: self.directory.clone(), session: self.session.clone() })
    }

    /// A stream to the host there.
    pub(in crate::session) fn connect(&self) -> Result<std::process::Child, ProcessError> {
        self.ssh.connect(&["elsewhere", "bridge", "--", &self.directory, &self.session])
    }

    /// Whether it lives, or has left something that is not here yet. Reports of one that is lost are taken over.
    pub(super) fn presence(&self, directory: &Path) -> Presence {
        match self.look() {
            Ok(State::Lost { reports }) => {
                keep_reports(directory, &reports);
                let detail = match self.fetch_log(directory) {
                    Ok(Ok(())) => return Presence::Gone,
                    // the line broke meanwhile: what is there is not given up
                    Err(error @ SshError::Unreachable { .. }) => return Presence::Unknown(error.to_string()),
                    Ok(Err(error)) => error.to_string(),
                    Err(error) => error.to_string(),
                };
                let session = self.session.as_str();
                tracing::warn!(session, detail, "the output log of a session on another machine did not come");
                Presence::Gone
            }
            Ok(State::NeverStarted) => Presence::Gone,
            Ok(State::Running) => Presence::Here,
            Ok(State::Ended { .. }) => Presence::Over,
            Err(error) => Presence::Unknown(error.to_string()),
        }
    }

    /// Its name for messages.
    pub(in crate::session) fn host(&self) -> &str {
        &self.ssh.host
    }
}

/// Puts reports that came from there on record here, where the daemon finds them.
pub(in crate::session) fn keep_reports(directory: &Path, reports: &str) {
    let path = Directory(directory).reports();
    if let Err(error) = std::fs::write(&path, reports) {
        tracing::error!(path = %path.display(), %error, "reports of a session cannot be written");
    }
}

/// The session's own files, by their names below the directory.
fn files_in(directory: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut places = vec![directory.to_path_buf()];
    while let Some(place) = places.pop() {
        for entry in std::fs::read_dir(&place).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => places.push(path),
                Ok(kind) if kind.is_file() => {
                    if let (Ok(name), Ok(text)) = (path.strip_prefix(directory), std::fs::read_to_string(&path)) {
                        found.push((name.to_string_lossy().into_owned(), text));
                    }
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session on a machine that has lost it, and whose line is there for the questions that `answers` knows.
    fn lost(place: &Path, answers: &str) -> FarSession {
        let script = place.join("ssh");
        let lost = r#"printf '\nqd-answer {"Ok":{"lost":{"reports":"said\n"}}}\n'"#.replace(r"said\n", r"said\\n");
        let text = format!("question=$(cat)\ncase $question in *look*) {lost};; {answers} *) exit 255;; esac\n");
        std::fs::write(&script, text).unwrap();
        let here = Here { qd: "qd".into(), files: place.into(), program: None, worktree: place.into() };
        let line = vec!["sh".to_owned(), script.display().to_string()];
        FarSession {
            ssh: Ssh { line, host: "there".to_owned(), qd: "qd".to_owned() },
            directory: "work".to_owned(),
            session: "one".to_owned(),
            worktree: place.into(),
            here,
        }
    }

    #[test]
    fn a_lost_session_is_not_given_up_before_its_log_came() {
        let place = tempfile::tempdir().unwrap();
        let cut = lost(place.path(), "");
        assert!(matches!(cut.presence(place.path()), Presence::Unknown(why) if why.contains("there")));
        assert_eq!(std::fs::read_to_string(Directory(place.path()).reports()).unwrap(), "said\n");
        let piece = r#"*log*) printf '\nqd-answer {"Ok":{"bytes":"all of it","more":false}}\n';;"#;
        assert_eq!(lost(place.path(), piece).presence(place.path()), Presence::Gone);
        assert_eq!(std::fs::read_to_string(Directory(place.path()).stream_log()).unwrap(), "all of it");
        // there is none, and there never will be
        let refused = r#"*log*) printf '\nqd-answer {"Err":"no log"}\n';;"#;
        assert_eq!(lost(place.path(), refused).presence(place.path()), Presence::Gone);
    }
}
