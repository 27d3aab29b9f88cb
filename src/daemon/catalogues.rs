//! Agents and roles: the shipped ones, and the person's own from the configuration directory. A bad file
//! costs itself, never the others, and is said in the log.

use std::path::Path;

use crate::agents::Catalogue;
use crate::config::catalog::{Roles, SourceFile};
use crate::config::{AgentDefinition, Paths, Prices};

use super::DaemonError;

/// The agents that this home knows.
pub fn agents(paths: &Paths) -> Catalogue {
    let (definitions, problems) = AgentDefinition::layered(&files(&paths.config.join("agents"), "toml"));
    for problem in problems {
        tracing::warn!(%problem, "an agent definition is not used");
    }
    Catalogue::new(definitions)
}

/// The roles that this home knows.
pub(super) fn roles(paths: &Paths) -> Result<Roles, DaemonError> {
    let own = files(&paths.config.join("roles"), "md");
    let sources: Vec<SourceFile<'_>> = own.iter().map(|(file, text)| SourceFile { file, text }).collect();
    Roles::parse(&sources).or_else(|error| {
        tracing::warn!(%error, "the person's roles are not used");
        Roles::parse(&[]).map_err(|error| DaemonError::Configuration(error.to_string()))
    })
}

/// The prices that this home knows.
pub(super) fn prices(paths: &Paths) -> Prices {
    let path = paths.config.join("prices.toml");
    let own = std::fs::read_to_string(&path).ok();
    Prices::layered(own.as_deref(), &path.to_string_lossy()).unwrap_or_else(|problem| {
        tracing::warn!(%problem, "the person's prices are not used");
        Prices::layered(None, "").unwrap_or_default()
    })
}

/// Files of one kind in a directory, by name; none when there is no such directory.
fn files(directory: &Path, extension: &str) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<(String, String)> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| tracing::warn!(%error, path = %path.display(), "a file cannot be read"))
                .ok()?;
            Some((path.to_string_lossy().into_owned(), text))
        })
        .collect();
    found.sort();
    found
}
