//! Landing: the target moves to a commit that passed its checks. An undo record comes first; a checkout
//! moves whole or not at all (ARCHITECTURE §6).

use super::checkout::{Move, Moved, Way};
use super::error::{Doing, GitError};
use super::undo::UndoAction;
use super::{Label, Repository};

/// What came of a landing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landing {
    /// The target points to the commit, and so does its checkout.
    Landed,
    /// The target is not where it was when the merge was made: merge again.
    TargetMoved,
    /// The target's checkout cannot move now; nothing moved.
    Busy {
        /// What is in the way.
        detail: String,
    },
}

impl Repository {
    /// Moves `target` from `target_was` to `commit`, which must contain it. Landing what has landed is fine.
    pub fn land(&self, target: &str, target_was: &str, commit: &str, label: &Label) -> Result<Landing, GitError> {
        let (was, to) = (self.commit(target_was)?.id(), self.commit(commit)?.id());
        let tip = self.branch_tip(target)?;
        if tip == to {
            return Ok(Landing::Landed);
        }
        if tip != was {
            return Ok(Landing::TargetMoved);
        }
        if !self.contains(to, was)? {
            return Err(GitError::NotOnTop { commit: commit.to_owned(), target: target.to_owned() });
        }
        self.writable()?;
        let action = UndoAction::Moved { target: target.to_owned(), old: was.to_string(), new: to.to_string() };
        let undo = self.record_undo(label, &action, &[Some(was), Some(to)], None)?;
        let why = format!("quarterdeck: {}", label.what);
        let moved = self.move_branch(&Move { branch: target, was, to, way: Way::Forward, why: &why });
        if !matches!(moved, Ok(Moved::Done)) && self.branch_tip(target)? != to {
            self.forget_undo(&undo)?;
        }
        Ok(match moved? {
            Moved::Done => Landing::Landed,
            Moved::NotThere => Landing::TargetMoved,
            Moved::Busy(detail) => Landing::Busy { detail },
        })
    }

    /// The merge of ours on `target` that brought `branch_head` in, if there is one: how a landing is
    /// recognised that happened just before a crash.
    pub fn landing_of(&self, target: &str, branch_head: &str) -> Result<Option<String>, GitError> {
        let head = self.commit(branch_head)?.id();
        let mut walk = self.inner.revwalk().doing("reading history")?;
        walk.push(self.branch_tip(target)?).doing("reading history")?;
        walk.hide(head).doing("reading history")?;
        for id in walk.flatten() {
            let commit = self.inner.find_commit(id).doing("reading history")?;
            if commit.parent_id(1).is_ok_and(|second| second == head) {
                return Ok(Some(id.to_string()));
            }
        }
        Ok(None)
    }
}
