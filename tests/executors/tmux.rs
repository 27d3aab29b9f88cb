//! Windows of tmux, in a server of the story's own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::stories;
use super::world::{World, kill_now, runs, skip, until};

struct Server {
    world: World,
    name: String,
}

impl Server {
    fn new() -> Option<Self> {
        if let Err(error) = Command::new("tmux").arg("-V").output() {
            skip(&format!("tmux is not installed ({error}; Debian: tmux)"));
            return None;
        }
        let mut world = World::new();
        let name = world.repository().parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        fs::create_dir_all(world.path("qd/config")).unwrap();
        let settings = format!("[executor.tmux]\nserver = \"{name}\"\n");
        fs::write(world.path("qd/config/config.toml"), settings).unwrap();
        // sockets of tmux go where nothing else of this machine looks
        world.environment.push(("TMUX_TMPDIR".to_owned(), world.path("").display().to_string()));
        Some(Self { world, name })
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.name]).args(arguments).env_clear().envs(self.world.variables());
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn sleeps() -> bool {
    let all = Command::new("ps").args(["ax", "-o", "args"]).output().unwrap();
    String::from_utf8_lossy(&all.stdout).lines().any(|line| line.trim() == "sleep 7543")
}

#[test]
fn work_lands() {
    let Some(server) = Server::new() else { return };
    stories::work_lands(&server.world, "tmux");
}

#[test]
fn a_kill_ends_it_and_no_other() {
    let Some(server) = Server::new() else { return };
    let other = stories::start(&server.world, "tmux", "Other", "echo other; sleep 9000");
    let other = server.world.running_session(other);
    stories::until_shown(&server.world, &other, "other");
    stories::a_kill_ends_it_with(&server.world, "tmux", "echo up; sleep 7543 & sleep 7543", sleeps);
    assert!(runs(&other["pid"]), "the other one goes on");
    assert!(server.tmux(&["list-windows", "-t", "=quarterdeck"]).contains("1-autonomous"));
}

#[test]
fn a_killed_daemon_finds_it_again() {
    let Some(server) = Server::new() else { return };
    stories::a_killed_daemon_finds_it_again(&server.world, "tmux");
}

#[test]
fn plain_tmux_shows_it_and_a_killed_host_finds_it_again() {
    let Some(server) = Server::new() else { return };
    let world = &server.world;
    let wait = "until [ -e go.txt ]; do sleep 0.1; done";
    let id = stories::start(world, "tmux", "Patient", &format!("echo up; {wait}; rm go.txt; echo here > patient.txt"));
    let session = world.running_session(id);
    stories::until_shown(world, &session, "up");
    let windows = server.tmux(&["list-windows", "-t", "=quarterdeck", "-F", "#{window_name}"]);
    assert_eq!(windows, format!("{id}-autonomous\n"));
    assert!(server.tmux(&["capture-pane", "-p", "-t", "=quarterdeck:"]).contains("up"), "plain tmux shows it");
    kill_now(&session["host_pid"]);
    until("the host is gone", stories::PATIENCE, || (!runs(&session["host_pid"])).then_some(()));
    until("a new host shows it", stories::PATIENCE, || stories::screen(world, &session).contains("up").then_some(()));
    let worktree = PathBuf::from(world.task(id)["worktree"].as_str().unwrap());
    fs::write(worktree.join("go.txt"), "").unwrap();
    world.until_status(id, "completed", stories::PATIENCE);
    assert_eq!(world.arrivals("patient.txt"), 1);
    assert_eq!(world.sessions().len(), 1, "it was the same session all the time");
}

#[test]
fn a_failing_command_keeps_its_exit_code() {
    let Some(server) = Server::new() else { return };
    let ended = stories::task(&server.world, "tmux", "Fail", "exit 3");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(server.world.sessions()[0]["exit"].as_str().unwrap().contains("exit code 3"));
}
