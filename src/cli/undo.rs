//! `qd undo`: take back what changed the repository.

use clap::Args;

use crate::protocol::UndoView;
use crate::protocol::control::{Request, Response};

use super::context::ask;
use super::reading::Shape;
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
        let (client, project) = context.at(&self.place).await?;
        if !self.list {
            return context.order(&client, Request::Undo { project, id: self.id }).await;
        }
        let undos = ask!(client, Request::Undos { project }, Response::Undos(undos) => undos);
        Shape { json: self.json }.list(context.output, &undos, table, "nothing to undo")
    }
}

/// What can be undone as a table.
fn table(undos: &[UndoView]) -> Table<4> {
    let mut table = Table::new(["WHEN", "TASK", "WHAT", "ID"]);
    for undo in undos {
        table.row([undo.at.clone(), words::task_or_dash(undo.task), what(undo), undo.id.clone()]);
    }
    table
}

/// What was done, and what that means for `qd undo`.
fn what(undo: &UndoView) -> String {
    match &undo.not {
        Some(why) => format!("{} ({why})", undo.what),
        None if undo.next => format!("{} (next)", undo.what),
        None => undo.what.clone(),
    }
}
