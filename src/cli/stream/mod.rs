//! `qd stream`: the output of one or several agents as plain text, line by line as lines become final. A
//! full-screen program has no such lines; there the pane itself is the thing to look at.

mod feed;
mod lines;
mod printer;

use std::process::ExitCode;

use clap::Args;
use tokio::sync::mpsc;

use crate::protocol::SessionView;

pub(super) use feed::{Said, follow};
pub(super) use printer::{Printer, Whose};

use super::pick::{self, Target};
use super::stop::{note, note_complaint};
use super::{Context, Done, Where};

/// Lines that may wait to be printed; then the sessions are read more slowly.
pub(super) const LINES_WAITING: usize = 256;

/// `qd stream`.
#[derive(Debug, Args)]
pub struct Stream {
    /// Workers (`2`), tasks (`#7`) or sessions (the beginning of an id); lines of several get a prefix
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<Target>,
    /// As JSON lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Stream {
    /// The output of some target, wherever it is.
    pub(super) fn of(target: Target, json: bool) -> Self {
        Self { targets: vec![target], json, place: Where::default() }
    }

    /// Prints until every session is over.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let mut sessions: Vec<SessionView> = Vec::new();
        for target in &self.targets {
            let session = pick::session_of(&client, context, &self.place, target).await?;
            if !sessions.iter().any(|other| other.id == session.id) {
                sessions.push(session);
            }
        }
        drop(client);
        let printer = Printer { output: context.output, json: self.json };
        let whose = Whose::each(&sessions);
        let (to, mut said) = mpsc::channel(LINES_WAITING);
        for (number, session) in sessions.iter().enumerate() {
            let directory = context.paths.session(&session.id);
            tokio::spawn(follow(number, directory, session.clone(), to.clone()));
        }
        drop(to);
        let mut failed = None;
        while let Some((number, said)) = said.recv().await {
            let (Some(whose), Some(session)) = (whose.get(number), sessions.get(number)) else { continue };
            match said {
                Said::Line(line) => printer.line(whose, &line)?,
                Said::Ended(exit) => printer.end(whose, exit.as_deref())?,
                Said::FullScreen => note(&full_screen(session)),
                Said::Failed(stop) if sessions.len() == 1 => return Err(stop),
                Said::Failed(stop) => failed = Some(note_complaint(stop)?),
            }
        }
        Ok(failed.unwrap_or(ExitCode::SUCCESS))
    }
}

/// What is said of a program that has no lines.
pub(super) fn full_screen(session: &SessionView) -> String {
    format!("{} is a full-screen program; `qd attach {}` shows it", session.agent, session.id.short())
}
