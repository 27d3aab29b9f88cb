//! Events of the outer terminal for the loop, read on its own thread: a key is not handed from one thread to
//! another before anything is done with it.

use std::io::{self, Stdin};
use std::os::fd::AsFd as _;
use std::time::Duration;

use crossterm::event::{self, Event};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::TuiError;

/// The keyboard (and mouse, and size) of the outer terminal.
pub(super) struct Keyboard {
    terminal: AsyncFd<Stdin>,
    resized: Signal,
}

impl Keyboard {
    /// The terminal is ours already.
    #[allow(deprecated, reason = "the replacement is `unsafe`; what it asks for holds: stdin is never closed")]
    pub(super) fn new() -> Result<Self, TuiError> {
        let terminal = AsyncFd::with_interest(io::stdin(), Interest::READABLE)
            .map_err(|source| TuiError::Terminal { doing: "listened to", source })?;
        let resized = signal(SignalKind::window_change()).map_err(|source| TuiError::Signals { source })?;
        watch_for_the_end();
        Ok(Self { terminal, resized })
    }

    /// The next event; `None` when the terminal is gone. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            if is_gone() {
                return None;
            }
            // crossterm may hold events that it read before
            if event::poll(Duration::ZERO).ok()? {
                return event::read().ok();
            }
            tokio::select! {
                ready = self.terminal.readable() => match ready {
                    // what made it readable may be its end
                    Ok(_) if is_gone() => return None,
                    Ok(mut ready) => {
                        if !event::poll(Duration::ZERO).ok()? {
                            ready.clear_ready();
                        }
                    }
                    Err(_) => return None,
                },
                _ = self.resized.recv() => {}
            }
        }
    }
}

/// How long the cockpit may take to leave by itself when its terminal is gone.
const LEAVES_WITHIN: Duration = Duration::from_secs(5);

/// A terminal that goes in the very moment in which crossterm reads it makes crossterm spin for ever, deaf to signals.
/// So somebody else waits for that end (without ever waking up before it) and ends a cockpit that did not leave.
fn watch_for_the_end() {
    let waiting = std::thread::Builder::new().name("terminal's end".to_owned());
    let started = waiting.spawn(|| {
        let stdin = io::stdin();
        let mut state = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
        while poll(&mut state, PollTimeout::NONE) == Err(nix::errno::Errno::EINTR) {}
        if is_gone() {
            std::thread::sleep(LEAVES_WITHIN);
            // nothing is left to be restored; what runs, runs in the daemon and the hosts
            let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
        }
    });
    // without it, only that rare moment is not covered
    drop(started);
}

/// Reading a terminal that hung up would not end inside crossterm.
fn is_gone() -> bool {
    let stdin = io::stdin();
    let mut state = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
    let looked = poll(&mut state, PollTimeout::ZERO);
    let [state] = state;
    looked.is_err() || state.revents().is_some_and(|found| found.intersects(PollFlags::POLLHUP | PollFlags::POLLNVAL))
}
