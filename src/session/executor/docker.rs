//! A container of docker or podman, by their command line. The worktree is `/workspace`; the task's private git
//! directory and the project's objects keep their own paths; the agent's configuration and SSH keys are
//! read-only; our own program is mounted so that `qd report` works (it is linked to glibc, so the image
//! needs that). The container outlives a killed host and is attached again.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::container::{Container, DETACH_KEYS, NO_SIGNALS};
use super::presence::Presence;
use super::sandbox::expand;
use super::{Elsewhere, Executor, ExecutorError, Job, Place, Workplace, Wrapped};
use crate::model::{DockerSettings, ExecutorKind, Network, one_line};
use crate::process::{Program, find_program};
use nix::unistd::{getegid, geteuid};

/// A question about the image.
const LIMIT: Duration = Duration::from_secs(60);
/// Where the worktree is inside.
const WORKSPACE: &str = "/workspace";
/// Where our own program is inside, besides its own path.
const QD: &str = "/usr/local/bin/qd";
/// Variables of ours that go in. The image has its own `PATH`.
const NOT_INSIDE: &[&str] = &["PATH", "TMPDIR"];

/// docker or podman.
pub(super) struct Docker {
    settings: DockerSettings,
    program: Option<PathBuf>,
}

impl Docker {
    /// The configured program, or the first of the two in `path`.
    pub(super) fn new(settings: DockerSettings, path: &OsStr) -> Self {
        let named = settings.program.as_str();
        let program = if named.is_empty() {
            find_program("docker", path).or_else(|| find_program("podman", path))
        } else {
            find_program(named, path)
        };
        Self { settings, program }
    }

    fn program(&self) -> Result<&Path, ExecutorError> {
        self.program.as_deref().ok_or(ExecutorError::Missing {
            kind: ExecutorKind::Docker,
            program: "`docker` or `podman`",
            install: "install one (`apt install podman`), name another with `program` in `[executor.docker]`, or choose \
                      another executor",
        })
    }

    fn is_podman(&self) -> bool {
        self.program.as_ref().and_then(|path| path.file_name()).is_some_and(|name| name == "podman")
    }

    fn base(&self) -> Result<Vec<String>, ExecutorError> {
        let mut base = vec![self.program()?.to_string_lossy().into_owned()];
        base.extend(self.settings.options.iter().cloned());
        Ok(base)
    }

    /// The options of `run` and what runs.
    fn run_line(&self, job: &Job, workplace: &Workplace) -> Result<Vec<String>, ExecutorError> {
        let mut line = vec!["--init".to_owned(), format!("--workdir={WORKSPACE}")];
        for (from, to, mode) in self.volumes(workplace) {
            line.push(format!("--volume={}:{}:{mode}", plain(&from)?, plain(&to)?));
        }
        line.extend(self.settings.mounts.iter().map(|mount| format!("--volume={}", Self::home(mount, workplace))));
        if self.is_podman() && !geteuid().is_root() {
            line.push("--userns=keep-id".to_owned());
        } else {
            line.push(format!("--user={}:{}", geteuid(), getegid()));
        }
        if self.settings.network == Network::None {
            line.push("--network=none".to_owned());
        }
        line.push(format!("--env=HOME={}", self.settings.home));
        let inside = job.env.iter().filter(|(name, _)| !NOT_INSIDE.contains(&name.as_str()));
        line.extend(inside.map(|(name, value)| format!("--env={name}={value}")));
        line.extend(self.settings.run_options.iter().cloned());
        line.push(self.settings.image.clone());
        line.extend(job.argv.iter().map(|argument| inside_name(argument, workplace)));
        Ok(line)
    }

    /// What is mounted where.
    fn volumes(&self, workplace: &Workplace) -> Vec<(PathBuf, PathBuf, &'static str)> {
        let same = |path: &PathBuf, mode| (path.clone(), path.clone(), mode);
        let mut volumes = vec![(workplace.directory.clone(), PathBuf::from(WORKSPACE), "rw")];
        volumes.push((workplace.qd.clone(), PathBuf::from(QD), "ro"));
        volumes.push(same(&workplace.qd, "ro"));
        volumes.extend(workplace.readable.iter().filter(|path| path.exists()).map(|path| same(path, "ro")));
        volumes.extend(workplace.git.iter().map(|path| same(path, "rw")));
        for (shown, place) in &workplace.overlays {
            let inside = place.strip_prefix(&workplace.directory).map(|rest| Path::new(WORKSPACE).join(rest));
            volumes.push((shown.clone(), inside.unwrap_or_else(|_| place.clone()), "ro"));
        }
        volumes.extend(workplace.socket.iter().map(|path| same(path, "ro")));
        let keys = workplace.home.join(".ssh");
        for path in workplace.writable.iter().chain([&keys]).filter(|path| path.exists()) {
            if let Ok(rest) = path.strip_prefix(&workplace.home) {
                volumes.push((path.clone(), Path::new(&self.settings.home).join(rest), "ro"));
            }
        }
        volumes
    }

    /// A configured mount with `~/` in its first part.
    fn home(mount: &str, workplace: &Workplace) -> String {
        let (from, rest) = mount.split_once(':').unwrap_or((mount, ""));
        let from = expand(&[from.to_owned()], &workplace.home)
            .pop()
            .map_or_else(|| from.to_owned(), |path| path.display().to_string());
        format!("{from}:{rest}")
    }
}

impl Executor for Docker {
    fn kind(&self) -> ExecutorKind {
        ExecutorKind::Docker
    }

    fn available(&self) -> Result<String, ExecutorError> {
        let kind = ExecutorKind::Docker;
        let (program, image) = (self.program()?, &self.settings.image);
        let asked =
            Program::new(program).args(&self.settings.options).args(["image", "inspect", "--format={{.Id}}", image]);
        let ended = asked.timeout(LIMIT).run().map_err(|source| ExecutorError::Program { kind, source })?;
        if ended.success() {
            return Ok(format!("`{}` has the image `{image}`", program.display()));
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        let detail = said.lines().map(one_line).rfind(|line| !line.is_empty());
        Err(ExecutorError::Unusable {
            kind,
            detail: format!("`{}`: {}", program.display(), detail.unwrap_or_else(|| "no answer".to_owned())),
            hint: format!(
                "start the engine, or get the image `{image}` (`image` in `[executor.docker]`); it needs glibc, git and the agent"
            ),
        })
    }

    fn wrap(&self, job: Job, workplace: &Workplace) -> Result<Wrapped, ExecutorError> {
        let name = format!("qd-task-{}", job.name);
        let mut run = vec!["-it".to_owned(), DETACH_KEYS.to_owned(), NO_SIGNALS.to_owned(), format!("--name={name}")];
        run.extend(self.run_line(&job, workplace)?);
        let container = Container { program: self.base()?, name, run };
        let qd = workplace.qd.to_string_lossy().into_owned();
        let argv =
            vec![qd, "elsewhere".to_owned(), "show".to_owned(), workplace.session.to_string_lossy().into_owned()];
        let network = if self.settings.network == Network::None { "; there is no network" } else { "" };
        let fence = format!(
            "in its container it may write to `{WORKSPACE}`, its own git directory and the container's own files{network}"
        );
        let place = Place { fence: Some(fence), elsewhere: Some(Elsewhere::Docker(container)), ..Place::default() };
        Ok(Wrapped { job: Job { argv, ..job }, place })
    }

    fn wrap_command(&self, job: Job, workplace: &Workplace) -> Result<Job, ExecutorError> {
        let mut argv = self.base()?;
        let name = command_name();
        argv.extend(["run".to_owned(), "--rm".to_owned(), format!("--name={name}")]);
        argv.extend(self.run_line(&job, workplace)?);
        let environment = job.env.into_iter().filter(|(name, _)| name == "PATH").collect();
        Ok(Job { name, argv, env: environment, ..job })
    }

    fn end_command(&self, job: &Job) {
        if let Ok(program) = self.base() {
            let left = Container { program, name: job.name.clone(), run: Vec::new() }.remove();
            if left != Presence::Gone {
                tracing::warn!(container = %job.name, ?left, "a command's container may be left");
            }
        }
    }
}

/// A name for the container of one command.
fn command_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("qd-command-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The agent's program goes by its name inside; everything else keeps its path.
fn inside_name(argument: &str, workplace: &Workplace) -> String {
    let is_agent = workplace.program.as_deref().is_some_and(|program| program == Path::new(argument));
    let name = Path::new(argument).file_name().filter(|_| is_agent).and_then(OsStr::to_str);
    name.unwrap_or(argument).to_owned()
}

/// A path that `--volume` takes as one.
fn plain(path: &Path) -> Result<&str, ExecutorError> {
    path.to_str().filter(|text| !text.contains(':')).ok_or_else(|| ExecutorError::BadPath {
        kind: ExecutorKind::Docker,
        path: path.display().to_string(),
        why: "mounts need paths in UTF-8 without a colon",
    })
}
