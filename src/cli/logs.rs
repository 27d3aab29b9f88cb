//! Where the daemon's log lines go: a file of the day below the state directory, kept for a week. When somebody removes
//! it under the running daemon it is made anew, and says so.

use std::fs;
use std::io::{self, Write};
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
    looked_at: Instant,
}

impl Logs {
    /// Opens today's file.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        Ok(Self { directory: directory.to_path_buf(), appender: appender(directory)?, looked_at: Instant::now() })
    }

    /// Whether no log file is there any more.
    fn are_gone(&self) -> bool {
        let files = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        !files.map(|file| file.file_name()).any(|name| {
            let name = name.to_string_lossy();
            name.starts_with(NAME.0) && name.ends_with(&format!(".{}", NAME.1))
        })
    }
}

fn appender(directory: &Path) -> io::Result<RollingFileAppender> {
    fs::create_dir_all(directory)?;
    let builder =
        RollingFileAppender::builder().rotation(Rotation::DAILY).filename_prefix(NAME.0).filename_suffix(NAME.1);
    builder.max_log_files(DAYS_KEPT).build(directory).map_err(io::Error::other)
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.looked_at.elapsed() >= LOOK_AGAIN_AFTER {
            self.looked_at = Instant::now();
            if self.are_gone() {
                self.appender = appender(&self.directory)?;
                writeln!(self.appender, "the log was removed and is made anew: what was in it is lost")?;
            }
        }
        self.appender.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.appender.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_removed_is_made_anew_and_says_so() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("logs");
        let mut logs = Logs::open(&directory).unwrap();
        logs.write_all(b"one\n").unwrap();
        fs::remove_dir_all(&directory).unwrap();
        logs.looked_at = Instant::now().checked_sub(LOOK_AGAIN_AFTER).unwrap();
        logs.write_all(b"two\n").unwrap();
        let file = fs::read_dir(&directory).unwrap().flatten().next().unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("was removed and is made anew") && text.ends_with("two\n"), "{text}");
    }
}
