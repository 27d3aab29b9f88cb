//! Agents and roles: the shipped ones, and the person's own from the configuration directory. A bad file
//! costs itself, never the others, and is said in the log.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::agents::Catalogue;
use crate::config::catalog::{CatalogError, Missions, Roles, SourceFile};
use crate::config::{self, AgentDefinition, Paths, Prices, SettingsError};
use crate::model::Models;

use super::DaemonError;

/// The agents that this home knows.
pub fn agents(paths: &Paths) -> Catalogue {
    agents_again(paths, &Catalogue::default()).0
}

/// The agents that this home knows, after these. Of a file that cannot be used (any more) what it said before stays, and the
/// reason is in the list.
pub(super) fn agents_again(paths: &Paths, before: &Catalogue) -> (Catalogue, Vec<SettingsError>) {
    let (mut definitions, problems) = AgentDefinition::layered(&files(&paths.config.join("agents"), "toml"));
    for problem in &problems {
        tracing::warn!(%problem, "an agent definition is not used");
        let kept = stem(&problem.file).and_then(|name| before.get(name));
        definitions.extend(kept.map(|agent| agent.definition().clone()));
    }
    // the order is that of preference
    let order = before.names();
    definitions.sort_by_key(|one| order.iter().position(|name| *name == one.name).unwrap_or(usize::MAX));
    (Catalogue::new(definitions), problems)
}

/// The agent that a definition's file is named after.
pub(super) fn stem(file: &str) -> Option<&str> {
    file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"))
}

/// What tells whether definitions changed: the files' names, sizes and times.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(Option<Vec<(PathBuf, u64, Option<SystemTime>)>>);

impl Stamp {
    /// Of the files as they are. Never what `default` is.
    pub(super) fn of(paths: &Paths) -> Self {
        let entries = std::fs::read_dir(paths.config.join("agents")).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries
            .filter_map(|entry| {
                // what a link points at counts
                let seen = std::fs::metadata(entry.path()).ok()?;
                Some((entry.path(), seen.len(), seen.modified().ok()))
            })
            .collect();
        files.sort();
        Self(Some(files))
    }
}

/// Which models of each agent fit which complexity; the shipped ones where the person's own file cannot be used.
pub(super) fn models(paths: &Paths) -> BTreeMap<String, Models> {
    let path = paths.config.join("models.toml");
    let own = std::fs::read_to_string(&path).ok();
    let name = path.to_string_lossy();
    config::models(own.as_deref().map(|text| (text, &*name))).unwrap_or_else(|problem| {
        tracing::warn!(%problem, "the person's models are not used");
        config::models(None).unwrap_or_default()
    })
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

/// The missions that this home knows; the shipped ones where the person's own cannot be used.
pub(super) fn missions(paths: &Paths, roles: &Roles) -> Result<Missions, CatalogError> {
    let own = files(&paths.config.join("missions"), "toml");
    let sources: Vec<SourceFile<'_>> = own.iter().map(|(file, text)| SourceFile { file, text }).collect();
    Missions::parse(&sources, roles).or_else(|error| {
        tracing::warn!(%error, "the person's missions are not used");
        Missions::parse(&[], roles)
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
