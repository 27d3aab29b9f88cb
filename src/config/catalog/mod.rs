//! The catalogues of roles (agent personas) and missions (team templates): the ones that ship with the
//! program, and the person's own on top. Parsing only; whoever reads the files passes their texts.

mod built_in;
mod error;
mod missions;
mod roles;
#[cfg(test)]
mod tests;

pub use error::CatalogError;
pub use missions::{Mission, Missions, ModelClasses, RosterEntry};
pub use roles::{Capability, Role, RoleClass, Roles};

/// The file that holds the rules every role gets; not a role itself.
pub const HOUSE_RULES: &str = "_rules.md";

/// One file of a catalogue: its name, which errors repeat, and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceFile<'a> {
    /// File name with its extension, or a whole path.
    pub file: &'a str,
    /// What it holds.
    pub text: &'a str,
}

impl SourceFile<'_> {
    /// The last part of the path.
    fn base(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(self.file)
    }

    /// The last part of the path, without its extension: the name that the entry must have.
    fn stem(&self) -> &str {
        self.base().rsplit_once('.').map_or(self.base(), |(stem, _)| stem)
    }
}
