//! Commands about sessions: from the record on disk, from hosts, and from what the daemon says.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use insta::assert_snapshot;
use quarterdeck::model::*;
use quarterdeck::protocol::control::*;
use quarterdeck::protocol::pane::{FromHost, Look, Modes, Row, Run, ScreenUpdate, ToHost, encode, read_from};
use quarterdeck::protocol::*;

use crate::fake::{Fake, Home, code, project, session, stderr, stdout, task};

const ONE: &str = "3f2a91c0-0000-4000-8000-000000000001";
const TWO: &str = "77aa0000-0000-4000-8000-000000000002";

/// The record of a session that is over.
fn record(home: &Home, id: &str, log: &[u8]) -> PathBuf {
    let directory = home.paths().session(&SessionId::parse(id).unwrap());
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("stream.log"), log).unwrap();
    directory
}

fn over(id: &str) -> SessionView {
    SessionView {
        state: SessionState::Exited,
        exit: Some("exit code 0".to_owned()),
        ended_at: Some("2026-01-02T03:05:06.000Z".to_owned()),
        ..session(id, "/nowhere.sock".into())
    }
}

#[test]
fn logs_need_no_daemon_and_are_plain_unless_raw() {
    let home = Home::new();
    let directory = record(&home, ONE, b"two\r\n\x1b[31mred\x1b[0m\n1%\r2%\nend");
    std::fs::write(directory.join("stream.log.1"), "one\n").unwrap();
    let logs = |more: &[&str]| stdout(&home.qd(&[&["session", "logs", "3f2a"], more].concat()));
    assert_eq!(logs(&[]), "one\ntwo\nred\n2%\nend\n");
    assert_eq!(logs(&["--plain", "--lines", "2"]), "2%\nend\n");
    assert_eq!(logs(&["-n", "3", "--raw"]), "\x1b[31mred\x1b[0m\n1%\r2%\nend");
    assert_eq!(logs(&["--follow", "-n", "1"]), "end\n", "nothing follows on a session that is over");
    let last = logs(&["-n1", "--json"]);
    assert_eq!(last, format!("{{\"session\":\"{ONE}\",\"line\":\"end\"}}\n"));
    assert!(!home.paths().data.join("qd.start").exists(), "no daemon was started");
}

#[test]
fn the_last_screen_of_a_session_is_made_again_from_its_record() {
    let home = Home::new();
    record(&home, ONE, b"first\r\n\x1b[2J\x1b[Hthe \x1b[1mlast\x1b[0m screen\r\n");
    let capture = |more: &[&str]| stdout(&home.qd(&[&["session", "capture", "3f2a"], more].concat()));
    assert_eq!(capture(&[]), "the last screen\n");
    assert_eq!(capture(&["--history"]), "first\nthe last screen\n");
    assert!(capture(&["--ansi"]).contains("\x1b["), "with looks");
    let json: serde_json::Value = serde_json::from_str(&capture(&["--json"])).unwrap();
    assert_eq!((&json["session"], &json["text"]), (&ONE.into(), &"the last screen".into()));
}

#[test]
fn a_session_nobody_knows_is_not_found() {
    let home = Home::new();
    let _fake = Fake::start(&home, |_| Ok(Response::Sessions(vec![])));
    for command in ["show", "logs", "capture", "kill", "cancel", "continue", "restart", "archive"] {
        let output = home.qd(&["session", command, "beef"]);
        assert_eq!(code(&output), 3, "{command}: {}", stderr(&output));
    }
}

#[test]
fn a_session_is_named_by_its_worker_or_its_task_too() {
    let home = Home::new();
    record(&home, ONE, b"hello\n");
    let fake = Fake::start(&home, |request| match request {
        Request::OpenProject { .. } => {
            let mut project = project();
            project.workers[0].session = SessionId::parse(ONE);
            Ok(Response::Project(Box::new(project)))
        }
        Request::Task { .. } => Ok(Response::Task(Box::new(TaskView {
            session: SessionId::parse(ONE),
            ..task(7, "T", TaskStatus::Completed)
        }))),
        Request::Sessions { .. } => Ok(Response::Sessions(vec![over(ONE)])),
        _ => Ok(Response::Done("done".to_owned())),
    });
    for target in ["@2", "#7", ONE] {
        assert_eq!(stdout(&home.qd(&["session", "logs", target])), "hello\n", "{target}");
    }
    let shown = stdout(&home.qd(&["session", "get", "@2"]));
    assert!(shown.contains("exit       exit code 0") && shown.contains("record"), "{shown}");
    assert!(!shown.contains("host "), "a process that is gone is not named: {shown}");
    let output = home.qd(&["session", "continue", "#7"]);
    assert_eq!(code(&output), 4);
    assert_snapshot!(stderr(&output), @r"
    error: session 3f2a91c0 is over (exited)
    hint: `qd task retry 7` gives its task to a fresh one
    ");
    assert_eq!(code(&home.qd(&["session", "kill", "@2"])), 0);
    assert_eq!(fake.requests().last(), Some(&Request::KillSession { session: SessionId::parse(ONE).unwrap() }));
}

#[test]
fn continue_types_and_cancel_calls_the_task_off() {
    let home = Home::new();
    let fake = Fake::start(&home, |request| match request {
        Request::Sessions { .. } => Ok(Response::Sessions(vec![session(ONE, "/s.sock".into())])),
        Request::CancelTask { .. } => Ok(Response::Task(Box::new(task(7, "T", TaskStatus::Cancelled)))),
        _ => Ok(Response::Done("sent".to_owned())),
    });
    assert_eq!(stdout(&home.qd(&["session", "continue", "3f2a"])), "sent\n");
    let (project, worker) = (ProjectId(1), WorkerNumber(2));
    let text = "continue".to_owned();
    assert_eq!(fake.requests().last(), Some(&Request::Send { project, worker, text }));
    assert!(stdout(&home.qd(&["session", "cancel", "3f2a"])).starts_with("#7 cancelled  T"));
    assert_eq!(fake.requests().last(), Some(&Request::CancelTask { task: TaskId(7) }));
}

#[test]
fn several_streams_are_prefixed_or_json_lines() {
    let home = Home::new();
    record(&home, ONE, b"from one\n");
    record(&home, TWO, b"from two\n");
    let _fake = Fake::start(&home, |_| {
        let two = SessionView { worker: WorkerNumber(12), task: None, ..over(TWO) };
        Ok(Response::Sessions(vec![over(ONE), two]))
    });
    let output = home.qd(&["stream", "3f2a", "77aa", "3f2a"]);
    let mut lines: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
    lines.sort();
    let expected = ["@12   │ ended: exit code 0", "@12   │ from two", "@2 #7 │ ended: exit code 0", "@2 #7 │ from one"];
    assert_eq!(lines, expected, "{}", stderr(&output));
    let alone = stdout(&home.qd(&["stream", "3f2a"]));
    assert_eq!(alone, "from one\nended: exit code 0\n");
    let json = stdout(&home.qd(&["stream", "3f2a", "--json"]));
    let line: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!((&line["worker"], &line["task"], &line["line"]), (&2.into(), &7.into(), &"from one".into()));
}

#[test]
fn a_live_stream_comes_from_the_host() {
    let home = Home::new();
    let socket = home.path().join("s.sock");
    host(&socket, vec![screen("hello"), FromHost::Ended(exit())]);
    let _fake = Fake::start(&home, move |_| Ok(Response::Sessions(vec![session(ONE, socket.clone())])));
    assert_eq!(stdout(&home.qd(&["stream", "3f2a"])), "hello\nended: exit code 0\n");
}

/// A host that says this to every viewer.
fn host(socket: &Path, says: Vec<FromHost>) {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            read_from::<ToHost>(&mut stream).unwrap();
            for message in &says {
                std::io::Write::write_all(&mut stream, &encode(message).unwrap()).unwrap();
            }
        }
    });
}

fn exit() -> Exit {
    Exit { code: Some(0), signal: None, at: Timestamp(0), tail: String::new() }
}

fn screen(line: &str) -> FromHost {
    let row = Row { runs: vec![Run { text: line.to_owned(), look: Look::default(), link: None }], wrapped: false };
    FromHost::Screen(ScreenUpdate {
        rows: 24,
        cols: 80,
        full: true,
        changed: vec![(0, row)],
        cursor: Some((1, 0)),
        cursor_shape: 0,
        modes: Modes::default(),
        title: String::new(),
        history: 0,
        locked: false,
        dropped: 0,
    })
}

#[test]
fn a_live_task_ends_with_its_task_and_shows_what_its_agent_wrote() {
    let home = Home::new();
    record(&home, ONE, b"working on it\n");
    let _fake = Fake::start(&home, |request| {
        let ended = SessionView { started_at: Some("2026-01-02T03:04:05.000Z".to_owned()), ..over(ONE) };
        match request {
            Request::Task { .. } => Ok(Response::Task(Box::new(TaskView {
                session: SessionId::parse(ONE),
                ..task(7, "Fix the login", TaskStatus::Failed)
            }))),
            _ => Ok(Response::Project(Box::new(ProjectView { sessions: vec![ended], ..project() }))),
        }
    });
    let output = home.qd(&["task", "live", "#7"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_snapshot!(stdout(&output), @r"
    #7 failed  Fix the login  claude  qd/fix-the-login
    working on it
    ended: exit code 0
    ");
    let json = stdout(&home.qd(&["task", "live", "7", "--json"]));
    let lines: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["task"]["id"], &lines[1]["line"]), (&7.into(), &"working on it".into()));
}

#[test]
fn tracking_prints_a_line_for_every_session_and_ends_with_the_daemon() {
    let home = Home::new();
    let view = || ProjectView { sessions: vec![over(TWO), session(ONE, "/s.sock".into())], ..project() };
    let _fake = Fake::start(&home, move |_| Ok(Response::Project(Box::new(view()))));
    let once = stdout(&home.qd(&["track", "--once"]));
    assert!(once.starts_with("WORKER  TASK  AGENT   STATE"), "{once}");
    assert_eq!(once.lines().count(), 3);
    let mut child = home.command(&["track", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: SessionView = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let second: SessionView = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((first.worker, second.worker), (WorkerNumber(2), WorkerNumber(2)));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A queue of so many tasks.
fn waiting(count: usize) -> QueueView {
    let entry = |place: usize| QueueEntry {
        place,
        task: TaskId(place as u64),
        project: ProjectId(1),
        title: "Fix the login".to_owned(),
        agent: "claude".to_owned(),
        mode: SessionMode::Autonomous,
        priority: Priority::High,
        requested: true,
        waits_on: Some(WaitsFor::Slot),
        waits_for: Some("a slot: 4 of 4 sessions run".to_owned()),
        since: Timestamp(0),
    };
    QueueView { running: 4, slots: 4, requests: 1, most_requests: 10, waiting: (1..=count).map(entry).collect() }
}

#[test]
fn the_queue_says_who_is_next_and_why_it_waits() {
    let home = Home::new();
    let _fake = Fake::start(&home, |_| Ok(Response::Queue(waiting(1))));
    let shown = stdout(&home.qd(&["queue", "--all-projects"]));
    assert!(shown.starts_with("4 of 4 run, 1 wait (1 of 10 asked for)\nPLACE  TASK  PRIORITY"), "{shown}");
    assert!(shown.contains("1      #1    high"), "{shown}");
    let json: QueueView = serde_json::from_slice(&home.qd(&["queue", "--all-projects", "--json"]).stdout).unwrap();
    assert_eq!(json, waiting(1));
}

#[test]
fn an_interrupted_session_is_resumed_by_restart_and_by_continue() {
    let home = Home::new();
    let fake = Fake::start(&home, |request| match request {
        Request::OpenProject { .. } => Ok(Response::Project(Box::new(project()))),
        Request::Sessions { .. } => {
            Ok(Response::Sessions(vec![SessionView { state: SessionState::Interrupted, ..over(ONE) }]))
        }
        _ => Ok(Response::Done("done".to_owned())),
    });
    let restart = Request::RestartSession { session: SessionId::parse(ONE).unwrap() };
    for line in [["session", "restart", "3f2a"], ["session", "continue", "3f2a"]] {
        assert_eq!(stdout(&home.qd(&line)), "done\n");
        assert_eq!(fake.requests().last(), Some(&restart));
    }
    assert_eq!(code(&home.qd(&["session", "restart", "all"])), 0);
    assert_eq!(fake.requests().last(), Some(&Request::RestartInterrupted { project: Some(ProjectId(1)) }));
    let output = home.qd(&["session", "continue", "3f2a", "--say", "and now the tests"]);
    assert_eq!(code(&output), 4, "there is nobody to say it to");
    assert!(stderr(&output).contains("`qd session restart 3f2a91c0` resumes it"), "{}", stderr(&output));
}

#[test]
fn a_closed_pipe_ends_every_reading_command_quietly() {
    let home = Home::new();
    record(&home, ONE, &b"a line of output\n".repeat(50_000));
    let _fake = Fake::start(&home, |request| match request {
        Request::OpenProject { .. } | Request::Watch { .. } => Ok(Response::Project(Box::new(ProjectView {
            sessions: (0..2_000).map(|_| over(ONE)).collect(),
            ..project()
        }))),
        Request::Queue { .. } => Ok(Response::Queue(waiting(3_000))),
        Request::Tasks { .. } => {
            let tasks = (0..3_000).map(|id| task(id, "Fix the login", TaskStatus::Ready)).collect();
            Ok(Response::Tasks(tasks))
        }
        _ => Ok(Response::Sessions(vec![over(ONE)])),
    });
    let lines: [&[&str]; 7] = [
        &["session", "logs", "3f2a"],
        &["session", "logs", "3f2a", "--raw"],
        &["stream", "3f2a"],
        &["task", "list"],
        &["queue"],
        &["queue", "--json"],
        &["track", "--once"],
    ];
    for line in lines {
        let mut child = home.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 16];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let ended = child.wait_with_output().unwrap();
        assert_eq!((code(&ended), stderr(&ended)), (0, String::new()), "{line:?}");
    }
}
