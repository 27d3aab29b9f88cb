//! `qd report`, as an agent calls it.

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread::JoinHandle;

use quarterdeck::model::Report;
use quarterdeck::protocol::pane::{FromHost, SessionReport, ToHost, encode, read_from};

use crate::fake::{Home, code, stderr, stdout};

/// A host that takes one report.
fn host(socket: &Path, answer: FromHost) -> JoinHandle<SessionReport> {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let message = read_from::<ToHost>(&mut stream).unwrap();
        stream.write_all(&encode(&answer).unwrap()).unwrap();
        let Some(ToHost::Report(report)) = message else { panic!("{message:?}") };
        report
    })
}

fn report(home: &Home, arguments: &[&str], input: &str) -> Output {
    let mut command = home.command(arguments);
    command.env("QD_SESSION_SOCKET", home.path().join("s.sock"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // a command that needs no input may have ended before it is written
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn done_progress_and_ask_reach_the_host() {
    let said = |report| SessionReport::Said(report);
    let cases = [
        (&["report", "done", "--summary", "-"][..], said(Report::Done { summary: "all\ngreen".to_owned() })),
        (&["report", "done"], said(Report::Done { summary: String::new() })),
        (&["report", "done", "it works"], said(Report::Done { summary: "it works".to_owned() })),
        (&["report", "progress", "half"], said(Report::Progress { text: "half".to_owned() })),
        (&["report", "ask", "which one?"], said(Report::Ask { question: "which one?".to_owned() })),
    ];
    for (arguments, expected) in cases {
        let home = Home::new();
        let host = host(&home.path().join("s.sock"), FromHost::Noted);
        let output = report(&home, arguments, "all\ngreen\n");
        assert_eq!((code(&output), stderr(&output)), (0, String::new()), "{arguments:?}");
        assert!(!stdout(&output).is_empty());
        assert_eq!(host.join().unwrap(), expected);
    }
}

#[test]
fn a_hook_passes_its_payload_on_and_prints_nothing() {
    let home = Home::new();
    let host = host(&home.path().join("s.sock"), FromHost::Noted);
    let output = report(&home, &["report", "hook", "Stop"], r#"{"stop_hook_active":false}"#);
    assert_eq!((code(&output), stdout(&output), stderr(&output)), (0, String::new(), String::new()));
    let payload = r#"{"stop_hook_active":false}"#.to_owned();
    assert_eq!(host.join().unwrap(), SessionReport::Hook { event: "Stop".to_owned(), payload });
}

#[test]
fn a_hook_never_fails_its_agent() {
    let home = Home::new();
    // no host, a host that refuses, arguments that make no sense, no session at all
    let output = report(&home, &["report", "hook", "Stop"], "{}");
    assert_eq!((code(&output), stdout(&output)), (0, String::new()));
    assert!(stderr(&output).contains("cannot connect"), "{}", stderr(&output));
    let refusing = host(&home.path().join("s.sock"), FromHost::Refused("no".to_owned()));
    let output = report(&home, &["report", "hook", "Stop"], "{}");
    assert_eq!((code(&output), stdout(&output)), (0, String::new()));
    refusing.join().unwrap();
    for arguments in [&["report", "hook"][..], &["report", "hook", "Stop", "--what"]] {
        assert_eq!(code(&report(&home, arguments, "{}")), 0, "{arguments:?}");
    }
    assert_eq!(code(&home.qd(&["report", "hook", "Stop"])), 0);
}

#[test]
fn a_report_that_is_refused_or_from_nowhere_says_so() {
    let home = Home::new();
    let refusing = host(&home.path().join("s.sock"), FromHost::Refused("the session is over".to_owned()));
    let output = report(&home, &["report", "done"], "");
    assert_eq!((code(&output), stderr(&output)), (4, "error: the session refuses: the session is over\n".to_owned()));
    refusing.join().unwrap();
    let output = home.qd(&["report", "done"]);
    assert_eq!(code(&output), 4);
    assert!(stderr(&output).contains("not inside a session"));
}
