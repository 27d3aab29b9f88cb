//! `qd` is upgraded while sessions run: their hosts are of an older protocol, and everything goes on.

use quarterdeck::protocol::pane::{FromHost, ToHost, decode};

use super::old_host::{self, OldHost, recorded};
use super::terminal::{LEADER, Terminal};
use super::world::{World, until};
use super::{LONG, daemon, kill_and_wait, session};

/// A task whose session's host is of protocol 1 from now on; no daemon runs.
fn with_an_old_host(world: &World) -> (u64, serde_json::Value, OldHost) {
    let task = world.start_shell_task("Run on", "sleep 100000");
    let running = world.running_session(task);
    kill_and_wait("the daemon", &daemon(world));
    let old = OldHost::in_place_of(world, &running);
    (task, running, old)
}

#[test]
fn both_sides_read_what_the_first_protocol_says() {
    let all = recorded();
    for message in all.iter().filter(|message| !message.frame.is_empty()) {
        let body = &message.frame[4..];
        assert_eq!(body.len(), u32::from_be_bytes(message.frame[..4].try_into().unwrap()) as usize);
        if message.to_host {
            decode::<ToHost>(body).unwrap_or_else(|error| panic!("{}: {error}", message.name));
            let old = decode::<old_host::ToHost>(body);
            assert_eq!(old.is_ok(), message.name != "lines", "{}: {old:?}", message.name);
        } else {
            decode::<FromHost>(body).unwrap_or_else(|error| panic!("{}: {error}", message.name));
        }
    }
    let names: Vec<&str> = all.iter().map(|message| message.name).collect();
    for name in ["hello", "screen", "history", "captured", "wrote", "observed", "reported", "ended", "refused"] {
        assert!(names.contains(&name), "the recording has {name}");
    }
}

#[test]
fn a_session_of_an_old_host_goes_on_under_a_new_daemon() {
    let world = World::new();
    world.configure("heartbeat = 1\n");
    let (task, running, mut old) = with_an_old_host(&world);
    let id = running["id"].as_str().unwrap();
    let found = session(&world, &running["id"]);
    assert!(found["ended_at"].is_null() && found["state"] == "working", "it is found: {found}");
    until("the daemon asks whether it is there", LONG, || old.heard("history").then_some(()));

    let captured = world.qd(&["session", "capture", id]).good().stdout;
    assert!(captured.contains("line 1\n") && captured.contains("green and 漢"), "{captured}");

    old.reports();
    until("the report is collected", LONG, || (old.collected() == 1).then_some(()));
    let told = || world.qd(&["task", "log", &task.to_string()]).good().stdout.matches("half").count();
    until("the progress is told", LONG, || (told() == 1).then_some(()));
    // the next daemon hears it again: it may not know that it was collected
    kill_and_wait("the daemon", &daemon(&world));
    daemon(&world);
    until("the next daemon is there too", LONG, || (old.watched() == 2).then_some(()));
    old.reports();
    until("it says again that it has it", LONG, || (old.collections() == 2).then_some(()));

    assert_eq!(world.sessions().len(), 1, "nothing is started beside it");
    world.qd(&["session", "kill", id]).good();
    old.until_buried();
    let ended = until("its end is told", LONG, || {
        Some(session(&world, &running["id"])).filter(|session| session["ended_at"].is_string())
    });
    assert_eq!(ended["exit"], "exit code 3", "{ended}");
    assert_eq!(told(), 1, "the report counted once");
    assert_eq!(old.misunderstood(), 0, "nothing was said that it does not understand");
}

#[test]
fn a_session_of_an_old_host_is_seen_and_worked_with() {
    let world = World::new();
    let (_, running, old) = with_an_old_host(&world);
    let cockpit = Terminal::open(&world, &[], 36, 120);
    cockpit.until_shows("green and", LONG);
    cockpit.until_shows("line 14", LONG);
    // what scrolled away
    cockpit.type_in(LEADER);
    cockpit.type_in("[g");
    cockpit.until_shows("line 1 ", LONG);
    cockpit.type_in("/line 12\r");
    cockpit.until_shows("line 12", LONG);
    drop(cockpit);

    let mut attached = Terminal::open(&world, &["attach", running["id"].as_str().unwrap()], 24, 80);
    attached.until_shows("green and", LONG);
    // one key, one answer: what the recorded host showed after its first keys
    attached.type_in("t");
    until("it hears keys", LONG, || old.heard("input").then_some(()));
    attached.until_shows("typed", LONG);
    attached.type_in(LEADER);
    attached.type_in("q");
    assert_eq!(attached.until_ended(LONG), 0);
    assert_eq!(old.misunderstood(), 0, "nothing was said that it does not understand");
}
