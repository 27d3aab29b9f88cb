//! Ignored files of the person's checkout (`.env`) that new worktrees get too.

use std::path::{Component, Path};

use super::Repository;
use super::careful::Careful;
use super::error::{At, GitError};

impl Repository {
    /// Copies a file of the checkout into a worktree: only plain relative names, only regular files, never over
    /// anything. Both sides may hold links that somebody committed, so none is followed on the way there either.
    pub fn copy_ignored(&self, worktree: &Path, name: &str) -> Result<bool, GitError> {
        let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_plain {
            return Ok(false);
        }
        let from = Careful::open(self.root()).at("opening", self.root())?;
        let to = Careful::open(worktree).at("opening", worktree)?;
        from.copy_to(&to, name).at("copying", &worktree.join(name))
    }
}
