//! `qd undo`: take back what changed the repository.

use std::process::ExitCode;

use clap::Args;

use crate::protocol::UndoView;
use crate::protocol::control::{Request, Response};

use super::context::ask;
use super::{Context, Done, Table, Where, words};

/// `qd undo`.
#[derive(Debug, Args)]
pub struct Undo {
    /// Which one (default: the latest)
    id: Option<String>,
    /// Only show what can be undone
    #[arg(long, conflicts_with = "id")]
    list: bool,
    /// With --list: as JSON
    #[arg(long, requires = "list")]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Undo {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = context.project(&client, &self.place).await?.id;
        if !self.list {
            let said = ask!(client, Request::Undo { project, id: self.id }, Response::Done(said) => said);
            context.output.line(said)?;
            return Ok(ExitCode::SUCCESS);
        }
        let undos = ask!(client, Request::Undos { project }, Response::Undos(undos) => undos);
        if self.json {
            context.output.json(&undos)?;
        } else {
            table(&undos).print(context.output, "nothing to undo")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What can be undone as a table.
fn table(undos: &[UndoView]) -> Table<4> {
    let mut table = Table::new(["WHEN", "TASK", "WHAT", "ID"]);
    for undo in undos {
        table.row([undo.at.clone(), words::task_or_dash(undo.task), undo.what.clone(), undo.id.clone()]);
    }
    table
}
