//! How sessions end, and what is known of them afterwards.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use quarterdeck::model::{Explain as _, Kind};
use quarterdeck::protocol::pane::ToHost;
use quarterdeck::session::{Found, SessionError, end_by_force};

use crate::support::{Connection, Session, is_running, wait_for};

fn number_after(viewer: &mut Connection, word: &str) -> u32 {
    viewer.wait_for_text("ready");
    let text = viewer.text();
    let line = text.lines().find_map(|line| line.strip_prefix(word)).unwrap_or_else(|| panic!("no {word} in\n{text}"));
    line.trim().parse().unwrap()
}

#[test]
fn an_exit_is_on_record_with_the_last_words() {
    let mut session = Session::new("read go; printf 'last words\\n'; exit 7");
    session.start().unwrap();
    let (mut viewer, mut daemon) = (session.view(), session.watch());
    viewer.type_in("\n");
    let exit = daemon.ended();
    assert_eq!((exit.code, exit.signal), (Some(7), None));
    assert!(exit.tail.ends_with("last words"), "{exit:?}");
    assert_eq!(viewer.ended(), exit);
    assert!(viewer.text().contains("last words"));
    assert_eq!(session.find(), Found::Ended(exit.clone()));
    assert_eq!(session.start().unwrap(), session.started.unwrap(), "it is found, not started again");
    // somebody who comes now still sees the screen
    let mut late = session.view();
    late.wait_for_text("last words");
    assert_eq!(late.ended(), exit);
    daemon.send(&ToHost::Bury);
    let host = session.started.unwrap().host.pid;
    wait_for("the burial", || !is_running(host) && !session.launch.socket.exists());
    assert_eq!(session.find(), Found::Ended(exit));
}

#[test]
fn a_quick_end_is_no_failed_start() {
    let mut session = Session::new("exit 0");
    session.start().unwrap();
    assert!(session.watch().ended().succeeded());
}

#[test]
fn all_output_is_read_before_the_end() {
    let session = Session::started("seq 1 3000; echo the end");
    let mut daemon = session.watch();
    assert!(daemon.ended().tail.ends_with("3000\nthe end"));
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let mut session = Session::running(&["no-such-program-anywhere"]);
    let error = session.start().unwrap_err();
    assert!(
        matches!(&error, SessionError::Agent { program, .. } if program == "no-such-program-anywhere"),
        "{error:?}"
    );
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(matches!(session.find(), Found::Ended(exit) if exit.code == Some(127)));
}

#[test]
fn a_session_starts_once() {
    let mut session = Session::new("read end");
    assert_eq!(session.find(), Found::NeverStarted);
    let first = session.start().unwrap();
    assert_eq!(session.start().unwrap(), first);
    let together: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    quarterdeck::session::start(
                        &session.directory(),
                        &session.launch,
                        crate::support::qd(),
                        crate::support::PATIENCE,
                    )
                })
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap().unwrap()).collect()
    });
    assert!(together.iter().all(|started| *started == first));
}

#[test]
fn stopping_ends_descendants_wherever_they_hide() {
    let script = "trap '' HUP TERM; setsid sh -c 'trap \"\" HUP TERM; echo far $$; (setsid sh -c \"trap \\\"\\\" HUP TERM; while :; do sleep 1; done\" &) ; while :; do sleep 1; done' & \
                  sh -c 'trap \"\" HUP TERM; echo near $$; while :; do sleep 1; done' & sleep 0.2; echo ready; while :; do sleep 1; done";
    let session = Session::started(script);
    let (mut viewer, mut daemon) = (session.view(), session.watch());
    let (far, near) = (number_after(&mut viewer, "far "), number_after(&mut viewer, "near "));
    let agent = session.started.unwrap().pid;
    daemon.send(&ToHost::Stop { grace_ms: 100, ask: Vec::new() });
    let exit = daemon.ended();
    assert_eq!(exit.signal, Some(Signal::SIGKILL as i32));
    assert!(!is_running(far) && !is_running(near) && !is_running(agent));
    let host = session.started.unwrap().host.pid;
    let children = std::fs::read_to_string(format!("/proc/{host}/task/{host}/children")).unwrap_or_default();
    assert_eq!(children.trim(), "", "processes left below the host");
}

#[test]
fn what_an_agent_leaves_running_ends_with_it() {
    let session = Session::started("setsid sh -c 'echo left $$; sleep 1000' & sleep 0.2; echo ready; read end");
    let (mut viewer, mut daemon) = (session.view(), session.watch());
    let left = number_after(&mut viewer, "left ");
    viewer.type_in("\n");
    assert!(daemon.ended().succeeded());
    assert!(!is_running(left));
}

#[test]
fn what_a_killed_host_leaves_running_can_be_ended() {
    let script = "trap '' HUP; echo agent $$; setsid sh -c 'trap \"\" HUP; echo far $$; env -i sleep 1000' & \
                  env -i sh -c 'trap \"\" HUP; echo near $$; sleep 1000 & sleep 0.2; echo ready; wait' & \
                  while :; do sleep 1; done";
    let session = Session::started(script);
    let mut viewer = session.view();
    viewer.wait_for_text("ready");
    let left = ["agent ", "far ", "near "].map(|word| number_after(&mut viewer, word));
    let host = session.started.unwrap().host.pid;
    kill(Pid::from_raw(i32::try_from(host).unwrap()), Signal::SIGKILL).unwrap();
    wait_for("the host is gone", || !is_running(host));
    assert_eq!(session.find(), Found::Lost);
    assert_eq!(end_by_force(&session.directory()).unwrap(), Vec::<u32>::new());
    assert_eq!(left.map(is_running), [false; 3], "agent, far, near");
}

#[test]
fn an_agent_that_is_asked_may_end_politely() {
    let session = Session::started("echo ready; while read line; do [ \"$line\" = /exit ] && exit 3; done");
    session.view().wait_for_text("ready");
    let mut daemon = session.watch();
    let from = Instant::now();
    daemon.send(&ToHost::Stop { grace_ms: 60_000, ask: b"/exit\n".to_vec() });
    assert_eq!(daemon.ended().code, Some(3));
    assert!(from.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_killed_host_is_lost_and_takes_its_agent_along() {
    let session = Session::started("read end");
    let started = session.started.unwrap();
    kill(Pid::from_raw(i32::try_from(started.host.pid).unwrap()), Signal::SIGKILL).unwrap();
    wait_for("the loss", || session.find() == Found::Lost && !is_running(started.pid));
}

#[test]
fn the_session_outlives_its_viewers_and_its_daemon() {
    let session = Session::started("i=0; while read line; do i=$((i+1)); echo $i:$line; done");
    for round in 1..=3 {
        let (mut viewer, mut daemon) = (session.view(), session.watch());
        viewer.type_in(&format!("round {round}\n"));
        viewer.wait_for_text(&format!("{round}:round {round}"));
        daemon.observed("the round", |observation| {
            observation.screen.iter().any(|row| row.starts_with(&format!("{round}:")))
        });
    }
    assert!(session.view().until("a frame", |message| match message {
        quarterdeck::protocol::pane::FromHost::Screen(update) => Some(update.full),
        _ => None,
    }));
}

#[test]
fn a_socket_that_was_swept_away_comes_back() {
    let session = Session::started("echo ready; read end");
    std::fs::remove_dir_all(session.launch.socket.parent().unwrap()).unwrap();
    wait_for("the socket", || matches!(session.find(), Found::Running(_)) && session.launch.socket.exists());
    wait_for("the door", || std::os::unix::net::UnixStream::connect(&session.launch.socket).is_ok());
    session.view().wait_for_text("ready");
}

#[test]
fn a_host_that_says_nothing_is_not_left_behind() {
    let session = Session::new("read end");
    let (program, note) = (session.home.path().join("mute"), session.home.path().join("mute.pid"));
    let script =
        format!("#!/bin/sh\necho $$ > '{0}.tmp'\nmv '{0}.tmp' '{0}'\nwhile :; do sleep 1; done\n", note.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let started = quarterdeck::session::start(&session.directory(), &session.launch, &program, Duration::from_secs(2));
    assert!(matches!(started, Err(SessionError::NoHello { .. })), "{started:?}");
    let host = std::fs::read_to_string(note).unwrap().trim().parse().unwrap();
    assert!(!is_running(host));
}
