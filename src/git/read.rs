//! Reading history: what a branch changed, files of a commit. In-process, without a checkout.

use std::collections::VecDeque;

use git2::{Delta, DiffFindOptions, DiffFormat, ObjectType, Oid, Patch};

use super::Repository;
use super::error::{Doing, GitError};

/// A diff for people ends here, and says so: 4 MiB.
const DIFF_LIMIT: usize = 4 << 20;

impl Repository {
    /// How many commits `head` has that `base` has not.
    pub fn ahead(&self, base: &str, head: &str) -> Result<u32, GitError> {
        let (base, head) = (self.commit(base)?.id(), self.commit(head)?.id());
        let (ahead, _) = self.inner.graph_ahead_behind(head, base).doing("counting commits")?;
        Ok(u32::try_from(ahead).unwrap_or(u32::MAX))
    }

    /// The first lines of the commits that `head` has and `base` has not, oldest first, at most `limit`.
    pub fn subjects(&self, base: &str, head: &str, limit: usize) -> Result<Vec<String>, GitError> {
        let mut walk = self.inner.revwalk().doing("reading history")?;
        walk.push(self.commit(head)?.id()).doing("reading history")?;
        walk.hide(self.commit(base)?.id()).doing("reading history")?;
        let mut subjects = Vec::new();
        for id in walk.flatten().take(limit) {
            let commit = self.inner.find_commit(id).doing("reading history")?;
            let subject = commit.message_bytes().split(|byte| *byte == b'\n').next().unwrap_or_default();
            let short: String = id.to_string().chars().take(10).collect();
            subjects.push(format!("{short} {}", String::from_utf8_lossy(subject)));
        }
        subjects.reverse();
        Ok(subjects)
    }

    /// What `head` changed since it left `base`, as a patch. No textconv, no external diff; hostile text:
    /// show it sanitized.
    pub fn diff(&self, base: &str, head: &str) -> Result<String, GitError> {
        let diff = self.compare(base, head)?;
        let mut text = Vec::new();
        let printed = diff.print(DiffFormat::Patch, |_, _, line| {
            if matches!(line.origin(), '+' | '-' | ' ') {
                text.extend(line.origin().to_string().bytes());
            }
            text.extend_from_slice(line.content());
            text.len() < DIFF_LIMIT
        });
        if text.len() < DIFF_LIMIT {
            printed.doing("comparing")?;
        } else {
            text.extend_from_slice(b"\n(the diff is longer; this is its beginning)\n");
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The files that `head` changed since it left `base`, with lines added and removed.
    pub fn changed_files(&self, base: &str, head: &str) -> Result<Vec<(String, u32, u32)>, GitError> {
        let diff = self.compare(base, head)?;
        let mut files = Vec::new();
        for (at, delta) in diff.deltas().enumerate() {
            let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
            let path = String::from_utf8_lossy(file.path_bytes().unwrap_or_default()).into_owned();
            let lines = Patch::from_diff(&diff, at).and_then(|lines| lines.map(|lines| lines.line_stats()).transpose());
            let (_, added, removed) = lines.doing("comparing")?.unwrap_or_default();
            files.push((path, u32::try_from(added).unwrap_or(u32::MAX), u32::try_from(removed).unwrap_or(u32::MAX)));
        }
        Ok(files)
    }

    /// The content of a file of a commit; `None` when it has no such regular file.
    pub fn file_at(&self, rev: &str, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let tree = self.commit(rev)?.tree().doing("reading a commit")?;
        let Ok(entry) = tree.get_path(path.as_ref()) else { return Ok(None) };
        if entry.kind() != Some(ObjectType::Blob) || entry.filemode() == i32::from(git2::FileMode::Link) {
            return Ok(None);
        }
        let blob = self.inner.find_blob(entry.id()).doing("reading a file")?;
        Ok(Some(blob.content().to_vec()))
    }

    /// The names in the root directory of a commit.
    pub fn files_at(&self, rev: &str) -> Result<Vec<String>, GitError> {
        let tree = self.commit(rev)?.tree().doing("reading a commit")?;
        Ok(tree.iter().map(|entry| String::from_utf8_lossy(entry.name_bytes()).into_owned()).collect())
    }

    /// Paths of a commit, from the root down: first up to half of `most` directories (with a slash at the end), then files.
    pub fn outline(&self, rev: &str, most: usize) -> Result<Vec<String>, GitError> {
        let root = self.commit(rev)?.tree().doing("reading a commit")?;
        let (mut directories, mut files) = (Vec::new(), Vec::new());
        let mut todo = VecDeque::from([(String::new(), root)]);
        while let Some((place, tree)) = todo.pop_front() {
            for entry in &tree {
                let path = format!("{place}{}", String::from_utf8_lossy(entry.name_bytes()));
                if entry.kind() == Some(ObjectType::Tree) {
                    if directories.len() < most
                        && let Ok(below) = self.inner.find_tree(entry.id())
                    {
                        directories.push(format!("{path}/"));
                        todo.push_back((format!("{path}/"), below));
                    }
                } else if files.len() < most {
                    files.push(path);
                }
            }
        }
        directories.truncate(most.saturating_sub(files.len()).max(most / 2));
        files.truncate(most.saturating_sub(directories.len()));
        directories.append(&mut files);
        Ok(directories)
    }

    /// The tree of a commit (hex): what checks are evidence for.
    pub fn tree_of(&self, rev: &str) -> Result<String, GitError> {
        Ok(self.commit(rev)?.tree_id().to_string())
    }

    /// The difference from where `head` left `base` to `head`.
    fn compare(&self, base: &str, head: &str) -> Result<git2::Diff<'_>, GitError> {
        let (base, head) = (self.commit(base)?.id(), self.commit(head)?.id());
        let fork = self.inner.merge_base(base, head).unwrap_or(base);
        let tree = |commit: Oid| self.inner.find_commit(commit).and_then(|commit| commit.tree());
        let (old, new) = (tree(fork).doing("comparing")?, tree(head).doing("comparing")?);
        let mut diff = self.inner.diff_tree_to_tree(Some(&old), Some(&new), None).doing("comparing")?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true).rename_limit(400))).doing("comparing")?;
        Ok(diff)
    }
}
