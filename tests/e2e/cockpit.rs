//! The cockpit in a terminal: what it shows survives it, and the terminal is as it was afterwards.

use std::process::Command;
use std::time::Duration;

use super::terminal::{LEADER, Terminal};
use super::world::{World, kill_now, runs, skip, until};

const SOON: Duration = Duration::from_secs(30);

/// Leaves with the keys for it.
fn detach(terminal: &mut Terminal) {
    terminal.type_in(LEADER);
    terminal.type_in("q");
    assert_eq!(terminal.until_ended(SOON), 0);
    until("the terminal is restored", SOON, || terminal.is_restored().then_some(()));
}

#[test]
fn a_killed_cockpit_shows_the_same_text_when_it_is_opened_again() {
    let world = World::new();
    world.qd(&["worker", "start", "1", "--agent", "shell", "--run", "echo the-very-same-text; sleep 1000"]).good();
    let first = Terminal::open(&world, &[], 36, 120);
    first.until_shows("the-very-same-text", SOON);
    kill_now(&first.process());
    drop(first);
    let mut second = Terminal::open(&world, &[], 36, 120);
    second.until_shows("the-very-same-text", SOON);
    detach(&mut second);
    let sessions = world.sessions();
    assert_eq!(sessions.len(), 1);
    assert!(runs(&sessions[0]["pid"]), "leaving is detaching");
}

#[test]
fn keys_go_into_the_pane() {
    let world = World::new();
    world
        .qd(&["worker", "start", "1", "--agent", "shell", "--run", "while read line; do echo \"heard <$line>\"; done"])
        .good();
    let mut terminal = Terminal::open(&world, &[], 36, 120);
    let task = until("the session runs", SOON, || world.sessions().into_iter().find(|s| s["pid"].is_u64()));
    assert_eq!(task["worker"], 1);
    terminal.type_in(LEADER);
    terminal.type_in("1");
    terminal.until_shows("AGENT", SOON);
    terminal.type_in("ahoy\r");
    terminal.until_shows("heard <ahoy>", SOON);
    detach(&mut terminal);
}

#[test]
fn absurd_sizes_are_survived() {
    for (rows, cols) in [(3, 10), (1, 1), (200, 500)] {
        let world = World::new();
        world.qd(&["worker", "start", "1", "--agent", "shell", "--run", "echo hi; sleep 1000"]).good();
        let mut terminal = Terminal::open(&world, &[], rows, cols);
        until("something is drawn", SOON, || (!terminal.text().trim().is_empty()).then_some(()));
        detach(&mut terminal);
    }
}

/// The window is closed under it, not once but often: the end comes at any moment of its reading.
#[test]
fn a_closed_window_ends_the_cockpit() {
    if Command::new("tmux").arg("-V").output().is_err() {
        skip("tmux is not installed");
        return;
    }
    let world = World::new();
    world.qd(&["worker", "start", "1", "--agent", "shell", "--run", "while :; do echo busy; sleep 0.01; done"]).good();
    let socket = world.path("tmux.sock").display().to_string();
    let tmux = |args: &[&str]| {
        let mut command = Command::new("tmux");
        command.args(["-S", &socket, "-f", "/dev/null"]).args(args).env_clear().envs(world.variables());
        let said = command.current_dir(world.repository()).output().unwrap();
        assert!(said.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap()
    };
    // without another session the server would end with each window, while the next one already calls it
    tmux(&["new-session", "-d", "-s", "keeper", "sleep", "600"]);
    for round in 0..4 {
        tmux(&["new-session", "-d", "-s", "window", "-x", "100", "-y", "30", env!("CARGO_BIN_EXE_qd")]);
        until("the cockpit shows the pane", SOON, || {
            tmux(&["capture-pane", "-p", "-t", "window"]).contains("busy").then_some(())
        });
        let pid: u64 = tmux(&["list-panes", "-t", "window", "-F", "#{pane_pid}"]).trim().parse().unwrap();
        tmux(&["kill-session", "-t", "window"]);
        until(&format!("the cockpit leaves in round {round}"), SOON, || (!runs(&pid.into())).then_some(()));
    }
    tmux(&["kill-server"]);
    assert!(runs(&world.sessions()[0]["pid"]), "leaving is detaching");
}

#[test]
fn without_a_terminal_the_cockpit_says_so() {
    let world = World::new();
    let ended = world.qd(&[]);
    assert_ne!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("terminal") && !ended.stderr.contains("panicked"), "{ended:?}");
}
