//! Reports that a sandbox keeps from the host's socket (Codex allows no connections): they are put into a directory
//! that the sandbox may write to, and the agent's next hook, which runs outside of the sandbox, passes them on.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::client::ClientError;
use crate::model::Report;

use super::Stop;
use super::stop::say;

/// The longest report that is taken up, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What a report's file ends with; until it is complete it ends otherwise.
const ENDING: &str = "report";

/// Whether there is an outbox, and the error is one that it is for.
pub(super) fn takes(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied && directory().is_some()
}

/// Puts a report in.
pub(super) fn put(report: &Report) -> Result<(), Stop> {
    let failed = |error: &io::Error| Stop::system("the report cannot be put into the session's outbox", error);
    let directory = directory().ok_or_else(|| failed(&ErrorKind::NotFound.into()))?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = format!("{:020}-{}", since.as_nanos(), std::process::id());
    let text = serde_json::to_string(report).map_err(|error| failed(&error.into()))?;
    let unfinished = directory.join(format!("{name}.part"));
    fs::write(&unfinished, text).map_err(|error| failed(&error))?;
    fs::rename(&unfinished, directory.join(format!("{name}.{ENDING}"))).map_err(|error| failed(&error))
}

/// Hands what is in it to `tell`, in the order in which it was put there. What could not be told stays.
pub(super) fn empty(tell: impl Fn(Report) -> Result<(), ClientError>) {
    let Some(directory) = directory() else { return };
    for path in waiting(&directory) {
        match read(&path) {
            Ok(report) => {
                if let Err(error) = tell(report) {
                    say(&format_args!("qd report hook: {error}"));
                    return;
                }
            }
            Err(error) => say(&format_args!("qd report hook: `{}`: {error}", path.display())),
        }
        if let Err(error) = fs::remove_file(&path) {
            say(&format_args!("qd report hook: `{}`: {error}", path.display()));
        }
    }
}

fn directory() -> Option<PathBuf> {
    std::env::var_os("QD_SESSION_OUTBOX").filter(|path: &OsString| !path.is_empty()).map(PathBuf::from)
}

fn waiting(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == ENDING)).collect();
    paths.sort();
    paths
}

/// Reads a plain file of bounded size: a sandboxed agent wrote it, and could have made a link of it.
fn read(path: &Path) -> io::Result<Report> {
    let about = fs::symlink_metadata(path)?;
    if !about.is_file() || about.len() > LONGEST {
        return Err(io::Error::other("this is no report"));
    }
    serde_json::from_str(&fs::read_to_string(path)?).map_err(io::Error::other)
}
