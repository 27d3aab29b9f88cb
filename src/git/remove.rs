//! Removing worktrees that we made, after everything in them is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use git2::Oid;

use super::error::{At, Doing, GitError};
use super::undo::{Undo, UndoAction};
use super::{Label, Repository, Worktree};
use crate::model::slug;

/// Removed worktrees wait under this name, beside where they were, until they are deleted.
const TRASH: &str = ".quarterdeck-trash-";

/// What a removal kept.
struct Removal {
    /// The hidden ref, when there was anything to keep.
    kept: Option<String>,
    /// Where the branch was.
    tip: Option<Oid>,
}

impl Repository {
    /// Removes the worktree that we made at `path`, whatever an earlier removal left of it: cut short in the
    /// middle, it is finished; done before, it is told again.
    pub fn remove_worktree_at(&self, path: &Path, label: &Label) -> Result<Option<String>, GitError> {
        let path = &self.place(path)?;
        match self.record(path) {
            Some(record) if record.admin.is_empty() && self.find_admin(path).is_none() => {
                // Cut short while it was made: nobody worked there.
                self.clear(&record)?;
                self.forget_record(path)?;
                Ok(None)
            }
            Some(record) if record.admin.is_empty() => self.remove_worktree(&self.complete(record)?, label),
            Some(_) => self.remove_worktree(&self.worktree_at(path)?, label),
            None => self.removed_before(path, label),
        }
    }

    /// Removes a worktree of ours. What is not committed there (tracked and untracked, not ignored) is kept
    /// under a hidden ref first. Its branch is deleted only when another branch has all of it, and its tip is
    /// kept then too. Returns the hidden ref, when there was anything to keep. Removing what is gone is fine.
    pub fn remove_worktree(&self, worktree: &Worktree, label: &Label) -> Result<Option<String>, GitError> {
        let Some(record) = self.record(&worktree.path).filter(|record| record.branch == worktree.branch) else {
            return self.removed_before(&worktree.path, label);
        };
        // The places are those of the record, not those that were passed.
        let admin = self.admin_dir(&record).filter(|admin| *admin == worktree.git_dir);
        let admin = admin.ok_or_else(|| GitError::NotOurs { path: worktree.path.clone() })?;
        self.writable()?;
        let removal = if let Some(removal) = self.begun(&worktree.path)? {
            removal
        } else {
            self.collect(worktree)?;
            self.keep_all(worktree, label)?
        };
        discard(&worktree.path)?;
        if admin.is_dir() {
            fs::remove_dir_all(&admin).at("removing", &admin)?;
        }
        if let Some(tip) = removal.tip
            && self.is_elsewhere(&worktree.branch, tip)?
        {
            self.delete_branch(&worktree.branch, tip)?;
        }
        let left = self.forget_private(worktree, label)?;
        self.forget_record(&worktree.path)?;
        Ok(removal.kept.or(left))
    }

    /// Keeps everything in a worktree, records that it goes, and notes which record that is: from here on a
    /// removal that was cut short only has to be finished.
    fn keep_all(&self, worktree: &Worktree, label: &Label) -> Result<Removal, GitError> {
        let tip = self.branch_tip(&worktree.branch).ok();
        let merged = match tip {
            Some(tip) => self.is_elsewhere(&worktree.branch, tip)?,
            None => false,
        };
        let files = self.keep_files(worktree, &label.what, &[])?;
        let stray = self.stray_head(worktree, tip)?;
        let kept = self.name_kept(worktree, label, files.or(stray).or(tip.filter(|_| merged)))?;
        let action = UndoAction::Removed {
            branch: worktree.branch.clone(),
            path: worktree.path.to_string_lossy().into_owned(),
            kept: kept.clone(),
            tip: tip.map(|tip| tip.to_string()),
            held_work: files.or(stray).is_some(),
        };
        let id = self.record_undo(label, &action, &[files.or(stray), tip], None)?;
        self.note_removal(&worktree.path, &id)?;
        Ok(Removal { kept, tip })
    }

    /// The removal that was cut short after the files had gone. While files are there it begins again, since
    /// somebody may have worked on, and its first record is forgotten (what it kept stays).
    fn begun(&self, path: &Path) -> Result<Option<Removal>, GitError> {
        let Some(id) = self.noted_removal(path) else { return Ok(None) };
        let Some(found) = self.readable_undos().into_iter().find(|undo| undo.id == id) else { return Ok(None) };
        match found.action {
            UndoAction::Removed { .. } if path.symlink_metadata().is_ok() => {
                self.forget_undo(&id)?;
                Ok(None)
            }
            UndoAction::Removed { kept, tip, .. } => {
                Ok(Some(Removal { kept, tip: tip.and_then(|tip| Oid::from_str(&tip).ok()) }))
            }
            _ => Ok(None),
        }
    }

    /// What the removal of a worktree that has no record any more kept, for the same task.
    fn removed_before(&self, path: &Path, label: &Label) -> Result<Option<String>, GitError> {
        if path.symlink_metadata().is_ok() {
            return Err(GitError::NotOurs { path: path.to_path_buf() });
        }
        let here = path.to_string_lossy();
        let mut undos = self.readable_undos().into_iter().rev().filter(|undo| undo.task == label.task);
        Ok(undos
            .find_map(|undo| match undo.action {
                UndoAction::Removed { path, kept, .. } if path == here => Some(kept),
                _ => None,
            })
            .flatten())
    }

    /// The undo records; none where they cannot be read at all, which must not keep a worktree from going.
    fn readable_undos(&self) -> Vec<Undo> {
        self.undos().unwrap_or_default()
    }

    /// Whether another local branch has all of this one.
    fn is_elsewhere(&self, branch: &str, tip: Oid) -> Result<bool, GitError> {
        let name = format!("refs/heads/{branch}");
        for other in self.inner.references_glob("refs/heads/*").doing("reading the branches")?.flatten() {
            if other.name_bytes() == name.as_bytes() {
                continue;
            }
            if let Ok(other) = other.peel_to_commit()
                && self.contains(other.id(), tip)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The worktree's HEAD, when the agent committed somewhere that the task's branch does not lead to.
    fn stray_head(&self, worktree: &Worktree, tip: Option<Oid>) -> Result<Option<Oid>, GitError> {
        if !worktree.git_dir.is_dir() {
            return Ok(None);
        }
        let Ok(head) = self.head_of(worktree).and_then(|head| self.commit(&head).map(|commit| commit.id())) else {
            return Ok(None);
        };
        let known = match tip {
            Some(tip) => self.contains(tip, head)?,
            None => false,
        };
        Ok((!known && !self.is_elsewhere(&worktree.branch, head)?).then_some(head))
    }

    /// Gives what is kept its hidden ref.
    fn name_kept(&self, worktree: &Worktree, label: &Label, kept: Option<Oid>) -> Result<Option<String>, GitError> {
        let Some(commit) = kept else { return Ok(None) };
        let whose = label.task.map_or_else(|| slug(&worktree.branch), |task| task.to_string());
        let name = format!("refs/quarterdeck/kept/{whose}-{}", label.at.file_name());
        self.write_hidden_ref(&name, commit, &label.what).map(Some)
    }

    /// Deletes a branch that is where we saw it, if it is there at all.
    fn delete_branch(&self, branch: &str, tip: Oid) -> Result<(), GitError> {
        match self.inner.find_reference(&format!("refs/heads/{branch}")) {
            Ok(mut reference) if reference.target() == Some(tip) => reference.delete().doing("deleting the branch"),
            Err(error) if error.code() != git2::ErrorCode::NotFound => Err(error).doing("deleting the branch"),
            _ => Ok(()),
        }
    }
}

/// Moves a directory out of the way at once and deletes it in the background, with whatever earlier
/// removals left beside it. Deleting 10,000 files takes most of a second.
fn discard(path: &Path) -> Result<(), GitError> {
    let (Some(parent), Some(name)) = (path.parent().map(Path::to_path_buf), path.file_name()) else { return Ok(()) };
    if path.symlink_metadata().is_ok() {
        let trash = free_trash(&parent, &name.to_string_lossy());
        fs::rename(path, &trash).at("removing", path)?;
    }
    let sweep = move || {
        for entry in fs::read_dir(&parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(TRASH) {
                // What cannot be deleted now is tried again at the next removal.
                let gone = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
                drop(gone);
            }
        }
    };
    // Without a thread it waits for the next removal too.
    drop(thread::Builder::new().name("trash".to_owned()).spawn(sweep));
    Ok(())
}

fn free_trash(parent: &Path, name: &str) -> PathBuf {
    let names = (0..).map(|number: u32| parent.join(format!("{TRASH}{name}-{}-{number}", std::process::id())));
    names.into_iter().find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| parent.join(TRASH))
}
