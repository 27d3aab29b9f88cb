//! The person of a headless demo: confirms the plan, trusts the commands, allows what the agents ask, and says
//! yes to every green result. Learns of everything by notices, and gives up when nothing can go on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::client::Client;
use crate::model::{AnswerKind, ApprovalId, Explain, Kind, ProjectId, Subject, TaskId, TaskStatus};
use crate::protocol::control::{Notice, Request, Response};
use crate::protocol::{ApprovalView, ProjectView, TaskView};

use super::DemoError;

/// The longest a headless demo may take.
const LONGEST: Duration = Duration::from_secs(300);

/// A task that needs a person, with nothing to answer, is given up after this time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Notices are only missed when something is wrong: then the state is asked for.
const SILENCE: Duration = Duration::from_secs(5);

/// What came of it.
#[derive(Debug, Clone)]
pub(super) struct Played {
    /// The branch that results landed on.
    pub target: String,
    /// The tasks at the end.
    pub tasks: Vec<TaskView>,
    /// How often each kind of question was answered.
    pub answers: BTreeMap<String, u32>,
    /// Whether every task came to its end.
    pub finished: bool,
}

/// What the person remembers.
#[derive(Debug, Default)]
pub(super) struct Person {
    answered: BTreeSet<ApprovalId>,
    seen: BTreeMap<TaskId, TaskStatus>,
    answers: BTreeMap<String, u32>,
}

impl Person {
    /// What to say to everything that newly waits.
    pub(super) fn look(&mut self, view: &ProjectView) -> Vec<Request> {
        let waiting: Vec<&ApprovalView> = view.approvals.iter().filter(|approval| can_answer(approval)).collect();
        let mut requests = Vec::new();
        for approval in waiting {
            if self.answered.insert(approval.id) {
                *self.answers.entry(approval.kind.clone()).or_default() += 1;
                requests.push(answer(approval));
            }
        }
        requests
    }

    /// One line for every task that moved.
    pub(super) fn news(&mut self, view: &ProjectView, tasks: &[TaskId]) -> Vec<String> {
        let mut lines = Vec::new();
        for task in ours(view, tasks) {
            if self.seen.insert(task.id, task.status) != Some(task.status) {
                let why = task.reason.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
                lines.push(crate::model::one_line(&format!("#{} {}: {}{why}", task.id, task.title, task.status)));
            }
        }
        lines
    }
}

/// Whether this question can be answered without going into the pane.
fn can_answer(approval: &ApprovalView) -> bool {
    approval.answerable || !matches!(approval.subject, Subject::Dialog { .. } | Subject::Held { .. })
}

/// Yes, in the form that fits the question.
fn answer(approval: &ApprovalView) -> Request {
    match &approval.subject {
        Subject::Plan { plan } => Request::ConfirmPlan { plan: *plan, tasks: Vec::new() },
        Subject::Landing { task } => Request::LandTask { task: *task },
        Subject::Question { .. } => {
            let text = Some("Go on as you think best.".to_owned());
            Request::Answer { approval: approval.id, kind: AnswerKind::Yes, text }
        }
        Subject::Dialog { .. }
        | Subject::Held { .. }
        | Subject::Commands { .. }
        | Subject::Review { .. }
        | Subject::Resume { .. }
        | Subject::Budget { .. }
        | Subject::Touched { .. }
        | Subject::Offline { .. } => Request::Answer { approval: approval.id, kind: AnswerKind::Yes, text: None },
    }
}

fn ours<'a>(view: &'a ProjectView, tasks: &'a [TaskId]) -> impl Iterator<Item = &'a TaskView> {
    view.tasks.iter().filter(|task| tasks.contains(&task.id))
}

/// Whether nothing more will happen to these tasks.
pub(super) fn all_final(view: &ProjectView, tasks: &[TaskId]) -> bool {
    ours(view, tasks).count() == tasks.len() && ours(view, tasks).all(|task| task.status.is_final())
}

/// Whether what is not final waits for a person, and there is no question that could be answered.
pub(super) fn is_stuck(view: &ProjectView, tasks: &[TaskId]) -> bool {
    ours(view, tasks)
        .filter(|task| !task.status.is_final())
        .all(|task| task.status == TaskStatus::NeedsReview && !view.approvals.iter().any(|a| a.task == Some(task.id)))
}

/// Plays the person until all tasks are final, nothing can go on, or the time is over.
pub(super) async fn play(
    client: &Client,
    project: ProjectId,
    tasks: &[TaskId],
    mut tell: impl FnMut(&str),
) -> Result<Played, DemoError> {
    let mut notices = client.notices();
    let mut person = Person::default();
    let mut view = watch(client, project).await?;
    let deadline = Instant::now() + LONGEST;
    let mut stuck_since = None;
    loop {
        person.news(&view, tasks).iter().for_each(|line| tell(line));
        for request in person.look(&view) {
            say_yes(client, request).await?;
        }
        let finished = all_final(&view, tasks);
        stuck_since = is_stuck(&view, tasks).then(|| stuck_since.unwrap_or_else(Instant::now));
        if finished || stuck_since.is_some_and(|since: Instant| since.elapsed() > PATIENCE) {
            let tasks = ours(&view, tasks).cloned().collect();
            return Ok(Played { target: view.target, tasks, answers: person.answers, finished });
        }
        if Instant::now() > deadline {
            return Err(DemoError::TooLong(LONGEST.as_secs()));
        }
        view = next(client, &mut notices, project).await?;
    }
}

/// Sends an answer. A question that has gone away meanwhile is no error.
async fn say_yes(client: &Client, request: Request) -> Result<(), DemoError> {
    match client.call(request).await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), Kind::Conflict | Kind::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The project as it is after the next change.
async fn next(client: &Client, notices: &mut Receiver<Notice>, project: ProjectId) -> Result<ProjectView, DemoError> {
    loop {
        match tokio::time::timeout(SILENCE, notices.recv()).await {
            Ok(Ok(Notice::Project(view))) if view.id == project => return Ok(*view),
            Ok(Ok(_)) => {}
            Ok(Err(RecvError::Closed)) => return Err(DemoError::Answer("watch")),
            Ok(Err(RecvError::Lagged(_))) | Err(_) => return watch(client, project).await,
        }
    }
}

async fn watch(client: &Client, project: ProjectId) -> Result<ProjectView, DemoError> {
    match client.call(Request::Watch { project }).await? {
        Response::Project(view) => Ok(*view),
        _ => Err(DemoError::Answer("watch")),
    }
}
