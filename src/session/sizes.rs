//! The sizes that a session's screen had, beside its log: `sizes.log`, a line for every change. Without them a record
//! is played at one size, and wraps where the session did not.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use super::files::append;
use super::say::say;

/// The file, beside `stream.log`.
const NAME: &str = "sizes.log";

/// A session whose size changes more often than this is recorded no further: lines.
const MOST_LINES: usize = 20_000;

/// Writes down what sizes there were.
#[derive(Debug)]
pub(super) struct SizesLog {
    file: Option<File>,
    lines: usize,
}

impl SizesLog {
    /// In a session's directory. A log that cannot be written is none; the session goes on.
    pub(super) fn open(directory: &Path) -> Self {
        let file = append(&directory.join(NAME)).map_err(|error| say!("sizes are not recorded: {error}")).ok();
        Self { file, lines: 0 }
    }

    /// The screen has this size (rows, columns) after that many bytes of output.
    pub(super) fn note(&mut self, after: u64, (rows, cols): (u16, u16)) {
        self.lines += 1;
        if self.lines > MOST_LINES {
            self.file = None;
        }
        if let Some(file) = self.file.as_mut()
            && let Err(error) = file.write_all(format!("size {after} {rows} {cols}\n").as_bytes())
        {
            say!("sizes are not recorded any more: {error}");
            self.file = None;
        }
    }
}

/// The log of the output has begun a new half after that many bytes.
pub(super) fn note_half(stream_log: &Path, after: u64) -> io::Result<()> {
    append(&stream_log.with_file_name(NAME))?.write_all(format!("half {after}\n").as_bytes())
}

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sizes {
    /// Bytes of output before each new half of the log.
    halves: Vec<u64>,
    /// Sizes (rows, columns) and the bytes of output before them.
    sizes: Vec<(u64, (u16, u16))>,
}

impl Sizes {
    /// What was recorded in a session's directory; nothing for a session of an older version.
    pub(super) fn read(directory: &Path) -> Self {
        std::fs::read_to_string(directory.join(NAME)).map(|text| Self::parse(&text)).unwrap_or_default()
    }

    fn parse(text: &str) -> Self {
        let mut recorded = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["half", after] => recorded.halves.extend(after.parse::<u64>()),
                ["size", after, rows, cols] => {
                    if let (Ok(after), Ok(rows), Ok(cols)) = (after.parse(), rows.parse(), cols.parse()) {
                        // a host that was killed said this of output that never reached the log
                        while recorded.sizes.last().is_some_and(|(last, _)| *last > after) {
                            recorded.sizes.pop();
                        }
                        recorded.sizes.push((after, (rows, cols)));
                    }
                }
                _ => {}
            }
        }
        recorded
    }

    /// Whether anything is known.
    pub(super) fn is_known(&self) -> bool {
        !self.sizes.is_empty()
    }

    /// How many bytes of output came before what is left of the log: both its halves, or the only one.
    pub(super) fn start(&self, both: bool) -> u64 {
        let before = if both { 2 } else { 1 };
        self.halves.len().checked_sub(before).and_then(|at| self.halves.get(at)).copied().unwrap_or(0)
    }

    /// The size at a place, if it was not that of the beginning any more.
    pub(super) fn at(&self, place: u64) -> Option<(u16, u16)> {
        self.sizes.iter().take_while(|(after, _)| *after <= place).last().map(|(_, size)| *size)
    }

    /// The next change after a place.
    pub(super) fn next(&self, place: u64) -> Option<(u64, (u16, u16))> {
        // of several at one place the last one counts
        let (after, _) = self.sizes.iter().find(|(after, _)| *after > place)?;
        self.at(*after).map(|size| (*after, size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_broken_is_left_out() {
        let directory = tempfile::tempdir().unwrap();
        assert!(!Sizes::read(directory.path()).is_known());
        let mut log = SizesLog::open(directory.path());
        log.note(0, (24, 80));
        log.note(10, (30, 100));
        log.note(10, (40, 120));
        note_half(&directory.path().join("stream.log"), 1_000).unwrap();
        note_half(&directory.path().join("stream.log"), 2_000).unwrap();
        log.note(2_500, (10, 20));
        let mut text = std::fs::read_to_string(directory.path().join(NAME)).unwrap();
        text.push_str("size x\nsize 1 2\nhal");
        std::fs::write(directory.path().join(NAME), text).unwrap();
        let sizes = Sizes::read(directory.path());
        assert_eq!((sizes.start(true), sizes.start(false)), (1_000, 2_000));
        assert_eq!((sizes.at(5), sizes.at(1_000)), (Some((24, 80)), Some((40, 120))));
        assert_eq!((sizes.next(5), sizes.next(10)), (Some((10, (40, 120))), Some((2_500, (10, 20)))));
        assert_eq!(Sizes::default().start(true), 0);
    }

    #[test]
    fn a_second_host_goes_on_where_the_log_of_the_first_one_ends() {
        use crate::session::stream_log::StreamLog;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("stream.log");
        let mut log = StreamLog::open(path.clone(), 200).unwrap();
        let mut sizes = SizesLog::open(directory.path());
        assert_eq!(log.written(), 0);
        sizes.note(log.written(), (24, 80));
        log.write(&[b'x'; 130]);
        log.flush();
        // the host was killed before what came then was in the log
        sizes.note(190, (30, 100));
        drop((log, sizes));
        let mut log = StreamLog::open(path.clone(), 200).unwrap();
        assert_eq!(log.written(), 130, "the half before counts too");
        SizesLog::open(directory.path()).note(log.written(), (10, 20));
        log.write(&[b'y'; 100]);
        log.flush();
        let sizes = Sizes::read(directory.path());
        assert_eq!((sizes.start(true), sizes.start(false)), (100, 200));
        assert_eq!((sizes.at(129), sizes.at(130), sizes.at(195)), (Some((24, 80)), Some((10, 20)), Some((10, 20))));
    }
}
