//! Locks that a killed daemon left on refs that nobody but Quarterdeck writes. Locks of branches are left
//! alone: an agent or the person may be at work there.

use std::path::Path;

use super::Repository;

impl Repository {
    /// Removes them. Only for the one daemon, before it works.
    pub fn remove_stale_locks(&self) {
        remove_below(&self.common_dir().join("refs").join("quarterdeck"));
    }
}

fn remove_below(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&path);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            // one that stays is told by whoever needs the ref
            let _ = std::fs::remove_file(&path);
        }
    }
}
