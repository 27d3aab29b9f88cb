//! Where the daemon's log lines go: a file of the day below the state directory, kept for a week. When somebody removes
//! it under the running daemon it is made anew, and says so.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tracing_appender::rolling::{RollingFileAppender, Rotation};

/// Days of logs that are kept.
const DAYS_KEPT: usize = 7;
/// How the names of log files begin and end.
const NAME: (&str, &str) = ("daemon", "log");
/// Between two looks whether the file is there.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The files, written by a thread of their own.
pub(super) struct Logs {
    directory: PathBuf,
    appender: RollingFileAppender,
    /// The file that is written to, and which one of that name it is.
    current: (PathBuf, Option<u64>),
    looked_at: Instant,
}

impl Logs {
    /// Opens today's file.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let appender = appender(directory)?;
        let current = of_today(directory);
        Ok(Self { directory: directory.to_path_buf(), appender, current, looked_at: Instant::now() })
    }

    /// Makes the file anew if it is not there any more.
    fn look(&mut self) -> io::Result<()> {
        let now = of_today(&self.directory);
        // that of a new day is made by the next write
        if now.0 == self.current.0 && (now.1.is_none() || now.1 != self.current.1) {
            self.appender = appender(&self.directory)?;
            self.current = of_today(&self.directory);
            writeln!(self.appender, "the log was removed and is made anew: what was in it is lost")?;
        }
        Ok(())
    }
}

/// Today's file (the appender's days are those of UTC), and its inode if it is there.
fn of_today(directory: &Path) -> (PathBuf, Option<u64>) {
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d");
    let path = directory.join(format!("{}.{day}.{}", NAME.0, NAME.1));
    let inode = fs::metadata(&path).map(|file| file.ino()).ok();
    (path, inode)
}

fn appender(directory: &Path) -> io::Result<RollingFileAppender> {
    fs::create_dir_all(directory)?;
    let builder =
        RollingFileAppender::builder().rotation(Rotation::DAILY).filename_prefix(NAME.0).filename_suffix(NAME.1);
    builder.max_log_files(DAYS_KEPT).build(directory).map_err(io::Error::other)
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.looked_at.elapsed() < LOOK_AGAIN_AFTER {
            return self.appender.write(bytes);
        }
        self.looked_at = Instant::now();
        self.look()?;
        let written = self.appender.write(bytes)?;
        let now = of_today(&self.directory);
        if now.0 != self.current.0 {
            self.current = now;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.appender.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_later(logs: &mut Logs, text: &str) {
        logs.looked_at = Instant::now().checked_sub(LOOK_AGAIN_AFTER).unwrap();
        logs.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn a_log_that_was_removed_is_made_anew_and_says_so() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("logs");
        let mut logs = Logs::open(&directory).unwrap();
        logs.write_all(b"one\n").unwrap();
        fs::remove_dir_all(&directory).unwrap();
        write_later(&mut logs, "two\n");
        let text = fs::read_to_string(&logs.current.0).unwrap();
        assert!(text.contains("was removed and is made anew") && text.ends_with("two\n"), "{text}");
    }

    #[test]
    fn yesterdays_log_hides_no_removal_of_todays() {
        let place = tempfile::tempdir().unwrap();
        let mut logs = Logs::open(place.path()).unwrap();
        fs::write(place.path().join("daemon.2020-01-01.log"), "old\n").unwrap();
        write_later(&mut logs, "one\n");
        assert_eq!(fs::read_to_string(&logs.current.0).unwrap(), "one\n", "what is there is left alone");
        fs::remove_file(&logs.current.0).unwrap();
        write_later(&mut logs, "two\n");
        let text = fs::read_to_string(&logs.current.0).unwrap();
        assert!(text.contains("was removed and is made anew") && text.ends_with("two\n"), "{text}");
        // somebody put another file in its place
        fs::remove_file(&logs.current.0).unwrap();
        fs::write(&logs.current.0, "").unwrap();
        write_later(&mut logs, "three\n");
        assert!(fs::read_to_string(&logs.current.0).unwrap().ends_with("three\n"));
    }
}
