//! A repository by its main checkout: where it is, what it is on, and handles on its checkouts that trust
//! no file an agent may have rewritten.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, Oid, RepositoryOpenFlags};
use nix::unistd::{AccessFlags, access};

use super::error::{At, Doing, GitError};
use super::{Environment, Worktree};
use crate::model::Timestamp;

/// A repository, known by its main checkout. For one thread at a time; opening another one takes well
/// under a millisecond.
pub struct Repository {
    pub(super) inner: git2::Repository,
    environment: Environment,
    root: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("root", &self.root)
            .field("common_dir", &self.common_dir)
            .finish_non_exhaustive()
    }
}

/// What the main checkout is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The branch; `None` when HEAD is detached.
    pub branch: Option<String>,
    /// The commit (hex).
    pub commit: String,
}

/// Why something is done: goes into undo records and ref names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What is done, in words: `land #7`.
    pub what: String,
    /// For which task.
    pub task: Option<u64>,
    /// When.
    pub at: Timestamp,
}

impl Repository {
    /// Opens the repository that holds `path`: its main checkout, also when `path` is in a linked worktree.
    pub fn open(path: &Path) -> Result<Self, GitError> {
        Self::open_in(path, Environment::inherited())
    }

    /// The same, with another home and configuration than this process has.
    pub fn open_in(path: &Path, environment: Environment) -> Result<Self, GitError> {
        let no_ceiling: [&OsStr; 0] = [];
        let found = git2::Repository::open_ext(path, RepositoryOpenFlags::empty(), no_ceiling)
            .map_err(|source| explain_open(path, source))?;
        let common_dir = found.commondir().canonicalize().at("opening", found.commondir())?;
        let inner = git2::Repository::open(&common_dir).map_err(|source| explain_open(path, source))?;
        let root = main_root(&inner, &common_dir)?;
        inner.set_workdir(&root, false).doing("opening the repository")?;
        environment.configure(&inner)?;
        match inner.head().and_then(|head| head.peel_to_commit().map(|_| ())) {
            Ok(()) => {}
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                return Err(GitError::NoCommits { path: root });
            }
            Err(source) => return Err(GitError::Library { doing: "reading HEAD", source }),
        }
        Ok(Self { inner, environment, root, git_dir: common_dir.clone(), common_dir })
    }

    /// The main checkout, canonical.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The main checkout's git directory.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The directory that all worktrees share: the same as the main checkout's git directory.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// What the main checkout is on.
    pub fn head(&self) -> Result<Head, GitError> {
        let head = self.inner.head().doing("reading HEAD")?;
        let commit = head.peel_to_commit().doing("reading HEAD")?.id().to_string();
        let branch = if head.is_branch() { branch_of_head(&self.git_dir) } else { None };
        Ok(Head { branch, commit })
    }

    /// The branch of the main checkout: what results land on when nothing else is said.
    pub fn default_target(&self) -> Result<String, GitError> {
        self.head()?.branch.ok_or_else(|| GitError::Detached { path: self.root.clone() })
    }

    /// What the main checkout has that is not committed: changed, staged and untracked paths.
    pub fn dirty(&self) -> Result<Vec<String>, GitError> {
        self.status(&self.git_dir, &self.root, "--untracked-files=normal")
    }

    /// What a worktree of ours has that is not committed: changed, staged and untracked paths. Read by libgit2:
    /// in a worktree that an agent writes, no program looks.
    pub fn dirty_in(&self, worktree: &Worktree) -> Result<Vec<String>, GitError> {
        let handle = self.handle(worktree)?;
        let mut options = git2::StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(false).exclude_submodules(true).no_refresh(true);
        let statuses = handle.statuses(Some(&mut options)).doing("reading the worktree")?;
        Ok(statuses.iter().map(|entry| String::from_utf8_lossy(entry.path_bytes()).into_owned()).collect())
    }

    /// Paths of a checkout that differ from its HEAD, without looking into submodules.
    pub(super) fn status(&self, git_dir: &Path, work_tree: &Path, untracked: &str) -> Result<Vec<String>, GitError> {
        let args = ["status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=dirty", untracked];
        let listing = self.git(git_dir, work_tree).run(&args)?;
        let entries = listing.split(|byte| *byte == 0).filter_map(|entry| entry.get(3..));
        Ok(entries.map(|path| String::from_utf8_lossy(path).into_owned()).collect())
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Whether we may write refs and worktree records here.
    pub(super) fn writable(&self) -> Result<(), GitError> {
        access(&self.common_dir, AccessFlags::W_OK).map_err(|_| GitError::ReadOnly { path: self.common_dir.clone() })
    }

    /// The tip of a local branch.
    pub(super) fn branch_tip(&self, name: &str) -> Result<Oid, GitError> {
        let reference = self.inner.find_reference(&format!("refs/heads/{name}"));
        let tip = reference.and_then(|reference| reference.peel_to_commit());
        tip.map(|commit| commit.id()).map_err(|_| GitError::NoBranch { name: name.to_owned() })
    }

    /// A commit by hex id, branch name or any other way that git has to name one. A whole id is never taken
    /// for the name of a branch: an agent can make one of that name.
    pub(super) fn commit(&self, rev: &str) -> Result<git2::Commit<'_>, GitError> {
        if rev.len() == 40
            && let Ok(id) = Oid::from_str(rev)
        {
            return self.inner.find_commit(id).map_err(|_| GitError::NoCommit { rev: rev.to_owned() });
        }
        let object = self.inner.find_reference(&format!("refs/heads/{rev}")).and_then(|branch| branch.peel_to_commit());
        object
            .or_else(|_| self.inner.revparse_single(rev).and_then(|object| object.peel_to_commit()))
            .map_err(|_| GitError::NoCommit { rev: rev.to_owned() })
    }

    /// Whether `ancestor` is in the history of `commit` (or is it).
    pub(super) fn contains(&self, commit: Oid, ancestor: Oid) -> Result<bool, GitError> {
        Ok(commit == ancestor || self.inner.graph_descendant_of(commit, ancestor).doing("walking the history")?)
    }

    /// A handle on a worktree of ours and its files.
    pub(super) fn handle(&self, worktree: &Worktree) -> Result<git2::Repository, GitError> {
        if !worktree.path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Err(GitError::BadPlace { path: worktree.path.clone(), why: "it is not a directory any more" });
        }
        let handle = self.admin_handle(worktree)?;
        handle.set_workdir(&worktree.path, false).doing("opening the worktree")?;
        handle.add_ignore_rule(OWN_FILES).doing("opening the worktree")?;
        Ok(handle)
    }

    /// A handle on a worktree's git directory, whether or not its files are there. What the directory says
    /// about where the repository and the files are is put right first, since an agent can write there;
    /// what is missing (`git worktree prune` takes a worktree without its `.git` file for gone) comes back.
    pub(super) fn admin_handle(&self, worktree: &Worktree) -> Result<git2::Repository, GitError> {
        let git_dir = &worktree.git_dir;
        fs::create_dir_all(git_dir).at("making", git_dir)?;
        put_right(git_dir, "commondir", b"../..\n")?;
        let mut link = worktree.path.join(".git").into_os_string().into_vec();
        link.push(b'\n');
        put_right(git_dir, "gitdir", &link)?;
        if !git_dir.join("HEAD").is_file() {
            let has_branch = self.branch_tip(&worktree.branch).is_ok();
            let on = if has_branch { format!("ref: refs/heads/{}", worktree.branch) } else { worktree.base.clone() };
            put_right(git_dir, "HEAD", format!("{on}\n").as_bytes())?;
        }
        let handle = git2::Repository::open(git_dir).map_err(|source| explain_open(&worktree.path, source))?;
        self.environment.configure(&handle)?;
        Ok(handle)
    }
}

/// What agents write into a worktree for themselves: no part of their work, unless it is committed. aider has its history and
/// its index of the code there.
const OWN_FILES: &str = ".aider*\n";

/// Writes a file of a git directory again when it does not say what it must.
fn put_right(git_dir: &Path, name: &str, content: &[u8]) -> Result<(), GitError> {
    let file = git_dir.join(name);
    let is_plain = file.symlink_metadata().is_ok_and(|found| found.is_file());
    if is_plain && fs::read(&file).is_ok_and(|found| found.trim_ascii_end() == content.trim_ascii_end()) {
        return Ok(());
    }
    let fresh = git_dir.join(format!("{name}.quarterdeck"));
    fs::write(&fresh, content).at("writing", &fresh)?;
    fs::rename(&fresh, &file).at("writing", &file)
}

/// The branch that a git directory's HEAD names, whether or not it exists.
pub(super) fn branch_of_head(git_dir: &Path) -> Option<String> {
    let head = fs::read_to_string(git_dir.join("HEAD")).ok()?;
    let name = head.trim_end().strip_prefix("ref:")?.trim_start();
    name.strip_prefix("refs/heads/").map(str::to_owned)
}

/// Where the main checkout is. `core.worktree` counts only where it must (submodules): agents can write it.
fn main_root(inner: &git2::Repository, common_dir: &Path) -> Result<PathBuf, GitError> {
    if inner.is_bare() {
        return Err(GitError::Bare { path: common_dir.to_path_buf() });
    }
    let root = match (common_dir.file_name(), common_dir.parent()) {
        (Some(name), Some(parent)) if name == ".git" => Some(parent),
        _ => inner.workdir(),
    };
    let root = root.ok_or_else(|| GitError::Bare { path: common_dir.to_path_buf() })?;
    root.canonicalize().at("opening", root)
}

/// Says in our words why a repository cannot be opened.
fn explain_open(path: &Path, source: git2::Error) -> GitError {
    let path = path.to_path_buf();
    match source.code() {
        ErrorCode::NotFound => GitError::NotARepository { path },
        ErrorCode::Owner => GitError::ForeignOwner { path },
        _ if ["extension", "format"].iter().any(|word| source.message().contains(word)) => {
            GitError::Unsupported { path, detail: source.message().to_owned() }
        }
        _ => GitError::Library { doing: "opening the repository", source },
    }
}
