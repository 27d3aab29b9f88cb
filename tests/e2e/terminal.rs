//! A terminal with `qd` in it, read through a terminal emulator.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::Value;

use super::world::{World, until};

/// The leader key, Ctrl+Space.
pub const LEADER: &str = "\0";

pub struct Terminal {
    screen: Arc<Mutex<vt100::Parser>>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Opens `qd` with arguments in the world's repository.
    pub fn open(world: &World, arguments: &[&str], rows: u16, cols: u16) -> Self {
        Self::open_in(world, &world.repository(), arguments, rows, cols)
    }

    pub fn open_in(world: &World, directory: &Path, arguments: &[&str], rows: u16, cols: u16) -> Self {
        let pty = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_qd"));
        command.args(arguments);
        command.cwd(directory);
        command.env_clear();
        for (key, value) in world.variables() {
            command.env(key, value);
        }
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let size = |n| NonZeroU16::new(n).unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size(rows), size(cols), 0)));
        let writer = Arc::new(Mutex::new(pty.master.take_writer().unwrap()));
        let mut reader = pty.master.try_clone_reader().unwrap();
        let (shown, answers) = (screen.clone(), writer.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 {
                    return;
                }
                shown.lock().unwrap().process(&bytes[..count]);
                // an old terminal: it says what it is, and knows no keyboard protocol
                if bytes[..count].windows(3).any(|window| window == b"\x1b[c") {
                    let _ = answers.lock().unwrap().write_all(b"\x1b[?62;22c");
                }
            }
        });
        Self { screen, writer, child, _master: pty.master }
    }

    pub fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the screen shows a text.
    pub fn until_shows(&self, text: &str, limit: Duration) {
        let mut last = String::new();
        let end = std::time::Instant::now() + limit;
        until_or(&format!("the screen shows `{text}`"), end, &mut last, |last| {
            *last = self.text();
            last.contains(text)
        });
    }

    pub fn type_in(&self, keys: &str) {
        let mut writer = self.writer.lock().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    pub fn process(&self) -> Value {
        Value::from(self.child.process_id().unwrap())
    }

    /// Waits for its end; gives its exit code.
    pub fn until_ended(&mut self, limit: Duration) -> u32 {
        until("qd has left the terminal", limit, || self.child.try_wait().unwrap()).exit_code()
    }

    /// Whether the program left the terminal as it found it.
    pub fn is_restored(&self) -> bool {
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the screen\n{}\n---", self.text());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again; shows the last look when the time is over.
fn until_or(what: &str, end: std::time::Instant, last: &mut String, mut look: impl FnMut(&mut String) -> bool) {
    while !look(last) {
        assert!(std::time::Instant::now() < end, "waited in vain until {what}; last:\n{last}");
        std::thread::sleep(Duration::from_millis(25));
    }
}
