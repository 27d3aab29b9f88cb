//! tmux as the reference terminal: its own server for each screen, bytes from a file, the screen read back.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long tmux may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether there is a tmux to compare with; says so loudly when there is none.
pub fn is_there() -> bool {
    let there = Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success());
    if !there {
        assert!(std::env::var_os("QD_REQUIRE_E2E").is_none(), "tmux is not installed and QD_REQUIRE_E2E is set");
        eprintln!("SKIPPED: tmux is not installed, nothing to compare with");
    }
    there
}

/// A tmux with one pane that shows what it is fed.
pub struct Tmux {
    socket: PathBuf,
    directory: tempfile::TempDir,
    fed: usize,
}

impl Tmux {
    /// A pane of this size, without status line.
    pub fn start(rows: u16, cols: u16) -> Self {
        let directory = tempfile::Builder::new().prefix("qd-term").tempdir().unwrap();
        let socket = directory.path().join("tmux");
        let tmux = Self { socket, directory, fed: 0 };
        let config = tmux.path("config");
        std::fs::write(&config, "set -g status off\nset -g default-terminal tmux-256color\nset -g remain-on-exit on\n")
            .unwrap();
        let pipe = tmux.path("feed");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // the pane echoes nothing, changes nothing, and shows the bytes of the pipe as they come
        let shown = format!("stty raw -echo; while :; do cat '{}'; done", pipe.display());
        let (width, height) = (cols.to_string(), rows.to_string());
        let words =
            ["-f", config.to_str().unwrap(), "new-session", "-d", "-x", &width, "-y", &height, "sh", "-c", &shown];
        let started = tmux.run(&words);
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        tmux
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.env_remove("TMUX").env("LC_ALL", "C.UTF-8").arg("-u").arg("-S").arg(&self.socket).args(words);
        command.output().unwrap()
    }

    fn say(&self, words: &[&str]) -> String {
        String::from_utf8(self.run(words).stdout).unwrap()
    }

    /// Shows bytes; when they are there is to be seen by looking.
    pub fn show(&self, bytes: &[u8]) {
        std::fs::write(self.path("feed"), bytes).unwrap();
    }

    /// Shows bytes that end outside of every sequence, and waits until they were taken: a title comes behind them.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.fed += 1;
        let mark = format!("fed-{}", self.fed);
        self.show(&[bytes, format!("\x1b]2;{mark}\x1b\\").as_bytes()].concat());
        let deadline = Instant::now() + PATIENCE;
        while self.say(&["display-message", "-p", "#{pane_title}"]).trim_end() != mark {
            assert!(Instant::now() < deadline, "tmux did not take {} bytes", bytes.len());
            std::thread::yield_now();
        }
    }

    /// The rows of the screen, blanks at their ends left out.
    pub fn rows(&self) -> Vec<String> {
        self.say(&["capture-pane", "-p"]).lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Row and column of the cursor.
    pub fn cursor(&self) -> (u16, u16) {
        let said = self.say(&["display-message", "-p", "#{cursor_y} #{cursor_x}"]);
        let (row, col) = said.trim().split_once(' ').unwrap();
        (row.parse().unwrap(), col.parse().unwrap())
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}
