//! The person's checkout at one moment: what is committed, and every file that is something else. Looking runs no program
//! and changes nothing but the object database, where the content of changed files is kept so that it can be put back.
//!
//! What a look costs depends on how many files changed since the last one, which it is told: a file whose times, size and
//! inode are the same is not read again. Large files, and files beyond the first many, are known by those alone.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use git2::{FileMode, Index, IndexEntry, IndexTime, Oid, Status, StatusOptions, StatusShow};

use super::error::{At as _, Doing as _, GitError};
use super::{Repository, snapshot};

pub(super) const DOING: &str = "looking at the checkout";

/// The largest file whose content is kept, in bytes.
const LARGEST_KEPT: u64 = 4 << 20;
/// Content that one look reads and keeps, in bytes.
const MOST_KEPT: u64 = 64 << 20;
/// Files that one look reads and keeps.
const MOST_FILES_KEPT: usize = 2_000;
/// Files that are looked at.
pub(super) const MOST_FILES: usize = 100_000;
/// A file that changed this short before a look may change again without a sign: clocks of file systems are coarse.
const COARSE: Duration = Duration::from_millis(100);

/// The person's checkout at one moment. The objects are in the repository, held by no ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutState {
    pub(super) head: Oid,
    /// What is committed, with the kept content of the changed files.
    pub(super) tree: Oid,
    /// The files that are not as they are committed.
    pub(super) changed: BTreeMap<PathBuf, Seen>,
}

/// One file at the time of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) stamp: Stamp,
    /// Its content, if that is kept.
    kept: Option<(Oid, u32)>,
    /// It may have changed since without a sign.
    racy: bool,
    /// When it changed at the latest, as far as that is known: of a file that is gone, when the directory did where it
    /// was.
    changed_by: (i64, i64),
}

/// What tells one content of a file from another without reading it; all zero when it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stamp {
    changed_at: (i64, i64),
    modified_at: (i64, i64),
    size: u64,
    inode: u64,
    mode: u32,
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self {
            changed_at: (found.ctime(), found.ctime_nsec()),
            modified_at: (found.mtime(), found.mtime_nsec()),
            size: found.len(),
            inode: found.ino(),
            mode: found.mode(),
        }
    }
}

fn is_after(changed_at: (i64, i64), at: SystemTime) -> bool {
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    changed_at >= (i64::try_from(at.as_secs()).unwrap_or(i64::MAX), i64::from(at.subsec_nanos()))
}

impl Seen {
    /// Whether it is certainly the same file with the same content.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        !self.racy && !other.racy && self.stamp == other.stamp
    }

    /// Its content can be put back: it is kept, or there was no such file.
    pub(super) fn is_kept(&self) -> bool {
        self.kept.is_some() || self.stamp == Stamp::default()
    }
}

impl CheckoutState {
    /// How many files are not as they are committed.
    pub fn len(&self) -> usize {
        self.changed.len()
    }

    /// Whether everything is as it is committed.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty()
    }

    /// Files that are not as they are committed and changed at this moment or later.
    pub fn changed_since(&self, at: SystemTime) -> Vec<String> {
        let late = self.changed.iter().filter(|(_, seen)| is_after(seen.changed_by, at));
        late.map(|(path, _)| path.to_string_lossy().into_owned()).collect()
    }
}

/// What a look may still read.
struct Budget {
    files: usize,
    bytes: u64,
}

impl Budget {
    fn allows(&mut self, size: u64) -> bool {
        if size > LARGEST_KEPT || self.files == 0 || self.bytes < size {
            return false;
        }
        self.files -= 1;
        self.bytes -= size;
        true
    }
}

impl Repository {
    /// The main checkout as it is: every file, tracked or not, that is not ignored and in no repository of its own.
    /// `last` is an earlier look, which spares reading again what it read.
    pub fn checkout_state(&self, last: Option<&CheckoutState>) -> Result<CheckoutState, GitError> {
        let head = self.inner.head().and_then(|head| head.peel_to_commit()).doing(DOING)?;
        let Ok(paths) = self.changed_paths() else {
            // an index that libgit2 does not read (split, sparse)
            let tree = snapshot::take(&self.inner, head.id())?.tree;
            return Ok(CheckoutState { head: head.id(), tree, changed: BTreeMap::new() });
        };
        let mut budget = Budget { files: MOST_FILES_KEPT, bytes: MOST_KEPT };
        let settled = SystemTime::now().checked_sub(COARSE).unwrap_or(UNIX_EPOCH);
        let mut changed = BTreeMap::new();
        for path in paths {
            let known = last.and_then(|last| last.changed.get(&path));
            let seen = self.see(&path, known, &mut budget, settled);
            changed.insert(path, seen);
        }
        let committed = head.tree().doing(DOING)?;
        let tree = if changed.is_empty() { committed.id() } else { self.tree_with(&committed, &changed)? };
        Ok(CheckoutState { head: head.id(), tree, changed })
    }

    /// Paths that are not as they are committed; tracked ones first.
    fn changed_paths(&self) -> Result<Vec<PathBuf>, git2::Error> {
        let mut options = StatusOptions::new();
        options.show(StatusShow::IndexAndWorkdir).include_untracked(true).recurse_untracked_dirs(true);
        options.include_ignored(false).exclude_submodules(true).update_index(false);
        let statuses = self.inner.statuses(Some(&mut options))?;
        let (mut tracked, mut others) = (Vec::new(), Vec::new());
        for entry in statuses.iter() {
            let name = entry.path_bytes();
            // a repository inside this one
            if name.ends_with(b"/") {
                continue;
            }
            let path = PathBuf::from(OsStr::from_bytes(name));
            let is_new = entry.status() == Status::WT_NEW;
            if is_new { others.push(path) } else { tracked.push(path) }
        }
        tracked.extend(others);
        tracked.truncate(MOST_FILES);
        Ok(tracked)
    }

    fn see(&self, path: &Path, known: Option<&Seen>, budget: &mut Budget, settled: SystemTime) -> Seen {
        let found = match fs::symlink_metadata(self.root().join(path)) {
            Ok(found) if !found.is_dir() => found,
            _ => {
                let changed_by = self.gone_by(path);
                return Seen { stamp: Stamp::default(), kept: None, racy: false, changed_by };
            }
        };
        let stamp = Stamp::of(&found);
        let racy = is_after(stamp.changed_at, settled);
        if let Some(known) = known.filter(|known| !known.racy && known.stamp == stamp && known.kept.is_some()) {
            return Seen { racy, ..*known };
        }
        let is_plain = found.is_file() || found.file_type().is_symlink();
        let is_wanted = is_plain && budget.allows(found.len());
        // a file that cannot be read, or goes away meanwhile, is known by its stamp
        let kept = if is_wanted { self.keep(path, &found).ok() } else { None };
        Seen { stamp, kept, racy, changed_by: stamp.changed_at }
    }

    /// When a path went away at the latest: when the nearest directory changed that is still there.
    fn gone_by(&self, path: &Path) -> (i64, i64) {
        let found = path.ancestors().find_map(|place| fs::symlink_metadata(self.root().join(place)).ok());
        found.map(|found| (found.ctime(), found.ctime_nsec())).unwrap_or_default()
    }

    /// Keeps a file's content as git would.
    fn keep(&self, path: &Path, found: &Metadata) -> Result<(Oid, u32), GitError> {
        let place = self.root().join(path);
        if found.file_type().is_symlink() {
            let target = fs::read_link(&place).at("reading", &place)?;
            let blob = self.inner.blob(target.as_os_str().as_bytes()).doing(DOING)?;
            return Ok((blob, FileMode::Link.into()));
        }
        let mode = if found.permissions().mode() & 0o111 == 0 { FileMode::Blob } else { FileMode::BlobExecutable };
        let blob = self.inner.blob_path(&place).doing(DOING)?;
        Ok((blob, mode.into()))
    }

    /// A committed tree with the kept content of changed files.
    fn tree_with(&self, committed: &git2::Tree<'_>, changed: &BTreeMap<PathBuf, Seen>) -> Result<Oid, GitError> {
        let mut index = Index::new().doing(DOING)?;
        index.read_tree(committed).doing(DOING)?;
        for (path, seen) in changed {
            match seen.kept {
                Some((id, mode)) => index.add(&entry_of(path, id, mode)).doing(DOING)?,
                // a file that is there and not kept stays as it is committed
                None if seen.stamp != Stamp::default() => {}
                None => {
                    if index.get_path(path, 0).is_some() {
                        index.remove(path, 0).doing(DOING)?;
                    }
                }
            }
        }
        index.write_tree_to(&self.inner).doing(DOING)
    }

    /// What one path of the main checkout holds now, as a tree would say it.
    pub(super) fn on_disk(&self, path: &Path) -> Result<Option<(Oid, i32)>, GitError> {
        let Ok(found) = fs::symlink_metadata(self.root().join(path)) else { return Ok(None) };
        if !found.is_file() && !found.file_type().is_symlink() {
            return Ok(None);
        }
        let (id, mode) = self.keep(path, &found)?;
        Ok(i32::try_from(mode).ok().map(|mode| (id, mode)))
    }
}

fn entry_of(path: &Path, id: Oid, mode: u32) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_os_str().as_bytes().to_vec(),
    }
}
