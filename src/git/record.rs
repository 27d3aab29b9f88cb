//! Our own records of the worktrees that we made, below the repository's common directory. Only what has
//! a record is ever used as a worktree of ours, or removed. A record is written before the worktree is
//! made, so that a crash in between leaves nothing that we would not recognise.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Repository;
use super::error::{At, GitError};

/// What we know of one worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Where it is.
    pub path: PathBuf,
    /// The branch made for it; empty for the integration worktree.
    pub branch: String,
    /// The branch that was asked for, before a suffix.
    pub asked: String,
    /// The commit it started from (hex).
    pub base: String,
    /// The name of its git directory below `<common>/worktrees`; empty while it is being made.
    pub admin: String,
}

impl Repository {
    fn records(&self) -> PathBuf {
        self.common_dir().join("quarterdeck").join("worktrees")
    }

    fn record_file(&self, path: &Path) -> PathBuf {
        let digest = Sha256::digest(path.as_os_str().as_bytes());
        let mut name = [0; 16];
        name.iter_mut().zip(digest).for_each(|(half, byte)| *half = byte);
        self.records().join(format!("{:032x}", u128::from_be_bytes(name)))
    }

    /// The record for a path, if we made a worktree there.
    pub(super) fn record(&self, path: &Path) -> Option<Record> {
        let bytes = fs::read(self.record_file(path)).ok()?;
        parse(&bytes).filter(|record| record.path == path)
    }

    /// The records of all our worktrees.
    pub(super) fn all_records(&self) -> Vec<Record> {
        let entries = fs::read_dir(self.records()).into_iter().flatten().flatten();
        entries.filter_map(|entry| parse(&fs::read(entry.path()).ok()?)).collect()
    }

    /// Writes a record, replacing an older one for the same path, atomically.
    pub(super) fn write_record(&self, record: &Record) -> Result<(), GitError> {
        let directory = self.records();
        fs::create_dir_all(&directory).at("making", &directory)?;
        let file = self.record_file(&record.path);
        remove_file(&removal_file(&file))?;
        let fresh = file.with_extension("new");
        fs::write(&fresh, print(record)).at("writing", &fresh)?;
        fs::rename(&fresh, &file).at("writing", &file)
    }

    /// Forgets a path.
    pub(super) fn forget_record(&self, path: &Path) -> Result<(), GitError> {
        let file = self.record_file(path);
        remove_file(&file)?;
        remove_file(&removal_file(&file))
    }

    /// Notes beside a record that its worktree is being removed, under which undo record.
    pub(super) fn note_removal(&self, path: &Path, undo: &str) -> Result<(), GitError> {
        let file = removal_file(&self.record_file(path));
        let fresh = file.with_extension("new-removal");
        fs::write(&fresh, undo).at("writing", &fresh)?;
        fs::rename(&fresh, &file).at("writing", &file)
    }

    /// The undo record of a removal that began and did not end.
    pub(super) fn noted_removal(&self, path: &Path) -> Option<String> {
        fs::read_to_string(removal_file(&self.record_file(path))).ok()
    }

    /// The git directory that a record names: always directly below `<common>/worktrees`.
    pub(super) fn admin_dir(&self, record: &Record) -> Option<PathBuf> {
        let name = record.admin.as_str();
        let plain = !name.is_empty() && name != "." && name != ".." && !name.contains('/');
        plain.then(|| self.common_dir().join("worktrees").join(name))
    }

    /// Finds the git directory of the worktree at `path` by git's own books.
    pub(super) fn find_admin(&self, path: &Path) -> Option<String> {
        let link = path.join(".git");
        let entries = fs::read_dir(self.common_dir().join("worktrees")).ok()?;
        entries.flatten().find_map(|entry| {
            let said = fs::read(entry.path().join("gitdir")).ok()?;
            let same = Path::new(&OsString::from_vec(strip_newline(&said).to_vec())) == link;
            same.then(|| entry.file_name().into_string().ok()).flatten()
        })
    }
}

/// Where the removal of a record's worktree is noted.
fn removal_file(record: &Path) -> PathBuf {
    record.with_extension("removal")
}

/// Removes a file that may be gone already.
fn remove_file(file: &Path) -> Result<(), GitError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at("removing", file),
        _ => Ok(()),
    }
}

/// Without the one line feed that git writes after a path (a path may end in others).
pub(super) fn strip_newline(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\n").unwrap_or(bytes)
}

/// Four lines, then the path as it is: it may hold anything, line feeds too.
fn print(record: &Record) -> Vec<u8> {
    let mut bytes = format!("{}\n{}\n{}\n{}\n", record.branch, record.asked, record.base, record.admin).into_bytes();
    bytes.extend_from_slice(record.path.as_os_str().as_bytes());
    bytes
}

fn parse(bytes: &[u8]) -> Option<Record> {
    let mut fields = bytes.splitn(5, |byte| *byte == b'\n');
    let mut text = || fields.next().and_then(|field| String::from_utf8(field.to_vec()).ok());
    let (branch, asked, base, admin) = (text()?, text()?, text()?, text()?);
    let path = PathBuf::from(OsString::from_vec(fields.next()?.to_vec()));
    Some(Record { path, branch, asked, base, admin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_any_path() {
        let record = Record {
            path: PathBuf::from(OsString::from_vec(b"/tmp/a\nb \xff/c".to_vec())),
            branch: "feat/x-2".into(),
            asked: "feat/x".into(),
            base: "0".repeat(40),
            admin: String::new(),
        };
        assert_eq!(parse(&print(&record)), Some(record));
    }
}
