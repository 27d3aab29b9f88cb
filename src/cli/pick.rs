//! Finding what a person names on the command line: a session by the first characters of its id, a
//! worker or a task by its number.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::model::{Kind, SessionId, TaskId, WorkerNumber};
use crate::protocol::control::{Request, Response};
use crate::protocol::{SessionView, WorkerView};

use super::context::ask;
use super::{Context, Stop, Where};

/// How long a worktree and a host may take before a worker counts as one that shows nothing.
const PREPARED_WITHIN: Duration = Duration::from_secs(15);

/// How often it is looked for until then.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The session that `text` names: its id or a beginning of it that only one session has.
async fn session(client: &Client, text: &str) -> Result<SessionView, Stop> {
    let sessions =
        ask!(client, Request::Sessions { project: None, all: true }, Response::Sessions(sessions) => sessions);
    one_of(sessions, text)
}

/// The one session whose id begins with `text`.
fn one_of(sessions: Vec<SessionView>, text: &str) -> Result<SessionView, Stop> {
    let wanted = text.to_ascii_lowercase();
    let mut fitting =
        sessions.into_iter().filter(|session| !wanted.is_empty() && session.id.as_str().starts_with(&wanted));
    let unknown = || {
        Stop::new(Kind::NotFound, format!("there is no session `{text}`")).hint("`qd session list --all` shows them")
    };
    let first = fitting.next().ok_or_else(unknown)?;
    let others = fitting.count();
    if others == 0 {
        return Ok(first);
    }
    Err(Stop::new(Kind::Invalid, format!("`{text}` is the beginning of {} session ids", others + 1))
        .hint("type more of it"))
}

/// The session of a task's live or last attempt.
pub(super) async fn session_of_task(client: &Client, task: TaskId) -> Result<SessionView, Stop> {
    let view = ask!(client, Request::Task { task }, Response::Task(view) => view);
    match view.session {
        Some(id) => session(client, id.as_str()).await,
        None => Err(Stop::new(Kind::Conflict, format!("#{task} has no session yet: it is {}", view.status))
            .hint(format!("`qd task get {task}` says why"))),
    }
}

/// The session that a worker shows. One that was just given a task makes its worktree first: that is waited for.
async fn session_of_worker(
    client: &Client,
    context: &Context,
    place: &Where,
    number: WorkerNumber,
) -> Result<SessionView, Stop> {
    let until = Instant::now() + PREPARED_WITHIN;
    let mut project = context.project(client, place).await?;
    let prepares = |worker: &WorkerView| worker.number == number && worker.session.is_none() && worker.task.is_some();
    while project.workers.iter().any(prepares) && Instant::now() < until {
        tokio::time::sleep(LOOK_EVERY).await;
        project = context.project(client, place).await?;
    }
    let worker = project.workers.iter().find(|worker| worker.number == number);
    let Some(worker) = worker else {
        let most = project.workers.iter().map(|worker| worker.number).max();
        let stop = Stop::new(Kind::NotFound, format!("there is no worker {number} in `{}`", project.name));
        return Err(match most {
            Some(most) => stop.hint(format!("workers are numbered from 1 to {most}; `qd worker list` shows them")),
            None => stop,
        });
    };
    match &worker.session {
        Some(id) => session(client, id.as_str()).await,
        None => Err(Stop::new(Kind::Conflict, format!("worker {number} shows nothing yet"))
            .hint(format!("`qd worker start {number} --agent shell` opens a pane"))),
    }
}

/// What attach, stream and the commands about sessions are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `2` or `@2`.
    Worker(WorkerNumber),
    /// `#7`.
    Task(TaskId),
    /// `3f2a91c0` or more of it.
    Session(String),
}

impl std::str::FromStr for Target {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix('#').map(str::parse);
        if let Some(Ok(task)) = number {
            return Ok(Target::Task(task));
        }
        // an eight-digit session id is no worker's number: nobody has that many seats
        if text.len() <= 4
            && let Ok(worker) = text.trim_start_matches('@').parse()
        {
            return Ok(Target::Worker(WorkerNumber(worker)));
        }
        Ok(Target::Session(text.to_owned()))
    }
}

/// The session that a target shows.
pub(super) async fn session_of(
    client: &Client,
    context: &Context,
    place: &Where,
    target: &Target,
) -> Result<SessionView, Stop> {
    match target {
        Target::Worker(number) => session_of_worker(client, context, place, *number).await,
        Target::Task(task) => session_of_task(client, *task).await,
        Target::Session(text) => session(client, text).await,
    }
}

/// The session that a target shows, once its host is there: one that was just asked for is waited for.
pub(super) async fn started(
    client: &Client,
    context: &Context,
    place: &Where,
    target: &Target,
) -> Result<SessionView, Stop> {
    let until = Instant::now() + PREPARED_WITHIN;
    let mut found = session_of(client, context, place, target).await?;
    while found.started_at.is_none() && !found.state.is_over() && Instant::now() < until {
        tokio::time::sleep(LOOK_EVERY).await;
        found = session(client, found.id.as_str()).await?;
    }
    Ok(found)
}

/// The directory of the one session whose id begins with what a target says, by what is on disk: also for
/// a session that the daemon has forgotten, and without a daemon.
pub(super) fn directory_of(context: &Context, target: &Target) -> Option<(SessionId, PathBuf)> {
    let Target::Session(text) = target else { return None };
    let wanted = text.to_ascii_lowercase();
    let listed = std::fs::read_dir(context.paths.state.join("sessions")).ok()?;
    let mut fitting = listed.filter_map(|entry| {
        let entry = entry.ok()?;
        let id = SessionId::parse(entry.file_name().to_str()?)?;
        id.as_str().starts_with(&wanted).then(|| (id, entry.path()))
    });
    let first = fitting.next().filter(|_| !wanted.is_empty())?;
    // several: the daemon says so
    fitting.next().is_none().then_some(first)
}

/// The session that a target shows and its directory; asks the daemon only when the disk does not say it.
pub(super) async fn directory(context: &Context, place: &Where, target: &Target) -> Result<(SessionId, PathBuf), Stop> {
    if let Some(found) = directory_of(context, target) {
        return Ok(found);
    }
    let client = context.connect().await?;
    let id = session_of(&client, context, place, target).await?.id;
    let directory = context.paths.session(&id);
    Ok((id, directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart() {
        let target = |text: &str| text.parse::<Target>().unwrap();
        assert_eq!(target("2"), Target::Worker(WorkerNumber(2)));
        assert_eq!(target("@12"), Target::Worker(WorkerNumber(12)));
        assert_eq!(target("#7"), Target::Task(TaskId(7)));
        assert_eq!(target("3f2a91c0"), Target::Session("3f2a91c0".to_owned()));
        assert_eq!(target("12345678"), Target::Session("12345678".to_owned()));
        assert_eq!(target("#x"), Target::Session("#x".to_owned()));
    }
}
