//! A session's start: the agent's launch line, its files, its host. The session's directory is the lock,
//! so that asking twice starts it once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::agents::{Agent, LaunchContext, LaunchPlan};
use crate::daemon::Daemon;
use crate::daemon::blocking::{blocking, fault};
use crate::daemon::executors::{self, Grounds};
use crate::daemon::places;
use crate::engine::{EffectResult, Fact};
use crate::git::with_trailers;
use crate::model::{Kind, Project, Session, SessionId, Task};
use crate::protocol::control::Failure;
use crate::session::executor::{Job, Place};
use crate::session::{self, Launch};

use super::worktree::trailers;

/// How long host and agent may take to be there.
const START_DEADLINE: Duration = Duration::from_secs(20);
/// The PTY's size until a viewer says its own.
const ROWS: u16 = 40;
/// See `ROWS`.
const COLS: u16 = 120;
/// The output log's bound, in bytes.
const LOG_LIMIT: u64 = 16 * 1024 * 1024;

/// The conversation that a session begins with.
pub(super) struct Conversation {
    /// The agent's own id of it; `None` is a new one.
    pub resume: Option<String>,
    /// A copy of it.
    pub forks: bool,
}

/// Starts (or finds) the session.
pub(super) async fn start(
    daemon: &Arc<Daemon>,
    id: SessionId,
    conversation: Conversation,
) -> Result<EffectResult, Failure> {
    let Conversation { resume, forks } = conversation;
    let (wanted, resumes) = (id.clone(), resume.is_some());
    let (session, project, task, prompt) = daemon
        .core
        .look(move |state, _| {
            let session = state.sessions.get(&wanted)?.clone();
            let project = state.projects.get(&session.project)?.clone();
            let task = session.task.and_then(|task| state.tasks.get(&task)).cloned();
            let prompt = state.opening(&session, resumes);
            Some((session, project, task, prompt))
        })
        .await?
        .ok_or_else(|| fault("the session is not known"))?;
    daemon.agents.refresh().await;
    let agent = daemon.agents.get(&session.agent).ok_or_else(|| daemon.agents.unknown(&session.agent))?;
    let Some(program) = daemon.agents.program(&agent).await else { return Ok(missing(daemon, &agent).await) };
    let directory = daemon.paths.session(&id);
    let cwd = workplace(&project, task.as_ref());
    let pane_run = daemon.pane_command(&id).await;
    let files = daemon.paths.agent_files(&id);
    let bypass = daemon.settings.agents.get(&session.agent).is_some_and(|settings| settings.bypass)
        && !agent.definition().arguments.bypass.is_empty();
    let context = LaunchContext {
        qd: &daemon.program,
        program: &program,
        session: &id,
        session_directory: &files,
        worktree: &cwd,
        mode: session.mode,
        prompt: &prompt,
        model: task.as_ref().and_then(|task| task.model.as_deref()),
        resume: resume.as_deref(),
        forks,
        run: task.as_ref().and_then(|task| task.run.as_deref()).or(pane_run.as_deref()),
        trusted: project.trusted_agents.contains(&session.agent),
        checkout: task.is_some().then_some(project.root.as_path()),
        hides_checkout: daemon.settings.hide_checkout,
        bypass,
    };
    let plan = agent.launch(&context);
    // an agent that cannot go on with a conversation has none as far as we are concerned
    let conversation = plan.conversation.clone().filter(|_| agent.can_resume());
    if let Some(conversation) = conversation.clone().filter(|name| session.conversation.as_ref() != Some(name)) {
        // known before the agent runs: whatever is lost from now on, the conversation can be found again
        daemon.core.fact(Fact::ConversationNamed { session: id.clone(), conversation }).await;
    }
    let launch = launch(daemon, &session, &plan, cwd).await;
    let launch = place(daemon, &project, task.as_ref(), &session, launch).await?;
    let mut warnings = executors::warnings(daemon, &session).await;
    if bypass {
        warnings.push("PERMISSION CHECKS ARE OFF (`bypass`)".to_owned());
    }
    daemon.tripwire.arm(&project, &session);
    let started = spawn(daemon, directory, launch, plan.files).await?;
    daemon.links.open(daemon, &session.id);
    let reports = agent.can_report();
    Ok(EffectResult::SessionStarted { pid: started.pid, host: started.host, conversation, reports, warnings })
}

/// Where the agent works: its worktree; a plain pane in the project's root.
fn workplace(project: &Project, task: Option<&Task>) -> PathBuf {
    task.and_then(|task| task.worktree.clone()).unwrap_or_else(|| project.root.clone())
}

/// The launch record of the host.
async fn launch(daemon: &Daemon, session: &Session, plan: &LaunchPlan, cwd: PathBuf) -> Launch {
    let mut path = std::ffi::OsString::new();
    if let Some(directory) = daemon.program.parent() {
        path.push(directory);
        path.push(":");
    }
    path.push(daemon.agents.path().await);
    let mut env = vec![
        ("PATH".to_owned(), path.to_string_lossy().into_owned()),
        ("TERM".to_owned(), "xterm-256color".to_owned()),
        ("COLORTERM".to_owned(), "truecolor".to_owned()),
        ("QD_SESSION".to_owned(), session.id.to_string()),
        ("QD_SESSION_SOCKET".to_owned(), daemon.paths.session_socket(&session.id).to_string_lossy().into_owned()),
        ("QD_WORKER".to_owned(), session.worker.to_string()),
    ];
    if let Some(task) = session.task {
        env.push(("QD_TASK".to_owned(), task.to_string()));
    }
    env.extend(plan.env.iter().cloned());
    let mut remove_env = plan.remove_env.clone();
    remove_env.extend(["TMUX", "TMUX_PANE", "TERM_PROGRAM", "NO_COLOR"].map(str::to_owned));
    Launch {
        session: session.id.clone(),
        argv: plan.argv.clone(),
        env,
        remove_env,
        cwd,
        rows: ROWS,
        cols: COLS,
        scrollback: daemon.settings.scrollback,
        socket: daemon.paths.session_socket(&session.id),
        log_limit: LOG_LIMIT,
        place: Place::default(),
    }
}

/// The launch record for where the session runs. What cannot be used there is said before anything starts.
async fn place(
    daemon: &Arc<Daemon>,
    project: &Project,
    task: Option<&Task>,
    session: &Session,
    mut launch: Launch,
) -> Result<Launch, Failure> {
    let Some(task) = task else { return Ok(launch) };
    let Some(grounds) = Grounds::of(daemon, task, Some(&session.id)).await else { return Ok(launch) };
    executors::check(daemon, task.executor).await?;
    let opening = daemon.repository(project);
    let about = (project.name.clone(), with_trailers(&task.title, &trailers(task)));
    blocking(move || {
        let repository = opening.open().map_err(|error| Failure::of(&error))?;
        let mut workplace = grounds.in_worktree(&repository, &launch.cwd)?;
        grounds.send_away(&repository, &mut workplace, (&about.0, about.1))?;
        let inner = launch.socket.with_extension("in");
        workplace.socket = Some(inner.clone());
        let inner = inner.join("sock");
        let mut env = std::mem::take(&mut launch.env);
        env.push(("QD_SESSION_SOCKET".to_owned(), inner.to_string_lossy().into_owned()));
        let job = Job {
            name: launch.session.to_string(),
            argv: std::mem::take(&mut launch.argv),
            env,
            remove_env: std::mem::take(&mut launch.remove_env),
            cwd: launch.cwd.clone(),
        };
        grounds.executor().prepare().map_err(|error| Failure::of(&error))?;
        let wrapped = grounds.executor().wrap(job, &workplace).map_err(|error| Failure::of(&error))?;
        Ok::<_, Failure>(Launch {
            argv: wrapped.job.argv,
            env: wrapped.job.env,
            remove_env: wrapped.job.remove_env,
            cwd: wrapped.job.cwd,
            place: Place { inner_socket: Some(inner), ..wrapped.place },
            ..launch
        })
    })
    .await
}

/// Starts the host; the agent's own files are written first.
async fn spawn(
    daemon: &Daemon,
    directory: PathBuf,
    launch: Launch,
    files: Vec<(PathBuf, String)>,
) -> Result<session::Started, Failure> {
    let program = daemon.program.clone();
    let work = tokio::task::spawn_blocking(move || {
        for (path, text) in &files {
            places::write_private(path, text.as_bytes()).map_err(|error| unwritable(path, &error))?;
        }
        session::start(&directory, &launch, &program, START_DEADLINE).map_err(|error| Failure::of(&error))
    });
    work.await.unwrap_or_else(|_| Err(fault("the session's start failed; see the daemon's log")))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure { kind: Kind::Unavailable, message: format!("`{}` cannot be written: {error}", path.display()), hint: None }
}

/// What the person reads when the program is not there: where we looked, what else there is.
async fn missing(daemon: &Daemon, agent: &Agent) -> EffectResult {
    let path = daemon.agents.path().await;
    let looked = std::env::split_paths(&path).filter(|directory| !directory.as_os_str().is_empty()).count();
    let others: Vec<String> = daemon.agents.installed().await.into_iter().filter(|name| name != "demo").collect();
    EffectResult::AgentMissing {
        detail: format!(
            "`{}` is not installed (looked in {looked} directories of PATH); {}; found: {}",
            agent.definition().command,
            agent.definition().install.as_deref().unwrap_or("install it, or choose another agent"),
            others.join(", ")
        ),
    }
}
