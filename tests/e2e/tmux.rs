//! The cockpit and `qd attach` inside a real tmux: what keys with modifiers become.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use super::world::{World, until};

const SOON: Duration = Duration::from_secs(60);

/// A program that asks for the kitty keyboard protocol and shows what it is sent.
const RECORDER: &str = r"stty raw -echo; printf '\033[>1urecorder is ready\r\n'; exec cat -v";

/// A tmux of our own with `qd` in its one pane.
struct Outer<'w> {
    world: &'w World,
    socket: PathBuf,
}

impl<'w> Outer<'w> {
    /// Starts it; `None`, loudly, when tmux is not installed.
    fn start(world: &'w World, extended_keys: &str, arguments: &str, (columns, rows): (u16, u16)) -> Option<Self> {
        if !Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success()) {
            assert!(std::env::var_os("QD_REQUIRE_E2E").is_none(), "tmux is not installed and QD_REQUIRE_E2E is set");
            eprintln!("SKIPPED: tmux is not installed");
            return None;
        }
        let config = world.path("tmux.conf");
        let text = format!(
            "set -g status off\nset -g default-terminal tmux-256color\nset -s escape-time 0\nset -s extended-keys {extended_keys}\n"
        );
        std::fs::write(&config, text).unwrap();
        let outer = Self { world, socket: world.path("tmux") };
        let (width, height) = (columns.to_string(), rows.to_string());
        let command = format!("cd project && exec '{}' {arguments}", env!("CARGO_BIN_EXE_qd"));
        let started = outer.run(&[
            "-f",
            config.to_str().unwrap(),
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            &height,
            "sh",
            "-c",
            &command,
        ]);
        assert!(started.status.success(), "{started:?}");
        Some(outer)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.env_clear().envs(self.world.variables()).current_dir(self.world.path("")).arg("-u").arg("-S");
        command.arg(&self.socket).args(words).output().unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    fn until_shows(&self, wanted: &str) {
        let mut last = String::new();
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            until(&format!("tmux shows `{wanted}`"), SOON, || {
                last = self.text();
                last.contains(wanted).then_some(())
            });
        }));
        assert!(looked.is_ok(), "`{wanted}` is not on the screen:\n{last}");
    }
}

impl Drop for Outer<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn with_recorder() -> World {
    let world = World::new();
    world.qd(&["worker", "start", "1", "--agent", "shell", "--run", RECORDER]).good();
    until("the recorder is ready", SOON, || {
        let captured = world.qd(&["session", "capture", "@1"]);
        captured.stdout.contains("recorder is ready").then_some(())
    });
    world
}

/// What the program is sent for the keys of tmux's `send-keys`.
const ARRIVES: [(&str, &str); 5] =
    [("S-Enter", "^[[13;2u"), ("C-Enter", "^[[13;5u"), ("BTab", "^[[9;2u"), ("M-b", "^[[98;3u"), ("F5", "^[[15~")];

#[test]
fn keys_with_modifiers_arrive_in_a_pane_of_the_cockpit_inside_tmux() {
    let world = with_recorder();
    let Some(outer) = Outer::start(&world, "on", "", (120, 36)) else { return };
    outer.until_shows("recorder is ready");
    outer.keys(&["C-Space"]);
    outer.keys(&["1"]);
    outer.until_shows("AGENT |");
    for (key, bytes) in ARRIVES {
        outer.keys(&[key]);
        outer.until_shows(bytes);
    }
    assert!(!outer.text().contains("extended-keys"), "there is nothing to tell: {}", outer.text());
}

#[test]
fn keys_with_modifiers_arrive_in_an_attached_pane_inside_tmux() {
    let world = with_recorder();
    let Some(outer) = Outer::start(&world, "on", "attach 1", (80, 24)) else { return };
    outer.until_shows("Ctrl+Space q leaves");
    outer.until_shows("recorder is ready");
    // what tmux sends without being asked comes as it is
    for (key, bytes) in
        [("S-Enter", "^[[13;2u"), ("C-Enter", "^[[13;5u"), ("BTab", "^[[Z"), ("M-b", "^[b"), ("F5", "^[[15~")]
    {
        outer.keys(&[key]);
        outer.until_shows(bytes);
    }
}

#[test]
fn a_tmux_that_keeps_them_is_told_of_once_and_the_leader_makes_the_new_line() {
    let world = with_recorder();
    let Some(outer) = Outer::start(&world, "off", "", (80, 24)) else { return };
    outer.until_shows("this tmux keeps Shift+Enter");
    outer.keys(&["C-Space"]);
    outer.keys(&["1"]);
    outer.until_shows("AGENT |");
    outer.keys(&["C-Space"]);
    outer.keys(&["j"]);
    outer.until_shows("^[[13;2u");
    drop(outer);
    until("that it was told is remembered", SOON, || world.path("qd/state/told/tmux-keys").exists().then_some(()));
    let Some(again) = Outer::start(&world, "off", "", (120, 36)) else { return };
    again.until_shows("recorder is ready");
    again.keys(&["C-Space"]);
    again.keys(&["?"]);
    again.until_shows("The tmux around us keeps Shift+Enter");
    again.keys(&["Escape"]);
    again.until_shows("recorder is ready");
    assert!(!again.text().contains("this tmux keeps"), "{}", again.text());
}
