//! `qd session logs`: what a session has written, from its record on disk. It needs no daemon, and the
//! session may be over.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::model::SessionId;
use crate::session::{Found, Recorded, find};

use super::super::pick::{self, Target};
use super::super::recorded::{PlainLines, last_lines};
use super::super::stream::{Printer, Whose};
use super::super::{Context, Done, Output, Stop, Where};

/// How often a growing record is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// After so many looks in vain it is asked whether the session still runs.
const PATIENCE: u32 = 5;

/// `qd session logs`.
#[derive(Debug, Args)]
pub struct Logs {
    /// A session (the beginning of its id), a worker (`@2`) or a task (`#7`)
    #[arg(value_name = "SESSION")]
    target: Target,
    /// Only the last lines
    #[arg(long, short = 'n', value_name = "NUMBER")]
    lines: Option<usize>,
    /// Go on with what is written from now on, until the session is over
    #[arg(long, short)]
    follow: bool,
    /// As it was written, with every escape sequence
    #[arg(long, conflicts_with_all = ["plain", "json"])]
    raw: bool,
    /// Without escape sequences (this is the default)
    #[arg(long)]
    plain: bool,
    /// As JSON lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Logs {
    pub(super) async fn run(self, context: &Context) -> Done {
        let (id, directory) = pick::directory(context, &self.place, &self.target).await?;
        let record = Record { id: &id, directory: &directory };
        let mut log = Recorded::open(&directory).map_err(|error| record.unreadable(&error))?;
        let mut writer = if self.raw {
            Writer::Raw(context.output)
        } else {
            let printer = Printer { output: context.output, json: self.json };
            Writer::Plain(printer, Whose::session(id.clone()), PlainLines::default())
        };
        let there = log.all().map_err(|error| record.unreadable(&error))?;
        writer.write(self.lines.map_or(&there, |count| last_lines(&there, count)))?;
        drop(there);
        if self.follow {
            record.follow(&mut log, &mut writer).await?;
        }
        writer.finish()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whose record is read.
struct Record<'a> {
    id: &'a SessionId,
    directory: &'a Path,
}

impl Record<'_> {
    /// Writes what comes until the session is over.
    async fn follow(&self, log: &mut Recorded, writer: &mut Writer) -> Result<(), Stop> {
        let mut in_vain = 0;
        loop {
            let more = log.more().map_err(|error| self.unreadable(&error))?;
            if !more.is_empty() {
                in_vain = 0;
                writer.write(&more)?;
                continue;
            }
            if in_vain % PATIENCE == 0 && is_over(self.directory) {
                // what was written between the last look and the end
                return writer.write(&log.all().map_err(|error| self.unreadable(&error))?);
            }
            in_vain += 1;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> Stop {
        let (id, directory) = (self.id.short(), self.directory.display());
        Stop::system(format!("the record of session {id} cannot be read (`{directory}`)"), error)
    }
}

fn is_over(directory: &Path) -> bool {
    !matches!(find(directory), Found::Running(_))
}

/// How the record is printed.
enum Writer {
    Raw(Output),
    Plain(Printer, Whose, PlainLines),
}

impl Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        match self {
            Writer::Raw(output) => output.write(bytes),
            Writer::Plain(printer, whose, lines) => {
                lines.feed(bytes).iter().try_for_each(|line| printer.line(whose, line))
            }
        }
    }

    /// The last line, when it has no end.
    fn finish(&mut self) -> Result<(), Stop> {
        match self {
            Writer::Raw(_) => Ok(()),
            Writer::Plain(printer, whose, lines) => lines.rest().iter().try_for_each(|line| printer.line(whose, line)),
        }
    }
}
