//! Files in a directory that a fenced agent writes, reached without following anything the agent may have
//! put there: every step is relative to an open directory, no link is followed, nothing but plain files is
//! read, and nothing blocks.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, renameat};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};

/// How a directory is opened: itself, and only if it is one.
const DIRECTORY: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

/// An open directory of somebody we do not trust.
pub(super) struct Careful {
    directory: OwnedFd,
}

impl Careful {
    /// Opens the directory itself; what leads to it is ours.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = (OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW).bits();
        let directory = File::options().read(true).custom_flags(flags).open(path)?;
        Ok(Self { directory: directory.into() })
    }

    /// A directory below; `None` when there is none (or something else has its name).
    pub(super) fn below(&self, relative: &str) -> io::Result<Option<Self>> {
        match self.walk(relative, false) {
            Ok(directory) => Ok(Some(Self { directory })),
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names in it.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        // our own descriptor: no name of the agent's is resolved
        let entries = std::fs::read_dir(format!("/proc/self/fd/{}", self.directory.as_raw_fd()))?;
        Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    /// A plain file; `None` when there is none. Longer than `most` bytes is an error.
    pub(super) fn read(&self, relative: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.file(relative)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Some(bytes)) }
    }

    /// Copies a plain file to a path of ours; `None` when there is none. Returns its size.
    pub(super) fn copy(&self, relative: &str, to: &Path, most: u64) -> io::Result<Option<u64>> {
        let Some(file) = self.file(relative)? else { return Ok(None) };
        let mut copy = File::options().write(true).create_new(true).mode(0o600).open(to)?;
        let size = io::copy(&mut file.take(most + 1), &mut copy)?;
        if size > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Some(size)) }
    }

    /// Copies a plain file to the same name in another such directory, where nothing has that name yet; directories on
    /// the way are made. `false` when there is no plain file here, or anything at all there.
    pub(super) fn copy_to(&self, other: &Self, relative: &str) -> io::Result<bool> {
        let Some(mut file) = self.file(relative)? else { return Ok(false) };
        let (parent, name) = split(relative);
        let parent = other.walk(parent, true)?;
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mode = Mode::from_bits_truncate(file.metadata()?.mode() & 0o777);
        match openat(&parent, name, flags, mode) {
            Ok(copy) => io::copy(&mut file, &mut File::from(copy)).map(|_| true),
            Err(Errno::EEXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a directory; what stands in its way on the way there is taken away.
    pub(super) fn make_way(&self, relative: &str) -> io::Result<()> {
        let mut so_far = String::new();
        for name in relative.split('/').filter(|name| !name.is_empty()) {
            let here = self.walk(&so_far, true)?;
            if let Err(Errno::ENOTDIR | Errno::ELOOP) = openat(&here, name, DIRECTORY, Mode::empty()) {
                unlinkat(&here, name, UnlinkatFlags::NoRemoveDir)?;
            }
            so_far = format!("{so_far}/{name}");
        }
        self.walk(relative, true).map(drop).map_err(Into::into)
    }

    fn file(&self, relative: &str) -> io::Result<Option<File>> {
        let (parent, name) = split(relative);
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let opened = self.walk(parent, false).and_then(|parent| openat(&parent, name, flags, Mode::empty()));
        match opened {
            Ok(file) => {
                let file = File::from(file);
                Ok(file.metadata()?.is_file().then_some(file))
            }
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENXIO) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces a file, whole or not at all; its directories are made.
    pub(super) fn write(&self, relative: &str, content: &[u8]) -> io::Result<()> {
        let (parent, name) = split(relative);
        let parent = self.walk(parent, true)?;
        let fresh = format!("{name}.quarterdeck");
        match unlinkat(&parent, fresh.as_str(), UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut file = File::from(openat(&parent, fresh.as_str(), flags, Mode::from_bits_truncate(0o644))?);
        file.write_all(content)?;
        renameat(&parent, fresh.as_str(), &parent, name).map_err(io::Error::from)
    }

    /// Takes a file away, if it is there.
    pub(super) fn remove(&self, relative: &str) -> io::Result<()> {
        let (parent, name) = split(relative);
        let removed = self.walk(parent, false).and_then(|parent| unlinkat(&parent, name, UnlinkatFlags::NoRemoveDir));
        match removed {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens directory after directory, following no link.
    fn walk(&self, relative: &str, make: bool) -> Result<OwnedFd, Errno> {
        let mut here = openat(&self.directory, ".", DIRECTORY, Mode::empty())?;
        for name in relative.split('/').filter(|name| !name.is_empty()) {
            if name == ".." {
                return Err(Errno::EINVAL);
            }
            let next = openat(&here, name, DIRECTORY, Mode::empty());
            here = match next {
                Err(Errno::ENOENT) if make => {
                    mkdirat(&here, name, Mode::from_bits_truncate(0o755))?;
                    openat(&here, name, DIRECTORY, Mode::empty())?
                }
                next => next?,
            };
        }
        Ok(here)
    }
}

fn split(relative: &str) -> (&str, &str) {
    relative.rsplit_once('/').unwrap_or(("", relative))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_pipes_lead_nowhere() {
        let place = tempfile::tempdir().unwrap();
        let (inside, outside) = (place.path().join("in"), place.path().join("out"));
        fs::create_dir_all(inside.join("refs")).unwrap();
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("secret"), "s").unwrap();
        symlink(outside.join("secret"), inside.join("index")).unwrap();
        symlink(&outside, inside.join("refs/heads")).unwrap();
        nix::unistd::mkfifo(&inside.join("HEAD"), Mode::from_bits_truncate(0o600)).unwrap();
        let careful = Careful::open(&inside).unwrap();
        assert_eq!(careful.read("index", 10).unwrap(), None);
        assert_eq!(careful.read("HEAD", 10).unwrap(), None);
        assert_eq!(careful.read("refs/heads/secret", 10).unwrap(), None);
        assert!(careful.below("refs/heads").unwrap().is_none());
        careful.write("refs/heads/evil", b"x").unwrap_err();
        careful.write("index", b"ours").unwrap();
        assert_eq!(fs::read(outside.join("secret")).unwrap(), b"s");
        assert_eq!(fs::read(inside.join("index")).unwrap(), b"ours");
        assert!(!outside.join("evil").exists());
        careful.read("index", 3).unwrap_err();
    }

    #[test]
    fn a_copy_follows_no_link_on_either_side() {
        let place = tempfile::tempdir().unwrap();
        let [from, to, outside] = ["from", "to", "out"].map(|name| place.path().join(name));
        for directory in [&from.join("plain"), &from.join("led"), &to, &outside] {
            fs::create_dir_all(directory).unwrap();
        }
        for name in ["plain/env", "led/env", "top"] {
            fs::write(from.join(name), "ours").unwrap();
        }
        symlink(&outside, from.join("leading")).unwrap();
        symlink(&outside, to.join("led")).unwrap();
        symlink(outside.join("top"), to.join("top")).unwrap();
        fs::write(outside.join("secret"), "s").unwrap();
        let (from, into) = (Careful::open(&from).unwrap(), Careful::open(&to).unwrap());
        assert!(from.copy_to(&into, "plain/env").unwrap());
        assert_eq!(fs::read(to.join("plain/env")).unwrap(), b"ours");
        assert!(!from.copy_to(&into, "plain/env").unwrap(), "never over a file");
        assert!(!from.copy_to(&into, "leading/secret").unwrap());
        assert!(!from.copy_to(&into, "top").unwrap());
        from.copy_to(&into, "led/env").unwrap_err();
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1, "nothing was written outside");
    }

    #[test]
    fn what_stands_in_the_way_is_taken_away_and_nothing_behind_it() {
        let place = tempfile::tempdir().unwrap();
        let (inside, outside) = (place.path().join("in"), place.path().join("out"));
        fs::create_dir_all(inside.join("objects")).unwrap();
        fs::create_dir_all(outside.join("info")).unwrap();
        symlink(outside.join("info"), inside.join("objects/info")).unwrap();
        let careful = Careful::open(&inside).unwrap();
        careful.make_way("objects/info").unwrap();
        careful.write("objects/info/alternates", b"ours").unwrap();
        assert_eq!(fs::read(inside.join("objects/info/alternates")).unwrap(), b"ours");
        assert_eq!(fs::read_dir(outside.join("info")).unwrap().count(), 0);
        fs::remove_dir_all(inside.join("objects")).unwrap();
        fs::write(inside.join("objects"), "a file").unwrap();
        careful.make_way("objects/info").unwrap();
        assert!(inside.join("objects/info").is_dir());
    }
}
