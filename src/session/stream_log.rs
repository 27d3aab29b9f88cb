//! The bounded log of raw output: `stream.log`, and `stream.log.1` with the half before it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::files::append;
use super::say::say;
use super::sizes::{self, Sizes};

/// Bytes that are written at once while there is more to come; what a killed host may lose of its log.
const BATCH: usize = 256 * 1024;

/// The log; when a half is full it becomes the older half. While it cannot be written the session goes on, and when it
/// can again the log says how much is missing.
#[derive(Debug)]
pub(super) struct StreamLog {
    path: PathBuf,
    file: File,
    /// Bytes that could not be written since the last that were.
    missing: u64,
    waiting: Vec<u8>,
    length: u64,
    /// Bytes that were written in all, by earlier hosts too.
    written: u64,
    half: u64,
}

impl StreamLog {
    /// Opens the log; it and its older half hold at most `limit` bytes together.
    pub(super) fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        let file = append(&path)?;
        let length = file.metadata()?.len();
        let before = path.parent().map_or(0, |directory| Sizes::read(directory).start(false));
        let written = before.saturating_add(length);
        Ok(Self { path, file, missing: 0, waiting: Vec::new(), length, written, half: limit / 2 })
    }

    /// How many bytes were written in all, by earlier hosts too.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Appends output, some of it later: see `flush`.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= self.batch() {
            self.flush();
        }
    }

    /// Writes what waits; to be called when no more output is at hand.
    pub(super) fn flush(&mut self) {
        let output = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        if self.missing > 0 && output > 0 {
            let note =
                format!("\r\n[{} bytes of output are missing here: they could not be written]\r\n", self.missing);
            self.waiting.splice(0..0, note.into_bytes());
        }
        match self.write_waiting() {
            Ok(()) if output > 0 => self.missing = 0,
            Ok(()) => {}
            Err(error) => {
                if self.missing == 0 {
                    say!("cannot write the log: {error}");
                }
                self.missing = self.missing.saturating_add(output);
            }
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
        let waiting = std::mem::take(&mut self.waiting);
        let mut rest = waiting.as_slice();
        while !rest.is_empty() && self.half > 0 {
            let room = usize::try_from(self.half.saturating_sub(self.length)).unwrap_or(usize::MAX);
            if room == 0 {
                self.begin_half()?;
                continue;
            }
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.file.write_all(now)?;
            let count = u64::try_from(now.len()).unwrap_or(0);
            self.length += count;
            self.written += count;
            rest = later;
        }
        self.waiting = waiting;
        Ok(())
    }

    /// The full half steps aside for a new one. It may have done so before, and only the new one could not be made.
    fn begin_half(&mut self) -> io::Result<()> {
        match fs::rename(&self.path, self.path.with_extension("log.1")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.file = append(&self.path)?,
        }
        self.length = 0;
        if let Err(error) = sizes::note_half(&self.path, self.written) {
            say!("sizes are not recorded any more: {error}");
        }
        Ok(())
    }
}
