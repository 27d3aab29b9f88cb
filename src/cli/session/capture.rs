//! `qd session capture`: a session's screen as text. A live one is asked for it; the last screen of one
//! that is over is made again from its record.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::client::pane::connect;
use crate::model::{Kind, SessionId};
use crate::protocol::pane::{FromHost, ToHost, VERSION};
use crate::session::{Found, Played, find};

use super::super::pick::{self, Target};
use super::super::{Context, Done, Output, Stop, Where};

/// Rows and columns of a viewer that shows nothing.
const USUAL_SIZE: (u16, u16) = (24, 80);

/// The most lines of history that are made again from a record.
const MOST_HISTORY: usize = 100_000;

/// `qd session capture`.
#[derive(Debug, Args)]
pub struct Capture {
    /// A session (the beginning of its id), a worker (`@2`) or a task (`#7`)
    #[arg(value_name = "SESSION")]
    target: Target,
    /// With colours (SGR escapes)
    #[arg(long)]
    ansi: bool,
    /// With what has scrolled away
    #[arg(long)]
    history: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Capture {
    pub(super) async fn run(self, context: &Context) -> Done {
        let (id, directory) = pick::directory(context, &self.place, &self.target).await?;
        let text = match find(&directory) {
            Found::Running(_) => self.live(&context.paths.session_socket(&id)).await?,
            _ => self.last(&id, &directory)?,
        };
        let text = text.trim_end_matches('\n');
        if self.json {
            context.output.json(&serde_json::json!({ "session": id, "text": text }))?;
        } else {
            print(context.output, text, self.ansi)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The screen of a session that runs.
    async fn live(&self, socket: &Path) -> Result<String, Stop> {
        let (rows, cols) = USUAL_SIZE;
        let (sender, mut receiver) =
            connect(socket, ToHost::View { version: VERSION, rows, cols, resize: false }).await?;
        sender.send(ToHost::Capture { ansi: self.ansi, history: self.history })?;
        while let Some(message) = receiver.next().await {
            match message {
                FromHost::Captured(text) => return Ok(text),
                FromHost::Refused(reason) => return Err(Stop::new(Kind::Conflict, reason)),
                _ => {}
            }
        }
        Err(Stop::new(Kind::Unavailable, "the session ended before it showed its screen")
            .hint("try again: its last screen is on record"))
    }

    /// The last screen of a session that is over.
    fn last(&self, id: &SessionId, directory: &Path) -> Result<String, Stop> {
        let unreadable = |error: &std::io::Error| {
            Stop::system(
                format!("the record of session {} cannot be read (`{}`)", id.short(), directory.display()),
                error,
            )
        };
        let history = if self.history { MOST_HISTORY } else { 0 };
        let mut played = Played::open(directory, None, history).map_err(|error| unreadable(&error))?;
        Ok(played.capture(self.ansi, self.history))
    }
}

/// The captured text; with colours it was asked for as escapes, which only hold looks.
fn print(output: Output, text: &str, ansi: bool) -> Result<(), Stop> {
    if ansi { output.write(format!("{text}\n").as_bytes()) } else { output.line(text) }
}
