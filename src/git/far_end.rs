//! The other machine's end of `far`: a bare repository of ours, a worktree per task. The agent that works there
//! runs as the same user, so nothing here is a fence; hooks and signing are off all the same.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{At, GitError};
use super::program::{plain, try_plain};
use crate::process::answer;

/// Whose worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Far {
    /// The directory for all that is ours; below the home directory unless absolute.
    pub(super) directory: String,
    /// The repository's name.
    pub(super) project: String,
    /// The worktree's name.
    pub(super) key: String,
    /// Its branch.
    pub(super) branch: String,
}

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Question {
    /// Makes the repository.
    Prepare { far: Far, name: Option<String>, email: Option<String> },
    /// Makes the worktree, or moves it.
    Place { far: Far, commit: String },
    /// Commits what is left and names the tip.
    Gather { far: Far, message: String },
    /// Removes the worktree.
    Forget { far: Far },
}

/// Where things are.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ready {
    pub(super) repository: PathBuf,
    pub(super) worktree: PathBuf,
}

/// What can be fetched.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Gathered {
    pub(super) repository: PathBuf,
    pub(super) tip: String,
}

/// What `qd elsewhere task` does: answers one question.
pub fn answer_far() -> std::io::Result<()> {
    answer(|question: Question| {
        let answered = match question {
            Question::Prepare { far, name, email } => far.prepare(&[("user.name", name), ("user.email", email)]),
            Question::Place { far, commit } => far.place(&commit),
            Question::Forget { far } => far.forget(),
            Question::Gather { far, message } => {
                return far.gather(&message).and_then(json).map_err(|error| error.to_string());
            }
        };
        answered.and_then(json).map_err(|error| error.to_string())
    })
}

fn json<T: Serialize>(value: T) -> Result<serde_json::Value, GitError> {
    serde_json::to_value(value).map_err(std::io::Error::from).at("writing", Path::new("the answer"))
}

impl Far {
    /// Where the commit arrives that is sent.
    pub(super) fn going(&self) -> String {
        format!("refs/quarterdeck/in/{}", self.key)
    }

    /// Where the commit is that can be fetched.
    pub(super) fn coming(&self) -> String {
        format!("refs/quarterdeck/out/{}", self.key)
    }

    fn ready(&self) -> Ready {
        let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let base = home.join(self.directory.strip_prefix("~/").unwrap_or(&self.directory));
        let repository = base.join(format!("{}.git", self.project));
        Ready { repository, worktree: base.join("worktrees").join(&self.project).join(&self.key) }
    }

    fn prepare(&self, settings: &[(&str, Option<String>)]) -> Result<Ready, GitError> {
        let ready = self.ready();
        let repository = &ready.repository;
        fs::create_dir_all(repository).at("making", repository)?;
        if !repository.join("HEAD").is_file() {
            plain(repository, &["init", "--quiet", "--bare"])?;
        }
        for (key, value) in settings {
            if let Some(value) = value {
                plain(repository, &["config", key, value])?;
            }
        }
        Ok(ready)
    }

    fn place(&self, commit: &str) -> Result<Ready, GitError> {
        let ready = self.ready();
        let Ready { repository, worktree } = &ready;
        if worktree.join(".git").is_file() {
            if !try_plain(worktree, &["merge-base", "--is-ancestor", commit, "HEAD"])?.success() {
                plain(worktree, &["reset", "--quiet", "--keep", commit])?;
            }
            return Ok(ready);
        }
        plain(repository, &["worktree", "prune"])?;
        let path = worktree.to_string_lossy();
        plain(repository, &["worktree", "add", "--quiet", "--force", "-B", &self.branch, "--", &path, commit])?;
        Ok(ready)
    }

    fn gather(&self, message: &str) -> Result<Gathered, GitError> {
        let Ready { repository, worktree } = self.ready();
        let unresolved = plain(&worktree, &["diff", "--name-only", "--diff-filter=U"])?;
        let unresolved: Vec<String> = String::from_utf8_lossy(&unresolved).lines().map(str::to_owned).collect();
        if !unresolved.is_empty() {
            return Err(GitError::Unresolved { files: unresolved });
        }
        plain(&worktree, &["add", "--all"])?;
        let merging = try_plain(&worktree, &["rev-parse", "--quiet", "--verify", "MERGE_HEAD"])?.success();
        if merging || !try_plain(&worktree, &["diff", "--cached", "--quiet"])?.success() {
            plain(&worktree, &["commit", "--quiet", "--no-verify", "--allow-empty", "--message", message])?;
        }
        let tip = plain(&worktree, &["rev-parse", "HEAD"])?;
        let tip = String::from_utf8_lossy(&tip).trim().to_owned();
        plain(&repository, &["update-ref", &self.coming(), &tip])?;
        Ok(Gathered { repository, tip })
    }

    fn forget(&self) -> Result<Ready, GitError> {
        let ready = self.ready();
        let Ready { repository, worktree } = &ready;
        if worktree.exists() {
            fs::remove_dir_all(worktree).at("removing", worktree)?;
        }
        if repository.is_dir() {
            plain(repository, &["worktree", "prune"])?;
            for name in [self.going(), self.coming(), format!("refs/heads/{}", self.branch)] {
                plain(repository, &["update-ref", "-d", &name])?;
            }
        }
        Ok(ready)
    }
}
