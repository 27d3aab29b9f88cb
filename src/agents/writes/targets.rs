//! The places that calls write, to be asked about file by file.

use std::collections::BTreeSet;
use std::path::Path;

use crate::model::fits_wildcard;

use super::words::{ANY, ONE};

/// Places of one kind that are kept.
const MOST: usize = 5_000;

/// What is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    files: BTreeSet<String>,
    /// Files by a name with wildcards, which stand for what a shell would put there.
    patterns: BTreeSet<String>,
    /// Directories with everything below them.
    trees: BTreeSet<String>,
    /// Places in repositories whose whole checkout is.
    repositories: BTreeSet<String>,
}

impl Targets {
    /// Whether the file is written; it is in the checkout `root`.
    pub fn has(&self, root: &Path, file: &Path) -> bool {
        let name = file.to_string_lossy();
        self.files.contains(name.as_ref())
            || file.ancestors().any(|place| self.trees.contains(place.to_string_lossy().as_ref()))
            || self.repositories.iter().any(|place| Path::new(place).starts_with(root))
            || self.patterns.iter().any(|pattern| fits(pattern, &name))
    }

    /// Adds where links lead: then a file can be asked about by its real name, however many there are, and nothing is
    /// looked for on the disk.
    pub fn follow_links(&mut self) {
        for places in [&mut self.files, &mut self.patterns, &mut self.trees, &mut self.repositories] {
            let real: Vec<String> = places.iter().map(|place| real(place)).collect();
            places.extend(real);
        }
    }

    /// Letters of all names with wildcards: each may be compared with each letter of the file that is asked about.
    pub fn letters_of_patterns(&self) -> usize {
        self.patterns.iter().map(String::len).sum()
    }

    pub(super) fn add_file(&mut self, name: Option<String>) {
        let has_wildcard = name.as_ref().is_some_and(|name| name.contains([ANY, ONE]));
        add(if has_wildcard { &mut self.patterns } else { &mut self.files }, name);
    }

    pub(super) fn add_tree(&mut self, name: Option<String>) {
        add(&mut self.trees, name.filter(|name| !name.contains([ANY, ONE])));
    }

    pub(super) fn add_repository(&mut self, name: Option<String>) {
        add(&mut self.repositories, name);
    }
}

fn add(places: &mut BTreeSet<String>, name: Option<String>) {
    if places.len() < MOST {
        places.extend(name);
    }
}

/// The path with its links followed, as far as there is such a directory.
fn real(name: &str) -> String {
    let path = Path::new(name);
    if path.is_dir() {
        return path.canonicalize().map_or_else(|_| name.to_owned(), |real| real.to_string_lossy().into_owned());
    }
    let (Some(parent), Some(last)) = (path.parent(), path.file_name()) else { return name.to_owned() };
    parent.canonicalize().map_or_else(|_| name.to_owned(), |real| real.join(last).to_string_lossy().into_owned())
}

/// Whether a name with wildcards fits a path, part by part.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if fits_wildcard(wanted, found, ANY, Some(ONE)) => {}
            _ => return false,
        }
    }
}
