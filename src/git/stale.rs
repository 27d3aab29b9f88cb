//! Locks that a killed daemon (or the git it had started) left: on our hidden refs, which nobody else writes, on the
//! branches of our worktrees, and on the index and HEAD in those worktrees. There an agent may be at work, so only a
//! lock is removed that stands unchanged for longer than any write takes, that no process has open, and in whose
//! worktree no git runs. The person's own checkout and branches are left alone.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::Repository;
use super::record::Record;
use crate::process::{may_be_open, may_work_in};

/// Writing a ref or an index takes milliseconds; a lock that is the same file after this long has no writer, unless a
/// git waits for a hook or an editor: then that git still runs.
const ABANDONED_AFTER: Duration = Duration::from_millis(1_500);

/// One lock file as it was seen, and where a git that holds it would work.
#[derive(Debug)]
pub(super) struct Seen {
    lock: PathBuf,
    stamp: (u64, i64, i64),
    worktree: PathBuf,
    git_dir: PathBuf,
}

impl Repository {
    /// Removes them. Only for the one daemon, before it works.
    pub fn remove_stale_locks(&self) {
        remove_below(&self.common_dir().join("refs").join("quarterdeck"));
        // objects on their way over when the daemon was killed: they are fetched again
        let _ = fs::remove_dir_all(self.common_dir().join("quarterdeck").join("incoming"));
        let records = self.all_records();
        let found: Vec<Seen> = records.iter().flat_map(|record| self.locks_of(record)).collect();
        if found.is_empty() {
            return;
        }
        thread::sleep(ABANDONED_AFTER);
        for seen in found.iter().filter(|seen| seen.is_abandoned()) {
            // one that stays is told by whoever needs the ref or the index
            let _ = fs::remove_file(&seen.lock);
        }
    }

    /// The locks that stand now on a worktree's branch, index and HEAD.
    fn locks_of(&self, record: &Record) -> Vec<Seen> {
        let Some(git_dir) = self.admin_dir(record) else { return Vec::new() };
        let heads = self.common_dir().join("refs").join("heads");
        let branch = (!record.branch.is_empty()).then(|| heads.join(format!("{}.lock", record.branch)));
        let own = ["index.lock", "HEAD.lock"].map(|name| git_dir.join(name));
        branch.into_iter().chain(own).filter_map(|lock| Seen::now(&lock, &record.path, &git_dir)).collect()
    }
}

impl Seen {
    /// The lock, if it stands.
    pub(super) fn now(lock: &Path, worktree: &Path, git_dir: &Path) -> Option<Self> {
        let stamp = stamp(lock)?;
        Some(Self { lock: lock.to_owned(), stamp, worktree: worktree.to_owned(), git_dir: git_dir.to_owned() })
    }

    /// Whether it is still the same file, and nobody is there whose it could be.
    pub(super) fn is_abandoned(&self) -> bool {
        stamp(&self.lock) == Some(self.stamp)
            && !may_be_open(&self.lock)
            && ![&self.worktree, &self.git_dir].iter().any(|place| may_work_in(place, "git"))
            && stamp(&self.lock) == Some(self.stamp)
    }
}

/// What tells one lock file from a later one of the same name.
fn stamp(lock: &Path) -> Option<(u64, i64, i64)> {
    let found = fs::symlink_metadata(lock).ok()?;
    Some((found.ino(), found.mtime(), found.mtime_nsec()))
}

fn remove_below(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&path);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            let _ = fs::remove_file(&path);
        }
    }
}
