//! What changed in the person's own checkout, whoever did it: two looks at it are compared, the difference is kept as an
//! undo record, and exactly those files can be put back. Looking changes nothing; what is ignored is not seen.
//!
//! A landing moves HEAD and files together and leaves nothing uncommitted: such changes are no news here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{ObjectType, Oid, Tree};

use super::error::{At as _, Doing, GitError};
use super::looking::{CheckoutState, DOING, MOST_FILES};
use super::undo::{Undo, UndoAction, now};
use super::{Label, Repository};
use crate::model::one_line;

/// How many left-alone files an error names.
const NAMED: usize = 5;
/// The largest file whose new lines are told, in bytes.
const LARGEST_READ: usize = 256 * 1024;

impl Repository {
    /// The files that differ between two moments and were, or are, something else than what is committed.
    pub fn touched(&self, before: &CheckoutState, after: &CheckoutState) -> Result<Vec<String>, GitError> {
        let tree = |id| self.inner.find_tree(id).doing(DOING);
        let head = |id| self.inner.find_commit(id).and_then(|commit| commit.tree()).doing(DOING);
        let (old, new) = (tree(before.tree)?, tree(after.tree)?);
        let (old_head, new_head) = (head(before.head)?, head(after.head)?);
        let diff = self.inner.diff_tree_to_tree(Some(&old), Some(&new), None).doing(DOING)?;
        let paths = diff.deltas().filter_map(|delta| delta.new_file().path().or(delta.old_file().path()));
        let is_news =
            |path: &&Path| entry(&old, path) != entry(&old_head, path) || entry(&new, path) != entry(&new_head, path);
        let mut all: BTreeSet<PathBuf> = paths.filter(is_news).map(Path::to_path_buf).collect();
        // of what is not kept only the stamps are known
        let loose = before.changed.iter().chain(&after.changed).filter(|(_, seen)| !seen.is_kept());
        all.extend(loose.map(|(path, _)| path.clone()));
        let whole = [before, after].iter().all(|state| state.changed.len() < MOST_FILES);
        all.retain(|path| match (before.changed.get(path), after.changed.get(path)) {
            (Some(was), Some(is)) if !(was.is_kept() && is.is_kept()) => was.stamp != is.stamp,
            (Some(was), Some(is)) => !was.is_same(is),
            _ => whole,
        });
        Ok(all.into_iter().map(|path| path.to_string_lossy().into_owned()).collect())
    }

    /// The lines that a file has now and had not before, without blanks around them; nothing when it is no text, or long.
    pub fn new_lines(&self, before: &CheckoutState, after: &CheckoutState, file: &str) -> Vec<String> {
        let text = |state: &CheckoutState| {
            let (id, _) = entry(&self.inner.find_tree(state.tree).ok()?, Path::new(file))?;
            let blob = self.inner.find_blob(id).ok().filter(|blob| blob.size() <= LARGEST_READ && !blob.is_binary())?;
            Some(String::from_utf8_lossy(blob.content()).into_owned())
        };
        let (old, new) = (text(before).unwrap_or_default(), text(after).unwrap_or_default());
        let known: BTreeSet<&str> = old.lines().map(str::trim).collect();
        let lines = new.lines().map(str::trim).filter(|line| !line.is_empty() && !known.contains(line));
        lines.map(str::to_owned).collect()
    }

    /// Keeps what these files were and what they became, as a record that `undo` can take back by its id. Without
    /// `sure` it only shows: nobody knows whose changes they are. What `late` has may have changed before the first look.
    pub fn keep_touched(
        &self,
        (before, after): (&CheckoutState, &CheckoutState),
        files: Vec<String>,
        late: &BTreeSet<String>,
        label: &Label,
        sure: bool,
    ) -> Result<Touched, GitError> {
        let old = self.write_commit(before.tree, &[before.head], "Kept: the checkout before\n")?;
        let new = self.write_commit(after.tree, &[old], &format!("Kept: {}\n", one_line(&label.what)))?;
        let is_loose = |file: &String| {
            let unknown =
                |state: &CheckoutState| state.changed.get(Path::new(file)).is_some_and(|seen| !seen.is_kept());
            late.contains(file) || unknown(before) || unknown(after)
        };
        let (not_kept, files) = files.into_iter().partition(is_loose);
        let action = UndoAction::Touched { before: old.to_string(), after: new.to_string(), files, not_kept, sure };
        let record = self.record_undo(label, &action, &[Some(new)], None)?;
        Ok(Touched { record, before: old.to_string(), after: new.to_string() })
    }

    /// Whether files are back that a record says were put back: none of them is what it was before that any more. What
    /// they became since is somebody else's doing.
    pub(super) fn is_put_back(&self, was: &str, files: &[String]) -> bool {
        let Ok(tree) = self.commit(was).and_then(|commit| commit.tree().doing(DOING)) else { return false };
        files.iter().all(|file| {
            let path = Path::new(file);
            self.on_disk(path).is_ok_and(|is| is != entry(&tree, path))
        })
    }

    /// Puts files back that still are what they became; what was changed since is somebody else's and stays.
    pub(super) fn undo_touched(&self, found: &Undo, change: &Change<'_>) -> Result<String, GitError> {
        if !change.sure {
            return Err(GitError::WhoseChange { id: found.id.clone(), after: change.after.to_owned() });
        }
        let (old, new) = (self.commit(change.before)?, self.commit(change.after)?);
        let (old_tree, new_tree) = (old.tree().doing(DOING)?, new.tree().doing(DOING)?);
        let (mut back, mut left) = (Vec::new(), Vec::new());
        for file in change.files {
            let path = Path::new(file);
            let (was, became, is) = (entry(&old_tree, path), entry(&new_tree, path), self.on_disk(path)?);
            if is == was {
                continue;
            }
            let translated = self.inner.get_attr(path, "filter", git2::AttrCheckFlags::default());
            let is_plain = translated.is_ok_and(|filter| filter.is_none());
            if is == became && is_plain { back.push((path, was)) } else { left.push(file.clone()) }
        }
        if back.is_empty() && !left.is_empty() {
            return Err(GitError::ChangedSince { files: named(&left), before: change.before.to_owned() });
        }
        if change.files.is_empty() && !change.not_kept.is_empty() {
            return Err(GitError::NotKept { files: named(change.not_kept) });
        }
        let label = Label { what: format!("take back: {}", found.what), task: found.task, at: now() };
        let action = UndoAction::Touched {
            before: change.after.to_owned(),
            after: change.before.to_owned(),
            files: back.iter().map(|(path, _)| path.to_string_lossy().into_owned()).collect(),
            not_kept: Vec::new(),
            sure: true,
        };
        let record = self.record_undo(&label, &action, &[Some(new.id()), Some(old.id())], Some(&found.id))?;
        if let Err(error) = self.put_back(&old_tree, &back).and_then(|()| self.check_put_back(&back)) {
            // those that are back are found to be so the next time
            self.forget_undo(&record)?;
            return Err(error);
        }
        let mut kept = String::new();
        if !left.is_empty() {
            kept.push_str(&format!("; changed since and left alone: {}", left.join(", ")));
        }
        if !change.not_kept.is_empty() {
            kept.push_str(&format!("; what they were is not kept: {}", named(change.not_kept)));
        }
        let all = change.files.len() + change.not_kept.len();
        Ok(format!("put back in your checkout: {} of {all} files{kept}", back.len()))
    }

    /// That the files are what they were: a checkout that was refused leaves them, and says so here.
    fn check_put_back(&self, files: &[Back<'_>]) -> Result<(), GitError> {
        let mut wrong = Vec::new();
        for (path, was) in files {
            if self.on_disk(path)? != *was {
                wrong.push(path.to_string_lossy().into_owned());
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(GitError::NotPutBack { files: named(&wrong) }) }
    }

    /// Files as a tree has them; those that it has not are removed.
    fn put_back(&self, tree: &Tree<'_>, files: &[Back<'_>]) -> Result<(), GitError> {
        let mut builder = CheckoutBuilder::new();
        builder.force().disable_pathspec_match(true).update_index(false).disable_filters(false);
        let mut any = false;
        for (path, was) in files {
            let place = self.root().join(path);
            if was.is_some() {
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
    pub not_kept: &'a [String],
    pub sure: bool,
}

/// A file to put back, and what it was.
type Back<'a> = (&'a Path, Option<(Oid, i32)>);

/// Some of these files, for a sentence.
fn named(files: &[String]) -> String {
    let more = files.len().saturating_sub(NAMED);
    let mut names = files.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        names.push_str(&format!(" and {more} more"));
    }
    names
}

/// What a tree has at a path.
fn entry(tree: &Tree<'_>, path: &Path) -> Option<(Oid, i32)> {
    let found = tree.get_path(path).ok()?;
    (found.kind() != Some(ObjectType::Tree)).then(|| (found.id(), found.filemode()))
}
