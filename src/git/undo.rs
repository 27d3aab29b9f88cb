//! Undo records: what was done, written before it is done, as commits under `refs/quarterdeck/undo/`
//! whose parents keep every commit that taking it back needs.

use git2::Oid;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use super::checkout::{Move, Moved, Way};
use super::error::{Doing, GitError, short};
use super::touched::Change;
use super::{Label, Repository};
use crate::model::{Timestamp, one_line};

const PREFIX: &str = "refs/quarterdeck/undo/";

/// How the first line of a record's commit begins: `git log --all` shows it.
const SUBJECT: &str = "quarterdeck undo record:";

/// Something that was done and can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undo {
    /// Its id: time and number.
    pub id: String,
    /// What was done, in words.
    pub what: String,
    /// For which task.
    pub task: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// What was done, exactly.
    pub action: UndoAction,
    /// The record that this one took back.
    pub undoes: Option<String>,
    /// Whether it was itself taken back.
    pub taken_back: bool,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "did")]
pub enum UndoAction {
    /// A branch moved.
    Moved {
        /// The branch.
        target: String,
        /// Where it was (hex).
        old: String,
        /// Where it went (hex).
        new: String,
    },
    /// A worktree was removed.
    Removed {
        /// Its branch.
        branch: String,
        /// Where it was.
        path: String,
        /// The hidden ref that keeps what was in it.
        kept: Option<String>,
        /// The branch's tip (hex).
        tip: Option<String>,
        /// Whether it held something that no branch has: files not committed, commits aside.
        held_work: bool,
    },
    /// Files of the person's checkout changed while agents worked.
    Touched {
        /// The commit with the checkout as it was (hex).
        before: String,
        /// The commit with the checkout as it became (hex).
        after: String,
        /// Which files, relative to the checkout.
        files: Vec<String>,
        /// Files that changed too and were too large to be kept, or were not seen before: they cannot be put back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        not_kept: Vec<String>,
        /// Whether an agent is known to have done it.
        sure: bool,
    },
    /// A branch was made from kept work.
    Restored {
        /// The branch.
        branch: String,
        /// Where it points (hex).
        commit: String,
    },
}

/// What the message of a record's commit says, as JSON below a line for people.
#[derive(Serialize, Deserialize)]
struct Written {
    what: String,
    task: Option<u64>,
    at: Timestamp,
    undoes: Option<String>,
    action: UndoAction,
}

/// Ids of records that cannot be read, and why.
type Broken = Vec<(String, GitError)>;

impl Repository {
    /// All records that can be read, oldest first.
    pub fn undos(&self) -> Result<Vec<Undo>, GitError> {
        Ok(self.undo_records()?.0)
    }

    /// The id of what `undo` takes back when none is named.
    pub fn next_undo(&self) -> Result<Option<String>, GitError> {
        let (all, _) = self.undo_records()?;
        Ok(self.latest(&all).and_then(|at| all.get(at)).map(|undo| undo.id.clone()))
    }

    /// The ids of the records that cannot be read, and why: damaged, or not ours.
    pub fn broken_undos(&self) -> Result<Broken, GitError> {
        Ok(self.undo_records()?.1)
    }

    /// What can be read, oldest first, and what cannot: one broken record does not hide the others.
    fn undo_records(&self) -> Result<(Vec<Undo>, Broken), GitError> {
        let (mut all, mut broken) = (Vec::new(), Vec::new());
        for reference in self.inner.references_glob(&format!("{PREFIX}*")).doing("reading undo records")? {
            let reference = reference.doing("reading undo records")?;
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            let id = name.strip_prefix(PREFIX).unwrap_or(&name).to_owned();
            match read(&id, &reference) {
                Ok(undo) => all.push(undo),
                Err(error) => broken.push((id, error)),
            }
        }
        all.sort_by(|a, b| (a.at, a.id.len(), &a.id).cmp(&(b.at, b.id.len(), &b.id)));
        // A record is written first: one that took something back counts when that happened.
        let backs = all.iter().filter(|undo| undo.undoes.is_some() && self.is_in_effect(undo));
        let taken: Vec<String> = backs.filter_map(|undo| undo.undoes.clone()).collect();
        for undo in &mut all {
            undo.taken_back = taken.contains(&undo.id);
        }
        Ok((all, broken))
    }

    /// Takes back the latest thing that was done, or the one named. Says what was done. Recorded itself, so
    /// that it can be taken back by its own id.
    pub fn undo(&self, id: Option<&str>) -> Result<String, GitError> {
        let (all, broken) = self.undo_records()?;
        let place = match id {
            Some(id) => all.iter().position(|undo| undo.id == id),
            None => self.latest(&all),
        };
        // A broken record that is the one meant, or could be: ids begin with the time.
        let chosen = place.and_then(|at| all.get(at)).map(|undo| undo.id.as_str());
        let in_the_way = |(name, _): &(String, GitError)| match id {
            Some(id) => name == id,
            None => chosen.is_none_or(|chosen| name.as_str() > chosen),
        };
        if let Some((_, error)) = broken.into_iter().find(in_the_way) {
            return Err(error);
        }
        let at = place.ok_or_else(|| match id {
            Some(id) => GitError::NoUndo { id: id.to_owned() },
            None => GitError::NothingToUndo,
        })?;
        let Some((found, later)) = all.get(at..).and_then(<[Undo]>::split_first) else {
            return Err(GitError::NothingToUndo);
        };
        if found.taken_back {
            return Err(GitError::AlreadyUndone { id: found.id.clone() });
        }
        match &found.action {
            UndoAction::Moved { target, old, new } => {
                let said = self.undo_move(found, target, old, new)?;
                Ok(match kept_after(found, later) {
                    Some(kept) => format!("{said}; what was not committed in its worktree is kept at `{kept}`"),
                    None => said,
                })
            }
            UndoAction::Removed { branch, kept, tip, .. } => {
                let from = kept.as_ref().or(tip.as_ref()).ok_or(GitError::NothingToUndo)?;
                self.undo_removal(found, branch, from)
            }
            UndoAction::Touched { before, after, files, not_kept, sure } => {
                self.undo_touched(found, &Change { before, after, files, not_kept, sure: *sure })
            }
            UndoAction::Restored { .. } => Err(GitError::NothingToUndo),
        }
    }

    /// Which of all records, oldest first, a person means who names none: the latest thing done. The clean-up
    /// of a task whose landing is the latest landing is part of that landing, which comes first.
    fn latest(&self, all: &[Undo]) -> Option<usize> {
        let counts = |undo: &Undo| can_be_latest(undo) && self.is_in_effect(undo);
        let latest = all.iter().rposition(counts)?;
        let removal = all.get(latest).filter(|undo| matches!(undo.action, UndoAction::Removed { .. }));
        let Some(removal) = removal else { return Some(latest) };
        let is_landing = |undo: &Undo| matches!(undo.action, UndoAction::Moved { .. }) && counts(undo);
        let landing = all.iter().rposition(is_landing);
        let same =
            landing.filter(|at| all.get(*at).is_some_and(|undo| undo.task.is_some() && undo.task == removal.task));
        same.or(Some(latest))
    }

    /// Whether what a record says is so. A crash after a record was written and before the branch moved leaves
    /// one that never came true; a person who resets the branch by hand takes it back without us. So it is with
    /// files that were to be put back.
    fn is_in_effect(&self, undo: &Undo) -> bool {
        let (target, old, new) = match &undo.action {
            UndoAction::Moved { target, old, new } => (target, old, new),
            UndoAction::Touched { before, files, .. } if undo.undoes.is_some() => {
                return self.is_put_back(before, files);
            }
            UndoAction::Touched { .. } | UndoAction::Removed { .. } | UndoAction::Restored { .. } => return true,
        };
        let (Ok(tip), Ok(old), Ok(new)) = (self.branch_tip(target), Oid::from_str(old), Oid::from_str(new)) else {
            return false;
        };
        let has = |commit| self.contains(tip, commit).unwrap_or(false);
        let goes_back = self.contains(old, new).unwrap_or(false);
        if goes_back { !has(old) } else { has(new) }
    }

    /// Moves a branch back to where it was, with its checkout.
    fn undo_move(&self, found: &Undo, target: &str, old: &str, new: &str) -> Result<String, GitError> {
        let (was, to) = (self.commit(new)?.id(), self.commit(old)?.id());
        let tip = self.branch_tip(target)?;
        if !self.contains(tip, was)? {
            return Err(GitError::NotThere { target: target.to_owned(), commit: new.to_owned() });
        }
        if tip != was {
            return Err(GitError::MovedOn { target: target.to_owned(), commit: new.to_owned() });
        }
        let what = format!("take back: {}", found.what);
        let label = Label { what: what.clone(), task: found.task, at: now() };
        let action = UndoAction::Moved { target: target.to_owned(), old: new.to_owned(), new: old.to_owned() };
        let record = self.record_undo(&label, &action, &[Some(was), Some(to)], Some(&found.id))?;
        let way = if self.contains(to, was)? { Way::Forward } else { Way::Back };
        let why = format!("quarterdeck: {}", label.what);
        let moved = self.move_branch(&Move { branch: target, was, to, way, why: &why });
        if !matches!(moved, Ok(Moved::Done)) && self.branch_tip(target)? != to {
            self.forget_undo(&record)?;
        }
        match moved? {
            Moved::Done => Ok(format!("took back `{}`: `{target}` is at {} again", found.what, short(old))),
            Moved::NotThere => Err(GitError::MovedOn { target: target.to_owned(), commit: new.to_owned() }),
            Moved::Busy(detail) => Err(GitError::CheckoutBusy { target: target.to_owned(), detail }),
        }
    }

    /// Puts what a removed worktree held onto a branch.
    fn undo_removal(&self, found: &Undo, branch: &str, from: &str) -> Result<String, GitError> {
        let commit = self.commit(from)?;
        let name = self.free_branch(&format!("restored/{branch}"))?;
        let label = Label { what: format!("take back: {}", found.what), task: found.task, at: now() };
        let action = UndoAction::Restored { branch: name.clone(), commit: commit.id().to_string() };
        let record = self.record_undo(&label, &action, &[Some(commit.id())], Some(&found.id))?;
        if let Err(source) = self.inner.branch(&name, &commit, false) {
            self.forget_undo(&record)?;
            return Err(GitError::Library { doing: "making the branch", source });
        }
        Ok(format!(
            "what was in the worktree of `{branch}` is on the branch `{name}` now; `git switch {name}` shows it"
        ))
    }

    /// Writes a record. The commits are its parents, so that they stay as long as the record does.
    pub(super) fn record_undo(
        &self,
        label: &Label,
        action: &UndoAction,
        commits: &[Option<Oid>],
        undoes: Option<&str>,
    ) -> Result<String, GitError> {
        let written = Written {
            what: label.what.clone(),
            task: label.task,
            at: label.at,
            undoes: undoes.map(str::to_owned),
            action: action.clone(),
        };
        let facts = serde_json::to_string_pretty(&written)
            .map_err(|source| GitError::BadRecord { id: label.what.clone(), source })?;
        let message = format!("{SUBJECT} {}\n\n{facts}\n", one_line(&label.what));
        let mut parents = Vec::new();
        for commit in commits.iter().flatten() {
            if !parents.contains(commit) {
                parents.push(*commit);
            }
        }
        let empty = self.inner.treebuilder(None).and_then(|builder| builder.write()).doing("writing an undo record")?;
        let commit = self.write_commit(empty, &parents, &message)?;
        let name = self.write_hidden_ref(&format!("{PREFIX}{}", label.at.file_name()), commit, &label.what)?;
        Ok(name.strip_prefix(PREFIX).unwrap_or(&name).to_owned())
    }

    /// Forgets the record of something that did not happen after all.
    pub(super) fn forget_undo(&self, id: &str) -> Result<(), GitError> {
        let reference = self.inner.find_reference(&format!("{PREFIX}{id}"));
        reference.and_then(|mut reference| reference.delete()).doing("removing an undo record")
    }
}

/// One record as it was written.
fn read(id: &str, reference: &git2::Reference<'_>) -> Result<Undo, GitError> {
    let bad = |source| GitError::BadRecord { id: id.to_owned(), source };
    let commit = reference.peel_to_commit().map_err(|error| bad(serde_json::Error::custom(error.message())))?;
    let written: Written = serde_json::from_slice(body(commit.message_bytes())).map_err(bad)?;
    let Written { what, task, at, undoes, action } = written;
    Ok(Undo { id: id.to_owned(), what, task, at, action, undoes, taken_back: false })
}

/// The JSON of a record's message. The first records had nothing else.
fn body(message: &[u8]) -> &[u8] {
    let after = message.windows(2).position(|pair| pair == b"\n\n").and_then(|at| message.get(at..));
    after.filter(|_| message.starts_with(SUBJECT.as_bytes())).unwrap_or(message)
}

/// What `qd undo` without an id may pick: something done that was not taken back. The clean-up after a landing
/// is not what a person means, so a removal counts only when work was in there.
fn can_be_latest(undo: &Undo) -> bool {
    let holds = match &undo.action {
        UndoAction::Moved { .. } => true,
        UndoAction::Removed { held_work, .. } => *held_work,
        UndoAction::Touched { .. } | UndoAction::Restored { .. } => false,
    };
    holds && undo.undoes.is_none() && !undo.taken_back
}

/// Where the clean-up after a landing put what was not committed.
fn kept_after<'a>(landing: &Undo, later: &'a [Undo]) -> Option<&'a str> {
    let same = later.iter().filter(|undo| undo.task.is_some() && undo.task == landing.task && can_be_latest(undo));
    same.into_iter().find_map(|undo| match &undo.action {
        UndoAction::Removed { kept, .. } => kept.as_deref(),
        _ => None,
    })
}

/// The time of an undo: nobody above has a label for it.
pub(super) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().after(since)
}
