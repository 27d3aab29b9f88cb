//! Why git work did not happen. In every case what was there before is still there.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::model::{Explain, Kind};
use crate::process::{ProcessError, SshError};

/// A failure of repository work.
#[derive(Debug, Error)]
pub enum GitError {
    /// No repository at or above the path.
    #[error("`{}` is not in a git repository", .path.display())]
    NotARepository {
        /// The path.
        path: PathBuf,
    },
    /// A repository without a checkout.
    #[error("`{}` is a bare repository: it has no files to work on", .path.display())]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// Nothing was ever committed.
    #[error("`{}` has no commits yet: workers start from a commit", .path.display())]
    NoCommits {
        /// The main checkout.
        path: PathBuf,
    },
    /// The main checkout is on no branch.
    #[error("`{}` is on no branch (HEAD is detached)", .path.display())]
    Detached {
        /// The main checkout.
        path: PathBuf,
    },
    /// Git refuses repositories of other users.
    #[error("`{}` belongs to another user, and git does not trust it", .path.display())]
    ForeignOwner {
        /// The repository.
        path: PathBuf,
    },
    /// A repository format that libgit2 cannot read (partial clone, reftable, SHA-256).
    #[error("`{}` uses a repository format that is not supported: {detail}", .path.display())]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// What is not understood.
        detail: String,
    },
    /// The repository's own directory cannot be written.
    #[error("`{}` cannot be written: no branch and no worktree can be made", .path.display())]
    ReadOnly {
        /// The git directory.
        path: PathBuf,
    },
    /// The worktree is on another machine, which did not do what it was asked for.
    #[error(transparent)]
    Far(#[from] SshError),
    /// Branch here and branch there have both moved on.
    #[error("`{branch}` here and on `{host}` have grown apart")]
    Apart {
        /// The branch.
        branch: String,
        /// The other machine.
        host: String,
    },
    /// No such branch.
    #[error("there is no branch `{name}`")]
    NoBranch {
        /// Its name.
        name: String,
    },
    /// Nothing of that name.
    #[error("there is no commit `{rev}`")]
    NoCommit {
        /// What was asked for.
        rev: String,
    },
    /// Not a name that git takes for a branch.
    #[error("`{name}` cannot be the name of a branch")]
    BadBranchName {
        /// The name.
        name: String,
    },
    /// A path where a worktree cannot be.
    #[error("`{}` cannot hold a worktree: {why}", .path.display())]
    BadPlace {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No worktree of ours is there.
    #[error("Quarterdeck made no worktree at `{}`", .path.display())]
    NotOurs {
        /// The path.
        path: PathBuf,
    },
    /// A merge in the worktree was left with conflict markers.
    #[error("conflicts are not resolved in {}", .files.join(", "))]
    Unresolved {
        /// Paths, relative to the repository.
        files: Vec<String>,
    },
    /// The worktree is on commits that its task's branch cannot move up to (it has others, or another checkout
    /// has the branch); they are kept.
    #[error("the work is at {}, which is not on the task's branch `{branch}`", short(.head))]
    StrayHead {
        /// The task's branch.
        branch: String,
        /// Where the work is (hex).
        head: String,
        /// The hidden ref that keeps it.
        kept: String,
    },
    /// Another git process works on the index, or died while it did.
    #[error("another git process holds `{}`", .path.display())]
    IndexLocked {
        /// The lock file.
        path: PathBuf,
    },
    /// A commit that is not on top of what it should replace.
    #[error("`{commit}` does not contain `{target}`")]
    NotOnTop {
        /// The commit.
        commit: String,
        /// The branch.
        target: String,
    },
    /// Nothing was recorded that could be taken back.
    #[error("there is nothing to take back")]
    NothingToUndo,
    /// No undo record of that id.
    #[error("there is no undo record `{id}`")]
    NoUndo {
        /// The id.
        id: String,
    },
    /// Nobody knows who changed these files of the checkout.
    #[error("`{id}` may be your own work: nothing was put back")]
    WhoseChange {
        /// The record.
        id: String,
        /// The commit that shows the change.
        after: String,
    },
    /// The files were changed again since.
    #[error("changed again since, and left alone: {files}")]
    ChangedSince {
        /// Some of them.
        files: String,
        /// The commit with what they were.
        before: String,
    },
    /// Files that changed were too large to be kept, or not seen before.
    #[error("what they were is not kept: {files}")]
    NotKept {
        /// Some of them.
        files: String,
    },
    /// Files could not be made what they were.
    #[error("not put back: {files}")]
    NotPutBack {
        /// Some of them.
        files: String,
    },
    /// It was taken back before.
    #[error("`{id}` was already taken back")]
    AlreadyUndone {
        /// The id.
        id: String,
    },
    /// The branch has moved on since.
    #[error("`{target}` has moved on since: taking `{commit}` back would take newer commits with it")]
    MovedOn {
        /// The branch.
        target: String,
        /// The commit that landed.
        commit: String,
    },
    /// The branch does not have it: it never got there, or was taken back by hand.
    #[error("`{target}` does not have {}: there is nothing to take back", short(.commit))]
    NotThere {
        /// The branch.
        target: String,
        /// The commit of the record.
        commit: String,
    },
    /// A checkout cannot move now.
    #[error("the checkout of `{target}` cannot move now: {detail}")]
    CheckoutBusy {
        /// The branch.
        target: String,
        /// What is in the way.
        detail: String,
    },
    /// The `git` program failed.
    #[error("`git {command}` failed: {detail}")]
    Program {
        /// The subcommand.
        command: String,
        /// The end of what it said, one line.
        detail: String,
    },
    /// The `git` program took too long and was ended.
    #[error("`git {command}` was ended after {seconds} s")]
    TimedOut {
        /// The subcommand.
        command: String,
        /// How long it ran.
        seconds: u64,
    },
    /// The `git` program could not be run.
    #[error("git could not be run")]
    Process(#[source] ProcessError),
    /// libgit2 refused.
    #[error("{doing}: {}", .source.message())]
    Library {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: git2::Error,
    },
    /// The file system refused.
    #[error("{doing} `{}`: {source}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// An undo record that cannot be read.
    #[error("the undo record `{id}` cannot be read")]
    BadRecord {
        /// Its id.
        id: String,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
}

impl Explain for GitError {
    fn kind(&self) -> Kind {
        match self {
            GitError::Bare { .. } | GitError::BadBranchName { .. } | GitError::BadPlace { .. } => Kind::Invalid,
            GitError::NotARepository { .. }
            | GitError::NoBranch { .. }
            | GitError::NoCommit { .. }
            | GitError::NotOurs { .. }
            | GitError::NothingToUndo
            | GitError::NoUndo { .. } => Kind::NotFound,
            GitError::NoCommits { .. }
            | GitError::Detached { .. }
            | GitError::Unresolved { .. }
            | GitError::StrayHead { .. }
            | GitError::NotOnTop { .. }
            | GitError::Apart { .. }
            | GitError::AlreadyUndone { .. }
            | GitError::WhoseChange { .. }
            | GitError::ChangedSince { .. }
            | GitError::NotKept { .. }
            | GitError::MovedOn { .. }
            | GitError::NotThere { .. } => Kind::Conflict,
            GitError::IndexLocked { .. } | GitError::CheckoutBusy { .. } => Kind::Busy,
            GitError::ForeignOwner { .. }
            | GitError::Unsupported { .. }
            | GitError::ReadOnly { .. }
            | GitError::Program { .. }
            | GitError::NotPutBack { .. }
            | GitError::TimedOut { .. }
            | GitError::Process(_)
            | GitError::Far(_)
            | GitError::Io { .. } => Kind::Unavailable,
            GitError::Library { .. } | GitError::BadRecord { .. } => Kind::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            GitError::NotARepository { .. } => {
                "`git init` makes one; then commit something for the workers to start from"
            }
            GitError::Bare { .. } => "clone it and use the clone",
            GitError::NoCommits { .. } => "commit something first: `git commit --allow-empty -m start` is enough",
            GitError::Detached { .. } => "`git switch <branch>`, or name the branch as `target` in `.quarterdeck.toml`",
            GitError::Unsupported { .. } => "a full clone in the usual format works",
            GitError::ReadOnly { .. } => "make it writable for you, or use a clone of your own",
            GitError::NotPutBack { .. } => "make the files and their directories writable for you, then try again",
            GitError::NotKept { .. } => "`git status` and `git diff` in your checkout show what they are now",
            GitError::NoBranch { .. } => "`git branch` shows the branches",
            GitError::BadBranchName { .. } => "letters, digits, `-`, `_` and `/` are safe",
            GitError::Unresolved { .. } => "resolve them in the worktree, then try again",
            GitError::IndexLocked { .. } => "try again when it has ended; if no git runs there, delete the file",
            GitError::NothingToUndo | GitError::NoUndo { .. } | GitError::NotThere { .. } => {
                "`qd undo --list` shows what can be taken back"
            }
            GitError::CheckoutBusy { .. } => "commit, stash or finish what is under way there, then try again",
            GitError::TimedOut { .. } => "is the disk or the network very slow?",
            GitError::ForeignOwner { path } => {
                return Some(format!(
                    "if you trust it: `git config --global --add safe.directory '{}'`",
                    path.display()
                ));
            }
            GitError::MovedOn { commit, .. } => {
                return Some(format!("`git revert -m 1 {commit}` takes back only this"));
            }
            GitError::StrayHead { branch, head, .. } => {
                return Some(format!(
                    "nothing is lost; `git switch {branch} && git merge {}` in the worktree brings it onto the branch",
                    short(head)
                ));
            }
            GitError::BadRecord { .. } => {
                "it is left as it is; `qd undo --list` shows the others, and `qd undo ID` takes back the one you mean"
            }
            GitError::Process(error) => return error.hint(),
            GitError::Far(error) => return error.hint(),
            GitError::Apart { .. } => {
                "merge `refs/quarterdeck/far/…` into the branch in the worktree here, then try again"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// A commit as people read it.
pub(super) fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// Adds what was being done to an error of libgit2.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, GitError>;
}

impl<T> Doing<T> for Result<T, git2::Error> {
    fn doing(self, doing: &'static str) -> Result<T, GitError> {
        self.map_err(|source| GitError::Library { doing, source })
    }
}

/// Adds what was being done, and with which path, to an error of the file system.
pub(super) trait At<T> {
    fn at(self, doing: &'static str, path: &std::path::Path) -> Result<T, GitError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, doing: &'static str, path: &std::path::Path) -> Result<T, GitError> {
        self.map_err(|source| GitError::Io { doing, path: path.to_path_buf(), source })
    }
}
