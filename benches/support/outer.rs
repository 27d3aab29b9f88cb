//! A program on a PTY of 200x60 that this process reads itself, without threads between: what is timed
//! here is the program and not the reader. A screen is kept only while something is waited for by its looks.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};

/// The size of the outer terminal.
pub const ROWS: u16 = 60;
pub const COLUMNS: u16 = 200;

/// What an old terminal says of itself: it knows no keyboard protocol.
const ATTRIBUTES: &[u8] = b"\x1b[?62;22c";

pub struct Outer {
    master: File,
    child: Child,
    screen: vt100::Parser,
    buffer: Vec<u8>,
    /// Bytes that came out so far.
    pub received: u64,
    ended: bool,
}

impl Outer {
    /// Starts a program as the leader of a process session on a new PTY.
    pub fn start(program: &Path, arguments: &[&str], environment: &[(String, String)], directory: &Path) -> Self {
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: COLUMNS * 8, ws_ypixel: ROWS * 16 };
        let pty = openpty(Some(&size), None).unwrap();
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program).args(arguments).current_dir(directory);
        command.env_clear().envs(environment.iter().cloned());
        let slave = || pty.slave.try_clone().unwrap();
        let child = command.stdin(slave()).stdout(slave()).stderr(slave()).spawn().expect("setsid is there");
        let size = |n| NonZeroU16::new(n).unwrap();
        Self {
            master: File::from(pty.master),
            child,
            screen: vt100::Parser::new(size(ROWS), size(COLUMNS), 0),
            buffer: vec![0; 128 * 1024],
            received: 0,
            ended: false,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn type_in(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// One read, if something comes in time. Questions that programs wait for are answered.
    pub fn pump(&mut self, patience: Duration) -> &[u8] {
        let milliseconds = patience.as_micros().div_ceil(1000);
        let patience = PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::MAX);
        let mut ready = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        if self.ended || poll(&mut ready, patience).unwrap_or(0) == 0 {
            return &[];
        }
        let count = self.master.read(&mut self.buffer).unwrap_or(0);
        self.ended = count == 0;
        self.received += count as u64;
        let bytes = &self.buffer[..count];
        if count < 20_000 && find(bytes, b"\x1b[c").is_some() {
            self.master.write_all(ATTRIBUTES).unwrap();
        }
        bytes
    }

    /// Reads on for so long.
    pub fn pump_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.pump(left);
        }
    }

    /// Reads until nothing comes for a while, at most so long.
    pub fn settle(&mut self, quiet: Duration, at_most: Duration) {
        let end = Instant::now() + at_most;
        while Instant::now() < end && !self.pump_parsed(quiet).is_empty() {}
    }

    fn pump_parsed(&mut self, patience: Duration) -> Vec<u8> {
        let bytes = self.pump(patience).to_vec();
        self.screen.process(&bytes);
        bytes
    }

    /// Waits until a text went out to the terminal, in one piece; answers when. For timing.
    pub fn until_sent(&mut self, needle: &[u8], limit: Duration) -> Option<Instant> {
        let end = Instant::now() + limit;
        let mut tail: Vec<u8> = Vec::new();
        while Instant::now() < end && !self.ended {
            let bytes = self.pump(Duration::from_millis(500));
            let found = find(bytes, needle).is_some() || {
                tail.extend_from_slice(&bytes[..bytes.len().min(needle.len())]);
                find(&tail, needle).is_some()
            };
            if found {
                return Some(Instant::now());
            }
            if !bytes.is_empty() {
                tail = bytes[bytes.len().saturating_sub(needle.len() - 1)..].to_vec();
            }
        }
        None
    }

    /// Waits until the screen shows a text. For setting up.
    pub fn until_shows(&mut self, text: &str, limit: Duration) {
        let end = Instant::now() + limit;
        while !self.text().contains(text) {
            assert!(Instant::now() < end, "waited in vain until the screen shows `{text}`; it shows:\n{}", self.text());
            self.pump_parsed(Duration::from_millis(200));
        }
    }

    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits for the program's end.
    pub fn until_ended(&mut self, limit: Duration) {
        let end = Instant::now() + limit;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "the program does not end; screen:\n{}", self.text());
            self.pump_parsed(Duration::from_millis(5));
        }
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a text begins. The first byte is searched for alone, which is fast where it is rare.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
