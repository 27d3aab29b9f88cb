//! The machine of the demo: the real daemon in this process, four tasks for it, and then either the cockpit
//! or the played person. Whatever ends it (the end, Ctrl+C, a signal, a panic), the place goes last.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::client::Client;
use crate::config::Settings;
use crate::daemon::{self, ServeOptions};
use crate::model::TaskId;
use crate::protocol::ProjectView;
use crate::protocol::control::{AddOptions, Request, Response};
use crate::tui::{self, Cockpit, TerminalEnvironment};

use super::person::{self, Played};
use super::place::{self, Place};
use super::summary::Summary;
use super::{AGENT, DemoError, DemoOptions, REQUEST, TASKS, agent};

/// The delays of the demo agent when nobody watches.
const HEADLESS_PACE: &str = "0.1";

/// As long as the runtime may take to let go of its threads.
const LETTING_GO: Duration = Duration::from_secs(2);

/// How it came to its end.
enum End {
    /// The played person is done.
    Played(Box<Summary>),
    /// The cockpit was left.
    Left,
    /// A signal of this number came.
    Signalled(u8),
}

/// Runs the whole demo.
pub fn run(options: DemoOptions) -> Result<ExitCode, DemoError> {
    let on_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if !options.headless && !on_terminal {
        return Err(DemoError::NoTerminal);
    }
    let wanted = std::env::var(agent::PACE).ok().filter(|pace| pace.parse::<f64>().is_ok_and(f64::is_finite));
    let default = if options.headless { HEADLESS_PACE } else { "1" };
    for left in place::sweep() {
        say(&format!("cleared away what a killed demo had left: {}", left.display()));
    }
    let place = Place::create(options.keep, wanted.as_deref().unwrap_or(default))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| DemoError::Prepare { source })?;
    let end = runtime.block_on(until_signalled(play(&place, options)));
    runtime.shutdown_timeout(LETTING_GO);
    let closing = place.closing_line();
    drop(place);
    let code = end.map(|end| finish(&end, options));
    say(&closing);
    code
}

/// Prints what there is to print.
fn finish(end: &End, options: DemoOptions) -> ExitCode {
    match end {
        End::Played(summary) => {
            let text = if options.json { summary.json() } else { summary.text() };
            // nobody may be reading any more
            let _ = writeln!(io::stdout().lock(), "{text}");
            ExitCode::from(u8::from(!summary.ok))
        }
        End::Left => ExitCode::SUCCESS,
        End::Signalled(number) => ExitCode::from(128 + number),
    }
}

/// A line on standard error; a closed one is nobody's problem.
fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// The demo, or the signal that came before its end.
async fn until_signalled(demo: impl Future<Output = Result<End, DemoError>>) -> Result<End, DemoError> {
    let listen = |kind| signal(kind).map_err(|source| DemoError::Prepare { source });
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    tokio::select! {
        end = demo => end,
        () = came(&mut interrupt) => Ok(End::Signalled(2)),
        () = came(&mut terminate) => Ok(End::Signalled(15)),
        () = came(&mut hang_up) => Ok(End::Signalled(1)),
    }
}

async fn came(signal: &mut Signal) {
    signal.recv().await;
}

/// Starts the daemon, submits the tasks, and lets somebody work with them.
async fn play(place: &Place, options: DemoOptions) -> Result<End, DemoError> {
    let began = Instant::now();
    let qd = std::env::current_exe().map_err(|source| DemoError::Prepare { source })?;
    let settings = Settings::default();
    let client = start(place, &qd, &settings).await?;
    let project = open(&client, &place.repository()).await?;
    let tasks = submit(&client, &project).await?;
    let end = if options.headless {
        let quiet = options.json;
        let played = person::play(&client, project.id, &tasks, |line| {
            if !quiet {
                say(line);
            }
        })
        .await?;
        End::Played(Box::new(sum_up(place, &client, &played, began, options.keep).await?))
    } else {
        let project = open(&client, &place.repository()).await?;
        let layout_file = place.paths.state.join("layout.json");
        let cockpit = Cockpit {
            client: client.clone(),
            reconnect: None,
            records: super::super::cockpit::records(&place.paths),
            project,
            settings,
            keymap_text: None,
            theme_text: None,
            layout_file,
            environment: TerminalEnvironment::detect(),
        };
        tui::run(cockpit).await?;
        End::Left
    };
    // Its sessions are ended with the place; a daemon that is already gone has nothing to shut down.
    let _ = tokio::time::timeout(LETTING_GO, client.call(Request::Shutdown)).await;
    Ok(end)
}

/// The daemon in this process, and a client of it.
async fn start(place: &Place, qd: &Path, settings: &Settings) -> Result<Client, DemoError> {
    let options = ServeOptions { paths: place.paths.clone(), settings: settings.clone(), qd: qd.to_path_buf() };
    let client = Client::over(daemon::in_process(options).await?);
    client.hello().await?;
    Ok(client)
}

async fn open(client: &Client, repository: &Path) -> Result<ProjectView, DemoError> {
    match client.call(Request::OpenProject { path: repository.to_path_buf() }).await? {
        Response::Project(project) => Ok(*project),
        _ => Err(DemoError::Answer("open project")),
    }
}

/// The four tasks as one plan, as if they had been typed into the chat.
async fn submit(client: &Client, project: &ProjectView) -> Result<Vec<TaskId>, DemoError> {
    let options = AddOptions { agent: Some(AGENT.to_owned()), split: true, from_chat: true, ..AddOptions::default() };
    match client
        .call(Request::Add { project: project.id, text: REQUEST.to_owned(), options: Box::new(options) })
        .await?
    {
        Response::Tasks(tasks) if tasks.len() == TASKS => Ok(tasks.into_iter().map(|task| task.id).collect()),
        Response::Tasks(tasks) => Err(DemoError::Plan(tasks.len())),
        _ => Err(DemoError::Answer("add")),
    }
}

async fn sum_up(
    place: &Place,
    client: &Client,
    played: &Played,
    began: Instant,
    kept: bool,
) -> Result<Summary, DemoError> {
    let events = match client.call(Request::Log { project: None, task: None, limit: 10_000 }).await? {
        Response::Log(lines) => lines.len(),
        _ => return Err(DemoError::Answer("log")),
    };
    let repository = place.repository();
    let target = played.target.clone();
    let landed = move |commit: &str| super::repository::contains(&repository, &target, commit);
    let mut summary = Summary::new(played, landed, began.elapsed());
    summary.events = events;
    summary.repository = place.repository();
    summary.database = place.paths.database();
    summary.kept = kept;
    Ok(summary)
}
