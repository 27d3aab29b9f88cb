//! Journalled writes, locks, and the daemon that comes back.

use quarterdeck::protocol::pane::{FromHost, ToHost, WriteFate};

use crate::support::Session;

#[test]
fn a_key_writes_once_whoever_asks_again() {
    let session = Session::started("while read line; do echo got:$line:; done");
    let mut viewer = session.view();
    let mut daemon = session.watch();
    assert_eq!(daemon.write("a", "one\n", ""), WriteFate::Written);
    drop(daemon);
    let mut daemon = session.watch();
    assert_eq!(daemon.write("a", "one\n", ""), WriteFate::AlreadyWritten);
    assert_eq!(daemon.write("b", "two\n", "no such dialog"), WriteFate::Mismatch);
    assert_eq!(daemon.write("b", "two\n", "  got:one:\n "), WriteFate::Written);
    viewer.wait_for_text("got:two:");
    assert_eq!(viewer.text().matches("got:one:").count(), 1);
}

#[test]
fn a_write_that_a_crash_cut_off_is_unknown() {
    let mut session = Session::new("cat");
    std::fs::create_dir_all(session.directory()).unwrap();
    std::fs::set_permissions(session.directory(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let journal = "{\"key\":\"a\",\"stage\":\"begun\"}\n{\"key\":\"b\",\"stage\":\"begun\"}\n{\"key\":\"b\",\"stage\":\"done\"}\n{\"key\":\"c\",\"st";
    std::fs::write(session.directory().join("journal.jsonl"), journal).unwrap();
    session.start().unwrap();
    let mut daemon = session.watch();
    assert_eq!(daemon.write("a", "x", ""), WriteFate::Unknown);
    assert_eq!(daemon.write("b", "x", ""), WriteFate::AlreadyWritten);
    assert_eq!(daemon.write("c", "x", ""), WriteFate::Written);
}

#[test]
fn a_megabyte_arrives_whole() {
    let session = Session::started("stty raw -echo; echo ready; head -c 1048576 | cksum; sleep 1000");
    let mut viewer = session.view();
    viewer.wait_for_text("ready");
    let text = "0123456789abcdef".repeat(65536);
    let mut daemon = session.watch();
    assert_eq!(daemon.write("big", &text, ""), WriteFate::Written);
    viewer.wait_for_text(" 1048576");
}

#[test]
fn a_locked_session_takes_writes_but_no_typing() {
    let session = Session::started("while read line; do echo got:$line; done");
    let mut viewer = session.view();
    let mut daemon = session.watch();
    daemon.send(&ToHost::Lock(true));
    viewer.until("the lock", |message| matches!(message, FromHost::Screen(update) if update.locked).then_some(()));
    viewer.type_in("typed\n");
    assert_eq!(viewer.refused(), "input is locked");
    assert_eq!(daemon.write("a", "written\n", ""), WriteFate::Written);
    viewer.wait_for_text("got:written");
    daemon.send(&ToHost::Lock(false));
    viewer.until("the unlock", |message| matches!(message, FromHost::Screen(update) if !update.locked).then_some(()));
    viewer.type_in("typed\n");
    viewer.wait_for_text("got:typed");
}

#[test]
fn a_paste_is_bracketed_when_the_program_wants_it() {
    let session = Session::started("stty raw -echo; printf '\\033[?2004hready'; head -c 17 | od -c -A n; sleep 1000");
    let mut viewer = session.view();
    viewer.wait_for_text("ready");
    viewer.send(&ToHost::Paste("two\nx".to_owned()));
    viewer.wait_for_text("t   w   o");
    assert!(viewer.text().contains("033   [   2   0   0   ~"), "{}", viewer.text());
}

#[test]
fn the_daemon_observes_at_its_own_pace() {
    let session = Session::started(
        "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo line $i; sleep 0.01; done; printf '\\033]0;done\\007'; read end",
    );
    let mut daemon = session.watch();
    let from = std::time::Instant::now();
    let mut count = 0;
    let last = daemon.until("settled", |message| match message {
        FromHost::Observed(observation) => {
            count += 1;
            (observation.quiet_ms >= 500 && observation.title == "done").then(|| observation.clone())
        }
        _ => None,
    });
    assert!(last.screen.iter().any(|row| row == "line 50"));
    let most = from.elapsed().as_millis() / 200 + 3;
    assert!(count <= most, "{count} observations, at most {most} expected");
}
