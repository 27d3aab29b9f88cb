//! A program that runs to its end while we wait: `git`, a check, a version question.

use std::ffi::OsString;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::files::resolve;
use super::pump::{self, Limits};
use super::{ProcessError, detached};

/// The mark of a program that we wait for: the process that started it. Programs outlive a killed parent, and
/// whoever takes its work over has to know that they still write.
pub const STARTED_BY: &str = "QD_STARTED_BY";

/// Output kept per stream when nothing else is said: 1 MiB.
const OUTPUT_LIMIT: usize = 1 << 20;

/// What to run and how. Starts in a process group of its own with no terminal on its standard streams.
#[derive(Debug, Clone)]
pub struct Program {
    name: OsString,
    args: Vec<OsString>,
    cwd: Option<PathBuf>,
    env: Vec<(OsString, Option<OsString>)>,
    stdin: Vec<u8>,
    timeout: Option<Duration>,
    output_limit: usize,
    own_session: bool,
}

/// How a program ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its exit code, when it exited.
    pub code: Option<i32>,
    /// The signal that ended it, when one did.
    pub signal: Option<i32>,
    /// What it wrote to its standard output; head and tail when `truncated`.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error; head and tail when `truncated`.
    pub stderr: Vec<u8>,
    /// Whether something was left out of either stream; a line in its place says how much.
    pub truncated: bool,
    /// Whether our time limit ended it.
    pub timed_out: bool,
    /// How long it ran.
    pub duration: Duration,
}

impl Finished {
    /// Whether it exited with 0.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }
}

impl Program {
    /// A program by name (looked up in the `PATH` it will get) or by path.
    pub fn new(name: impl Into<OsString>) -> Self {
        Self {
            name: name.into(),
            args: Vec::new(),
            cwd: None,
            env: Vec::new(),
            stdin: Vec::new(),
            timeout: None,
            output_limit: OUTPUT_LIMIT,
            own_session: false,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<OsString>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Where it runs; our own directory otherwise.
    #[must_use]
    pub fn cwd(mut self, path: impl Into<PathBuf>) -> Self {
        self.cwd = Some(path.into());
        self
    }

    /// Sets a variable. The last word on a variable counts.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), Some(value.into())));
        self
    }

    /// Takes a variable away.
    #[must_use]
    pub fn remove_env(mut self, key: impl Into<OsString>) -> Self {
        self.env.push((key.into(), None));
        self
    }

    /// What it reads on its standard input; nothing otherwise.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// How long it may run before its whole group is killed; for ever otherwise.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Bytes kept of each output stream: the first half and the last half.
    #[must_use]
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.output_limit = bytes;
        self
    }

    /// Gives it a terminal session of its own too, so that it cannot reach our terminal through `/dev/tty`.
    #[must_use]
    pub fn own_session(mut self) -> Self {
        self.own_session = true;
        self
    }

    /// Runs it to its end. A failing exit is a `Finished`, not an error.
    pub fn run(self) -> Result<Finished, ProcessError> {
        let name = self.name.to_string_lossy().into_owned();
        let path = resolve(&self.name, self.search_path().as_deref())?;
        let mut command = Command::new(path);
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(cwd) = &self.cwd {
            if !cwd.is_dir() {
                return Err(ProcessError::NoDirectory { program: name, path: cwd.clone() });
            }
            command.current_dir(cwd);
        }
        for (key, value) in &self.env {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        command.env(STARTED_BY, std::process::id().to_string());
        if self.own_session {
            detached::new_session(&mut command);
        } else {
            command.process_group(0);
        }
        let started = Instant::now();
        let child = command.spawn().map_err(|source| ProcessError::Start { program: name.clone(), source })?;
        let limits = Limits { deadline: self.timeout.map(|limit| started + limit), output: self.output_limit };
        let ended =
            pump::watch(child, &self.stdin, &limits).map_err(|source| ProcessError::Watch { program: name, source })?;
        Ok(Finished {
            code: ended.status.code(),
            signal: ended.status.signal(),
            truncated: ended.stdout.truncated() || ended.stderr.truncated(),
            stdout: ended.stdout.into_bytes(),
            stderr: ended.stderr.into_bytes(),
            timed_out: ended.timed_out,
            duration: started.elapsed(),
        })
    }

    /// The `PATH` that the program will see.
    fn search_path(&self) -> Option<OsString> {
        let set = self.env.iter().rev().find(|(key, _)| key == "PATH");
        set.map_or_else(|| std::env::var_os("PATH"), |(_, value)| value.clone())
    }
}
