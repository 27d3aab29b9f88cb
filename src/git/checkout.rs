//! Checkouts: who has a branch checked out, whether that checkout can move now, and moving it. Ref, index
//! and files of a checkout only ever move together.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use git2::Oid;

use super::error::GitError;
use super::program::failure;
use super::record::strip_newline;
use super::repository::branch_of_head;
use super::{Repository, Worktree};

/// What git leaves in a checkout's git directory while something is under way there.
const UNDER_WAY: &[(&str, &str)] = &[
    ("MERGE_HEAD", "a merge is under way"),
    ("rebase-merge", "a rebase is under way"),
    ("rebase-apply", "a rebase is under way"),
    ("CHERRY_PICK_HEAD", "a cherry-pick is under way"),
    ("REVERT_HEAD", "a revert is under way"),
    ("BISECT_LOG", "a bisect is under way"),
    ("sequencer", "a cherry-pick or revert is under way"),
    ("index.lock", "another git works there (`index.lock` exists)"),
];

/// Files that name branches an operation will come back to, with HEAD detached meanwhile.
const REMEMBERED: &[&str] =
    &["rebase-merge/head-name", "rebase-apply/head-name", "rebase-merge/update-refs", "BISECT_START"];

/// A place where files of the repository are checked out.
#[derive(Debug, Clone)]
pub(super) struct Checkout {
    pub path: PathBuf,
    pub git_dir: PathBuf,
}

/// What came of moving a branch.
#[derive(Debug)]
pub(super) enum Moved {
    /// It points to the new commit; files and index of its checkout too, where there is one.
    Done,
    /// It is not where it was said to be.
    NotThere,
    /// Something is in the way; nothing moved.
    Busy(String),
}

/// A branch on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move<'a> {
    /// Which branch.
    pub branch: &'a str,
    /// Where it has to be now.
    pub was: Oid,
    /// Where it goes.
    pub to: Oid,
    /// Which way that is.
    pub way: Way,
    /// What the reflog says.
    pub why: &'a str,
}

/// Which way a checked-out branch moves.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// To a commit that contains the present one.
    Forward,
    /// To an earlier one.
    Back,
}

impl Repository {
    /// All checkouts: the main one first.
    fn checkouts(&self) -> Vec<Checkout> {
        let mut all = vec![Checkout { path: self.root().to_path_buf(), git_dir: self.git_dir().to_path_buf() }];
        for entry in fs::read_dir(self.common_dir().join("worktrees")).into_iter().flatten().flatten() {
            let git_dir = entry.path();
            let Ok(link) = fs::read(git_dir.join("gitdir")) else { continue };
            let link = PathBuf::from(OsString::from_vec(strip_newline(&link).to_vec()));
            let link = if link.is_absolute() { link } else { git_dir.join(link) };
            if let Some(path) = link.parent() {
                all.push(Checkout { path: path.to_path_buf(), git_dir });
            }
        }
        all
    }

    /// Whether a checkout other than the worktree itself is on the worktree's branch.
    pub(super) fn is_held_elsewhere(&self, worktree: &Worktree) -> bool {
        let others = self.checkouts().into_iter().filter(|checkout| checkout.git_dir != worktree.git_dir);
        others.into_iter().any(|checkout| holds(&checkout, &worktree.branch))
    }

    /// Moves a branch, with its checkout where it has one.
    pub(super) fn move_branch(&self, step: &Move<'_>) -> Result<Moved, GitError> {
        let branch = step.branch;
        let holders: Vec<Checkout> = self.checkouts().into_iter().filter(|checkout| holds(checkout, branch)).collect();
        match holders.as_slice() {
            [] => self.move_ref(step),
            [checkout] => match self.obstacle(checkout)? {
                Some(detail) => Ok(Moved::Busy(detail)),
                None => self.move_checkout(checkout, step),
            },
            several => {
                let places: Vec<String> =
                    several.iter().map(|checkout| format!("`{}`", checkout.path.display())).collect();
                Ok(Moved::Busy(format!("`{branch}` is checked out in several places: {}", places.join(", "))))
            }
        }
    }

    /// The bare compare-and-swap: only for branches that are checked out nowhere.
    fn move_ref(&self, step: &Move<'_>) -> Result<Moved, GitError> {
        let name = format!("refs/heads/{}", step.branch);
        match self.inner.reference_matching(&name, step.to, true, step.was, step.why) {
            Ok(_) => Ok(Moved::Done),
            Err(error) if error.code() == git2::ErrorCode::Modified => Ok(Moved::NotThere),
            Err(error) if error.code() == git2::ErrorCode::Locked => {
                Ok(Moved::Busy(format!("another git works on `{}`", step.branch)))
            }
            Err(source) => Err(GitError::Library { doing: "moving the branch", source }),
        }
    }

    /// Why a checkout cannot move now. Untracked files are no obstacle by themselves: git names those that are.
    fn obstacle(&self, checkout: &Checkout) -> Result<Option<String>, GitError> {
        let place = checkout.path.display();
        if let Some((_, what)) =
            UNDER_WAY.iter().find(|(name, _)| checkout.git_dir.join(name).symlink_metadata().is_ok())
        {
            return Ok(Some(format!("{what} in `{place}`")));
        }
        if !checkout.path.is_dir() {
            return Ok(Some(format!(
                "it is checked out in `{place}`, which is not there (`git worktree prune` if that is gone for good)"
            )));
        }
        if self.record(&checkout.path).is_some() {
            return Ok(Some(format!("a task's worktree `{place}` has it checked out")));
        }
        let changed = self.status(&checkout.git_dir, &checkout.path, "--untracked-files=no")?;
        Ok(match changed.as_slice() {
            [] => None,
            [one] => Some(format!("`{one}` is not committed in `{place}`")),
            [one, more @ ..] => Some(format!("`{one}` and {} more are not committed in `{place}`", more.len())),
        })
    }

    /// Moves ref, index and files together; git refuses, changing nothing, where a file would be lost.
    fn move_checkout(&self, checkout: &Checkout, step: &Move<'_>) -> Result<Moved, GitError> {
        let Move { branch, was, to, .. } = *step;
        if self.branch_tip(branch)? != was {
            return Ok(Moved::NotThere);
        }
        let commit = to.to_string();
        let args = match step.way {
            Way::Forward => vec![
                "merge",
                "--quiet",
                "--ff-only",
                "--no-overwrite-ignore",
                "--no-stat",
                "--no-verify-signatures",
                &commit,
            ],
            Way::Back => vec!["checkout", "--quiet", "--no-overwrite-ignore", "--no-track", "-B", branch, &commit],
        };
        // looking for changes took its time, and what git moves is whatever the checkout is on now
        if branch_of_head(&checkout.git_dir).as_deref() != Some(branch) {
            return Ok(Moved::Busy(format!("`{}` is going to another branch", checkout.path.display())));
        }
        let finished = self.git(&checkout.git_dir, &checkout.path).reflog(step.why).try_run(&args)?;
        let tip = self.branch_tip(branch)?;
        if finished.success() && tip == to {
            return Ok(Moved::Done);
        }
        if tip != was {
            return Ok(Moved::NotThere);
        }
        let said = String::from_utf8_lossy(&finished.stderr);
        match in_the_way(&said).as_slice() {
            [] if said.contains(".lock") => {
                Ok(Moved::Busy(format!("another git works in `{}`", checkout.path.display())))
            }
            [] => Err(failure(&args, &finished)),
            files => {
                Ok(Moved::Busy(format!("{} would be overwritten in `{}`", files.join(", "), checkout.path.display())))
            }
        }
    }
}

/// Whether a checkout is on the branch, or will come back to it after what is under way.
fn holds(checkout: &Checkout, branch: &str) -> bool {
    if branch_of_head(&checkout.git_dir).as_deref() == Some(branch) {
        return true;
    }
    let full = format!("refs/heads/{branch}");
    REMEMBERED.iter().any(|name| {
        let said = fs::read_to_string(checkout.git_dir.join(name)).unwrap_or_default();
        said.lines().any(|line| line.trim() == full || (*name == "BISECT_START" && line.trim() == branch))
    })
}

/// The files that git names, one per line behind a tab, when it refuses to overwrite them.
fn in_the_way(said: &str) -> Vec<String> {
    said.lines().filter_map(|line| line.strip_prefix('\t')).map(|file| format!("`{}`", file.trim_end())).collect()
}
