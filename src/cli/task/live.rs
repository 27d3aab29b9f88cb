//! `qd task live`: where a task stands and what its agent writes, until the task is final. A fresh
//! attempt or a handoff changes the session; its output follows on.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::sync::mpsc;

use crate::client::Client;
use crate::model::{SessionId, TaskId, TaskStatus};
use crate::protocol::control::{Request, Response};
use crate::protocol::{ProjectView, SessionView, TaskView};

use super::super::context::ask;
use super::super::stop::{note, note_complaint};
use super::super::stream::{LINES_WAITING, Printer, Said, Whose, follow, full_screen};
use super::super::watching::Watching;
use super::super::{Context, Done, Stop, Tone, words};

/// How long the rest of an agent's output is waited for when its task is final.
const LAST_LINES: Duration = Duration::from_secs(2);

/// `qd task live`.
#[derive(Debug, Args)]
pub struct Live {
    /// The task: `7` or `#7`
    task: TaskId,
    /// As JSON lines: the task whenever it changed, and every line of its agent
    #[arg(long)]
    json: bool,
}

impl Live {
    /// Ends when the task does; exit code 0 only if it was completed.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let mut task = ask!(client, Request::Task { task: self.task }, Response::Task(task) => *task);
        let printer = Printer { output: context.output, json: self.json };
        let (teller, told) = mpsc::channel(LINES_WAITING);
        let mut screen = Screen { printer, said: None, session: None, teller, told };
        let (mut watching, view) = Watching::begin(&client, task.project).await?;
        let mut sessions = view.sessions;
        loop {
            screen.status(&task)?;
            screen.listen_to(context, &client, &task, &sessions).await?;
            if task.status.is_final() {
                break;
            }
            tokio::select! {
                view = watching.next() => (task, sessions) = self.now(&client, view?).await?,
                Some((_, said)) = screen.told.recv() => screen.say(said)?,
            }
        }
        screen.finish().await?;
        Ok(if task.status == TaskStatus::Completed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The task as it is now; a view leaves out what has been final for long.
    async fn now(&self, client: &Client, view: ProjectView) -> Result<(TaskView, Vec<SessionView>), Stop> {
        let sessions = view.sessions;
        match view.tasks.into_iter().find(|task| task.id == self.task) {
            Some(task) => Ok((task, sessions)),
            None => Ok((ask!(client, Request::Task { task: self.task }, Response::Task(task) => *task), sessions)),
        }
    }
}

/// The session whose lines are printed now.
struct Followed {
    session: SessionView,
    whose: Whose,
    over: bool,
}

/// What is printed, and what was printed last.
struct Screen {
    printer: Printer,
    said: Option<String>,
    session: Option<Followed>,
    teller: mpsc::Sender<(usize, Said)>,
    told: mpsc::Receiver<(usize, Said)>,
}

impl Screen {
    /// Where the task stands, when that is news.
    fn status(&mut self, task: &TaskView) -> Result<(), Stop> {
        let line = words::task_line(task);
        if self.said.as_deref() == Some(line.as_str()) {
            return Ok(());
        }
        self.said = Some(line.clone());
        if self.printer.json {
            return self.printer.output.json_line(&serde_json::json!({ "task": task }));
        }
        let tone = match task.status {
            _ if task.needs.is_some() => Tone::Warning,
            TaskStatus::Completed => Tone::Good,
            TaskStatus::Failed => Tone::Bad,
            _ => Tone::Strong,
        };
        self.printer.output.toned(tone, line)
    }

    /// Follows the task's session, once its agent has begun to run.
    async fn listen_to(
        &mut self,
        context: &Context,
        client: &Client,
        task: &TaskView,
        sessions: &[SessionView],
    ) -> Result<(), Stop> {
        let Some(id) = &task.session else { return Ok(()) };
        if self.session.as_ref().is_some_and(|followed| followed.session.id == *id) {
            return Ok(());
        }
        let Some(session) = session_of(client, id, sessions).await? else { return Ok(()) };
        if session.started_at.is_none() {
            return Ok(());
        }
        let directory = context.paths.session(&session.id);
        tokio::spawn(follow(0, directory, session.clone(), self.teller.clone()));
        self.session = Some(Followed { whose: Whose::one(&session), session, over: false });
        Ok(())
    }

    fn say(&mut self, said: Said) -> Result<(), Stop> {
        let Some(followed) = &mut self.session else { return Ok(()) };
        match said {
            Said::Line(line) => self.printer.line(&followed.whose, &line)?,
            Said::FullScreen => note(&full_screen(&followed.session)),
            Said::Ended(exit) => {
                followed.over = true;
                self.printer.end(&followed.whose, exit.as_deref())?;
            }
            Said::Failed(stop) => {
                followed.over = true;
                note_complaint(stop)?;
            }
        }
        Ok(())
    }

    /// What the agent still had to say.
    async fn finish(&mut self) -> Result<(), Stop> {
        while self.session.as_ref().is_some_and(|followed| !followed.over) {
            match tokio::time::timeout(LAST_LINES, self.told.recv()).await {
                Ok(Some((_, said))) => self.say(said)?,
                Ok(None) | Err(_) => break,
            }
        }
        Ok(())
    }
}

/// A session by its id: as the view has it, else as the daemon remembers it.
async fn session_of(client: &Client, id: &SessionId, sessions: &[SessionView]) -> Result<Option<SessionView>, Stop> {
    if let Some(session) = sessions.iter().find(|session| session.id == *id) {
        return Ok(Some(session.clone()));
    }
    let all = ask!(client, Request::Sessions { project: None, all: true }, Response::Sessions(sessions) => sessions);
    Ok(all.into_iter().find(|session| session.id == *id))
}
