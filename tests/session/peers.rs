//! Who may do what: processes of a session are not the person, although they run as the same user.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use quarterdeck::model::Report;
use quarterdeck::protocol::pane::{FromHost, SessionReport, ToHost, VERSION};

use crate::support::{Connection, Session};

/// What a session's process may not ask for.
fn forbidden() -> Vec<ToHost> {
    vec![
        ToHost::Watch { version: VERSION },
        ToHost::Input(b"x".to_vec()),
        ToHost::Paste("x".to_owned()),
        ToHost::Resize { rows: 5, cols: 5 },
        ToHost::Write { key: "k".to_owned(), bytes: b"x".to_vec(), paste: false, only_if: String::new() },
        ToHost::Lock(true),
        ToHost::Stop { grace_ms: 0, ask: Vec::new() },
        ToHost::Collected { up_to: 9 },
        ToHost::Bury,
    ]
}

/// Not a test of its own: run as an agent by the tests below, with the socket in `TARGET`.
#[test]
#[ignore = "runs inside a session only"]
fn a_client_inside() {
    let socket = std::env::var("TARGET").unwrap();
    let mut connection = Connection::to(Path::new(&socket));
    for message in forbidden() {
        connection.send(&message);
        connection.refused();
    }
    connection.send(&ToHost::Report(SessionReport::Said(Report::Done { summary: "all done".to_owned() })));
    let noted = connection.until("an answer to the report", |message| match message {
        FromHost::Noted => Some(true),
        FromHost::Refused(_) => Some(false),
        _ => None,
    });
    connection.send(&ToHost::View { version: VERSION, rows: 7, cols: 7, resize: true });
    let rows = connection.until("an answer to the view", |message| match message {
        FromHost::Screen(update) => Some(update.rows),
        FromHost::Refused(_) => Some(0),
        _ => None,
    });
    let mut result = std::fs::File::create("result.tmp").unwrap();
    write!(result, "noted {noted}, rows {rows}").unwrap();
    std::fs::rename("result.tmp", "result").unwrap();
}

/// Not a test of its own: a process of another session.
#[test]
#[ignore = "runs inside a session only"]
fn a_stranger() {
    let socket = std::env::var("TARGET").unwrap();
    let mut connection = Connection::to(Path::new(&socket));
    let refused = connection.refused();
    let closed = connection.next().is_none();
    std::fs::write("result.tmp", format!("closed {closed}: {refused}")).unwrap();
    std::fs::rename("result.tmp", "result").unwrap();
}

/// Not a test of its own: takes as many places as it can get, and keeps them.
#[test]
#[ignore = "runs inside a session only"]
fn a_crowd_inside() {
    let socket = std::env::var("TARGET").unwrap();
    let mut crowd = Vec::new();
    let refused = loop {
        assert!(crowd.len() < 1_000, "no end of places");
        let mut connection = Connection::to(Path::new(&socket));
        // an answer tells whether there was a place
        connection.send_if_open(&ToHost::Lock(true));
        let refused = connection.refused();
        if refused.contains("too many") {
            break refused;
        }
        crowd.push(connection);
    };
    std::fs::write("result.tmp", format!("{}: {refused}", crowd.len())).unwrap();
    std::fs::rename("result.tmp", "result").unwrap();
    let mut end = String::new();
    std::io::stdin().read_line(&mut end).unwrap();
}

fn client() -> String {
    running("a_client_inside")
}

fn running(test: &str) -> String {
    let own = std::env::current_exe().unwrap();
    format!("{} --ignored --exact peers::{test} --nocapture", own.display())
}

fn result(of: &Session) -> String {
    let path = of.home.path().join("result");
    crate::support::wait_for("the client's result", || path.exists());
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_process_inside_reports_and_looks_only() {
    let script = format!("TARGET=$QD_SESSION_SOCKET {}; read end", client());
    let session = Session::started(&script);
    assert_eq!(result(&session), "noted true, rows 24");
    let mut daemon = session.watch();
    daemon.until("the report", |message| matches!(message, FromHost::Reported { number: 1, .. }).then_some(()));
}

#[test]
fn forgetting_the_environment_and_the_parent_does_not_help() {
    let script = format!("(setsid env -u QD_SESSION TARGET=$QD_SESSION_SOCKET {} > log 2>&1 &); read end", client());
    let session = Session::started(&script);
    assert_eq!(result(&session), "noted true, rows 24");
}

#[test]
fn a_crowd_inside_takes_no_place_of_the_daemon_or_a_viewer() {
    let session = Session::started(&format!("TARGET=$QD_SESSION_SOCKET {}", running("a_crowd_inside")));
    assert!(result(&session).starts_with("16: too many"), "{}", result(&session));
    let mut daemon = session.watch();
    daemon.write("probe", "", "");
    let mut viewer = session.view();
    viewer.type_in("\n");
    assert!(daemon.ended().succeeded());
}

#[test]
fn a_process_of_another_session_may_do_nothing() {
    let target = Session::started("read end");
    for clear in ["", "env -u QD_SESSION"] {
        let script = format!("TARGET={} {clear} {}; read end", target.launch.socket.display(), running("a_stranger"));
        let mut other = Session::beside(&target, &["sh", "-c", &script]);
        // the same directory of sessions, as in life
        let sessions = target.directory().parent().unwrap().to_path_buf();
        std::fs::create_dir_all(other.home.path()).unwrap();
        std::os::unix::fs::symlink(sessions, other.home.path().join("sessions")).unwrap();
        other.start().unwrap();
        let result = result(&other);
        assert!(result.starts_with("closed true") && result.contains("other sessions"), "{result}, with `{clear}`");
    }
}

#[test]
fn the_socket_is_private() {
    let session = Session::started("read end");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&session.launch.socket), 0o600);
    assert_eq!(mode(session.launch.socket.parent().unwrap()), 0o700);
    assert_eq!(mode(&session.directory()), 0o700);
    for file in ["launch.json", "host.json", "journal.jsonl", "reports.jsonl", "stream.log"] {
        assert_eq!(mode(&session.directory().join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_socket_in_an_open_directory_is_refused() {
    let mut session = Session::new("read end");
    let run = session.launch.socket.parent().unwrap().to_path_buf();
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(session.start().is_err());
    assert!(String::from_utf8_lossy(&session.file("host.log")).contains("not a private directory"));
}
