//! The same scene in Quarterdeck and in tmux: one pane or four, each with a command, shown in an outer
//! terminal of 200x60, the keyboard in the first one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::outer::{COLUMNS, Outer, ROWS};
use crate::world::{World, until};

/// As long as setting something up may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The leader key, Ctrl+Space.
const LEADER: &str = "\0";

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Quarterdeck,
    Tmux,
}

/// What is there to be measured; a missing tmux was said loudly before.
pub fn everybody() -> Vec<Who> {
    if tmux_version().is_some() { vec![Who::Quarterdeck, Who::Tmux] } else { vec![Who::Quarterdeck] }
}

/// What tmux says of itself, if it is there.
pub fn tmux_version() -> Option<String> {
    let said = Command::new("tmux").arg("-V").stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// A scene that is being shown.
pub struct Scene {
    pub outer: Outer,
    house: House,
}

enum House {
    Quarterdeck(World),
    Tmux(Tmux),
}

impl Scene {
    /// Opens it: one command is one pane, several are a grid.
    pub fn open(who: Who, commands: &[&str]) -> Self {
        match who {
            Who::Quarterdeck => Self::quarterdeck(commands),
            Who::Tmux => Self::tmux(commands),
        }
    }

    fn quarterdeck(commands: &[&str]) -> Self {
        let world = World::new();
        start_workers(&world, commands);
        let outer = open_cockpit(&world);
        let mut scene = Self { outer, house: House::Quarterdeck(world) };
        scene.outer.until_shows("Needs you", PATIENCE);
        if commands.len() == 1 {
            scene.keys(&[LEADER, "1"]);
        } else {
            scene.keys(&[LEADER, "g", "\r"]);
            scene.outer.until_shows("[Grid]", PATIENCE);
        }
        scene.outer.until_shows("AGENT |", PATIENCE);
        scene.outer.settle(Duration::from_millis(700), Duration::from_secs(4));
        scene
    }

    fn tmux(commands: &[&str]) -> Self {
        let tmux = Tmux::new();
        let (first, others) = commands.split_first().expect("at least one pane");
        let (columns, rows) = (COLUMNS.to_string(), ROWS.to_string());
        // `new-session` takes the limit of the moment, so it must be set before, in a server that is kept
        tmux.run(&["new-session", "-d", "-s", "before", "-x", &columns, "-y", &rows, "cat"]);
        tmux.run(&["set", "-g", "history-limit", "20000"]);
        tmux.run(&["new-session", "-d", "-s", "s", "-x", &columns, "-y", &rows, first]);
        tmux.run(&["kill-session", "-t", "before"]);
        for command in others {
            tmux.run(&["split-window", "-t", "s", command]);
            tmux.run(&["select-layout", "-t", "s", "tiled"]);
        }
        tmux.run(&["select-pane", "-t", "s:0.0"]);
        let outer = tmux.attach();
        let mut scene = Self { outer, house: House::Tmux(tmux) };
        scene.outer.settle(Duration::from_millis(700), Duration::from_secs(4));
        scene
    }

    /// Keys one after the other, each with the time that a person's next key would leave.
    fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            self.outer.type_in(key);
            self.outer.settle(Duration::from_millis(150), Duration::from_secs(1));
        }
    }

    /// Closes the terminal's side; what runs goes on.
    pub fn detach(&mut self) {
        match &self.house {
            House::Quarterdeck(_) => self.keys(&[LEADER, "q"]),
            House::Tmux(tmux) => tmux.run(&["detach-client", "-s", "s"]),
        }
        self.outer.until_ended(PATIENCE);
    }

    /// Shows it again in a new terminal.
    pub fn attach(&mut self) {
        self.outer = match &self.house {
            House::Quarterdeck(world) => open_cockpit(world),
            House::Tmux(tmux) => tmux.attach(),
        };
    }

    /// The single pane full screen, without the cockpit; only Quarterdeck has two ways.
    pub fn attach_alone(&mut self) {
        if let House::Quarterdeck(world) = &self.house {
            self.outer = Outer::start(qd(), &["attach", "1"], &world.variables(), &world.repository());
        }
    }

    /// Leaves `attach_alone`, with the keys that leave the cockpit.
    pub fn detach_alone(&mut self) {
        self.keys(&[LEADER, "q"]);
        self.outer.until_ended(PATIENCE);
    }

    /// All processes of the multiplexer itself, by name.
    pub fn processes(&self) -> Vec<(String, u32)> {
        match &self.house {
            House::Quarterdeck(world) => {
                let mut all = vec![("cockpit".to_owned(), self.outer.pid()), ("daemon".to_owned(), daemon(world))];
                all.extend(hosts(world).into_iter().map(|host| ("session host".to_owned(), host)));
                all
            }
            House::Tmux(tmux) => {
                vec![("client".to_owned(), self.outer.pid()), ("server".to_owned(), tmux.server())]
            }
        }
    }

    pub fn pids(&self) -> Vec<u32> {
        self.processes().into_iter().map(|(_, pid)| pid).collect()
    }

    /// A directory for files of this scene.
    pub fn path(&self, name: &str) -> PathBuf {
        match &self.house {
            House::Quarterdeck(world) => world.path(name),
            House::Tmux(tmux) => tmux.home.path().join(name),
        }
    }
}

pub fn qd() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_qd"))
}

pub fn open_cockpit(world: &World) -> Outer {
    Outer::start(qd(), &[], &world.variables(), &world.repository())
}

/// Starts plain panes on the seats from the first on, and waits until their programs run.
pub fn start_workers(world: &World, commands: &[&str]) {
    for (number, command) in (1..).zip(commands) {
        let number: u32 = number;
        world.qd(&["worker", "start", &number.to_string(), "--agent", "shell", "--run", command]).good();
    }
    until("the sessions run", PATIENCE, || (hosts(world).len() == commands.len()).then_some(()));
}

pub fn daemon(world: &World) -> u32 {
    number(&world.qd(&["daemon", "status", "--json"]).good().json()["pid"]).expect("the daemon has a process")
}

pub fn hosts(world: &World) -> Vec<u32> {
    let live = world.sessions().into_iter().filter(|session| session["ended_at"].is_null() && session["pid"].is_u64());
    live.filter_map(|session| number(&session["host_pid"])).collect()
}

fn number(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

/// A tmux server of our own.
pub struct Tmux {
    home: tempfile::TempDir,
}

impl Tmux {
    pub fn new() -> Self {
        Self { home: tempfile::Builder::new().prefix("qd-bench-").tempdir().unwrap() }
    }

    fn variables(&self) -> Vec<(String, String)> {
        let home = self.home.path().display().to_string();
        let path = std::env::var("PATH").unwrap();
        [("HOME", home.as_str()), ("TMUX_TMPDIR", &home), ("PATH", &path), ("SHELL", "/bin/sh"), ("LANG", "C.UTF-8")]
            .into_iter()
            .chain([("TERM", "xterm-256color"), ("COLORTERM", "truecolor")])
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-L", "bench", "-f", "/dev/null"]).args(arguments).env_clear().envs(self.variables());
        command
    }

    pub fn run(&self, arguments: &[&str]) {
        let said = self.command(arguments).output().unwrap();
        assert!(said.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
    }

    fn attach(&self) -> Outer {
        let attach = ["-L", "bench", "attach", "-t", "s"];
        Outer::start(Path::new("tmux"), &attach, &self.variables(), self.home.path())
    }

    fn server(&self) -> u32 {
        let said = self.command(&["display-message", "-p", "-t", "s", "#{pid}"]).output().unwrap();
        String::from_utf8_lossy(&said.stdout).trim().parse().expect("tmux tells its process")
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).output();
    }
}

/// A cold start: nothing runs before; answers how long until the first frame was out.
pub fn cold_start(who: Who) -> Duration {
    match who {
        Who::Quarterdeck => {
            let world = World::new();
            let began = std::time::Instant::now();
            let mut outer = open_cockpit(&world);
            let drawn = outer.until_sent("Needs you".as_bytes(), PATIENCE).expect("a first frame");
            drop(outer);
            drawn - began
        }
        Who::Tmux => {
            let tmux = Tmux::new();
            let start = ["-L", "bench", "-f", "/dev/null", "new-session", "-s", "s", "echo first-frame; exec cat"];
            let began = std::time::Instant::now();
            let mut outer = Outer::start(Path::new("tmux"), &start, &tmux.variables(), tmux.home.path());
            let drawn = outer.until_sent(b"first-frame", PATIENCE).expect("a first frame");
            drawn - began
        }
    }
}
