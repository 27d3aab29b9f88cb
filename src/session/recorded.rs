//! What a session has written, as its host keeps it on disk: `stream.log` and the half before it. It is
//! there for ended sessions too, and without a daemon.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// The two halves as one text that may still grow.
#[derive(Debug)]
pub struct Recorded {
    path: PathBuf,
    /// Oldest first; the last one grows until another takes its place.
    files: VecDeque<File>,
}

impl Recorded {
    /// The log in a session's directory.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let path = directory.join("stream.log");
        loop {
            let newer = File::open(&path)?;
            let older = match File::open(directory.join("stream.log.1")) {
                Ok(older) => Some(older),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            // the newer half became the older one just now
            let same = match &older {
                Some(older) => older.metadata()?.ino() == newer.metadata()?.ino(),
                None => false,
            };
            if !same {
                return Ok(Self { path, files: older.into_iter().chain([newer]).collect() });
            }
        }
    }

    /// Whether the older half is there, too.
    pub(super) fn has_both_halves(&self) -> bool {
        self.files.len() > 1
    }

    /// What was written since the last call, at most a piece; empty when there is nothing new.
    pub fn more(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = vec![0; PIECE];
        while let Some(file) = self.files.front_mut() {
            let length = file.read(&mut piece)?;
            if length > 0 {
                piece.truncate(length);
                return Ok(piece);
            }
            if self.files.len() > 1 || self.follow_on()? {
                self.files.pop_front();
            } else {
                break;
            }
        }
        Ok(Vec::new())
    }

    /// Whether another file has taken the place of the last one, which is then read next.
    fn follow_on(&mut self) -> io::Result<bool> {
        let Some(last) = self.files.back() else { return Ok(false) };
        let next = match File::open(&self.path) {
            Ok(next) => next,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let moved_on = next.metadata()?.ino() != last.metadata()?.ino();
        if moved_on {
            self.files.push_back(next);
        }
        Ok(moved_on)
    }

    /// Everything that is there now.
    pub fn all(&mut self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let piece = self.more()?;
            if piece.is_empty() {
                return Ok(all);
            }
            all.extend(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_log_is_read_across_its_halves_while_it_grows() {
        let directory = tempfile::tempdir().unwrap();
        let (newer, older) = (directory.path().join("stream.log"), directory.path().join("stream.log.1"));
        std::fs::write(&older, "one ").unwrap();
        std::fs::write(&newer, "two ").unwrap();
        let mut log = Recorded::open(directory.path()).unwrap();
        assert_eq!(log.all().unwrap(), b"one two ");
        File::options().append(true).open(&newer).unwrap().write_all(b"three ").unwrap();
        assert_eq!(log.all().unwrap(), b"three ");
        std::fs::rename(&newer, &older).unwrap();
        std::fs::write(&newer, "four").unwrap();
        assert_eq!(log.all().unwrap(), b"four");
        assert_eq!(log.all().unwrap(), b"");
    }
}
