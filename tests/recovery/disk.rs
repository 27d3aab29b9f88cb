//! A disk is full, and has room again: the one below the database, and the one below the sessions.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::LONG;
use super::world::{World, skip, until};

/// Runs a daemon with a small file system of its own below one of its directories; what that looks like from outside.
fn daemon_on_a_small_disk(world: &World, directory: &str) -> Option<PathBuf> {
    let data = world.path(directory);
    fs::create_dir_all(&data).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=1m,mode=700 none '{0}' && exec '{1}' serve",
        data.display(),
        env!("CARGO_BIN_EXE_qd")
    );
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &script]).env_clear().envs(world.variables());
    let log = fs::File::create(world.path("serve.log")).unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).process_group(0).spawn().ok()?;
    let socket = world.path("qd/run/control.sock");
    let runs = until("the daemon answers or there are no namespaces here", LONG, || {
        if socket.exists() { Some(true) } else { child.try_wait().unwrap().map(|_| false) }
    });
    runs.then(|| PathBuf::from(format!("/proc/{}/root{}", child.id(), data.display())))
}

/// Fills a disk to the last byte; the file that does it.
fn fill(directory: &Path) -> PathBuf {
    let ballast = directory.join("ballast");
    let mut file = fs::OpenOptions::new().append(true).create(true).open(&ballast).unwrap();
    let mut size = 1 << 16;
    while size > 0 {
        if file.write_all(&vec![0; size]).is_err() {
            size /= 2;
        }
    }
    ballast
}

#[test]
fn a_full_disk_is_told_and_outlived() {
    let world = World::new();
    let Some(data) = daemon_on_a_small_disk(&world, "qd/data") else {
        return skip("a mount namespace cannot be made here");
    };
    world.shell_task("Before", "echo x > before.txt").good();
    let going_on = world.start_shell_task(
        "Meanwhile",
        &format!("while [ ! -e '{}' ]; do sleep 0.05; done; echo x > meanwhile.txt", world.path("sign").display()),
    );
    world.running_session(going_on);
    let ballast = fill(&data);
    let refused = until("the store has no room", LONG, || {
        let added = world.qd(&["task", "add", "Full", "--run", "true", "--agent", "shell", "--autonomy", "full"]);
        (added.code != Some(0)).then_some(added)
    });
    assert_eq!(refused.code, Some(6), "{refused:?}");
    assert!(refused.stderr.contains("full"), "it says why: {refused:?}");
    // an agent ends while nothing can be written down
    fs::write(world.path("sign"), "").unwrap();
    world.qd(&["task", "list"]).good();
    fs::remove_file(&ballast).unwrap();
    world.until_status(going_on, "completed", LONG);
    world.shell_task("After", "echo x > after.txt").good();
    assert_eq!(super::landings(&world, going_on), 1);
}

#[test]
fn agents_run_on_while_their_hosts_can_write_nothing() {
    let world = World::new();
    let Some(sessions) = daemon_on_a_small_disk(&world, "qd/state/sessions") else {
        return skip("a mount namespace cannot be made here");
    };
    let sign = |name: &str| world.path(name).display().to_string();
    let wait = |name: &str| format!("while [ ! -e '{}' ]; do sleep 0.05; done", sign(name));
    let script = format!(
        "{}; i=0; while [ $i -lt 10000 ]; do echo this is line $i of many; i=$((i+1)); done; touch '{}'; {}; \
         echo printed-afterwards; {}; echo x > done.txt",
        wait("one"),
        sign("printed"),
        wait("two"),
        wait("three")
    );
    let task = world.start_shell_task("Print", &script);
    let ending = world.start_shell_task("End", &format!("{}; echo y > ended.txt", wait("one")));
    let running = world.running_session(task);
    let over = world.running_session(ending);
    let ballast = fill(&sessions);
    fs::write(world.path("one"), "").unwrap();
    let id = running["id"].as_str().unwrap();
    // more than a terminal holds by itself
    until("its output is taken", LONG, || world.path("printed").exists().then_some(()));
    until("the other one's agent has ended", LONG, || (!super::runs(&over["pid"])).then_some(()));
    assert!(super::runs(&running["pid"]) && super::runs(&running["host_pid"]), "agent and host run on");
    assert!(super::runs(&over["host_pid"]), "its end is kept until it can be put on record");
    fs::remove_file(&ballast).unwrap();
    world.until_status(ending, "completed", LONG);
    fs::write(world.path("two"), "").unwrap();
    let log = sessions.join(id).join("stream.log");
    let written = until("the log goes on", LONG, || {
        let text = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        text.contains("printed-afterwards").then_some(text)
    });
    assert!(written.contains("bytes of output are missing here"), "the gap is told: {written}");
    fs::write(world.path("three"), "").unwrap();
    assert_eq!(world.until_status(task, "completed", LONG)["attempts"], 1);
}
