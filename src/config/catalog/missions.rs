//! Missions: team templates. Which roles, how many of each, what it may cost, how many at once.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::nearest;
use super::{CatalogError, Roles, SourceFile, built_in};
use crate::config::mistake::explain;

/// Roles that every team needs: somebody who plans, somebody who reviews, somebody who watches the work.
pub(super) const ALWAYS: [&str; 3] = ["producer", "tech-lead", "self-reviewer"];

/// One kind of seat of a team.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterEntry {
    /// A role of the catalogue.
    pub role: String,
    /// How many.
    #[serde(default = "one")]
    pub count: u16,
    /// Whether the others wait for its results: it gets the strongest model.
    #[serde(default)]
    pub critical: bool,
}

/// The class of model for each class of work, as agents name them (`haiku`, `sonnet`, `opus`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelClasses {
    /// Roles that make the product.
    pub code: String,
    /// Roles that keep the work together.
    pub coordination: String,
    /// Entries marked critical.
    pub critical: String,
}

/// One team template.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mission {
    /// What it is called in commands and files.
    pub name: String,
    /// What it is called on screen.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// What the whole mission may cost, in US dollars.
    pub budget_usd: f64,
    /// How many sessions at once.
    pub max_concurrency: u16,
    /// Which models.
    pub models: ModelClasses,
    /// Who.
    pub roster: Vec<RosterEntry>,
}

impl Mission {
    /// How many agents it has.
    pub fn size(&self) -> u32 {
        self.roster.iter().map(|entry| u32::from(entry.count)).sum()
    }
}

/// A roster entry without a count is one.
fn one() -> u16 {
    1
}

/// All missions by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Missions {
    by_name: BTreeMap<String, Mission>,
}

impl Missions {
    /// The shipped missions and the person's own, which replace those of the same name. Rosters that lack a
    /// producer, a tech lead or a self-reviewer get one.
    pub fn parse(own: &[SourceFile<'_>], roles: &Roles) -> Result<Self, CatalogError> {
        let mut by_name = BTreeMap::new();
        for file in built_in::MISSIONS.iter().chain(own) {
            let mission = parse_mission(*file, roles)?;
            by_name.insert(mission.name.clone(), mission);
        }
        Ok(Self { by_name })
    }

    /// The mission of this name.
    pub fn get(&self, name: &str) -> Option<&Mission> {
        self.by_name.get(name)
    }

    /// The mission of this name, or an error that suggests the nearest one.
    pub fn find(&self, name: &str) -> Result<&Mission, CatalogError> {
        self.get(name)
            .ok_or_else(|| CatalogError::NoMission { name: name.to_owned(), suggestion: nearest(name, self.names()) })
    }

    /// All names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// All missions by name.
    pub fn all(&self) -> impl Iterator<Item = &Mission> {
        self.by_name.values()
    }
}

/// Reads one mission file and completes its roster.
fn parse_mission(source: SourceFile<'_>, roles: &Roles) -> Result<Mission, CatalogError> {
    let mut mission: Mission =
        toml::from_str(source.text).map_err(|error| explain(&error, source.text, source.file))?;
    if mission.name != source.stem() {
        return Err(CatalogError::NameMismatch { file: source.file.to_owned(), name: mission.name });
    }
    check(&mission, source.file)?;
    for entry in &mission.roster {
        if roles.get(&entry.role).is_none() {
            return Err(CatalogError::NoRole {
                name: entry.role.clone(),
                file: Some(source.file.to_owned()),
                suggestion: nearest(&entry.role, roles.names()),
            });
        }
    }
    for role in ALWAYS {
        if !mission.roster.iter().any(|entry| entry.role == role) {
            mission.roster.push(RosterEntry { role: role.to_owned(), count: 1, critical: false });
        }
    }
    Ok(mission)
}

/// Whether its figures make sense.
fn check(mission: &Mission, file: &str) -> Result<(), CatalogError> {
    let wrong = |what: String| Err(CatalogError::Senseless { file: file.to_owned(), what });
    if mission.max_concurrency == 0 {
        return wrong("`max_concurrency` must be at least 1".to_owned());
    }
    if !mission.budget_usd.is_finite() || mission.budget_usd <= 0.0 {
        return wrong("`budget_usd` must be more than 0".to_owned());
    }
    match mission.roster.iter().find(|entry| entry.count == 0) {
        Some(entry) => wrong(format!("`{}` has a count of 0", entry.role)),
        None => Ok(()),
    }
}
