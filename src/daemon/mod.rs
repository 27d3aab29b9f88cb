//! The daemon: one per user, holds the truth, can be killed at any instant.
//!
//! ```text
//! socket ─ connection ─ handle ─┐                       ┌─ store (one transaction a turn)
//!                               ├─► core: step ─ commit ─ apply ─► effects ─► git, sessions, checks
//! hosts ─── links ──────────────┘                       └─► version ─► notices to watching clients
//! ```
//!
//! `core` is the only thing that changes the state. `effects` and `links` carry out what it asks for and
//! come back with facts. A start loads the state, finds the hosts that live, and repeats what is in the
//! outbox: effects are idempotent by their id, and writes into an agent are journalled by its host.

mod active;
mod authority;
mod blocking;
mod catalogues;
mod chat;
mod clock;
mod connection;
mod core;
mod effects;
mod error;
mod executors;
mod explain;
mod fork;
mod handle;
mod installed;
mod links;
mod missions;
mod panes;
mod places;
mod planner;
mod plans;
mod project_settings;
mod projects;
mod questions;
mod recovery;
mod refused;
mod said;
mod sign_in;
mod slash;
mod socket;
mod spoken;
mod tripwire;
mod undo;
mod usage;
mod views;
mod waiting;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, broadcast};

use crate::config::catalog::Roles;
use crate::config::{Paths, Settings};
use crate::engine::{Command, Refusal};
use crate::git::{Environment, GitError, Repository};
use crate::model::{Project, ProjectId, SessionId, Task, TaskId, Timestamp};
use crate::protocol::control::{Failure, Notice};
use crate::store::Store;

pub use catalogues::agents as known_agents;
pub use error::DaemonError;

use self::core::{Core, now};
use installed::Agents;
use links::Links;

/// What a daemon is started with.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where everything lives.
    pub paths: Paths,
    /// The person's settings.
    pub settings: Settings,
    /// This program; hosts and hooks run a versioned copy of it.
    pub qd: PathBuf,
}

/// What all parts of a running daemon share.
pub(crate) struct Daemon {
    core: Core,
    links: Links,
    agents: Arc<Agents>,
    roles: Roles,
    paths: Paths,
    settings: Settings,
    prices: crate::config::Prices,
    program: PathBuf,
    git_environment: Environment,
    started_at: Timestamp,
    stop: Notify,
    toasts: broadcast::Sender<Notice>,
    asked: spoken::Asked,
    refusals: refused::Refusals,
    tripwire: tripwire::Tripwire,
    probed: executors::Probed,
    repositories: Mutex<HashMap<ProjectId, Arc<tokio::sync::Mutex<()>>>>,
}

/// A repository that is opened where blocking is allowed.
struct Opening {
    root: PathBuf,
    environment: Environment,
}

impl Opening {
    fn open(&self) -> Result<Repository, GitError> {
        Repository::open_in(&self.root, self.environment.clone())
    }
}

impl Daemon {
    /// A project by id.
    async fn project(&self, id: ProjectId) -> Result<Project, Failure> {
        self.core
            .look(move |state, _| state.projects.get(&id).cloned())
            .await?
            .ok_or_else(|| Failure::of(&Refusal::NoProject(id)))
    }

    /// A task and its project.
    async fn project_and_task(&self, id: TaskId) -> Result<(Project, Task), Failure> {
        self.core
            .look(move |state, _| {
                let task = state.tasks.get(&id)?.clone();
                Some((state.projects.get(&task.project)?.clone(), task))
            })
            .await?
            .ok_or_else(|| Failure::of(&Refusal::NoTask(id)))
    }

    /// A project's repository, to be opened on a blocking thread.
    fn repository(&self, project: &Project) -> Opening {
        Opening { root: project.root.clone(), environment: self.git_environment.clone() }
    }

    /// The lock for what moves a project's target or a checkout of it, or takes a worktree away.
    fn repository_lock(&self, project: ProjectId) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(project).or_default())
    }

    /// The agent of tasks that name none: the project's, the person's, else the first installed one that
    /// works by itself.
    async fn default_agent(&self, project: &Project, installed: &[String]) -> String {
        let first = installed.iter().find(|name| !matches!(name.as_str(), "shell" | "demo")).cloned();
        self.standing_agent(project).await.or(first).unwrap_or_else(|| "claude".to_owned())
    }

    /// The agent that the project or the person configured.
    async fn standing_agent(&self, project: &Project) -> Option<String> {
        let opening = self.repository(project);
        let target = project.target.clone();
        let of_project = tokio::task::spawn_blocking(move || {
            let repository = opening.open().ok()?;
            project_settings::read(&repository, Some(&target)).ok()?.agent
        })
        .await;
        of_project.ok().flatten().or_else(|| self.settings.agent.clone())
    }

    /// A line for the project's chat and log.
    async fn note(&self, project: ProjectId, words: &str) {
        let _ = self.core.command(Command::Say { project, asked: None, answer: words.to_owned() }).await;
    }

    /// Notices for every connected client.
    fn toasts(&self) -> broadcast::Receiver<Notice> {
        self.toasts.subscribe()
    }

    fn toast(&self, notice: Notice) {
        let _ = self.toasts.send(notice);
    }

    /// The command line of a plain shell pane.
    async fn pane_command(&self, session: &SessionId) -> Option<String> {
        let wanted = session.clone();
        self.core.look(move |state, _| state.pane_runs.get(&wanted).cloned()).await.ok().flatten()
    }
}

/// A daemon that is running: what keeps it alive.
struct Running {
    daemon: Arc<Daemon>,
    _lock: places::Lock,
}

/// Prepares the places, takes the lock, loads the state, finds the sessions, repeats the outbox.
async fn start(options: ServeOptions) -> Result<Running, DaemonError> {
    places::prepare(&options.paths)?;
    let lock = places::lock(&options.paths)?;
    let program = places::versioned_program(&options.paths, &options.qd)?;
    let store = Store::open(&options.paths.database())?;
    if let Some(before) = lock.before {
        let work = tokio::task::spawn_blocking(move || recovery::outlast_programs(before));
        work.await.map_err(|error| DaemonError::Thread(error.into()))?;
    }
    let (core, asked) = core::start(store)?;
    let (toasts, _) = broadcast::channel(64);
    let daemon = Arc::new(Daemon {
        core,
        links: Links::default(),
        agents: Arc::new(Agents::new(options.paths.clone(), program.clone())),
        roles: catalogues::roles(&options.paths)?,
        prices: catalogues::prices(&options.paths),
        paths: options.paths,
        program,
        git_environment: Environment::inherited(),
        started_at: now(),
        stop: Notify::new(),
        toasts,
        asked: spoken::Asked::default(),
        refusals: refused::Refusals::default(),
        tripwire: tripwire::Tripwire::default(),
        probed: executors::Probed::default(),
        repositories: Mutex::default(),
        settings: options.settings,
    });
    recovery::set_rules(&daemon).await;
    recovery::remove_stale_locks(&daemon).await;
    recovery::find_sessions(&daemon).await;
    tokio::spawn(effects::run(Arc::clone(&daemon), asked));
    tokio::spawn(active::keep(Arc::clone(&daemon)));
    tokio::spawn(tripwire::keep(Arc::clone(&daemon)));
    Ok(Running { daemon, _lock: lock })
}

/// Runs a daemon until it is asked to end (request, SIGTERM, SIGINT). Sessions run on.
pub async fn serve(options: ServeOptions) -> Result<(), DaemonError> {
    let running = start(options).await?;
    socket::serve(&running.daemon).await?;
    running.daemon.toast(Notice::Stopping);
    running.daemon.core.stop().await;
    Ok(())
}

/// A daemon in this process: its control stream, for `Client::over`. It listens on its socket too, so
/// that other terminals reach it, and ends with the process.
pub async fn in_process(options: ServeOptions) -> Result<tokio::io::DuplexStream, DaemonError> {
    let running = start(options).await?;
    let (ours, theirs) = tokio::io::duplex(256 * 1024);
    let daemon = Arc::clone(&running.daemon);
    let listener = socket::bind(&daemon.paths)?;
    tokio::spawn(async move {
        let person = connection::serve(Arc::clone(&daemon), ours, authority::Authority::Person);
        tokio::select! {
            () = person => {}
            () = socket::accept(&daemon, &listener) => {}
            () = daemon.stop.notified() => {}
        }
        daemon.core.stop().await;
        socket::remove(&daemon.paths);
        drop(running);
    });
    Ok(theirs)
}
