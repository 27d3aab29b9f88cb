//! To the PTY: one thread writes, in order, so that a program that does not read blocks nobody else.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::state::{Input, Once, Shared, State, wait};
use crate::protocol::pane::{FromHost, WriteFate};
use crate::session::journal::{Journal, Stage};
use crate::session::say::say;
use crate::term::{Modes, paste};

/// Writes what is queued until the session is over.
pub(super) fn run(shared: &Arc<Shared>, mut writer: File, mut journal: Journal) {
    while let Some(input) = next(shared) {
        match input {
            Input::Bytes(bytes) => {
                if let Err(error) = write_all(&mut writer, &bytes) {
                    say!("cannot write to the terminal: {error}");
                }
            }
            Input::Once(once) => {
                let fate = write_once(shared, &mut writer, &mut journal, &once);
                shared.state().send(once.peer, FromHost::Wrote { key: once.key, fate });
            }
        }
    }
}

/// Writes everything, waiting for the program to take it.
fn write_all(writer: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match writer.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut ready = [PollFd::new(writer.as_fd(), PollFlags::POLLOUT)];
                poll(&mut ready, PollTimeout::NONE)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn next(shared: &Shared) -> Option<Input> {
    let mut state = shared.state();
    state.writing = false;
    loop {
        if let Some(input) = state.input.pop_front() {
            let length = match &input {
                Input::Bytes(bytes) => bytes.len(),
                Input::Once(once) => once.bytes.len(),
            };
            state.input_bytes = state.input_bytes.saturating_sub(length);
            state.writing = true;
            shared.room.ring();
            return Some(input);
        }
        if state.buried {
            return None;
        }
        state = wait(shared, &shared.input_ready, state, None);
    }
}

fn write_once(shared: &Shared, writer: &mut File, journal: &mut Journal, once: &Once) -> WriteFate {
    let look = || {
        let mut state = shared.state();
        if state.agent_ended {
            return Err(WriteFate::Over);
        }
        if holds(&mut state, &once.only_if) { Ok(state.terminal.modes()) } else { Err(WriteFate::Mismatch) }
    };
    journalled(journal, &once.key, look, |modes| write_all(writer, &bytes_of(once, &modes)))
}

/// Writes once, as the journal has it, when both looks say that it may be written: one before the journal goes to the disk,
/// one after. A refused write leaves its key free.
fn journalled<Seen>(
    journal: &mut Journal,
    key: &str,
    look: impl Fn() -> Result<Seen, WriteFate>,
    write: impl FnOnce(Seen) -> io::Result<()>,
) -> WriteFate {
    match journal.stage(key) {
        Some(Stage::Done) => return WriteFate::AlreadyWritten,
        Some(Stage::Begun) => return WriteFate::Unknown,
        Some(Stage::Void) | None => {}
    }
    if let Err(refused) = look() {
        return refused;
    }
    if let Err(error) = journal.record(key, Stage::Begun) {
        // nothing was written and the key is free again, which is what a mismatch says
        say!("cannot write the journal: {error}");
        return WriteFate::Mismatch;
    }
    // what was looked at may have gone while the journal went to the disk
    let seen = match look() {
        Ok(seen) => seen,
        Err(refused) => {
            if let Err(error) = journal.free(key) {
                say!("cannot write the journal: {error}");
            }
            return refused;
        }
    };
    if let Err(error) = write(seen).and_then(|()| journal.record(key, Stage::Done)) {
        say!("cannot finish the write `{key}`: {error}");
        return WriteFate::Unknown;
    }
    WriteFate::Written
}

fn bytes_of(once: &Once, modes: &Modes) -> Vec<u8> {
    match std::str::from_utf8(&once.bytes) {
        Ok(text) if once.paste => paste(text, modes),
        _ => once.bytes.clone(),
    }
}

/// Whether the screen shows the text, however it is broken into rows.
fn holds(state: &mut State, wanted: &str) -> bool {
    let normal = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if wanted.trim().is_empty() {
        return true;
    }
    let screen = normal(&state.terminal.text().join(" "));
    wanted.lines().all(|row| screen.contains(&normal(row)))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_write_that_is_refused_at_the_last_moment_leaves_its_key_free() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.jsonl");
        let mut journal = Journal::open(&path).unwrap();
        for round in 1..=2 {
            let looks = Cell::new(0);
            let look = || {
                looks.set(looks.get() + 1);
                if looks.get() == 1 { Ok(()) } else { Err(WriteFate::Mismatch) }
            };
            let fate = journalled(&mut journal, "a", look, |()| panic!("it was refused"));
            assert_eq!((fate, looks.get()), (WriteFate::Mismatch, 2), "round {round}");
        }
        // in another life, too
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journalled(&mut journal, "a", || Ok(()), |()| Ok(())), WriteFate::Written);
        let mut journal = Journal::open(&path).unwrap();
        let again = journalled(&mut journal, "a", || Ok(()), |()| panic!("it is written"));
        assert_eq!(again, WriteFate::AlreadyWritten);
    }
}
