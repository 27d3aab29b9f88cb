//! Files that are there whole or not at all, and directories that are ours alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::SessionError;

/// Reads a JSON file; `None` when there is none.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, SessionError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SessionError::file("read", path)(error)),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| SessionError::file("read", path)(error.into()))
}

/// Replaces a JSON file: written aside, synced, renamed, and the directory synced.
pub(super) fn replace_json<T: Serialize>(path: &Path, value: &T) -> Result<(), SessionError> {
    let aside = write_aside(path, value)?;
    fs::rename(&aside, path).map_err(SessionError::file("write", path))?;
    sync_parent(path)
}

/// Writes a JSON file unless there is one; `false` when there was. Nobody ever sees half of it.
pub(super) fn create_json<T: Serialize>(path: &Path, value: &T) -> Result<bool, SessionError> {
    let aside = write_aside(path, value)?;
    let linked = fs::hard_link(&aside, path);
    // A left-over temporary file harms nobody.
    let _ = fs::remove_file(&aside);
    match linked {
        Ok(()) => sync_parent(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(SessionError::file("create", path)(error)),
    }
}

fn write_aside<T: Serialize>(path: &Path, value: &T) -> Result<PathBuf, SessionError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}-{:?}.tmp", std::process::id(), std::thread::current().id()));
    let aside = path.with_file_name(name);
    let bytes = serde_json::to_vec(value).map_err(|error| SessionError::file("write", path)(error.into()))?;
    let written = private_file(&aside).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    written.map_err(SessionError::file("write", &aside))?;
    Ok(aside)
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Opens a file of our own for appending.
pub(super) fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

fn sync_parent(path: &Path) -> Result<(), SessionError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    File::open(parent).and_then(|directory| directory.sync_all()).map_err(SessionError::file("sync", parent))
}

/// Permission bits of everybody but the owner.
const GROUP_AND_OTHERS: u32 = 6;

/// Makes a directory (and its parents) that only this user can enter, or checks that it is one.
pub(super) fn private_directory(path: &Path) -> Result<(), SessionError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(SessionError::file("create", path))?;
    let metadata = fs::symlink_metadata(path).map_err(SessionError::file("read", path))?;
    let ours = metadata.is_dir()
        && metadata.uid() == nix::unistd::geteuid().as_raw()
        && metadata.mode().trailing_zeros() >= GROUP_AND_OTHERS;
    if ours { Ok(()) } else { Err(SessionError::NotPrivate { path: path.to_path_buf() }) }
}
