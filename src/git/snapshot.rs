//! A worktree's files as a tree: everything tracked and everything untracked that is not ignored. Built in
//! memory by libgit2, which runs no programs; the index on disk stays as it is until somebody writes it.

use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use git2::{Index, IndexAddOption, Oid, Repository as Handle};

use super::error::{At, Doing, GitError};
use super::record::strip_newline;

const DOING: &str = "reading the worktree";

/// A worktree's content.
pub(super) struct Snapshot {
    /// The index that describes it, in memory.
    pub index: Index,
    /// Its tree, written to the object database.
    pub tree: Oid,
    /// Files that were in conflict and still hold conflict markers.
    pub unresolved: Vec<String>,
}

/// Takes the snapshot of the worktree behind `handle`, whose HEAD is `head`.
pub(super) fn take(handle: &Handle, head: Oid) -> Result<Snapshot, GitError> {
    let work_tree = handle.workdir().unwrap_or_else(|| handle.path()).to_path_buf();
    let mut index = index_of(handle, head)?;
    let conflicted = conflicts(&index)?;
    let mut nested = Vec::new();
    let known: Vec<Vec<u8>> =
        index.iter().filter(|entry| entry.mode == u32::from(git2::FileMode::Commit)).map(|entry| entry.path).collect();
    {
        let mut skip_nested = |path: &Path, _: &[u8]| {
            let name = path.as_os_str().as_bytes();
            let name = name.strip_suffix(b"/").unwrap_or(name);
            let is_directory = work_tree.join(path).symlink_metadata().is_ok_and(|found| found.is_dir());
            if !is_directory || known.iter().any(|known| known == name) {
                return 0;
            }
            nested.push(PathBuf::from(std::ffi::OsString::from_vec(name.to_vec())));
            1
        };
        index.add_all(["*"], IndexAddOption::DEFAULT, Some(&mut skip_nested)).doing(DOING)?;
    }
    for directory in &nested {
        add_files(handle, &mut index, &work_tree, directory)?;
    }
    for path in &conflicted {
        settle(&mut index, &work_tree, path)?;
    }
    let unresolved = conflicted
        .iter()
        .filter(|path| has_markers(&work_tree.join(path)))
        .map(|path| path.to_string_lossy().into_owned());
    let unresolved = unresolved.collect();
    let tree = index.write_tree_to(handle).doing(DOING)?;
    Ok(Snapshot { index, tree, unresolved })
}

/// The worktree's own index, whose remembered times spare reading unchanged files; a fresh one from HEAD
/// when libgit2 cannot read it (split or sparse index) or an agent broke it.
fn index_of(handle: &Handle, head: Oid) -> Result<Index, GitError> {
    if let Ok(mut index) = handle.index()
        && index.read(true).is_ok()
    {
        return Ok(index);
    }
    let mut index = Index::new().doing(DOING)?;
    handle.set_index(&mut index).doing(DOING)?;
    let tree = handle.find_commit(head).and_then(|commit| commit.tree()).doing(DOING)?;
    index.read_tree(&tree).doing(DOING)?;
    Ok(index)
}

/// The paths that an unfinished merge left in conflict.
fn conflicts(index: &Index) -> Result<Vec<PathBuf>, GitError> {
    let mut paths = Vec::new();
    for conflict in index.conflicts().doing(DOING)? {
        let conflict = conflict.doing(DOING)?;
        let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(entry.map(|entry| PathBuf::from(std::ffi::OsString::from_vec(entry.path))));
    }
    Ok(paths)
}

/// A path in conflict becomes what is on disk.
fn settle(index: &mut Index, work_tree: &Path, path: &Path) -> Result<(), GitError> {
    let file = work_tree.join(path);
    if file.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
        index.add_path(path).doing(DOING)
    } else {
        index.remove_path(path).doing(DOING)
    }
}

fn has_markers(file: &Path) -> bool {
    let is_file = file.symlink_metadata().is_ok_and(|found| found.is_file());
    let content = if is_file { fs::read(file).unwrap_or_default() } else { Vec::new() };
    content.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"<<<<<<< "))
}

/// Adds the files of another repository inside the worktree as plain files. Follows no links.
fn add_files(handle: &Handle, index: &mut Index, work_tree: &Path, directory: &Path) -> Result<(), GitError> {
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        let place = work_tree.join(&directory);
        for entry in fs::read_dir(&place).at("reading", &place)? {
            let entry = entry.at("reading", &place)?;
            let path = directory.join(entry.file_name());
            let kind = entry.file_type().at("reading", &place)?;
            if entry.file_name() == ".git" || handle.status_should_ignore(&path).doing(DOING)? {
                continue;
            }
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() || kind.is_symlink() {
                index.add_path(&path).doing(DOING)?;
            }
        }
    }
    Ok(())
}

/// The other parents that an unfinished merge in a git directory names.
pub(super) fn merge_heads(handle: &Handle) -> Vec<Oid> {
    let said = fs::read(handle.path().join("MERGE_HEAD")).unwrap_or_default();
    let lines = strip_newline(&said).split(|byte| *byte == b'\n');
    let ids =
        lines.filter_map(|line| std::str::from_utf8(line).ok()).filter_map(|line| Oid::from_str(line.trim()).ok());
    ids.filter(|id| handle.find_commit(*id).is_ok()).collect()
}
