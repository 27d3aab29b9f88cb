//! Where tasks run: decided when a task is made, checked before anything starts, and put to use for its
//! sessions, checks and setup commands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::git::{FarPlace, PrivateGit, Repository};
use crate::model::{
    DefaultExecutor, ExecutorKind, Kind, Project, Session, SessionId, SessionMode, Task, TaskDraft, TaskId,
};
use crate::process::Program;
use crate::protocol::control::Failure;
use crate::session::executor::{self, Executor, Job, Workplace};

use super::blocking::fault;
use super::{Daemon, project_settings};

/// The executor of a new task: what was asked for, else the project's default, else the person's. It must be
/// usable now; a task that could never start is not made.
pub(super) async fn decide(
    daemon: &Arc<Daemon>,
    project: &Project,
    wanted: Option<ExecutorKind>,
    draft: &TaskDraft,
) -> Result<ExecutorKind, Failure> {
    let kind = match wanted {
        Some(kind) => Some(kind),
        None => default(daemon, project).await,
    };
    match kind {
        Some(kind) => check(daemon, kind).await.map(|()| kind),
        None if is_for_a_fence(daemon, project, draft) => Ok(best_fence(daemon, &draft.agent).await),
        None => Ok(ExecutorKind::Local),
    }
}

/// What was found out about fences here, once for the daemon's life.
#[derive(Default)]
pub(super) struct Probed {
    docker: tokio::sync::OnceCell<bool>,
    sandbox: tokio::sync::OnceCell<Result<(), String>>,
}

/// Whether `auto` puts it behind a fence: a headless run of an agent of which it is known what it writes. What a person
/// watches or typed (full screen, a command of a `shell` task) runs as they do.
fn is_for_a_fence(daemon: &Daemon, project: &Project, draft: &TaskDraft) -> bool {
    let is_known = has_fence(daemon, &draft.agent);
    let autonomy = draft.autonomy.unwrap_or(project.autonomy);
    let mode = if draft.open_ended { Some(SessionMode::Interactive) } else { draft.mode };
    is_known && crate::engine::mode(&draft.agent, autonomy, mode) == SessionMode::Autonomous
}

/// Whether a fence by itself is for this agent: of which it is known what it writes; where nothing was said at all, only
/// one that is known to work behind it.
fn has_fence(daemon: &Daemon, agent: &str) -> bool {
    let unsaid = daemon.settings.executor.default == DefaultExecutor::Unsaid;
    daemon.agents.get(agent).is_some_and(|agent| {
        let definition = agent.definition();
        !definition.state.is_empty() && (definition.fence || !unsaid)
    })
}

/// A container where there is an engine and an image for this agent, else the sandbox, else none.
async fn best_fence(daemon: &Arc<Daemon>, agent: &str) -> ExecutorKind {
    let settings = &daemon.settings.executor.docker;
    let has_image = agent == "claude" || settings.image != crate::model::DockerSettings::default().image;
    let docker = || async { check(daemon, ExecutorKind::Docker).await.is_ok() };
    if has_image && *daemon.probed.docker.get_or_init(docker).await {
        return ExecutorKind::Docker;
    }
    match sandbox(daemon).await {
        Ok(()) => ExecutorKind::Sandbox,
        Err(_) => ExecutorKind::Local,
    }
}

/// Whether there is a fence for what nobody said a place for. Where nothing was said at all it must not break what
/// works without one: the checks of a project write to caches in the person's home.
async fn sandbox(daemon: &Daemon) -> Result<(), String> {
    let probe = || async {
        let executor = of(daemon, ExecutorKind::Sandbox).await;
        let aside = daemon.paths.state.join("fence");
        let must_copy = daemon.settings.executor.default == DefaultExecutor::Unsaid;
        let work = tokio::task::spawn_blocking(move || {
            executor.available().map_err(|error| error.to_string())?;
            if must_copy { executor.copies_on_write(&aside) } else { Ok(()) }
        });
        work.await.unwrap_or_else(|_| Err("looking at it failed".to_owned()))
    };
    daemon.probed.sandbox.get_or_init(probe).await.clone()
}

/// What is to be known of where a session runs: a fence that was wanted and that there is not.
pub(super) async fn warnings(daemon: &Daemon, session: &Session) -> Vec<String> {
    let wanted = daemon.settings.executor.default.named().is_none()
        && session.executor == ExecutorKind::Local
        && session.mode == SessionMode::Autonomous
        && has_fence(daemon, &session.agent);
    if !wanted {
        return Vec::new();
    }
    sandbox(daemon).await.err().map(|why| format!("NO FENCE: {why}")).into_iter().collect()
}

/// Whether a kind can be used now.
pub(super) async fn check(daemon: &Arc<Daemon>, kind: ExecutorKind) -> Result<(), Failure> {
    if kind == ExecutorKind::Local {
        return Ok(());
    }
    let executor = of(daemon, kind).await;
    let work = tokio::task::spawn_blocking(move || executor.available().map(drop).map_err(|error| Failure::of(&error)));
    work.await.unwrap_or_else(|_| Err(fault("looking at the executor failed; see the daemon's log")))
}

/// The executor of a kind, with the person's settings.
pub(super) async fn of(daemon: &Daemon, kind: ExecutorKind) -> Box<dyn Executor> {
    executor::executor(kind, &daemon.settings.executor, daemon.agents.path().await)
}

/// The project's default (`None` is `auto`), unless that took a fence away that the person's own default makes.
async fn default(daemon: &Daemon, project: &Project) -> Option<ExecutorKind> {
    let own = daemon.settings.executor.default.named();
    let (opening, target) = (daemon.repository(project), project.target.clone());
    let configured = tokio::task::spawn_blocking(move || {
        let repository = opening.open().ok()?;
        project_settings::read(&repository, Some(&target)).ok()?.executor.default
    });
    match configured.await.ok().flatten() {
        Some(theirs) if own.is_none_or(ExecutorKind::is_fence) && !theirs.is_fence() => {
            tracing::warn!(project = %project.name, %theirs, ?own, "the project's executor is no fence; yours counts");
            own
        }
        Some(theirs) => Some(theirs),
        None => own,
    }
}

/// A plain shell pane has no worktree that a fence could let it write to.
pub(super) fn no_pane(kind: ExecutorKind) -> Failure {
    Failure {
        kind: Kind::Invalid,
        message: format!("a plain shell pane runs where you are, not in `{kind}`"),
        hint: Some(format!("give the command to a task: `qd task add \"…\" --run \"…\" --executor {kind}`")),
    }
}

/// Where fences of a task keep what their programs wrote to the person's caches.
fn aside(daemon: &Daemon, task: TaskId) -> PathBuf {
    daemon.paths.state.join("fence").join(task.to_string())
}

/// A task's worktree is gone: so is what its fences kept. Blocks.
pub(super) fn sweep(daemon: &Daemon, task: TaskId) {
    executor::sweep(&aside(daemon, task));
}

/// A task's place for one session or one command: everything that the executor has to know.
pub(super) struct Grounds {
    kind: ExecutorKind,
    executor: Box<dyn Executor>,
    workplace: Workplace,
}

impl Grounds {
    /// For a task; `None` runs things as they are.
    pub(super) async fn of(daemon: &Daemon, task: &Task, session: Option<&SessionId>) -> Option<Self> {
        if task.executor == ExecutorKind::Local {
            return None;
        }
        let name = session.map_or_else(|| format!("task-{}", task.id), ToString::to_string);
        let files = daemon.paths.state.join("agents").join(name);
        let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let state = daemon.agents.get(&task.agent).map(|agent| agent.definition().state.clone()).unwrap_or_default();
        let workplace = Workplace {
            readable: vec![files.clone(), daemon.paths.handoffs()],
            writable: state_places(&state, &home),
            hidden: vec![daemon.paths.runtime.clone(), daemon.paths.data.clone(), daemon.paths.state.join("sessions")],
            temporary: files.join("tmp"),
            aside: aside(daemon, task.id).join(session.map_or("commands", SessionId::as_str)),
            program: match daemon.agents.get(&task.agent) {
                Some(agent) => daemon.agents.program(&agent).await,
                None => None,
            },
            session: session.map(|session| daemon.paths.session(session)).unwrap_or_default(),
            title: format!("{}-{}", task.id, task.mode.word()),
            home,
            qd: daemon.program.clone(),
            ..Workplace::default()
        };
        Some(Self { kind: task.executor, executor: of(daemon, task.executor).await, workplace })
    }

    /// Whether the task is on another machine, and its commands are not.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.kind == ExecutorKind::Ssh
    }

    /// The executor.
    pub(super) fn executor(&self) -> &dyn Executor {
        self.executor.as_ref()
    }

    /// The place in a worktree of ours; its private git directory is made when it is not there. Blocks.
    pub(super) fn in_worktree(&self, repository: &Repository, path: &Path) -> Result<Workplace, Failure> {
        let mut place = self.at(repository, path)?;
        if self.kind.has_private_git() {
            let worktree = repository.worktree_at(path).map_err(|error| Failure::of(&error))?;
            let git = repository.private_git(&worktree).map_err(|error| Failure::of(&error))?;
            with_git(&mut place, path, git);
        }
        Ok(place)
    }

    /// Brings the worktree to the machine where its session is to run, when that is another one. Blocks.
    pub(super) fn send_away(
        &self,
        repository: &Repository,
        workplace: &mut Workplace,
        (project, message): (&str, String),
    ) -> Result<(), Failure> {
        let far = self.executor.far().map_err(|error| Failure::of(&error))?;
        let Some((ssh, directory)) = far else { return Ok(()) };
        let worktree = repository.worktree_at(&workplace.directory).map_err(|error| Failure::of(&error))?;
        let place = FarPlace { ssh, directory, project: project.to_owned(), message };
        workplace.away = Some(repository.send_away(&worktree, &place).map_err(|error| Failure::of(&error))?);
        Ok(())
    }

    /// The place in any directory, where git is only read. Blocks.
    pub(super) fn at(&self, repository: &Repository, path: &Path) -> Result<Workplace, Failure> {
        let mut place = self.workplace.clone();
        std::fs::create_dir_all(&place.temporary).map_err(|error| unwritable(&place.temporary, &error))?;
        place.directory = path.to_path_buf();
        place.readable.push(repository.root().to_path_buf());
        place.readable.push(repository.common_dir().to_path_buf());
        Ok(place)
    }

    /// A command of the project, so that it runs in this place.
    pub(super) fn wrap(&self, program: &[String], env: &[(String, String)], place: &Workplace) -> Result<Job, Failure> {
        let job = Job {
            name: "command".to_owned(),
            argv: program.to_vec(),
            env: env.to_vec(),
            remove_env: Vec::new(),
            cwd: place.directory.clone(),
        };
        self.executor.wrap_command(job, place).map_err(|error| Failure::of(&error))
    }
}

/// A wrapped command as a program to wait for.
pub(super) fn program(job: &Job) -> Program {
    let (name, arguments) =
        job.argv.split_first().map_or((String::new(), [].as_slice()), |(name, rest)| (name.clone(), rest));
    let mut program = Program::new(name).args(arguments).cwd(&job.cwd);
    for name in &job.remove_env {
        program = program.remove_env(name);
    }
    for (name, value) in &job.env {
        program = program.env(name, value);
    }
    program
}

fn with_git(place: &mut Workplace, worktree: &Path, git: PrivateGit) {
    place.overlays = vec![git.alternates, (git.link, worktree.join(".git"))];
    place.readable.extend(git.objects);
    place.git = Some(git.directory);
}

/// An agent's own directories, made when they are not there, and its own files.
fn state_places(state: &[String], home: &Path) -> Vec<PathBuf> {
    let whole = state.iter().map(|entry| {
        let path = place_of(entry, home);
        if entry.ends_with('/')
            && path.is_absolute()
            && let Err(error) = std::fs::create_dir_all(&path)
        {
            tracing::warn!(path = %path.display(), %error, "a directory of an agent cannot be made");
        }
        path
    });
    whole.filter(|path| path.is_absolute()).collect()
}

/// Where an entry is: `~/` is the home directory, `$NAME/` what that variable names. Empty when it names nothing.
fn place_of(entry: &str, home: &Path) -> PathBuf {
    if let Some(rest) = entry.strip_prefix("~/") {
        return home.join(rest);
    }
    let Some((name, rest)) = entry.strip_prefix('$').and_then(|entry| entry.split_once('/')) else {
        return PathBuf::from(entry);
    };
    let root = std::env::var_os(name).filter(|root| !root.is_empty());
    root.map_or_else(PathBuf::new, |root| if rest.is_empty() { root.into() } else { PathBuf::from(root).join(rest) })
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure { kind: Kind::Unavailable, message: format!("`{}` cannot be made: {error}", path.display()), hint: None }
}
