//! The time of day is set while everything runs.

use std::fs;
use std::path::Path;

use super::world::{World, skip, until};
use super::{LONG, session};

/// Where Debian's `faketime` has the library that stands between a program and the clock.
fn library() -> Option<String> {
    let places = fs::read_dir("/usr/lib").ok()?.flatten().map(|place| place.path().join("faketime/libfaketimeMT.so.1"));
    places
        .chain([Path::new("/usr/lib/faketime/libfaketimeMT.so.1").to_path_buf()])
        .find(|it| it.exists())?
        .to_str()
        .map(str::to_owned)
}

#[test]
fn a_clock_that_jumps_ends_nothing_and_starts_nothing_twice() {
    let Some(library) = library() else {
        return skip("`faketime` is not installed");
    };
    let mut world = World::new();
    world.configure("heartbeat = 1\n");
    let offset = world.path("offset");
    fs::write(&offset, "+0\n").unwrap();
    for (name, value) in [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", offset.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ] {
        world.environment.push((name.to_owned(), value.to_owned()));
    }
    let sign = world.path("sign");
    let script = format!("while [ ! -e '{}' ]; do sleep 0.05; done; echo x > waited.txt", sign.display());
    let task = world.start_shell_task("Wait", &script);
    let running = world.running_session(task);
    for (n, jump) in ["+3d\n", "-2d\n", "+0\n"].into_iter().enumerate() {
        fs::write(&offset, jump).unwrap();
        let ended = world.shell_task(&format!("Jump {n}"), &format!("echo x > jump-{n}.txt"));
        assert_eq!(ended.code, Some(0), "work goes on after {jump}: {ended:?}");
        let now = session(&world, &running["id"]);
        assert_eq!((&now["pid"], &now["state"]), (&running["pid"], &running["state"]), "{now}");
    }
    until("the jumps are told", LONG, || {
        let logs = fs::read_dir(world.path("qd/state/logs")).ok()?.flatten();
        let text: String = logs.filter_map(|log| fs::read_to_string(log.path()).ok()).collect();
        (text.contains("the clock is ahead") && text.contains("the clock is behind")).then_some(())
    });
    fs::write(&sign, "").unwrap();
    assert_eq!(world.until_status(task, "completed", LONG)["attempts"], 1);
    assert_eq!(world.sessions().len(), 4, "one for each task");
}
