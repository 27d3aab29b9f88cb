//! Roles: who an agent is to be for a task. A role file is TOML metadata between two `+++` lines and a
//! text in Markdown; the text, with the rules of the house, goes into the task's instructions.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::nearest;
use super::{CatalogError, HOUSE_RULES, SourceFile, built_in};
use crate::config::mistake::explain;

/// Whether a role makes the product or keeps the work together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleClass {
    /// Writes code, tests or documents of the product.
    Code,
    /// Plans, reviews, watches.
    Coordination,
}

/// What a role is able and meant to do; used to match tasks with roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Changes source code.
    WritesCode,
    /// Reads tests.
    ReadsTests,
    /// Runs tests.
    RunsTests,
    /// Reads manuals and specifications.
    ReadsDocs,
    /// Writes for readers.
    WritesDocs,
    /// Works with history and branches.
    GitOperations,
    /// Reads and writes files.
    FileSystem,
    /// Works with a database.
    Database,
    /// Drives a browser.
    Browser,
    /// Talks to the network.
    Network,
}

/// One role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What it is called in commands and files: `backend-dev`.
    pub name: String,
    /// What it is called on screen.
    pub title: String,
    /// Maker or coordinator.
    pub class: RoleClass,
    /// One sentence.
    pub summary: String,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// Globs of the files that are normally its own.
    pub owns: Vec<String>,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Roles that it may ask for as team mates.
    pub may_spawn: Vec<String>,
    /// Tasks that it is right for.
    pub examples: Vec<String>,
    /// Identity, rules, ownership, task and handoff format (Markdown), without the rules of the house.
    pub text: String,
    /// The file that it came from.
    pub source: String,
    rules: String,
}

impl Role {
    /// What an agent is told: the role's text and the rules of the house.
    pub fn instructions(&self) -> String {
        format!("{}\n\n{}", self.text.trim(), self.rules.trim()).trim().to_owned()
    }
}

/// The metadata between the `+++` lines.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    name: String,
    title: String,
    class: RoleClass,
    summary: String,
    #[serde(default)]
    capabilities: Vec<Capability>,
    #[serde(default)]
    owns: Vec<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    may_spawn: Vec<String>,
    #[serde(default)]
    examples: Vec<String>,
}

/// All roles by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    by_name: BTreeMap<String, Role>,
}

impl Roles {
    /// The shipped roles, each replaced by the file of the same name when the person has one, and the
    /// person's own. A file named `_rules.md` replaces the rules of the house.
    pub fn parse(own: &[SourceFile<'_>]) -> Result<Self, CatalogError> {
        let files = built_in::ROLES.iter().chain(own);
        let rules = files.clone().rfind(|file| file.base() == HOUSE_RULES).map_or("", |file| file.text);
        let mut by_name = BTreeMap::new();
        for file in files.filter(|file| file.base() != HOUSE_RULES) {
            let role = parse_role(*file, rules)?;
            by_name.insert(role.name.clone(), role);
        }
        Ok(Self { by_name })
    }

    /// The role of this name or alias.
    pub fn get(&self, name: &str) -> Option<&Role> {
        self.by_name.get(name).or_else(|| self.all().find(|role| role.aliases.iter().any(|alias| alias == name)))
    }

    /// The role of this name or alias, or an error that suggests the nearest one.
    pub fn find(&self, name: &str) -> Result<&Role, CatalogError> {
        self.get(name).ok_or_else(|| CatalogError::NoRole {
            name: name.to_owned(),
            file: None,
            suggestion: nearest(name, self.names()),
        })
    }

    /// All names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// All roles by name.
    pub fn all(&self) -> impl Iterator<Item = &Role> {
        self.by_name.values()
    }
}

/// Reads one role file.
fn parse_role(source: SourceFile<'_>, rules: &str) -> Result<Role, CatalogError> {
    let (metadata, text) = split(source)?;
    let front: FrontMatter = toml::from_str(&metadata).map_err(|error| explain(&error, &metadata, source.file))?;
    if front.name != source.stem() {
        return Err(CatalogError::NameMismatch { file: source.file.to_owned(), name: front.name });
    }
    Ok(Role {
        name: front.name,
        title: front.title,
        class: front.class,
        summary: front.summary,
        capabilities: front.capabilities,
        owns: front.owns,
        aliases: front.aliases,
        may_spawn: front.may_spawn,
        examples: front.examples,
        text: text.to_owned(),
        source: source.file.to_owned(),
        rules: rules.to_owned(),
    })
}

/// Metadata and text of a role file. The metadata keeps an empty first line in place of the `+++`, so that
/// line numbers in errors are those of the file.
fn split(source: SourceFile<'_>) -> Result<(String, &str), CatalogError> {
    let wrong = |line, what| CatalogError::FrontMatter { file: source.file.to_owned(), line, what };
    let Some(rest) = source.text.strip_prefix("+++\n") else {
        return Err(wrong(1, "the first line must be `+++`"));
    };
    let Some((metadata, text)) = rest.split_once("\n+++\n") else {
        return Err(wrong(source.text.lines().count(), "the `+++` that ends the metadata is missing"));
    };
    if text.trim().is_empty() {
        return Err(wrong(source.text.lines().count(), "there is no text after the metadata"));
    }
    Ok((format!("\n{metadata}\n"), text))
}
