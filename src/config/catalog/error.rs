//! Why a catalogue cannot be used. Every problem names its file, and the line where that makes sense.

use thiserror::Error;

use crate::config::SettingsError;
use crate::config::mistake::distance;
use crate::model::{Explain, Kind};

/// A role or mission file that cannot be used, or a name that is in no catalogue.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// Its TOML is not understood.
    #[error(transparent)]
    Toml(#[from] SettingsError),
    /// A role does not begin with metadata between `+++` lines.
    #[error("`{file}` cannot be used: line {line}: {what}")]
    FrontMatter {
        /// Which file.
        file: String,
        /// Where.
        line: usize,
        /// What is missing.
        what: &'static str,
    },
    /// The name inside differs from the file's.
    #[error("`{file}` cannot be used: it is named `{name}` inside")]
    NameMismatch {
        /// Which file.
        file: String,
        /// The name inside.
        name: String,
    },
    /// A roster entry without anybody, a limit of zero, a negative budget.
    #[error("`{file}` cannot be used: {what}")]
    Senseless {
        /// Which file.
        file: String,
        /// What makes no sense.
        what: String,
    },
    /// A name that no role has.
    #[error("there is no role `{name}`{}", within(file.as_deref()))]
    NoRole {
        /// What was asked for.
        name: String,
        /// The file that asks for it.
        file: Option<String>,
        /// The nearest name that exists.
        suggestion: Option<String>,
    },
    /// A name that no mission has.
    #[error("there is no mission `{name}`")]
    NoMission {
        /// What was asked for.
        name: String,
        /// The nearest name that exists.
        suggestion: Option<String>,
    },
}

/// The end of a sentence that says where a name was used.
fn within(file: Option<&str>) -> String {
    file.map(|file| format!(", which `{file}` asks for")).unwrap_or_default()
}

impl Explain for CatalogError {
    fn kind(&self) -> Kind {
        match self {
            CatalogError::NoRole { file: None, .. } | CatalogError::NoMission { .. } => Kind::NotFound,
            _ => Kind::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            CatalogError::Toml(error) => error.hint(),
            CatalogError::FrontMatter { .. } => {
                Some("a role is TOML between two `+++` lines, then its text".to_owned())
            }
            CatalogError::NameMismatch { name, .. } => {
                Some(format!("rename the file or the entry so that both are `{name}`"))
            }
            CatalogError::Senseless { .. } => None,
            CatalogError::NoRole { suggestion, .. } | CatalogError::NoMission { suggestion, .. } => {
                suggestion.as_ref().map(|name| format!("did you mean `{name}`?"))
            }
        }
    }
}

/// The known name that is nearest to a wrong one, if it is near enough to be a slip.
pub(super) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let (name, far) = known.map(|name| (name, distance(wrong, name))).min_by_key(|(_, far)| *far)?;
    (far <= 3 || name.contains(wrong)).then(|| name.to_owned())
}
