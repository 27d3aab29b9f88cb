//! What the outer terminal sends, for the loop: read and understood here and not by crossterm, which drops
//! xterm's form of modified keys, and on the loop's own thread: a key is not handed from one thread to another
//! before anything is done with it.

use std::collections::VecDeque;
use std::io::{self, Stdin};
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::AsFd as _;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::term::input::{Input, Piece};

use super::error::TuiError;

/// Bytes that are read at once.
const AT_ONCE: usize = 4 * 1024;

/// What happened at the outer terminal.
pub(super) enum Heard {
    /// It sent something.
    Sent(Piece),
    /// It has another size.
    Resized,
}

/// The keyboard (and mouse, and size) of the outer terminal.
pub(super) struct Keyboard {
    terminal: AsyncFd<Stdin>,
    resized: Signal,
    input: Input,
    heard: VecDeque<Piece>,
}

impl Keyboard {
    /// The terminal is ours already.
    #[allow(deprecated, reason = "the replacement is `unsafe`; what it asks for holds: stdin is never closed")]
    pub(super) fn new() -> Result<Self, TuiError> {
        let terminal = AsyncFd::with_interest(io::stdin(), Interest::READABLE)
            .map_err(|source| TuiError::Terminal { doing: "listened to", source })?;
        let resized = signal(SignalKind::window_change()).map_err(|source| TuiError::Signals { source })?;
        Ok(Self { terminal, resized, input: Input::default(), heard: VecDeque::new() })
    }

    /// What happens next; `None` when the terminal is gone. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some(piece) = self.heard.pop_front() {
                return Some(Heard::Sent(piece));
            }
            let due = self.input.due();
            tokio::select! {
                ready = self.terminal.readable() => {
                    let mut ready = ready.ok()?;
                    match state() {
                        State::Gone => return None,
                        State::Quiet => ready.clear_ready(),
                        State::Readable => self.read()?,
                    }
                },
                () = super::run::at(due) => match state() {
                    State::Gone => return None,
                    State::Quiet => self.heard.extend(self.input.settle(Instant::now())),
                    // it came in time and we are late
                    State::Readable => self.read()?,
                },
                _ = self.resized.recv() => return Some(Heard::Resized),
            }
        }
    }

    /// Takes what is there; `None` when the terminal is gone.
    fn read(&mut self) -> Option<()> {
        let bytes = read()?;
        self.heard.extend(self.input.feed(&bytes, Instant::now()));
        Some(())
    }
}

/// How the terminal stands.
enum State {
    Gone,
    Readable,
    Quiet,
}

fn state() -> State {
    let stdin = io::stdin();
    let mut state = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    let looked = poll(&mut state, PollTimeout::ZERO);
    let [state] = state;
    let found = state.revents().unwrap_or(PollFlags::empty());
    match looked {
        Err(nix::errno::Errno::EINTR) => State::Quiet,
        Err(_) => State::Gone,
        Ok(_) if found.intersects(PollFlags::POLLHUP | PollFlags::POLLNVAL) => State::Gone,
        Ok(_) if found.contains(PollFlags::POLLIN) => State::Readable,
        Ok(_) => State::Quiet,
    }
}

/// What is there to be read; `None` when the terminal is gone.
fn read() -> Option<Vec<u8>> {
    let mut bytes = [0; AT_ONCE];
    match nix::unistd::read(io::stdin(), &mut bytes) {
        Ok(0) => None,
        Ok(length) => Some(bytes.get(..length).unwrap_or_default().to_vec()),
        Err(nix::errno::Errno::EINTR | nix::errno::Errno::EAGAIN) => Some(Vec::new()),
        Err(_) => None,
    }
}
