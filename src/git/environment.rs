//! Which home and which git configuration count. Normally the person's; tests bring their own, so that
//! they never depend on, or touch, the home of whoever runs them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use git2::{Config, ConfigLevel};

use super::error::{Doing, GitError};

/// Environment variables that replace those of this process for all git work of one repository.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    replaced: Vec<(OsString, OsString)>,
}

impl Environment {
    /// The environment of this process.
    pub fn inherited() -> Self {
        Self::default()
    }

    /// Replaces one variable (`HOME`, `GIT_CONFIG_GLOBAL`, …).
    #[must_use]
    pub fn with(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.replaced.push((key.into(), value.into()));
        self
    }

    /// What was replaced, in order.
    pub(super) fn replaced(&self) -> &[(OsString, OsString)] {
        &self.replaced
    }

    /// The value that counts.
    fn get(&self, key: &str) -> Option<OsString> {
        let replaced =
            self.replaced.iter().rev().find(|(name, _)| name == OsStr::new(key)).map(|(_, value)| value.clone());
        replaced.or_else(|| std::env::var_os(key)).filter(|value| !value.is_empty())
    }

    /// Makes libgit2 read the replaced configuration files too; it finds the usual ones by itself.
    pub(super) fn configure(&self, repository: &git2::Repository) -> Result<(), GitError> {
        if self.replaced.is_empty() {
            return Ok(());
        }
        let mut config = Config::new().doing("reading the configuration")?;
        let home = self.get("HOME").map(PathBuf::from);
        let global =
            self.get("GIT_CONFIG_GLOBAL").map(PathBuf::from).or_else(|| home.map(|home| home.join(".gitconfig")));
        let system = self.get("GIT_CONFIG_SYSTEM").map(PathBuf::from);
        let files = [
            (system, ConfigLevel::System),
            (global, ConfigLevel::Global),
            (Some(repository.commondir().join("config")), ConfigLevel::Local),
        ];
        for (file, level) in files {
            if let Some(file) = file.filter(|file| file.is_file()) {
                config.add_file(&file, level, true).doing("reading the configuration")?;
            }
        }
        repository.set_config(&config).doing("reading the configuration")
    }
}
