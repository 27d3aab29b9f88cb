//! Keeping what is in a worktree under a hidden ref before anything takes it away. Changes nothing in the
//! worktree: not its files, not its index, not its HEAD.

use git2::Oid;

use super::error::{Doing, GitError};
use super::{Repository, Worktree, snapshot};

impl Repository {
    /// A commit with everything in the worktree that HEAD does not have (tracked and untracked, not ignored),
    /// on top of HEAD, the task's branch and `more`. `None` when the files are just what HEAD has, or gone.
    pub(super) fn keep_files(&self, worktree: &Worktree, why: &str, more: &[Oid]) -> Result<Option<Oid>, GitError> {
        let is_there = worktree.path.symlink_metadata().is_ok_and(|found| found.is_dir());
        if !is_there {
            return Ok(None);
        }
        let handle = self.handle(worktree)?;
        let head = self.commit(&self.head_of(worktree)?)?.id();
        let snapshot = snapshot::take(&handle, head)?;
        if snapshot.tree == self.inner.find_commit(head).doing("reading HEAD")?.tree_id() {
            return Ok(None);
        }
        let mut parents = vec![head];
        let branch = self.branch_tip(&worktree.branch).ok();
        for other in branch.into_iter().chain(snapshot::merge_heads(&handle)).chain(more.iter().copied()) {
            if !parents.contains(&other) && !self.contains(head, other)? {
                parents.push(other);
            }
        }
        self.write_commit(snapshot.tree, &parents, &format!("Kept: {why}\n")).map(Some)
    }
}
