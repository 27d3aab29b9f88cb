//! What the daemon's answers stand beside: tmux asked over its control mode, which is a request and an answer on an open
//! connection too, and the disk that a change must reach.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use crate::scene::Tmux;

/// A client of tmux in control mode.
pub struct Control {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    _server: Tmux,
}

impl Control {
    pub fn open() -> Self {
        let server = Tmux::new();
        server.run(&["new-session", "-d", "-s", "s", "-x", "200", "-y", "60", "exec cat"]);
        let mut client = server.command(&["-C", "attach", "-t", "s"]);
        let mut child = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut control = Self { child, to, from, _server: server };
        // the attaching itself is answered, too
        control.until_answered();
        control.ask("list-panes");
        control
    }

    /// From a request to its whole answer.
    pub fn ask(&mut self, command: &str) -> Duration {
        let began = Instant::now();
        writeln!(self.to, "{command}").unwrap();
        self.until_answered();
        began.elapsed()
    }

    fn until_answered(&mut self) {
        let mut line = String::new();
        while !line.starts_with("%end") {
            line.clear();
            assert!(self.from.read_line(&mut line).unwrap() > 0, "tmux closed its control mode");
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file on the disk that the store is on.
pub struct Disk(File);

impl Disk {
    pub fn in_directory(directory: &Path) -> Self {
        Self(OpenOptions::new().create(true).append(true).open(directory.join("disk")).unwrap())
    }

    /// How long it takes until a change of a few lines has reached it.
    pub fn reach(&mut self) -> Duration {
        let began = Instant::now();
        self.0.write_all(&[b'x'; 4096]).unwrap();
        self.0.sync_data().unwrap();
        began.elapsed()
    }
}
