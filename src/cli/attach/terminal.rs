//! The outer terminal: raw mode, its size, its input, and giving it back as it was.

use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::term::input::{Input, Piece};

use super::super::Stop;

/// Bytes that are read at once.
const AT_ONCE: usize = 4_096;

/// Rows and columns of a terminal that does not say.
const UNKNOWN_SIZE: (u16, u16) = (24, 80);

/// Readings that may wait: a paste that is not taken stays in the terminal.
const READINGS: usize = 16;

/// Everything that the viewer or a mirrored mode may have switched on, off again: attributes, wrap, keypad,
/// cursor keys, paste, focus, mouse, keyboard protocols, synchronized update, cursor, alternate screen.
const RESTORE: &str = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b>\x1b[?1l\x1b[?2004l\x1b[?1004l\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\
\x1b[?1006l\x1b[=0u\x1b[<u\x1b[>4;0m\x1b[0 q\x1b[?25h\x1b[?1049l";

/// What happens at the terminal.
pub(super) enum Event {
    /// The person typed, pasted or moved the mouse.
    Input(Vec<Piece>),
    /// It has another size.
    Resized,
    /// It is gone, or we are told to go.
    Gone,
}

/// The person's terminal while a pane is on it. Dropping it restores it, also when a panic unwinds.
pub(super) struct Terminal {
    before: Termios,
    pieces: mpsc::Receiver<Vec<Piece>>,
    resize: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Terminal {
    /// Takes it over: raw mode, alternate screen, an own entry on the stack of keyboard modes.
    pub(super) fn open() -> io::Result<Self> {
        let resize = signal(SignalKind::window_change())?;
        let terminate = signal(SignalKind::terminate())?;
        let hang_up = signal(SignalKind::hangup())?;
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(io::stdin(), SetArg::TCSADRAIN, &raw)?;
        let (sender, pieces) = mpsc::channel(READINGS);
        let terminal = Self { before, pieces, resize, terminate, hang_up };
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || read_keys(&sender))?;
        Ok(terminal)
    }

    /// Rows and columns as they are now.
    pub(super) fn size() -> (u16, u16) {
        terminal_size::terminal_size().map_or(UNKNOWN_SIZE, |(width, height)| (height.0.max(1), width.0.max(1)))
    }

    /// What happens next at the terminal; nothing is lost when it is not awaited to the end.
    pub(super) async fn event(&mut self) -> Event {
        tokio::select! {
            biased;
            pieces = self.pieces.recv() => pieces.map_or(Event::Gone, Event::Input),
            resized = self.resize.recv() => if resized.is_some() { Event::Resized } else { Event::Gone },
            _ = self.terminate.recv() => Event::Gone,
            _ = self.hang_up.recv() => Event::Gone,
        }
    }

    /// Writes at once.
    pub(super) fn write(text: &str) -> Result<(), Stop> {
        let mut to = io::stdout().lock();
        to.write_all(text.as_bytes())
            .and_then(|()| to.flush())
            .map_err(|error| Stop::system("the terminal cannot be written", &error))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // a terminal that is gone needs no restoring
        let mut to = io::stdout().lock();
        let _ = to.write_all(RESTORE.as_bytes()).and_then(|()| to.flush());
        let _ = tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &self.before);
    }
}

/// Reads until the terminal is gone or nobody wants its keys. Ends with the process otherwise.
fn read_keys(to: &mpsc::Sender<Vec<Piece>>) {
    let mut input = Input::default();
    while let Some(pieces) = next_pieces(&mut input) {
        if !pieces.is_empty() && to.blocking_send(pieces).is_err() {
            return;
        }
    }
}

/// What was sent next, or what waited for the rest of a sequence that did not come; `None` when the terminal is gone.
fn next_pieces(input: &mut Input) -> Option<Vec<Piece>> {
    if let Some(due) = input.due() {
        let left = due.saturating_duration_since(Instant::now());
        // rounded up: it must not be looked at before it is due
        let left = PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::ZERO);
        let stdin = io::stdin();
        match poll(&mut [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)], left) {
            Ok(0) => return Some(input.settle(Instant::now())),
            Ok(_) => {}
            Err(Errno::EINTR) => return Some(Vec::new()),
            Err(_) => return None,
        }
    }
    let mut bytes = [0; AT_ONCE];
    match nix::unistd::read(io::stdin(), &mut bytes) {
        Ok(0) => None,
        Ok(length) => Some(input.feed(bytes.get(..length).unwrap_or_default(), Instant::now())),
        Err(Errno::EINTR) => Some(Vec::new()),
        Err(_) => None,
    }
}
