//! Locks that a killed daemon left on refs: on our hidden refs, which nobody else writes, and on the
//! branches of our worktrees. There an agent may be at work, so only a lock that stands unchanged for
//! longer than any write of a ref takes is removed. Other branches are the person's and are left alone.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::Repository;

/// Writing a ref takes milliseconds; a lock that is the same file after this long has no owner.
const ABANDONED_AFTER: Duration = Duration::from_millis(1_500);

impl Repository {
    /// Removes them. Only for the one daemon, before it works.
    pub fn remove_stale_locks(&self) {
        remove_below(&self.common_dir().join("refs").join("quarterdeck"));
        let heads = self.common_dir().join("refs").join("heads");
        let locks = self.record_branches().into_iter().map(|branch| heads.join(format!("{branch}.lock")));
        let found: Vec<_> = locks.filter_map(|lock| Some((stamp(&lock)?, lock))).collect();
        if found.is_empty() {
            return;
        }
        thread::sleep(ABANDONED_AFTER);
        for (before, lock) in found {
            if stamp(&lock) == Some(before) {
                remove(&lock);
            }
        }
    }
}

/// What tells one lock file from a later one of the same name.
fn stamp(lock: &PathBuf) -> Option<(u64, i64, i64)> {
    let found = fs::symlink_metadata(lock).ok()?;
    Some((found.ino(), found.mtime(), found.mtime_nsec()))
}

fn remove_below(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&path);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            remove(&path);
        }
    }
}

fn remove(lock: &Path) {
    // one that stays is told by whoever needs the ref
    let _ = fs::remove_file(lock);
}
