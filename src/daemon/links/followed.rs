//! Files that an agent writes, read with care: it may have put anything in their place – a pipe that nobody writes to, a
//! device without an end, a link to somewhere else.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use crate::agents::usage::UsageReader;
use crate::model::Timestamp;

/// The longest line of a transcript file that is read, in bytes; a longer one holds no figures that we know.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;
/// The most that is read at once, in bytes; the next reading goes on there.
const MOST_AT_ONCE: u64 = 128 * 1024 * 1024;

/// Opens a file that an agent may have put there: never waits, follows no link in its name, and takes only files.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "not a file"))
}

/// A transcript file that grows.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) path: PathBuf,
    /// Where it has to be.
    roots: Vec<PathBuf>,
    pub(super) read: u64,
    pub(super) reader: UsageReader,
}

impl Followed {
    pub(super) fn new(path: PathBuf, roots: Vec<PathBuf>, since: Timestamp) -> Self {
        Self { path, roots, read: 0, reader: UsageReader::of_transcript(since) }
    }

    /// Reads whole lines from where the last reading ended.
    pub(super) fn follow(&mut self) -> io::Result<()> {
        let mut file = open(&self.place()?)?;
        if file.metadata()?.len() < self.read {
            return Ok(()); // cut off or replaced: what was read stays known
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut lines = BufReader::new(file.take(MOST_AT_ONCE));
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
            if read == 0 || (line.last() != Some(&b'\n') && read < usize::try_from(LONGEST_LINE).unwrap_or(usize::MAX))
            {
                return Ok(()); // the last line is still being written
            }
            self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(0));
            self.reader.line(&String::from_utf8_lossy(&line));
        }
    }

    /// Its path without links, below one of the roots.
    fn place(&self) -> io::Result<PathBuf> {
        let elsewhere = || io::Error::new(ErrorKind::PermissionDenied, "not where this agent's transcripts are");
        let (parent, name) = self.path.parent().zip(self.path.file_name()).ok_or_else(elsewhere)?;
        let parent = fs::canonicalize(parent)?;
        let is_below = |root: &PathBuf| fs::canonicalize(root).is_ok_and(|root| parent.starts_with(root));
        if self.roots.iter().any(is_below) { Ok(parent.join(name)) } else { Err(elsewhere()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"type":"assistant","timestamp":"2026-11-20T10:00:00Z","message":{"id":"m1","model":"claude-x","usage":{"input_tokens":5,"output_tokens":7}}}"#;

    #[test]
    fn a_transcript_is_read_where_it_belongs_and_nothing_in_its_place_holds_the_reader_up() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("projects");
        let project = root.join("p");
        fs::create_dir_all(&project).unwrap();
        let outside = home.path().join("other.jsonl");
        fs::write(&outside, format!("{LINE}\n")).unwrap();
        let follow = |path: PathBuf| {
            let mut followed = Followed::new(path, vec![root.clone()], Timestamp(0));
            let read = followed.follow();
            (read, followed)
        };

        let real = project.join("a.jsonl");
        fs::write(&real, format!("{LINE}\n{{\"half")).unwrap();
        let (read, followed) = follow(real);
        read.unwrap();
        assert_eq!(followed.reader.figures().unwrap().tokens.output, 7);
        assert_eq!(followed.read, u64::try_from(LINE.len()).unwrap() + 1, "the half line is read when it is whole");

        let pipe = project.join("pipe.jsonl");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let link = project.join("link.jsonl");
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        std::os::unix::fs::symlink(home.path(), project.join("up")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", project.join("zero.jsonl")).unwrap();
        let up = project.join("up/other.jsonl");
        let (climbing, zero) = (project.join("../../other.jsonl"), project.join("zero.jsonl"));
        for odd in [pipe, link, up, climbing, zero, outside, "/dev/zero".into(), project] {
            let (read, followed) = follow(odd.clone());
            assert!(read.is_err() && followed.reader.figures().is_none(), "{}", odd.display());
        }
    }
}
