//! What an agent made in its private git directory besides its branch and HEAD: other branches, tags, stashes, commits
//! that it left behind. It is kept under a hidden ref before the directory goes; a directory whose contents cannot be
//! brought over is not deleted but put aside.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use git2::{Oid, Sort};

use super::careful::Careful;
use super::error::{At, Doing, GitError};
use super::incoming;
use super::private::{LONGEST_INDEX, LONGEST_REF};
use super::{Label, Repository, Worktree};

/// Names that are looked at; an agent that makes more than this keeps its directory.
const MOST_NAMES: usize = 4_096;
/// Entries of one reflog that are looked at, the newest ones.
const MOST_ENTRIES: usize = 64;
/// A reflog is never longer that is looked at.
const LONGEST_LOG: u64 = 4 << 20;
/// How deep names of refs may be nested.
const DEEPEST: usize = 12;

impl Repository {
    /// Takes the private git directory away, once everything in it that nothing else leads to is kept. Answers the
    /// hidden ref, when there was something.
    pub(super) fn forget_private(&self, worktree: &Worktree, label: &Label) -> Result<Option<String>, GitError> {
        let place = self.private_place(worktree)?;
        if !place.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Ok(None);
        }
        let kept = match self.keep_tips(&place, label) {
            Ok(kept) => kept,
            Err(_) => return self.put_aside(&place, label).map(|()| None),
        };
        fs::remove_dir_all(&place).at("removing", &place)?;
        Ok(kept)
    }

    /// One commit on top of all that would be lost, under a hidden ref.
    fn keep_tips(&self, place: &Path, label: &Label) -> Result<Option<String>, GitError> {
        let directory = place.join("git");
        if !directory.is_dir() {
            return Ok(None);
        }
        let private = Careful::open(&directory).at("opening", &directory)?;
        let references = self.inner.references().doing("reading the branches")?;
        let known: BTreeSet<Oid> = references.flatten().filter_map(|reference| reference.target()).collect();
        let mut found = tips(&private).at("reading", &directory)?;
        found.retain(|id| !known.contains(id));
        if found.is_empty() {
            return Ok(None);
        }
        incoming::fetch(self, &private, &found, None)?;
        let mut lost: Vec<Oid> = Vec::new();
        for id in found {
            if self.would_be_lost(id, &lost)? {
                lost.push(id);
            }
        }
        let Some(first) = lost.first() else { return Ok(None) };
        let tree = self.inner.find_commit(*first).doing("reading a commit")?.tree_id();
        let commit =
            self.write_commit(tree, &lost, &format!("Kept: {}\n\nAll that was left beside the branch.\n", label.what))?;
        let whose = label.task.map_or_else(|| "private".to_owned(), |task| format!("{task}-private"));
        let name = format!("refs/quarterdeck/kept/{whose}-{}", label.at.file_name());
        self.write_hidden_ref(&name, commit, &label.what).map(Some)
    }

    /// Whether no ref of the project leads to a commit, and none of the others that are kept.
    fn would_be_lost(&self, id: Oid, others: &[Oid]) -> Result<bool, GitError> {
        let mut walk = self.inner.revwalk().doing("walking the history")?;
        walk.set_sorting(Sort::NONE).doing("walking the history")?;
        walk.push(id).doing("walking the history")?;
        for glob in ["refs/heads/*", "refs/tags/*", "refs/remotes/*", "refs/quarterdeck/*"] {
            walk.hide_glob(glob).doing("walking the history")?;
        }
        for other in others {
            walk.hide(*other).doing("walking the history")?;
        }
        Ok(walk.next().is_some())
    }

    /// Moves a directory that cannot be emptied out of the way, where it stays.
    fn put_aside(&self, place: &Path, label: &Label) -> Result<(), GitError> {
        let parent = self.common_dir().join("quarterdeck").join("kept");
        fs::create_dir_all(&parent).at("making", &parent)?;
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let aside = parent.join(format!("{name}-{}", label.at.file_name()));
        fs::rename(place, &aside).at("keeping", &aside)
    }
}

/// Every commit that a name or a reflog of the private directory leads to, each once.
fn tips(private: &Careful) -> io::Result<Vec<Oid>> {
    let (mut seen, mut found, mut names) = (BTreeSet::new(), Vec::new(), 0);
    let mut take = |text: &str| {
        let id = Oid::from_str(text.trim()).ok().filter(|id| !id.is_zero());
        found.extend(id.filter(|id| seen.insert(*id)));
    };
    let mut todo: Vec<(String, usize)> = vec![("refs".to_owned(), 0), ("logs".to_owned(), 0)];
    while let Some((path, depth)) = todo.pop() {
        let Some(directory) = private.below(&path)? else { continue };
        for name in directory.names()? {
            names += 1;
            if names > MOST_NAMES || depth > DEEPEST {
                return Err(io::Error::other("more names than are looked at"));
            }
            let path = format!("{path}/{name}");
            let most = if path.starts_with("logs/") { LONGEST_LOG } else { LONGEST_REF };
            match private.read(&path, most)? {
                Some(text) if path.starts_with("logs/") => {
                    let text = String::from_utf8_lossy(&text);
                    text.lines().rev().take(MOST_ENTRIES).filter_map(|line| line.split(' ').nth(1)).for_each(&mut take);
                }
                Some(text) => take(&String::from_utf8_lossy(&text)),
                None => todo.push((path, depth + 1)),
            }
        }
    }
    let packed = private.read("packed-refs", LONGEST_INDEX)?.unwrap_or_default();
    let packed = String::from_utf8_lossy(&packed);
    packed
        .lines()
        .filter(|line| !line.starts_with(['#', '^']))
        .filter_map(|line| line.split(' ').next())
        .for_each(take);
    Ok(found)
}
