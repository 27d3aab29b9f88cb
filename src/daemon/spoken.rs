//! Commands that a person says in the chat in plain words. What ends something is asked about first; the question is
//! open until the next message, which is its answer or lets it drop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::{Command, Refusal, State};
use crate::model::{Project, ProjectId, SessionId, Task, TaskId, Timestamp, WorkerNumber, one_line, truncate};
use crate::planning::{Assent, Spoken, assent};
use crate::protocol::control::{Failure, Response};

use super::core::now;
use super::said::noted;
use super::{Daemon, plans, said};

/// How long a question waits for its yes: an old one is not meant any more.
const OPEN_FOR: Duration = Duration::from_secs(120);

/// The question that waits in each project's chat.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<BTreeMap<ProjectId, (Held, Timestamp)>>);

/// What waits for a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    /// A command of the orchestrator's own; where something is to be stopped, with what ran then: a yes means that,
    /// and not what came after it.
    Command(Spoken, Option<SessionId>),
    /// A message whose shell commands look dangerous.
    Message(String),
}

impl Asked {
    pub(super) fn put(&self, project: ProjectId, held: Held) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(project, (held, now()));
    }

    /// Takes the question that waits, if it is not too old.
    fn take(&self, project: ProjectId) -> Option<Held> {
        let (held, at) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&project)?;
        (now() < at.after(OPEN_FOR)).then_some(held)
    }
}

/// The answer to a question that waits. `None`: no question waits, or the message is about something else.
pub(super) async fn answer(daemon: &Arc<Daemon>, project: ProjectId, text: &str) -> Option<Result<Response, Failure>> {
    let held = daemon.asked.take(project)?;
    match (assent(text)?, held) {
        (Assent::Yes, Held::Command(command, ran)) => Some(carry_out_asked(daemon, project, text, command, ran).await),
        (Assent::Yes, Held::Message(message)) => Some(plans::plan(daemon, project, &message, None).await),
        (Assent::No, _) => Some(noted(daemon, project, text, "left as it is".to_owned()).await),
    }
}

/// Does what was said, or asks first.
pub(super) async fn obey(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    text: &str,
    command: Spoken,
) -> Result<Response, Failure> {
    if !command.is_destructive() {
        return carry_out(daemon, project, text, command).await;
    }
    let asked = move |state: &State| (question(state, project, command), session(state, project, command));
    let (question, session) = daemon.core.look(move |state, _| asked(state)).await?;
    let question = question?;
    daemon.asked.put(project, Held::Command(command, session));
    noted(daemon, project, text, question).await
}

/// Does what was asked about, unless something else runs there now.
async fn carry_out_asked(
    daemon: &Arc<Daemon>,
    project: ProjectId,
    text: &str,
    command: Spoken,
    ran: Option<SessionId>,
) -> Result<Response, Failure> {
    let runs_now = daemon.core.look(move |state, _| session(state, project, command)).await?;
    if runs_now != ran {
        return noted(daemon, project, text, "something else runs there now; nothing was stopped".to_owned()).await;
    }
    carry_out(daemon, project, text, command).await
}

/// What a command would stop.
fn session(state: &State, project: ProjectId, command: Spoken) -> Option<SessionId> {
    let Spoken::Stop(number) = command else { return None };
    state.live().find(|session| session.project == project && session.worker == number).map(|it| it.id.clone())
}

/// What is asked before something ends; a refusal when there is nothing to end.
fn question(state: &State, project: ProjectId, command: Spoken) -> Result<String, Failure> {
    match command {
        Spoken::Cancel(id) => {
            let task = state.task(id).filter(|task| task.project == project);
            let task = task.ok_or_else(|| Failure::of(&Refusal::NoTask(id)))?;
            if task.status.is_final() {
                return Err(Failure::of(&Refusal::WrongStatus { task: id, status: task.status, wanted: "cancelled" }));
            }
            Ok(format!("Cancel #{id} {} ({})? Its work is kept. Say yes or no.", title(task), task.status))
        }
        Spoken::Stop(number) => {
            let seat = state.worker(project, number).filter(|_| runs(state, project, number));
            let seat = seat.ok_or_else(|| Failure::of(&Refusal::WorkerIdle(number)))?;
            let task = seat.task.and_then(|task| state.task(task));
            let on = task.map_or_else(String::new, |task| format!(", at work on #{} {}", task.id, title(task)));
            Ok(format!("Stop worker {number}{on}? Branch and worktree are kept. Say yes or no."))
        }
        _ => Ok(String::new()),
    }
}

fn title(task: &Task) -> String {
    truncate(&one_line(&task.title), 60)
}

fn runs(state: &State, project: ProjectId, worker: WorkerNumber) -> bool {
    state.live().any(|session| session.project == project && session.worker == worker)
}

async fn carry_out(daemon: &Arc<Daemon>, project: ProjectId, text: &str, command: Spoken) -> Result<Response, Failure> {
    let (command, said) = match command {
        Spoken::Status => return said::status(daemon, project, text).await,
        Spoken::Cancel(task) => (Command::Cancel { task }, format!("#{task} is cancelled")),
        Spoken::Retry(task) => (Command::Retry { task }, format!("#{task} is tried again")),
        Spoken::Run(task) => (Command::Run { task }, format!("#{task} may start")),
        Spoken::Land(task) => (Command::Land { task }, format!("#{task} lands")),
        Spoken::Stop(worker) => (Command::StopWorker { project, worker }, format!("worker {worker} stops")),
        Spoken::Handoff(worker) => {
            let push = daemon.settings.handoff.push;
            (Command::Handoff { project, worker, push, hold: false }, format!("handing off worker {worker}"))
        }
    };
    if let Some(task) = task_of(&command) {
        belongs(daemon, project, task).await?;
    }
    daemon.core.command(command).await?;
    noted(daemon, project, text, said).await
}

fn task_of(command: &Command) -> Option<TaskId> {
    match command {
        Command::Cancel { task } | Command::Retry { task } | Command::Run { task } | Command::Land { task } => {
            Some(*task)
        }
        _ => None,
    }
}

/// A chat speaks of its own project's tasks: a number of another one is a slip.
pub(super) async fn belongs(daemon: &Arc<Daemon>, project: ProjectId, task: TaskId) -> Result<(), Failure> {
    let (of, _): (Project, Task) = daemon.project_and_task(task).await?;
    if of.id == project { Ok(()) } else { Err(Failure::of(&Refusal::NoTask(task))) }
}
