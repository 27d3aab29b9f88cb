//! `qd [path]`: opens the cockpit, over the daemon or (`--standalone`) with one in this process.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use crate::client::{AutoStart, Client};
use crate::config::{Paths, Settings};
use crate::daemon::{self, ServeOptions};
use crate::model::Kind;
use crate::session::Played;
use crate::tui::{self, Cockpit, Reconnect, Record, Records, TerminalEnvironment};

use super::arguments::Open;
use super::context::named_text;
use super::{Context, Done, Stop, Where};

/// The most lines of history that are made again from a record.
const MOST_HISTORY: usize = 100_000;

/// Opens it and gives the terminal back when it is left.
pub(super) async fn run(open: Open, context: &Context) -> Done {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Stop::new(Kind::Invalid, "the cockpit needs a terminal")
            .hint("`qd task add`, `qd task list` and the other commands work without one; see `qd --help`"));
    }
    let settings = context.settings()?;
    let (client, reconnect) = if open.standalone {
        (in_process(context, &settings).await?, None)
    } else {
        (context.connect().await?, Some(way_back(context)))
    };
    let project = context.project(&client, &Where { project: open.path }).await?;
    let left = tui::run(Cockpit {
        keymap_text: named_text(&context.paths.config.join("keymaps.toml"))?,
        theme_text: named_text(&context.paths.config.join("themes").join(format!("{}.toml", settings.theme)))?,
        layout_file: context.paths.state.join("layouts").join(format!("{}.json", project.id)),
        environment: TerminalEnvironment::detect(),
        records: records(&context.paths),
        client,
        reconnect,
        project,
        settings,
    })
    .await?;
    match left.running {
        0 => {}
        1 => context.output.line("1 session runs on; `qd` brings you back to it")?,
        more => context.output.line(format!("{more} sessions run on; `qd` brings you back to them"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A daemon in this process, over an in-memory pipe.
async fn in_process(context: &Context, settings: &Settings) -> Result<Client, Stop> {
    let stream = daemon::in_process(ServeOptions {
        paths: context.paths.clone(),
        settings: settings.clone(),
        qd: context.qd.clone(),
    })
    .await?;
    let client = Client::over(stream);
    client.hello().await?;
    Ok(client)
}

/// What ended sessions wrote, played from their directories.
pub(super) fn records(paths: &Paths) -> Records {
    let paths = paths.clone();
    Arc::new(move |session, size| {
        let mut played = Played::open(&paths.session(session), size, MOST_HISTORY)?;
        let answers: Record = Box::new(move |question| match question {
            Some(question) => played.answer(question),
            None => Some(played.screen()),
        });
        Ok(answers)
    })
}

/// How the cockpit gets its daemon back, whatever took it: a crash, an upgrade, `qd daemon stop`.
fn way_back(context: &Context) -> Reconnect {
    let (paths, qd) = (context.paths.clone(), context.qd.clone());
    Arc::new(move |start| {
        let (paths, qd) = (paths.clone(), qd.clone());
        Box::pin(async move { Client::connect(&paths, &qd, if start { AutoStart::Yes } else { AutoStart::No }).await })
    })
}
