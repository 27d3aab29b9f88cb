//! What changed in the person's own checkout, whoever did it: two looks at it are compared, the difference is kept as an
//! undo record, and exactly those files can be put back. Looking changes nothing; what is ignored is not seen.
//!
//! A landing moves HEAD and files together and leaves nothing uncommitted: such changes are no news here.

use std::path::Path;

use git2::build::CheckoutBuilder;
use git2::{ObjectType, Oid, Tree};

use super::error::{At as _, Doing, GitError};
use super::undo::{Undo, UndoAction, now};
use super::{Label, Repository, snapshot};
use crate::model::one_line;

const DOING: &str = "looking at the checkout";

/// How many left-alone files an error names.
const NAMED: usize = 5;

/// The person's checkout at one moment. The objects are in the repository, held by no ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutState {
    head: Oid,
    tree: Oid,
}

impl Repository {
    /// The main checkout as it is: every file, tracked or not, that is not ignored.
    pub fn checkout_state(&self) -> Result<CheckoutState, GitError> {
        let head = self.inner.head().and_then(|head| head.peel_to_commit()).doing(DOING)?.id();
        Ok(CheckoutState { head, tree: snapshot::take(&self.inner, head)?.tree })
    }

    /// The files that differ between two moments and were, or are, something else than what is committed.
    pub fn touched(&self, before: &CheckoutState, after: &CheckoutState) -> Result<Vec<String>, GitError> {
        if before.tree == after.tree {
            return Ok(Vec::new());
        }
        let tree = |id| self.inner.find_tree(id).doing(DOING);
        let head = |id| self.inner.find_commit(id).and_then(|commit| commit.tree()).doing(DOING);
        let (old, new) = (tree(before.tree)?, tree(after.tree)?);
        let (old_head, new_head) = (head(before.head)?, head(after.head)?);
        let diff = self.inner.diff_tree_to_tree(Some(&old), Some(&new), None).doing(DOING)?;
        let paths = diff.deltas().filter_map(|delta| delta.new_file().path().or(delta.old_file().path()));
        let is_news =
            |path: &&Path| entry(&old, path) != entry(&old_head, path) || entry(&new, path) != entry(&new_head, path);
        Ok(paths.filter(is_news).map(|path| path.to_string_lossy().into_owned()).collect())
    }

    /// Keeps what these files were and what they became, as a record that `undo` can take back by its id. Without
    /// `sure` it only shows: nobody knows whose changes they are.
    pub fn keep_touched(
        &self,
        (before, after): (&CheckoutState, &CheckoutState),
        files: Vec<String>,
        label: &Label,
        sure: bool,
    ) -> Result<Touched, GitError> {
        let old = self.write_commit(before.tree, &[before.head], "Kept: the checkout before\n")?;
        let new = self.write_commit(after.tree, &[old], &format!("Kept: {}\n", one_line(&label.what)))?;
        let action = UndoAction::Touched { before: old.to_string(), after: new.to_string(), files, sure };
        let record = self.record_undo(label, &action, &[Some(new)], None)?;
        Ok(Touched { record, before: old.to_string(), after: new.to_string() })
    }

    /// Puts files back that still are what they became; what was changed since is somebody else's and stays.
    pub(super) fn undo_touched(&self, found: &Undo, change: &Change<'_>) -> Result<String, GitError> {
        if !change.sure {
            return Err(GitError::WhoseChange { id: found.id.clone(), after: change.after.to_owned() });
        }
        let (old, new) = (self.commit(change.before)?, self.commit(change.after)?);
        let (old_tree, new_tree) = (old.tree().doing(DOING)?, new.tree().doing(DOING)?);
        let now_state = self.checkout_state()?;
        let now_tree = self.inner.find_tree(now_state.tree).doing(DOING)?;
        let (mut back, mut left) = (Vec::new(), Vec::new());
        for file in change.files {
            let path = Path::new(file);
            let (was, became, is) = (entry(&old_tree, path), entry(&new_tree, path), entry(&now_tree, path));
            if is == was {
                continue;
            }
            let translated = self.inner.get_attr(path, "filter", git2::AttrCheckFlags::default());
            let is_plain = translated.is_ok_and(|filter| filter.is_none());
            if is == became && is_plain { back.push((path, was.is_some())) } else { left.push(file.clone()) }
        }
        if back.is_empty() && !left.is_empty() {
            let files = left.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            return Err(GitError::ChangedSince { files, before: change.before.to_owned() });
        }
        let label = Label { what: format!("take back: {}", found.what), task: found.task, at: now() };
        let action = UndoAction::Touched {
            before: change.after.to_owned(),
            after: change.before.to_owned(),
            files: back.iter().map(|(path, _)| path.to_string_lossy().into_owned()).collect(),
            sure: true,
        };
        self.record_undo(&label, &action, &[Some(new.id()), Some(old.id())], Some(&found.id))?;
        self.put_back(&old_tree, &back)?;
        let kept = if left.is_empty() {
            String::new()
        } else {
            format!("; changed since and left alone: {}", left.join(", "))
        };
        Ok(format!("put back in your checkout: {} of {} files{kept}", back.len(), change.files.len()))
    }

    /// Files as a tree has them; those that it has not are removed.
    fn put_back(&self, tree: &Tree<'_>, files: &[(&Path, bool)]) -> Result<(), GitError> {
        let mut builder = CheckoutBuilder::new();
        builder.force().disable_pathspec_match(true).update_index(false).disable_filters(false);
        let mut any = false;
        for (path, existed) in files {
            let place = self.root().join(path);
            if *existed {
                builder.path(*path);
                any = true;
            } else if let Err(error) = std::fs::remove_file(&place)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(error).at("removing", &place);
            }
        }
        if any {
            self.inner.checkout_tree(tree.as_object(), Some(&mut builder)).doing("putting files back")?;
        }
        Ok(())
    }
}

/// What was kept of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The undo record's id.
    pub record: String,
    /// The commit with the checkout as it was (hex).
    pub before: String,
    /// The commit with the checkout as it became (hex).
    pub after: String,
}

/// A recorded change.
pub(super) struct Change<'a> {
    pub before: &'a str,
    pub after: &'a str,
    pub files: &'a [String],
    pub sure: bool,
}

/// What a tree has at a path.
fn entry(tree: &Tree<'_>, path: &Path) -> Option<(Oid, i32)> {
    let found = tree.get_path(path).ok()?;
    (found.kind() != Some(ObjectType::Tree)).then(|| (found.id(), found.filemode()))
}
