//! The one shape of commands that read: ask the daemon, then JSON for programs or words for people.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::client::Client;
use crate::model::ProjectId;

use super::{Context, Done, Output, Stop, Table, Tone, Where};

/// How the answer is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Shape {
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Shape {
    /// A list: one JSON array, or a table, or `empty` when there is nothing.
    pub(super) fn list<T: Serialize, const N: usize>(
        self,
        output: Output,
        items: &[T],
        table: impl FnOnce(&[T]) -> Table<N>,
        empty: &str,
    ) -> Done {
        self.whole(output, items, |items| table(items).print(output, empty))
    }

    /// One thing: its JSON, or what `words` prints of it.
    pub(super) fn whole<T: Serialize + ?Sized>(
        self,
        output: Output,
        thing: &T,
        words: impl FnOnce(&T) -> Result<(), Stop>,
    ) -> Done {
        if self.json {
            output.json(thing)?;
        } else {
            words(thing)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whose things a list shows.
#[derive(Debug, Clone, Args)]
pub(super) struct Scope {
    /// Of every project
    #[arg(long, conflicts_with = "project")]
    all_projects: bool,
    #[command(flatten)]
    place: Where,
}

impl Scope {
    /// The project that is meant; `None` for every one.
    pub(super) async fn project(&self, context: &Context, client: &Client) -> Result<Option<ProjectId>, Stop> {
        if self.all_projects { Ok(None) } else { Ok(Some(context.project(client, &self.place).await?.id)) }
    }
}

/// What is known of one thing, a line each below its heading; what is not known is left out.
pub(super) fn facts<const N: usize>(
    output: Output,
    heading: &str,
    known: [(&str, Option<String>); N],
) -> Result<(), Stop> {
    output.toned(Tone::Strong, heading)?;
    known.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).try_for_each(|(name, value)| {
        let name = output.paint(Tone::Faint, &format!("{name:<10}"));
        output.write(format!("  {name} {}\n", output.paint(Tone::Plain, &value)).as_bytes())
    })
}
