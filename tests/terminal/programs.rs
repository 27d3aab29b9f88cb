//! Programs that people use, run for real in tmux and replayed: what vim, less, htop, fzf and a nested tmux print
//! is recorded from a PTY of ours, shown to our terminal, and has to look as in the tmux beside it.

use std::io::Read;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use quarterdeck::term::Terminal;

use super::reference::{Tmux, is_there};

const ROWS: u16 = 24;
const COLS: u16 = 80;
const PATIENCE: Duration = Duration::from_secs(15);

/// A program in a PTY of its own, with our terminal around it.
struct Running {
    terminal: Terminal,
    output: mpsc::Receiver<Vec<u8>>,
    writer: Box<dyn std::io::Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    /// All that it printed.
    printed: Vec<u8>,
}

impl Running {
    /// Starts it; `None`, loudly, when it is not installed.
    fn start(program: &str, arguments: &[&str], directory: &std::path::Path) -> Option<Self> {
        if std::process::Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output()
            .is_ok_and(|out| !out.status.success())
        {
            assert!(
                std::env::var_os("QD_REQUIRE_E2E").is_none(),
                "{program} is not installed and QD_REQUIRE_E2E is set"
            );
            eprintln!("SKIPPED: {program} is not installed");
            return None;
        }
        let size = PtySize { rows: ROWS, cols: COLS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(directory);
        for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8"), ("HOME", directory.to_str().unwrap())]
        {
            command.env(name, value);
        }
        command.env_remove("TMUX");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || {
            let _master = pair.master;
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Some(Self { terminal: Terminal::new(ROWS, COLS, 1000), output, writer, child, printed: Vec::new() })
    }

    fn keys(&mut self, keys: &str) {
        use std::io::Write as _;
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Reads on until the screen holds the text.
    fn wait(&mut self, wanted: &str) {
        self.wait_for(wanted, |screen| screen.contains(wanted));
    }

    fn wait_for(&mut self, what: &str, is: impl Fn(&str) -> bool) {
        use std::io::Write as _;
        let deadline = Instant::now() + PATIENCE;
        while !is(&self.terminal.text().join("\n")) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(left) else {
                panic!("waited for {what:?}; the screen is\n{}", self.terminal.text().join("\n"));
            };
            self.terminal.process(&bytes);
            self.printed.extend_from_slice(&bytes);
            let answers = self.terminal.take_answers();
            self.writer.write_all(&answers).unwrap();
        }
    }

    /// What was printed so far looks the same in tmux.
    fn looks_as_in_tmux(&mut self) {
        let tmux = Tmux::start(ROWS, COLS);
        tmux.show(&self.printed);
        let ours: Vec<String> = self.terminal.text().iter().map(|row| row.trim_end().to_owned()).collect();
        let deadline = Instant::now() + PATIENCE;
        while tmux.rows() != ours {
            assert!(Instant::now() < deadline, "ours\n{}\ntmux\n{}", ours.join("\n"), tmux.rows().join("\n"));
            std::thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (1..=200).map(|number| format!("line {number} of the file\n")).collect();
    std::fs::write(folder.path().join("file.txt"), lines).unwrap();
    folder
}

#[test]
fn vim_edits_and_scrolls() {
    let folder = folder();
    let Some(mut vim) = Running::start("vim", &["-u", "NONE", "-N", "file.txt"], folder.path()).filter(|_| is_there())
    else {
        return;
    };
    vim.wait("line 1 of the file");
    vim.keys("\x06\x04ihello\x1b:set nu\r:split\r");
    vim.wait("hello");
    vim.wait_for("two windows", |screen| screen.matches("file.txt").count() >= 2);
    vim.keys(":echo 'ready'\r");
    vim.wait("ready");
    vim.looks_as_in_tmux();
    vim.keys(":q!\r:q!\r");
    vim.wait_for("the main screen", |screen| !screen.contains("line "));
}

#[test]
fn less_scrolls_both_ways_and_searches() {
    let folder = folder();
    let Some(mut less) = Running::start("less", &["file.txt"], folder.path()).filter(|_| is_there()) else { return };
    less.wait("line 1 of the file");
    less.keys("  b/line 77\n");
    less.wait("line 77 of");
    less.keys("kkk");
    less.wait("line 74 of");
    less.looks_as_in_tmux();
}

#[test]
fn fzf_filters() {
    let folder = folder();
    let Some(mut fzf) =
        Running::start("sh", &["-c", "command -v fzf >/dev/null && exec fzf <file.txt || echo missing"], folder.path())
            .filter(|_| is_there())
    else {
        return;
    };
    fzf.wait_for("fzf or its absence", |screen| screen.contains("200/200") || screen.contains("missing"));
    if fzf.terminal.text().join("").contains("missing") {
        assert!(std::env::var_os("QD_REQUIRE_E2E").is_none(), "fzf is not installed and QD_REQUIRE_E2E is set");
        return eprintln!("SKIPPED: fzf is not installed");
    }
    fzf.keys("199");
    fzf.wait("1/200");
    fzf.looks_as_in_tmux();
}

#[test]
fn htop_shows_its_table() {
    let folder = folder();
    let Some(mut htop) = Running::start("htop", &["-C", "-d", "100"], folder.path()).filter(|_| is_there()) else {
        return;
    };
    htop.wait("F10");
    htop.looks_as_in_tmux();
}

#[test]
fn a_nested_tmux_splits() {
    let folder = folder();
    let arguments = ["-L", "qd-term-nested", "-f", "/dev/null", "new-session", "sh"];
    let Some(mut nested) = Running::start("tmux", &arguments, folder.path()) else { return };
    nested.wait("[0] 0:");
    nested.keys("\x02%");
    nested.wait("│");
    nested.keys("seq 1 50; echo rea''dy\r");
    nested.wait("ready");
    nested.looks_as_in_tmux();
    let _ = std::process::Command::new("tmux").args(["-L", "qd-term-nested", "kill-server"]).output();
}
