//! The project's checks. Their definition comes from the target commit; they run in the task's worktree
//! (or, for a landing, in the integration worktree), one after the other, up to the first failure.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::daemon::blocking::blocking;
use crate::daemon::project_settings::{self, Commands};
use crate::engine::EffectResult;
use crate::git::GitError;
use crate::model::{Check, CheckRun, SessionId, Task, TaskId, sanitize};
use crate::process::{Finished, ProcessError, Program};
use crate::protocol::control::Failure;

/// How much of a check's output is kept with the result, in bytes.
const LOG_LIMIT: usize = 8 * 1024;
/// How much is read before the middle is dropped, in bytes.
const OUTPUT_LIMIT: usize = 1024 * 1024;

/// The checks in the task's worktree.
pub(super) async fn run(daemon: &Arc<Daemon>, id: TaskId) -> Result<EffectResult, Failure> {
    let (project, task) = daemon.project_and_task(id).await?;
    let repository = daemon.repository(&project);
    let surroundings = Surroundings::of(daemon, &task).await;
    blocking(move || {
        let repository = repository.open()?;
        let settings = match project_settings::read(&repository, Some(&project.target)) {
            Ok(settings) => settings,
            Err(error) => {
                return Ok::<_, GitError>(EffectResult::Failed {
                    kind: crate::model::Explain::kind(&error),
                    detail: error.to_string(),
                });
            }
        };
        let checks = match project_settings::checks(&repository, &project, &settings)? {
            Commands::Agreed(checks) => checks,
            Commands::NotAgreed { hash, commands } => return Ok(EffectResult::CommandsNotTrusted { hash, commands }),
        };
        let Some(worktree) = &task.worktree else { return Ok(EffectResult::Checked { runs: Vec::new() }) };
        let tree = repository.tree_of(&task.branch)?;
        Ok(EffectResult::Checked { runs: run_all(&checks, worktree, &tree, &surroundings) })
    })
    .await
}

/// What a command of the project runs in besides its directory. The code that it runs is the agent's, so it
/// carries the session's mark: calls of `qd` from it have an agent's rights, not the person's.
pub(super) struct Surroundings {
    guard: PathBuf,
    path: OsString,
    timeout: Duration,
    session: Option<SessionId>,
}

impl Surroundings {
    /// For the commands of one task.
    pub(super) async fn of(daemon: &Daemon, task: &Task) -> Self {
        let delegation = task.delegation;
        let session = daemon
            .core
            .look(move |state, _| state.delegations.get(&delegation?).and_then(|it| it.session.clone()))
            .await;
        Self {
            guard: daemon.program.clone(),
            path: daemon.agents.path().await.clone(),
            timeout: Duration::from_secs(daemon.settings.check_timeout),
            session: session.ok().flatten(),
        }
    }
}

/// Runs checks in a directory, up to the first failure.
pub(super) fn run_all(checks: &[Check], directory: &Path, tree: &str, surroundings: &Surroundings) -> Vec<CheckRun> {
    let mut runs = Vec::new();
    for check in checks {
        let run = run_one(check, directory, tree, surroundings);
        let passed = run.passed();
        runs.push(run);
        if !passed {
            break;
        }
    }
    runs
}

/// Runs one command of the project. Not directly but below a guard of ours: what the command starts stays below it,
/// even with an empty environment and without parents, and ends with it.
pub(super) fn run_one(check: &Check, directory: &Path, tree: &str, surroundings: &Surroundings) -> CheckRun {
    let began = Instant::now();
    let command = Program::new(&surroundings.guard)
        .args(["guard", "--"])
        .args(&check.argv)
        .cwd(directory)
        .env("PATH", &surroundings.path)
        .env("CI", "true")
        .env("NO_COLOR", "1")
        .remove_env("QD_SESSION_SOCKET")
        .timeout(surroundings.timeout)
        .output_limit(OUTPUT_LIMIT);
    let command = match &surroundings.session {
        Some(session) => command.env("QD_SESSION", session.as_str()),
        None => command.remove_env("QD_SESSION"),
    };
    let finished = command.run();
    CheckRun {
        name: check.name.clone(),
        argv: check.argv.clone(),
        exit_code: finished.as_ref().ok().filter(|finished| !finished.timed_out).and_then(|finished| finished.code),
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        tree: tree.to_owned(),
        log: log(&finished, surroundings.timeout),
    }
}

/// The last lines of what a check said.
fn log(finished: &Result<Finished, ProcessError>, timeout: Duration) -> String {
    let text = match finished {
        Err(error) => error.to_string(),
        Ok(finished) => {
            let mut text = sanitize(&String::from_utf8_lossy(&finished.stdout));
            let errors = sanitize(&String::from_utf8_lossy(&finished.stderr));
            if !errors.is_empty() {
                text.push_str(&errors);
            }
            if finished.timed_out {
                let _ = write!(text, "\nended by Quarterdeck after {} s (`check_timeout`)", timeout.as_secs());
            }
            text
        }
    };
    let start = text.len().saturating_sub(LOG_LIMIT);
    let start = (start..=text.len()).find(|place| text.is_char_boundary(*place)).unwrap_or(start);
    text.get(start..).unwrap_or_default().trim_end().to_owned()
}
