//! Committing what an agent left uncommitted, so that agents that finish without committing lose nothing.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use git2::{Oid, Repository as Handle};

use super::commit::with_trailers;
use super::error::{At, Doing, GitError};
use super::repository::branch_of_head;
use super::snapshot::{self, Snapshot};
use super::stale::Seen;
use super::{Repository, Worktree};
use crate::model::slug;

/// Where work is kept that is not on the task's branch and cannot get there.
const KEPT: &str = "refs/quarterdeck/kept/stray/";

/// How long a git that still works on the index is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);

impl Repository {
    /// Commits everything in the worktree that is not committed and not ignored. `None` when there is
    /// nothing. No filters, hooks or signing run. The commit goes on top of the worktree's HEAD, and the task's
    /// branch moves up to it, also when the agent committed everything itself on another branch; no other
    /// branch ever moves, whatever HEAD says. Where the task's branch cannot come along, the work is kept
    /// under a hidden ref and the error is [`GitError::StrayHead`].
    pub fn commit_leftovers(
        &self,
        worktree: &Worktree,
        message: &str,
        trailers: &[(String, String)],
    ) -> Result<Option<String>, GitError> {
        let handle = self.handle(worktree)?;
        wait_for_index(worktree)?;
        let head: Oid = self.commit(&self.head_of(worktree)?)?.id();
        let mut snapshot = snapshot::take(&handle, head)?;
        if !snapshot.unresolved.is_empty() {
            return Err(GitError::Unresolved { files: snapshot.unresolved });
        }
        let merging = snapshot::merge_heads(&handle);
        let head_tree = self.inner.find_commit(head).doing("reading HEAD")?.tree_id();
        if snapshot.tree == head_tree && merging.is_empty() {
            self.advance(&handle, worktree, head, head)?;
            return Ok(None);
        }
        let parents: Vec<Oid> =
            std::iter::once(head).chain(merging.iter().copied().filter(|other| *other != head)).collect();
        let commit = self.write_commit(snapshot.tree, &parents, &with_trailers(message, trailers))?;
        let advanced = self.advance(&handle, worktree, head, commit);
        if matches!(advanced, Ok(()) | Err(GitError::StrayHead { .. })) {
            write_index(&handle, &mut snapshot)?;
            if !merging.is_empty() {
                handle.cleanup_state().doing("ending the merge")?;
            }
        }
        advanced.map(|()| Some(commit.to_string()))
    }

    /// Whether a worktree is exactly its branch at `head`: the branch's tip and HEAD are that commit, no merge
    /// is under way, and no file differs, untracked ones included. Changes nothing and runs no program.
    pub fn is_clean_at(&self, worktree: &Worktree, head: &str) -> Result<bool, GitError> {
        let handle = self.handle(worktree)?;
        let head = self.commit(head)?;
        let id = head.id().to_string();
        if self.tip_of(worktree).ok().as_ref() != Some(&id) || self.head_of(worktree)? != id {
            return Ok(false);
        }
        let snapshot = snapshot::take(&handle, head.id())?;
        let resolved = snapshot.unresolved.is_empty() && snapshot::merge_heads(&handle).is_empty();
        Ok(resolved && snapshot.tree == head.tree_id())
    }

    /// Moves the worktree from `head` to `commit`, and with it the task's branch, when that is at or before
    /// `head` (or gone, and `head` stands on where the task started). Otherwise, or when another checkout has
    /// the branch now, the commit is kept and the worktree is on it detached.
    fn advance(&self, handle: &Handle, worktree: &Worktree, head: Oid, commit: Oid) -> Result<(), GitError> {
        let is_on_it = branch_of_head(&worktree.git_dir).as_deref() == Some(worktree.branch.as_str());
        let tip = self.branch_tip(&worktree.branch).ok();
        let from = tip.map_or_else(|| self.commit(&worktree.base).map(|base| base.id()), Ok)?;
        if !self.contains(head, from)? || (!is_on_it && self.is_held_elsewhere(worktree)) {
            return Err(self.stray(handle, worktree, head, commit)?);
        }
        let name = format!("refs/heads/{}", worktree.branch);
        let why = "quarterdeck: what the agent left";
        if let Some(tip) = tip.filter(|tip| *tip != commit) {
            self.inner.reference_matching(&name, commit, true, tip, why).doing("moving the task's branch")?;
        } else if tip.is_none() {
            self.inner.reference(&name, commit, false, why).doing("making the task's branch again")?;
        }
        if !is_on_it {
            handle.set_head(&name).doing("moving the worktree")?;
        }
        Ok(())
    }

    /// Keeps a commit under a hidden ref of the worktree's branch; the same one is kept once.
    pub(super) fn keep_stray(&self, worktree: &Worktree, commit: Oid) -> Result<String, GitError> {
        let kept = format!("{KEPT}{}-{commit}", slug(&worktree.branch));
        self.inner.reference(&kept, commit, true, "work off the task's branch").doing("keeping the work")?;
        Ok(kept)
    }

    /// Keeps work that the task's branch cannot move up to; no branch moves.
    fn stray(&self, handle: &Handle, worktree: &Worktree, head: Oid, commit: Oid) -> Result<GitError, GitError> {
        let kept = self.keep_stray(worktree, commit)?;
        if commit != head {
            handle.set_head_detached(commit).doing("moving the worktree")?;
        }
        Ok(GitError::StrayHead { branch: worktree.branch.clone(), head: commit.to_string(), kept })
    }
}

/// Makes the index on disk agree with the commit, so that the next `git status` there is clean.
fn write_index(handle: &Handle, snapshot: &mut Snapshot) -> Result<(), GitError> {
    if snapshot.index.path().is_some() {
        return snapshot.index.write().doing("writing the index");
    }
    let file = handle.path().join("index");
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).at("removing", &file),
        _ => {}
    }
    let mut fresh = git2::Index::open(&file).doing("writing the index")?;
    for entry in snapshot.index.iter() {
        fresh.add(&entry).doing("writing the index")?;
    }
    fresh.write().doing("writing the index")
}

/// Waits until no git works on the index; a lock that a killed git left is taken away.
fn wait_for_index(worktree: &Worktree) -> Result<(), GitError> {
    let lock = worktree.git_dir.join("index.lock");
    let started = Instant::now();
    let Some(first) = Seen::now(&lock, &worktree.path, &worktree.git_dir) else { return Ok(()) };
    loop {
        if lock.symlink_metadata().is_err() {
            return Ok(());
        }
        if started.elapsed() > LOCK_PATIENCE {
            if first.is_abandoned() {
                return fs::remove_file(&lock).at("removing", &lock);
            }
            return Err(GitError::IndexLocked { path: lock });
        }
        thread::sleep(Duration::from_millis(50));
    }
}
