//! `qd init`: makes the repository known, writes a settings file to start from, and says what was found.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::protocol::control::{Request, Response};

use super::context::ask;
use super::stop::note;
use super::{Context, Done, Stop, Tone, Where};

/// The settings file of a person who has none: everything is commented out, so it changes nothing.
const SETTINGS: &str = include_str!("init.toml");

/// `qd init`.
#[derive(Debug, Args)]
pub struct Init {
    /// A directory in the project's main checkout (default: here)
    path: Option<std::path::PathBuf>,
    /// The project as JSON
    #[arg(long)]
    json: bool,
}

impl Init {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        let client = context.connect().await?;
        let project = context.project(&client, &Where { project: self.path }).await?;
        let file = context.settings_file();
        if write_new(&file)? {
            note(&format!("wrote `{}`: settings, all as they are by default", file.display()));
        }
        if self.json {
            context.output.json(&project)?;
            return Ok(ExitCode::SUCCESS);
        }
        context.output.toned(Tone::Strong, &project.name)?;
        context.output.line(format!("  repository  {}", project.root.display()))?;
        context.output.line(format!("  lands on    {}", project.target))?;
        let agents = ask!(client, Request::Agents, Response::Agents(agents) => agents);
        let found: Vec<&str> = agents.iter().filter(|agent| agent.installed).map(|agent| agent.name.as_str()).collect();
        context.output.line(format!("  agents      {}", found.join(", ")))?;
        context.output.line("\n`qd` opens the cockpit; `qd task add \"…\"` gives the first task")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the settings file unless there is one; whether it was written.
fn write_new(file: &Path) -> Result<bool, Stop> {
    let written = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(file)?;
        file.write_all(SETTINGS.as_bytes())
    });
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Stop::system(format!("`{}` cannot be written", file.display()), &error)),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Settings;

    #[test]
    fn the_first_settings_file_changes_nothing_and_its_lines_are_real() {
        assert_eq!(Settings::parse(super::SETTINGS, "init.toml").unwrap(), Settings::default());
        let all: String = super::SETTINGS
            .lines()
            .filter_map(|line| line.strip_prefix("#: "))
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(all.contains("slots"));
        Settings::parse(&all, "init.toml").unwrap();
    }
}
