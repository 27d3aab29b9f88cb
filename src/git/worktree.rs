//! Making worktrees and finding them again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use super::Repository;
use super::error::{At, Doing, GitError};
use super::record::Record;

/// How often a taken branch name gets another number before we give up.
const MOST_SUFFIXES: u32 = 999;

/// A checkout of a task's own branch, made by us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// Where its files are.
    pub path: PathBuf,
    /// Its git directory as we recorded it: `<common>/worktrees/<name>`.
    pub git_dir: PathBuf,
    /// Its branch.
    pub branch: String,
    /// The commit it started from (hex).
    pub base: String,
}

impl Repository {
    /// Makes a worktree at `path` on a new branch that starts at `from` (a branch or a commit). The same
    /// path and branch again give the same worktree; a branch name that is taken gets `-2`, `-3`, … . An
    /// unfinished one of ours is made afresh. Hooks (`post-checkout`) do not run.
    pub fn add_worktree(&self, path: &Path, branch: &str, from: &str) -> Result<Worktree, GitError> {
        if !git2::Branch::name_is_valid(branch).unwrap_or(false) || branch == "HEAD" {
            return Err(GitError::BadBranchName { name: branch.to_owned() });
        }
        let path = &self.place(path)?;
        let registering = self.registering()?;
        if let Some(record) = self.record(path) {
            if record.asked == branch || record.branch == branch {
                return self.add_again(record, registering);
            }
            return Err(GitError::BadPlace { path: path.clone(), why: "the worktree of another branch is there" });
        }
        if path.symlink_metadata().is_ok() && !is_empty_directory(path) {
            return Err(GitError::BadPlace {
                path: path.clone(),
                why: "something that Quarterdeck did not make is there",
            });
        }
        let base = self.commit(from)?.id().to_string();
        let record = Record {
            path: path.clone(),
            branch: self.free_branch(branch)?,
            asked: branch.to_owned(),
            base,
            admin: String::new(),
        };
        self.write_record(&record)?;
        self.make(record, registering)
    }

    /// One worktree is registered at a time: `git worktree add` reads the books of all others, and fails on
    /// one that another call is just writing. The files are checked out beside each other.
    pub(super) fn registering(&self) -> Result<Flock<File>, GitError> {
        self.writable()?;
        let directory = self.common_dir().join("quarterdeck");
        fs::create_dir_all(&directory).at("making", &directory)?;
        let path = directory.join("registering.lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).at("opening", &path)?;
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno.into()).at("locking", &path)
    }

    /// The worktree that we made at `path`, by our records and not by anything in the worktree.
    pub fn worktree_at(&self, path: &Path) -> Result<Worktree, GitError> {
        let not_ours = || GitError::NotOurs { path: path.to_path_buf() };
        let record = self.place(path).ok().and_then(|path| self.record(&path)).ok_or_else(not_ours)?;
        let git_dir = self.admin_dir(&record).ok_or_else(not_ours)?;
        Ok(Worktree { path: record.path, git_dir, branch: record.branch, base: record.base })
    }

    /// The commit that a worktree is on (hex).
    pub fn head_of(&self, worktree: &Worktree) -> Result<String, GitError> {
        let handle = self.admin_handle(worktree)?;
        let head = handle.head().and_then(|head| head.peel_to_commit()).map(|commit| commit.id());
        // HEAD on a branch without commits: the task's branch is what the work stands on.
        head.or_else(|_| self.branch_tip(&worktree.branch)).map(|commit| commit.to_string())
    }

    /// The tip of a worktree's own branch (hex), wherever its HEAD is: what of it can land.
    pub fn tip_of(&self, worktree: &Worktree) -> Result<String, GitError> {
        self.branch_tip(&worktree.branch).map(|tip| tip.to_string())
    }

    /// The absolute path of a worktree, its parent resolved, so that one place has one name.
    pub(super) fn place(&self, path: &Path) -> Result<PathBuf, GitError> {
        let bad = |why| GitError::BadPlace { path: path.to_path_buf(), why };
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(bad("it is no directory of its own"));
        };
        if !path.is_absolute() {
            return Err(bad("it is not absolute"));
        }
        let parent = existing_part(parent)?;
        let place = parent.join(name);
        if place.starts_with(self.common_dir()) || self.root().starts_with(&place) {
            return Err(bad("the repository itself is there"));
        }
        Ok(place)
    }

    /// Makes the checkout of a record and completes the record.
    fn make(&self, record: Record, registering: Flock<File>) -> Result<Worktree, GitError> {
        let git = self.git(self.git_dir(), self.root());
        let path = record.path.as_os_str();
        let made = if self.branch_tip(&record.branch).is_ok() {
            git.run(&[
                "worktree".as_ref(),
                "add".as_ref(),
                "--no-checkout".as_ref(),
                "--force".as_ref(),
                "--".as_ref(),
                path,
                record.branch.as_ref(),
            ])
        } else {
            let branch = record.branch.as_ref();
            git.run(&[
                "worktree".as_ref(),
                "add".as_ref(),
                "--no-checkout".as_ref(),
                "--no-track".as_ref(),
                "-b".as_ref(),
                branch,
                "--".as_ref(),
                path,
                record.base.as_ref(),
            ])
        };
        drop(registering);
        if let Err(error) = made.and_then(|_| self.check_out(&record)) {
            let _one = self.registering()?;
            self.clear(&record)?;
            self.forget_record(&record.path)?;
            return Err(error);
        }
        self.complete(record)
    }

    /// Puts the files into a worktree that was registered without them.
    fn check_out(&self, record: &Record) -> Result<Vec<u8>, GitError> {
        let name = self.find_admin(&record.path).ok_or_else(|| GitError::NotOurs { path: record.path.clone() })?;
        let git_dir = self.common_dir().join("worktrees").join(name);
        self.git(&git_dir, &record.path).run(&["reset", "--quiet", "--hard"])
    }

    /// Writes down which git directory the new worktree got.
    pub(super) fn complete(&self, mut record: Record) -> Result<Worktree, GitError> {
        let not_made = || GitError::NotOurs { path: record.path.clone() };
        record.admin = self.find_admin(&record.path).ok_or_else(not_made)?;
        let git_dir = self.admin_dir(&record).ok_or_else(not_made)?;
        self.write_record(&record)?;
        Ok(Worktree { path: record.path, git_dir, branch: record.branch, base: record.base })
    }

    /// A worktree that has a record already: as it is when whole; otherwise its checkout is made again, on
    /// the branch it had.
    fn add_again(&self, mut record: Record, registering: Flock<File>) -> Result<Worktree, GitError> {
        if let Some(git_dir) = self.admin_dir(&record).filter(|git_dir| git_dir.is_dir() && record.path.is_dir()) {
            return Ok(Worktree { path: record.path, git_dir, branch: record.branch, base: record.base });
        }
        if !record.admin.is_empty() && record.path.symlink_metadata().is_ok() {
            return Err(GitError::BadPlace { path: record.path, why: "its git directory is gone, its files are not" });
        }
        self.clear(&record)?;
        record.admin.clear();
        self.make(record, registering)
    }

    /// Takes away what an unfinished `git worktree add` of ours left. Nobody has worked there yet.
    pub(super) fn clear(&self, record: &Record) -> Result<(), GitError> {
        if record.admin.is_empty() && record.path.is_dir() {
            fs::remove_dir_all(&record.path).at("removing", &record.path)?;
        }
        if let Some(name) = self.find_admin(&record.path) {
            let admin = self.common_dir().join("worktrees").join(name);
            fs::remove_dir_all(&admin).at("removing", &admin)?;
        }
        Ok(())
    }

    /// The name, or the first of `-2`, `-3`, … that no branch has.
    pub(super) fn free_branch(&self, name: &str) -> Result<String, GitError> {
        let mut free = name.to_owned();
        for number in 2..=MOST_SUFFIXES {
            match self.inner.find_reference(&format!("refs/heads/{free}")) {
                Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(free),
                found => found.map(|_| ()).doing("looking for a free branch name")?,
            }
            free = format!("{name}-{number}");
        }
        Err(GitError::BadBranchName { name: name.to_owned() })
    }
}

fn is_empty_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
        && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// The path with all of it that exists resolved.
fn existing_part(path: &Path) -> Result<PathBuf, GitError> {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(whole), _, _) => Ok(whole),
        (Err(_), Some(parent), Some(name)) => Ok(existing_part(parent)?.join(name)),
        (Err(source), _, _) => Err(GitError::Io { doing: "finding", path: path.to_path_buf(), source }),
    }
}
