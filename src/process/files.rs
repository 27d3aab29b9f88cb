//! Which file a program's name means.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::ProcessError;

/// The first executable file of that name. A name with a slash is a path and is only checked.
pub fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|file| is_executable(file));
    }
    env::split_paths(path)
        .filter(|directory| !directory.as_os_str().is_empty())
        .map(|directory| directory.join(name))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// The file to start for a name, or where it was looked for.
pub(super) fn resolve(name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, ProcessError> {
    let directories = path.unwrap_or_default();
    let found = match name.to_str() {
        Some(text) => find_program(text, directories),
        None => Some(Path::new(name).to_path_buf()).filter(|path| path.is_file()),
    };
    found.ok_or_else(|| ProcessError::NotFound {
        program: name.to_string_lossy().into_owned(),
        looked_in: std::env::split_paths(directories).filter(|directory| !directory.as_os_str().is_empty()).collect(),
    })
}
