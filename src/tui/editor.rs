//! The person's editor, and files that texts are written to.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::process::run_in_front;

/// Names that are tried for a file before it is given up.
const TRIES: u32 = 1_000;

/// Writes a text to a new file that only the person can read, in a directory of copies.
pub(super) fn write_new(directory: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    for number in 1..=TRIES {
        let file = directory.join(format!("{name}-{number}.txt"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
            Ok(mut open) => {
                open.write_all(text.as_bytes())?;
                if !text.ends_with('\n') {
                    open.write_all(b"\n")?;
                }
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is full of copies", directory.display())))
}

/// Opens a file in the person's editor, on the terminal that must be theirs now; why not, if it could not be.
pub(super) fn edit(file: &Path) -> Option<String> {
    let mut command = command();
    command.push(file.as_os_str().to_owned());
    match run_in_front(&command) {
        Ok(Some(0)) => None,
        Ok(_) => Some(format!("the editor `{}` ended with an error", command.first()?.to_string_lossy())),
        Err(error) => Some(format!("{error}; set EDITOR to your editor")),
    }
}

/// The editor with its arguments: `VISUAL`, then `EDITOR`, then `vi`.
fn command() -> Vec<OsString> {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let line = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    line.split_whitespace().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_never_replace_each_other() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("copies");
        let first = write_new(&directory, "qd", "one").unwrap();
        let second = write_new(&directory, "qd", "two\n").unwrap();
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(first).unwrap(), "one\n");
        assert_eq!(fs::read_to_string(second).unwrap(), "two\n");
    }
}
