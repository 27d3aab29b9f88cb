//! `qd man`: man pages, made from the same definition as the help.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::model::Kind;

use super::{Done, Output, Stop};

/// `qd man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The command (default: `qd` itself): `task add`
    command: Vec<String>,
    /// Write the pages of all commands into this directory instead
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "command")]
    to: Option<PathBuf>,
}

/// Does it, for the whole command line.
pub(super) fn run(arguments: &Man, whole: clap::Command) -> Done {
    if let Some(directory) = &arguments.to {
        let unwritable = |error| Stop::system(format!("`{}` cannot be written", directory.display()), &error);
        std::fs::create_dir_all(directory).map_err(unwritable)?;
        clap_mangen::generate_to(whole, directory).map_err(unwritable)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(find(whole, &arguments.command)?).render(&mut page);
    rendered.map_err(|error| Stop::system("the page cannot be made", &error))?;
    Output::standard().write(&page)?;
    Ok(ExitCode::SUCCESS)
}

/// The command that some words name.
fn find(mut whole: clap::Command, words: &[String]) -> Result<clap::Command, Stop> {
    // gives every command its whole name, which is the page's title
    whole.build();
    let mut found = &whole;
    for word in words {
        found = found.find_subcommand(word).ok_or_else(|| {
            Stop::new(Kind::NotFound, format!("there is no command `qd {}`", words.join(" ")))
                .hint("`qd --help` shows the commands")
        })?;
    }
    Ok(found.clone())
}
