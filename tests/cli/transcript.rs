//! `qd transcript`: a headless agent's output is shown, passed on, and judged.

use std::io::Write;
use std::os::unix::net::UnixListener;

use quarterdeck::protocol::pane::{FromHost, SessionReport, ToHost, encode, read_from};

use crate::fake::{Home, code, stderr, stdout};

#[test]
fn every_line_goes_to_the_host_and_the_exit_code_is_kept() {
    let home = Home::new();
    let socket = home.path().join("s.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let host = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut lines = Vec::new();
        while let Some(message) = read_from::<ToHost>(&mut stream).unwrap() {
            let ToHost::Report(SessionReport::Stream { line }) = message else { panic!("{message:?}") };
            lines.push(line);
            stream.write_all(&encode(&FromHost::Noted).unwrap()).unwrap();
        }
        lines
    });
    let script = "printf 'one\\ntwo\\n\\nthree'; exit 3";
    let mut command = home.command(&["transcript", "--agent", "plain", "--", "/bin/sh", "-c", script]);
    let output = command.env("QD_SESSION_SOCKET", &socket).output().unwrap();
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stdout(&output).starts_with("one\ntwo\nthree\n"), "{}", stdout(&output));
    assert_eq!(host.join().unwrap(), ["one", "two", "three"]);
}

#[test]
fn a_missing_program_is_said() {
    let home = Home::new();
    let output = home.qd(&["transcript", "--agent", "plain", "--", "no-such-program"]);
    assert_eq!(code(&output), 6);
    assert!(stderr(&output).contains("`no-such-program`"), "{}", stderr(&output));
}

#[test]
fn without_a_host_the_run_goes_on() {
    let home = Home::new();
    let mut command = home.command(&["transcript", "--agent", "plain", "--", "/bin/sh", "-c", "seq 1 20"]);
    let output = command.env("QD_SESSION_SOCKET", home.path().join("gone.sock")).output().unwrap();
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("20\n"));
}
