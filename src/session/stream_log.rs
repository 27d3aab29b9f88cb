//! The bounded log of raw output: `stream.log`, and `stream.log.1` with the half before it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::files::append;

/// The log; when a half is full it becomes the older half.
#[derive(Debug)]
pub(super) struct StreamLog {
    path: PathBuf,
    file: File,
    length: u64,
    half: u64,
}

impl StreamLog {
    /// Opens the log; it and its older half hold at most `limit` bytes together.
    pub(super) fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        let file = append(&path)?;
        let length = file.metadata()?.len();
        Ok(Self { path, file, length, half: limit / 2 })
    }

    /// Appends output; what cannot be written is lost to the log only.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let added = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if added > self.half {
            return Ok(());
        }
        if self.length + added > self.half {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            self.file = append(&self.path)?;
            self.length = 0;
        }
        self.file.write_all(bytes)?;
        self.length += added;
        Ok(())
    }
}
