//! The bounded log of raw output: `stream.log`, and `stream.log.1` with the half before it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::files::append;
use super::sizes;

/// Bytes that are written at once while there is more to come; what a killed host may lose of its log.
const BATCH: usize = 256 * 1024;

/// The log; when a half is full it becomes the older half. A log that cannot be written ends, and says so
/// once; the session goes on.
#[derive(Debug)]
pub(super) struct StreamLog {
    path: PathBuf,
    file: Option<File>,
    waiting: Vec<u8>,
    length: u64,
    /// Bytes that were written in all.
    written: u64,
    half: u64,
}

impl StreamLog {
    /// Opens the log; it and its older half hold at most `limit` bytes together.
    pub(super) fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        let file = append(&path)?;
        let length = file.metadata()?.len();
        Ok(Self { path, file: Some(file), waiting: Vec::new(), length, written: length, half: limit / 2 })
    }

    /// Appends output, some of it later: see `flush`.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.file.is_none() {
            return;
        }
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= self.batch() {
            self.flush();
        }
    }

    /// Writes what waits; to be called when no more output is at hand.
    pub(super) fn flush(&mut self) {
        if let Err(error) = self.write_waiting() {
            eprintln!("cannot write the log, it ends here: {error}");
            self.file = None;
        }
        self.waiting.clear();
        // what a flood needed is not kept while nothing comes
        self.waiting.shrink_to(4096);
    }

    /// A small log is written in pieces that fit its halves.
    fn batch(&self) -> usize {
        BATCH.min(usize::try_from(self.half / 4).unwrap_or(BATCH))
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        let mut rest = self.waiting.as_slice();
        while let Some(file) = self.file.as_mut().filter(|_| !rest.is_empty() && self.half > 0) {
            let room = usize::try_from(self.half.saturating_sub(self.length)).unwrap_or(usize::MAX);
            if room == 0 {
                fs::rename(&self.path, self.path.with_extension("log.1"))?;
                sizes::note_half(&self.path, self.written)?;
                self.file = Some(append(&self.path)?);
                self.length = 0;
                continue;
            }
            let (now, later) = rest.split_at(room.min(rest.len()));
            file.write_all(now)?;
            let count = u64::try_from(now.len()).unwrap_or(0);
            self.length += count;
            self.written += count;
            rest = later;
        }
        Ok(())
    }
}
