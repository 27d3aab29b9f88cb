//! Sockets and directories below the runtime directory are swept away while everything runs.

use std::fs;

use super::world::{World, until};
use super::{LONG, daemon};

#[test]
fn a_removed_control_socket_is_made_anew() {
    let world = World::new();
    let before = daemon(&world);
    fs::remove_file(world.path("qd/run/control.sock")).unwrap();
    world.qd(&["task", "list"]).good();
    assert_eq!(daemon(&world), before, "the same daemon answers");
}

#[test]
fn a_removed_runtime_directory_is_made_anew_by_daemon_and_hosts() {
    let world = World::new();
    let sign = world.path("sign");
    let task = world.start_shell_task(
        "Wait",
        &format!("while [ ! -e '{}' ]; do sleep 0.05; done; echo x > waited.txt", sign.display()),
    );
    let running = world.running_session(task);
    let before = daemon(&world);
    fs::remove_dir_all(world.path("qd/run")).unwrap();
    assert_eq!(daemon(&world), before, "the same daemon answers");
    // a daemon that comes now has to find the host without its socket
    super::kill_and_wait("the daemon", &before);
    fs::remove_dir_all(world.path("qd/run")).unwrap();
    assert_eq!(super::session(&world, &running["id"])["host_pid"], running["host_pid"]);
    until("the host's socket is back", LONG, || fs::read_dir(world.path("qd/run/s")).ok()?.flatten().next().map(drop));
    let second = world.start_shell_task("Another", "echo y > another.txt");
    fs::write(&sign, "").unwrap();
    for task in [task, second] {
        assert_eq!(world.until_status(task, "completed", LONG)["attempts"], 1);
    }
}

#[test]
fn a_removed_session_socket_is_made_anew_for_whoever_wants_in() {
    let world = World::new();
    let task = world.start_shell_task("Wait", "echo still-here; sleep 1000");
    let running = world.running_session(task);
    let (id, socket) = (running["id"].as_str().unwrap(), running["socket"].as_str().unwrap());
    until("it printed", LONG, || world.qd(&["session", "capture", id]).stdout.contains("still-here").then_some(()));
    fs::remove_file(socket).unwrap();
    let seen = until("it is reached again", LONG, || {
        Some(world.qd(&["session", "capture", id])).filter(|it| it.code == Some(0))
    });
    assert!(seen.stdout.contains("still-here"), "{seen:?}");
    assert_eq!(super::session(&world, &running["id"])["host_pid"], running["host_pid"]);
    world.qd(&["session", "kill", id]).good();
    until("it can be ended", LONG, || super::session(&world, &running["id"])["ended_at"].is_string().then_some(()));
}
