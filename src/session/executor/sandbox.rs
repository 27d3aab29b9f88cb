//! A fence of the operating system around the agent, made by bubblewrap: namespaces of its own for mounts,
//! processes and IPC, no capabilities, and, by policy, no network. Everything is read-only except the
//! worktree, the task's private git directory, the agent's own state and a `/tmp` of its own. Sockets
//! (`/run`, `/tmp`, our runtime directory) are out of sight but for the session's own.
//!
//! The agent stays a descendant of our host with a process number that the host sees, so that the exit code,
//! the kill and the tracing of peers are those of a local session. bubblewrap's own process must not die of
//! Ctrl+C or of a polite SIGTERM, which are for the agent: `qd fence hold` starts it with these signals
//! blocked, and `qd fence enter` unblocks them again inside.
//!
//! What it does not do: it does not hide files from reading (except those named), nor the host's network
//! and its abstract sockets while the network is allowed.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::aside::{self, Over};
use super::{Executor, ExecutorError, Job, Place, Workplace, Wrapped};
use crate::model::{ExecutorKind, Network, SandboxSettings, one_line};
use crate::process::{Program, find_program};

/// The trial takes milliseconds.
const TRIAL_LIMIT: Duration = Duration::from_secs(10);

/// Variables that name sockets which are out of sight inside.
const SOCKETS: &[&str] =
    &["SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DOCKER_HOST", "GPG_AGENT_INFO"];

/// How to get it.
const INSTALL: &str = "install it (`apt install bubblewrap`, `dnf install bubblewrap`), or choose another executor";

/// The namespaces and rights that every fence has.
const BASE: &[&str] = &[
    "--unshare-pid",
    "--unshare-ipc",
    "--die-with-parent",
    "--cap-drop",
    "ALL",
    "--ro-bind",
    "/",
    "/",
    "--dev",
    "/dev",
    "--proc",
    "/proc",
    "--tmpfs",
    "/run",
];

/// The fence.
pub(super) struct Sandbox {
    settings: SandboxSettings,
    program: Option<PathBuf>,
    path: OsString,
}

impl Sandbox {
    /// Looks for bubblewrap in `path`.
    pub(super) fn new(settings: SandboxSettings, path: &OsStr) -> Self {
        Self { settings, program: find_program("bwrap", path), path: path.to_owned() }
    }

    fn program(&self) -> Result<&Path, ExecutorError> {
        self.program.as_deref().ok_or(ExecutorError::Missing {
            kind: ExecutorKind::Sandbox,
            program: "bubblewrap (`bwrap`)",
            install: INSTALL,
        })
    }

    /// Directories that are copied on write inside, and what gives the right to make that up again; nothing where it
    /// cannot be done.
    fn overlays(&self, workplace: &Workplace) -> Option<(Vec<Over>, Vec<String>)> {
        let wanted = expand(&self.settings.copy_on_write, &workplace.home);
        if wanted.is_empty() || workplace.aside.as_os_str().is_empty() {
            return None;
        }
        if let Err(why) = self.try_overlays(&workplace.aside, &workplace.qd) {
            tracing::warn!(why, "caches are read-only in fences here");
            return None;
        }
        let more = expand(&self.settings.writable, &workplace.home);
        let hidden = expand(&self.settings.hidden, &workplace.home);
        let known = workplace.writable.iter().chain(&workplace.hidden).chain(&more).chain(&hidden);
        let own = [&workplace.directory, &workplace.temporary, &workplace.aside];
        let bound: Vec<&Path> =
            known.chain(own).chain(&workplace.git).chain(&workplace.socket).map(PathBuf::as_path).collect();
        let overlays = aside::overlays(&wanted, workplace, &bound);
        Some((overlays, aside::give_up_rights(&self.path)?)).filter(|(overlays, _)| !overlays.is_empty())
    }

    /// Whether overlays can be made, by making one.
    fn try_overlays(&self, aside: &Path, qd: &Path) -> Result<(), String> {
        let rest = aside::give_up_rights(&self.path).ok_or("`setpriv` (util-linux) was not found")?;
        let mut line =
            vec![text(self.program().map_err(|error| error.to_string())?).map_err(|error| error.to_string())?];
        line.extend(BASE.iter().chain(&aside::RIGHTS).map(|word| (*word).to_owned()));
        std::fs::create_dir_all(aside).map_err(|error| format!("`{}`: {error}", aside.display()))?;
        aside::trial(aside, qd, line, &rest)
    }

    /// The mounts, in the order in which they are made: later ones lie over earlier ones.
    fn mounts(&self, workplace: &Workplace) -> Result<Vec<String>, ExecutorError> {
        let mut mounts = Vec::new();
        let mut mount = |how: &str, paths: &[&Path]| {
            mounts.push(how.to_owned());
            for path in paths {
                mounts.push(text(path)?);
            }
            Ok::<_, ExecutorError>(())
        };
        if let Ok(names) = Path::new("/etc/resolv.conf").canonicalize()
            && names.starts_with("/run")
        {
            mount("--ro-bind", &[&names, &names])?;
        }
        mount("--bind", &[&workplace.temporary, Path::new("/tmp")])?;
        for path in workplace.readable.iter().chain([&workplace.qd, &workplace.home]) {
            mount("--ro-bind-try", &[path, path])?;
        }
        // an agent that is installed below the real `/tmp`, which is out of sight
        for path in workplace.program.iter().flat_map(|program| installed(program)).filter(|it| it.starts_with("/tmp"))
        {
            mount("--ro-bind-try", &[&path, &path])?;
        }
        let hidden: Vec<PathBuf> =
            workplace.hidden.iter().cloned().chain(expand(&self.settings.hidden, &workplace.home)).collect();
        for path in &hidden {
            if path.is_dir() {
                mount("--tmpfs", &[path])?;
            } else if path.exists() {
                mount("--ro-bind", &[Path::new("/dev/null"), path])?;
            }
        }
        for path in workplace.writable.iter().chain(&expand(&self.settings.writable, &workplace.home)) {
            mount("--bind-try", &[path, path])?;
        }
        mount("--bind", &[&workplace.directory, &workplace.directory])?;
        if let Some(git) = &workplace.git {
            mount("--bind", &[git, git])?;
        }
        for (shown, place) in &workplace.overlays {
            mount("--ro-bind", &[shown, place])?;
        }
        if let Some(socket) = &workplace.socket {
            mount("--ro-bind", &[socket, socket])?;
        }
        for path in hidden.iter().filter(|path| path.is_dir()) {
            mount("--remount-ro", &[path])?;
        }
        Ok(mounts)
    }

    /// What the fence allows, for the person and for the agent.
    fn words(&self, workplace: &Workplace, copies: bool) -> String {
        let more: Vec<String> = expand(&self.settings.writable, &workplace.home)
            .iter()
            .chain(&workplace.writable)
            .filter(|path| path.exists())
            .map(|path| format!("`{}`", path.display()))
            .collect();
        let network = match self.settings.network {
            Network::Allow => "",
            Network::None => "; there is no network",
        };
        let more = if more.is_empty() { String::new() } else { format!(", {}", more.join(", ")) };
        let copies = if copies { "; what it writes to caches in your home is kept aside" } else { "" };
        format!("it may write to its worktree, its own git directory, /tmp{more}{copies}{network}")
    }
}

impl Executor for Sandbox {
    fn kind(&self) -> ExecutorKind {
        ExecutorKind::Sandbox
    }

    fn available(&self) -> Result<String, ExecutorError> {
        let kind = ExecutorKind::Sandbox;
        let program = self.program()?;
        let mut trial = Program::new(program).args(BASE);
        if self.settings.network == Network::None {
            trial = trial.arg("--unshare-net");
        }
        let ended = trial.args(["--", "/bin/sh", "-c", "exit 0"]).timeout(TRIAL_LIMIT).run();
        let ended = ended.map_err(|source| ExecutorError::Program { kind, source })?;
        if ended.success() {
            return Ok(format!("`{}` makes fences here", program.display()));
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        let detail = said.lines().last().map(one_line).filter(|line| !line.is_empty());
        Err(ExecutorError::Unusable {
            kind,
            detail: detail.unwrap_or_else(|| "a trial fence did not start".to_owned()),
            hint: "bubblewrap needs user namespaces: see `sysctl kernel.unprivileged_userns_clone \
                   kernel.apparmor_restrict_unprivileged_userns user.max_user_namespaces`; in a container, allow \
                   `unshare` and mounts, or choose another executor"
                .to_owned(),
        })
    }

    fn copies_on_write(&self, aside: &Path) -> Result<(), String> {
        let qd = std::env::current_exe().map_err(|error| error.to_string())?;
        self.try_overlays(aside, &qd)
    }

    fn wrap(&self, job: Job, workplace: &Workplace) -> Result<Wrapped, ExecutorError> {
        let kind = ExecutorKind::Sandbox;
        let qd = text(&workplace.qd)?;
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut argv = vec![qd.clone()];
        argv.extend(words(&["fence", "hold", "--"]));
        argv.push(text(self.program()?)?);
        argv.extend(words(BASE));
        let overlays = self.overlays(workplace);
        if overlays.is_some() {
            argv.extend(words(&aside::RIGHTS));
        }
        argv.extend(self.mounts(workplace)?);
        if overlays.is_some() {
            argv.extend(["--bind".to_owned(), text(&workplace.aside)?, text(&workplace.aside)?]);
        }
        if self.settings.network == Network::None {
            argv.push("--unshare-net".to_owned());
        }
        argv.extend(["--chdir".to_owned(), text(&job.cwd)?, "--".to_owned(), qd]);
        argv.extend(words(&["fence", "enter"]));
        let (over, rights) =
            overlays.map_or_else(Default::default, |(overlays, rights)| (aside::words(&overlays, workplace), rights));
        argv.extend(over.iter().cloned());
        argv.push("--".to_owned());
        argv.extend(rights);
        if job.argv.is_empty() {
            return Err(ExecutorError::BadPath { kind, path: String::new(), why: "no program was named" });
        }
        argv.extend(job.argv);
        let fence = self.words(workplace, !over.is_empty());
        let mut env = job.env;
        if !over.is_empty() {
            let known: Vec<String> = env.iter().map(|(name, _)| name.clone()).collect();
            env.extend(aside::moved(&workplace.home, |name| known.iter().any(|other| other == name)));
        }
        env.extend([("TMPDIR".to_owned(), "/tmp".to_owned()), ("QD_FENCE".to_owned(), fence.clone())]);
        let mut remove_env = job.remove_env;
        remove_env.extend(words(SOCKETS));
        let job = Job { name: job.name, argv, env, remove_env, cwd: job.cwd };
        Ok(Wrapped { job, place: Place { fence: Some(fence), ..Place::default() } })
    }
}

/// An agent's program, and what it needs besides: the packages that its own is among, or what lies next to it.
fn installed(program: &Path) -> Vec<PathBuf> {
    let real = program.canonicalize().unwrap_or_else(|_| program.to_path_buf());
    let packages = real.ancestors().filter(|place| place.file_name().is_some_and(|name| name == "node_modules"));
    // a link is kept as one: what it leads to finds its own files from there
    let beside = |path: &Path| path.parent().filter(|place| place.components().count() > 2).map(Path::to_path_buf);
    let found = [beside(program), packages.last().map(Path::to_path_buf).or_else(|| beside(&real))];
    found.into_iter().flatten().collect()
}

/// A path as an argument.
fn text(path: &Path) -> Result<String, ExecutorError> {
    path.to_str().map(str::to_owned).ok_or_else(|| ExecutorError::BadPath {
        kind: ExecutorKind::Sandbox,
        path: path.display().to_string(),
        why: "it is not UTF-8",
    })
}

/// Configured paths: `~/` is the home directory; what is not absolute then is left out.
pub(super) fn expand(paths: &[String], home: &Path) -> Vec<PathBuf> {
    let whole = paths.iter().map(|path| match path.strip_prefix("~/") {
        Some(rest) => home.join(rest.trim_end_matches('/')),
        None => PathBuf::from(path),
    });
    whole.filter(|path| path.is_absolute()).collect()
}
