//! The project's checks. Their definition comes from the target commit; they run in the task's worktree
//! (or, for a landing, in the integration worktree), one after the other, up to the first failure.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::daemon::blocking::blocking;
use crate::daemon::executors::{self, Grounds};
use crate::daemon::project_settings::{self, Commands};
use crate::engine::EffectResult;
use crate::git::{GitError, Repository};
use crate::model::{Check, CheckRun, SessionId, Task, TaskId, sanitize};
use crate::process::{Finished, Program};
use crate::protocol::control::Failure;
use crate::session::executor::{Job, Workplace};

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
        Ok(match surroundings.worktree(&repository, worktree) {
            Ok(site) => EffectResult::Checked { runs: run_all(&checks, &site, &tree, &surroundings) },
            Err(failure) => EffectResult::Failed { kind: failure.kind, detail: failure.message },
        })
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
    /// Where it runs, when not as it is.
    grounds: Option<Grounds>,
}

/// A directory that commands run in, and what they may touch there.
pub(super) struct Site {
    directory: PathBuf,
    place: Option<Workplace>,
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
            grounds: Grounds::of(daemon, task, None).await,
        }
    }

    /// The task's worktree. Blocks.
    pub(super) fn worktree(&self, repository: &Repository, directory: &Path) -> Result<Site, Failure> {
        let place = self.grounds.as_ref().map(|grounds| grounds.in_worktree(repository, directory)).transpose()?;
        Ok(Site { directory: directory.to_path_buf(), place })
    }

    /// A checkout of ours that no agent works in. Blocks.
    pub(super) fn checkout(&self, repository: &Repository, directory: &Path) -> Result<Site, Failure> {
        let place = self.grounds.as_ref().map(|grounds| grounds.at(repository, directory)).transpose()?;
        Ok(Site { directory: directory.to_path_buf(), place })
    }

    /// What is to be known of where a command ran.
    fn remark(&self) -> &'static str {
        let is_elsewhere = self.grounds.as_ref().is_some_and(Grounds::is_elsewhere);
        if is_elsewhere { "\n(this ran on this machine, not on the task's)" } else { "" }
    }

    /// The variables that a command gets.
    fn variables(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("PATH".to_owned(), self.path.to_string_lossy().into_owned()),
            ("CI".to_owned(), "true".to_owned()),
            ("NO_COLOR".to_owned(), "1".to_owned()),
        ];
        variables.extend(self.session.iter().map(|session| ("QD_SESSION".to_owned(), session.to_string())));
        variables
    }

    /// Runs a command to its end. What outlives its own client there is ended when that was cut short.
    fn run(&self, argv: &[String], site: &Site) -> Result<Finished, Failure> {
        let job = match (&self.grounds, &site.place) {
            (Some(grounds), Some(place)) => grounds.wrap(argv, &self.variables(), place)?,
            _ => Job { argv: argv.to_vec(), env: self.variables(), cwd: site.directory.clone(), ..Job::default() },
        };
        let finished = self.program(job.clone()).run().map_err(|error| Failure::of(&error));
        if let Some(grounds) = &self.grounds
            && finished.as_ref().map_or(true, |finished| finished.timed_out || finished.signal.is_some())
        {
            grounds.executor().end_command(&job);
        }
        finished
    }

    /// The command as a program, in its place. Not directly but below a guard of ours: what the command starts stays
    /// below it, even with an empty environment and without parents, and ends with it.
    fn program(&self, mut job: Job) -> Program {
        let guard = [self.guard.display().to_string(), "guard".to_owned(), "--".to_owned()];
        job.argv.splice(0..0, guard);
        let mut program = executors::program(&job).remove_env("QD_SESSION_SOCKET");
        if self.session.is_none() {
            program = program.remove_env("QD_SESSION");
        }
        program.timeout(self.timeout).output_limit(OUTPUT_LIMIT)
    }
}

/// Runs checks in a directory, up to the first failure.
pub(super) fn run_all(checks: &[Check], site: &Site, tree: &str, surroundings: &Surroundings) -> Vec<CheckRun> {
    let mut runs = Vec::new();
    for check in checks {
        let run = run_one(check, site, tree, surroundings);
        let passed = run.passed();
        runs.push(run);
        if !passed {
            break;
        }
    }
    runs
}

/// Runs one command of the project.
pub(super) fn run_one(check: &Check, site: &Site, tree: &str, surroundings: &Surroundings) -> CheckRun {
    let began = Instant::now();
    let finished = surroundings.run(&check.argv, site);
    CheckRun {
        name: check.name.clone(),
        argv: check.argv.clone(),
        exit_code: finished.as_ref().ok().filter(|finished| !finished.timed_out).and_then(|finished| finished.code),
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        tree: tree.to_owned(),
        log: log(&finished, surroundings.timeout) + surroundings.remark(),
    }
}

/// The last lines of what a check said.
fn log(finished: &Result<Finished, Failure>, timeout: Duration) -> String {
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
