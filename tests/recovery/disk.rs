//! The disk below the database is full, and has room again.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::LONG;
use super::world::{World, skip, until};

/// Runs a daemon whose data directory is a small file system of its own; what that looks like from outside.
fn daemon_on_a_small_disk(world: &World) -> Option<PathBuf> {
    let data = world.path("qd/data");
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

#[test]
fn a_full_disk_is_told_and_outlived() {
    let world = World::new();
    let Some(data) = daemon_on_a_small_disk(&world) else {
        return skip("a mount namespace cannot be made here");
    };
    world.shell_task("Before", "echo x > before.txt").good();
    let going_on = world.start_shell_task(
        "Meanwhile",
        &format!("while [ ! -e '{}' ]; do sleep 0.05; done; echo x > meanwhile.txt", world.path("sign").display()),
    );
    world.running_session(going_on);
    let ballast = data.join("ballast");
    let mut size = 1 << 20;
    while size > 0 {
        let mut bytes = fs::read(&ballast).unwrap_or_default();
        bytes.resize(bytes.len() + size, 0);
        if fs::write(&ballast, &bytes).is_err() {
            size /= 2;
        }
    }
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
