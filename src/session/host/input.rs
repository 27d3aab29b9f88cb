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
    match journal.stage(&once.key) {
        Some(Stage::Done) => return WriteFate::AlreadyWritten,
        Some(Stage::Begun) => return WriteFate::Unknown,
        None => {}
    }
    let modes = {
        let mut state = shared.state();
        if state.agent_ended {
            return WriteFate::Over;
        }
        if !holds(&mut state, &once.only_if) {
            return WriteFate::Mismatch;
        }
        state.terminal.modes()
    };
    if let Err(error) = journal.record(&once.key, Stage::Begun) {
        // nothing was written and the key is free again, which is what a mismatch says
        say!("cannot write the journal: {error}");
        return WriteFate::Mismatch;
    }
    // what was looked at may have gone while the journal went to the disk
    if !holds(&mut shared.state(), &once.only_if) {
        return WriteFate::Mismatch;
    }
    let written = write_all(writer, &bytes_of(once, &modes));
    if let Err(error) = written.and_then(|()| journal.record(&once.key, Stage::Done)) {
        say!("cannot finish the write `{}`: {error}", once.key);
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
