//! Merging a task's branch with the target where nobody works: in memory first, then, without conflicts,
//! as files of the integration worktree for the checks. No branch moves here.

use std::fs;
use std::path::Path;

use git2::{IndexConflict, Oid};

use super::error::{At, Doing, GitError};
use super::record::Record;
use super::{Repository, Worktree};

/// Where earlier contents of the integration worktree are kept; each one has the one before as a parent.
const KEPT: &str = "refs/quarterdeck/kept/integration";

/// What a trial merge came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integration {
    /// A merge commit exists and its files are in the integration worktree.
    Merged {
        /// The merge commit (hex); no ref points to it yet.
        commit: String,
        /// Its tree (hex): what the checks are evidence for.
        tree: String,
        /// The target's commit that it is on top of (hex).
        target_was: String,
    },
    /// The target has all of it already.
    UpToDate,
    /// Both sides changed these files; nothing was written.
    Conflict {
        /// Paths, relative to the repository.
        files: Vec<String>,
    },
}

impl Repository {
    /// Merges `branch_head` into `target` in memory, always as a merge commit, and puts the result into the
    /// worktree at `integration` (made when it is not there; one call at a time). What checks of earlier
    /// merges left in it is kept and cleared away; ignored files stay, so that builds are quick.
    pub fn integrate(
        &self,
        integration: &Path,
        target: &str,
        branch_head: &str,
        message: &str,
    ) -> Result<Integration, GitError> {
        let target_was = self.branch_tip(target)?;
        let head = self.commit(branch_head)?.id();
        if self.contains(target_was, head)? {
            return Ok(Integration::UpToDate);
        }
        let (ours, theirs) = (self.commit_by_id(target_was)?, self.commit_by_id(head)?);
        let mut index = self.inner.merge_commits(&ours, &theirs, None).doing("merging")?;
        if index.has_conflicts() {
            let mut files: Vec<String> =
                index.conflicts().doing("merging")?.flatten().map(|conflict| path_of(&conflict)).collect();
            files.sort();
            files.dedup();
            return Ok(Integration::Conflict { files });
        }
        let tree = index.write_tree_to(&self.inner).doing("merging")?;
        if tree == ours.tree_id() {
            return Ok(Integration::UpToDate);
        }
        let commit = self.write_commit(tree, &[target_was, head], message)?;
        self.materialise(integration, target_was, commit)?;
        Ok(Integration::Merged {
            commit: commit.to_string(),
            tree: tree.to_string(),
            target_was: target_was.to_string(),
        })
    }

    fn commit_by_id(&self, id: Oid) -> Result<git2::Commit<'_>, GitError> {
        self.inner.find_commit(id).doing("reading a commit")
    }

    /// Puts a commit's files into the integration worktree. Which files go through filters is decided by the
    /// target's attributes, not by the branch's.
    fn materialise(&self, path: &Path, target: Oid, commit: Oid) -> Result<(), GitError> {
        let worktree = self.integration_worktree(path, target)?;
        let lock = worktree.git_dir.join("index.lock");
        if lock.exists() {
            // Only we work here, one merge at a time: whoever held it is dead.
            fs::remove_file(&lock).at("removing", &lock)?;
        }
        let before = self.inner.refname_to_id(KEPT).ok();
        if let Some(kept) = self.keep_files(&worktree, "left in the integration worktree", before.as_slice())? {
            self.inner.reference(KEPT, kept, true, "before the next merge").doing("keeping what was there")?;
        }
        let git = self.git(&worktree.git_dir, &worktree.path).attributes_from(target);
        git.run(&["checkout", "--quiet", "--force", "--detach", &commit.to_string()])?;
        git.run(&["clean", "--quiet", "-ffd"])?;
        Ok(())
    }

    /// The integration worktree, on no branch, made when it is not there (or not whole).
    fn integration_worktree(&self, path: &Path, at: Oid) -> Result<Worktree, GitError> {
        let path = self.place(path)?;
        let found = self.record(&path).filter(|record| record.branch.is_empty());
        if let Some(record) = &found
            && let Some(git_dir) =
                self.admin_dir(record).filter(|git_dir| git_dir.join("HEAD").is_file() && path.is_dir())
        {
            return Ok(Worktree { path, git_dir, branch: String::new(), base: record.base.clone() });
        }
        if found.is_none() && path.symlink_metadata().is_ok() {
            return Err(GitError::BadPlace { path, why: "something that Quarterdeck did not make is there" });
        }
        self.writable()?;
        if path.is_dir() {
            fs::remove_dir_all(&path).at("removing", &path)?;
        }
        let record = Record {
            path: path.clone(),
            branch: String::new(),
            asked: String::new(),
            base: at.to_string(),
            admin: String::new(),
        };
        self.write_record(&record)?;
        let at = at.to_string();
        let args = ["worktree", "add", "--force", "--detach", "--"].map(AsRef::<std::ffi::OsStr>::as_ref);
        let args: Vec<_> = args.into_iter().chain([path.as_os_str(), at.as_ref()]).collect();
        let registering = self.registering()?;
        self.git(self.git_dir(), self.root()).run(&args)?;
        drop(registering);
        self.complete(record)
    }
}

/// The path that a conflict is about.
fn path_of(conflict: &IndexConflict) -> String {
    let entry = conflict.our.as_ref().or(conflict.their.as_ref()).or(conflict.ancestor.as_ref());
    entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).unwrap_or_default()
}
