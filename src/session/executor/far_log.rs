//! The output log of a session on another machine, brought here when the session is over. In pieces, since one answer
//! is bounded; whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::process::SshError;
use crate::session::launch::Directory;

/// Bytes in one answer. JSON makes up to six of each (an escape character), and an answer has 64 MiB at most.
const PIECE: u64 = 4 << 20;

/// A part of the log.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Piece {
    /// Its bytes, each as the character of that number.
    bytes: String,
    /// Whether there is more after it.
    more: bool,
}

/// The answer: what follows the first `from` bytes of the log in a session's directory, both halves taken as one.
pub(super) fn piece(session: &Path, from: u64) -> io::Result<Piece> {
    let log = Directory(session).stream_log();
    let mut bytes = Vec::new();
    let (mut skip, mut total) = (from, 0);
    for path in [log.with_extension("log.1"), log] {
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        total += length;
        if skip < length {
            let room = PIECE.saturating_sub(bytes.len() as u64);
            file.seek(SeekFrom::Start(skip))?;
            file.take(room).read_to_end(&mut bytes)?;
        }
        skip = skip.saturating_sub(length);
    }
    let more = from.saturating_add(bytes.len() as u64) < total;
    Ok(Piece { bytes: bytes.iter().map(|byte| char::from(*byte)).collect(), more })
}

/// Brings the log here. `ask` gets what follows that many bytes.
pub(super) fn fetch(
    directory: &Path,
    ask: impl Fn(u64) -> Result<Piece, SshError>,
) -> Result<io::Result<()>, SshError> {
    let log = Directory(directory).stream_log();
    let aside = log.with_extension("log.new");
    let mut file = match OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside) {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    let mut length = 0;
    loop {
        let piece = ask(length)?;
        let bytes: Vec<u8> = piece.bytes.chars().filter_map(|c| u8::try_from(c).ok()).collect();
        if let Err(error) = file.write_all(&bytes) {
            return Ok(Err(error));
        }
        length = length.saturating_add(bytes.len() as u64);
        if !piece.more || bytes.is_empty() {
            return Ok(fs::rename(&aside, &log));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_come_as_one_whatever_they_hold() {
        let place = tempfile::tempdir().unwrap();
        let (there, here) = (place.path().join("there"), place.path().join("here"));
        fs::create_dir_all(&there).unwrap();
        fs::create_dir_all(&here).unwrap();
        let all: Vec<u8> = (0..PIECE * 2 + 77).map(|n| u8::try_from(n % 256).unwrap()).collect();
        let (older, newer) = all.split_at(usize::try_from(PIECE).unwrap() + 5);
        fs::write(there.join("stream.log.1"), older).unwrap();
        fs::write(there.join("stream.log"), newer).unwrap();
        let asked = std::cell::Cell::new(0);
        let ask = |from| {
            asked.set(asked.get() + 1);
            Ok(piece(&there, from).unwrap())
        };
        fetch(&here, ask).unwrap().unwrap();
        assert_eq!(fs::read(here.join("stream.log")).unwrap(), all);
        assert_eq!(asked.get(), 3);
        let nothing = piece(&here.join("nowhere"), 0).unwrap();
        assert!(nothing.bytes.is_empty() && !nothing.more);
    }
}
