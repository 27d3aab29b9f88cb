//! The demo agent's own terminal: raw mode, coloured lines that scroll, and one line at the bottom that is
//! either the composer or the status. It behaves like the agents it stands for: bracketed paste, title, Esc.

use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

/// As much of a typed line as the composer shows.
const COMPOSER_WIDTH: usize = 60;

/// What stands in the window's title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Title {
    Ready,
    Working,
    Asking,
    Done,
}

impl Title {
    fn word(self) -> &'static str {
        match self {
            Title::Ready => "ready",
            Title::Working => "working",
            Title::Asking => "asking",
            Title::Done => "done",
        }
    }
}

/// The terminal in raw mode; as it was again when dropped.
pub(super) struct Terminal {
    input: io::Stdin,
    output: io::Stdout,
    before: Termios,
}

impl Terminal {
    /// Takes the terminal over. An error when standard input is none.
    pub(super) fn open() -> io::Result<Self> {
        let input = io::stdin();
        if !input.is_terminal() {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "standard input is not a terminal"));
        }
        let before = tcgetattr(input.as_fd())?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(input.as_fd(), SetArg::TCSANOW, &raw)?;
        let terminal = Self { input, output: io::stdout(), before };
        terminal.write("\x1b[?2004h")?;
        Ok(terminal)
    }

    /// Sets the title (OSC 2).
    pub(super) fn title(&self, title: Title) -> io::Result<()> {
        self.write(&format!("\x1b]2;demo: {}\x07", title.word()))
    }

    /// Replaces the bottom line by text that stays, and goes to the next one.
    pub(super) fn line(&self, text: &str) -> io::Result<()> {
        self.write(&format!("\r\x1b[K{text}\x1b[0m\r\n"))
    }

    /// Shows the bottom line.
    pub(super) fn bottom(&self, text: &str) -> io::Result<()> {
        self.write(&format!("\r\x1b[K{text}\x1b[0m"))
    }

    /// Shows the composer with what is in it.
    pub(super) fn composer(&self, content: &str) -> io::Result<()> {
        let count = content.chars().count();
        let shown: String = content.chars().skip(count.saturating_sub(COMPOSER_WIDTH)).collect();
        self.bottom(&format!("\x1b[1;35mdemo>\x1b[0m {shown}"))
    }

    /// Bytes that were typed within `wait`; `None` when nobody typed, an empty list when the terminal is gone.
    pub(super) fn read(&self, wait: Option<Duration>) -> io::Result<Option<Vec<u8>>> {
        if !readable(self.input.as_fd(), wait)? {
            return Ok(None);
        }
        let mut bytes = vec![0; 4096];
        let count = nix::unistd::read(self.input.as_fd(), &mut bytes)?;
        bytes.truncate(count);
        Ok(Some(bytes))
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut out = self.output.lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The terminal may be gone; then there is nobody left to restore it for.
        let _ = self.write("\x1b[?2004l\r\n");
        let _ = tcsetattr(self.input.as_fd(), SetArg::TCSANOW, &self.before);
    }
}

/// Whether there is something to read before `wait` has passed (for ever, when there is no limit).
fn readable(input: BorrowedFd<'_>, wait: Option<Duration>) -> io::Result<bool> {
    let until = wait.map(|wait| Instant::now() + wait);
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left
            .map_or(PollTimeout::NONE, |left| PollTimeout::from(u16::try_from(left.as_millis()).unwrap_or(u16::MAX)));
        match poll(&mut [PollFd::new(input, PollFlags::POLLIN)], timeout) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What the person (or Quarterdeck) did at the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// Text, typed.
    Typed(char),
    /// Text, pasted, whole.
    Pasted(String),
    Enter,
    Backspace,
    Escape,
    Interrupt,
    EndOfInput,
}

/// Bytes to keys. Keeps what is incomplete until the rest arrives.
#[derive(Debug, Default)]
pub(super) struct Keys {
    waiting: Vec<u8>,
}

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

impl Keys {
    /// Adds bytes and takes out every whole key.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.waiting.extend_from_slice(bytes);
        let mut keys = Vec::new();
        while let Some((key, used)) = next_key(&self.waiting) {
            keys.extend(key);
            self.waiting.drain(..used);
        }
        keys
    }
}

/// The first key and how many bytes it takes; `None` when there is no whole one.
fn next_key(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    if let Some(rest) = bytes.strip_prefix(PASTE_BEGINS) {
        let end = rest.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS)?;
        let text = String::from_utf8_lossy(rest.get(..end)?).replace("\r\n", "\n").replace('\r', "\n");
        return Some((Some(Key::Pasted(text)), PASTE_BEGINS.len() + end + PASTE_ENDS.len()));
    }
    if bytes.len() > 1 && PASTE_BEGINS.starts_with(bytes) {
        return None;
    }
    match *bytes.first()? {
        b'\r' | b'\n' => Some((Some(Key::Enter), 1)),
        0x7f | 0x08 => Some((Some(Key::Backspace), 1)),
        0x03 => Some((Some(Key::Interrupt), 1)),
        0x04 => Some((Some(Key::EndOfInput), 1)),
        0x1b if bytes.get(1) == Some(&b'[') => {
            let end = bytes.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte))?;
            Some((None, end + 3)) // cursor keys and reports: nothing to do
        }
        0x1b => Some((Some(Key::Escape), 1)),
        byte if byte < 0x20 => Some((None, 1)),
        byte => typed(bytes, byte),
    }
}

/// One character of UTF-8.
fn typed(bytes: &[u8], first: u8) -> Option<(Option<Key>, usize)> {
    let length = match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    };
    let character = std::str::from_utf8(bytes.get(..length)?).ok().and_then(|text| text.chars().next());
    Some(character.map_or((None, 1), |character| (Some(Key::Typed(character)), length)))
}
