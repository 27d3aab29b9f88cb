//! Running programs: groups, limits, words, identities.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use quarterdeck::model::Explain;
use quarterdeck::model::Kind;
use quarterdeck::process::{
    Detached, ProcessError, Program, ancestry, descendants, find_program, identity, is_alive, login_path,
    spawn_detached,
};

fn shell(script: &str) -> Program {
    Program::new("sh").args(["-c", script])
}

/// Waits for a condition of the system that nothing announces.
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "never happened: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn output_code_and_input_come_through() {
    let finished = shell("cat; echo oops >&2; exit 3").stdin(vec![b'x'; 300_000]).run().unwrap();
    assert_eq!(finished.code, Some(3));
    assert_eq!(finished.stdout.len(), 300_000);
    assert_eq!(finished.stderr, b"oops\n");
    assert!(!finished.truncated && !finished.timed_out);
}

#[test]
fn a_program_that_does_not_read_its_input_is_fine() {
    assert_eq!(shell("exit 0").stdin(vec![b'x'; 1 << 20]).run().unwrap().code, Some(0));
}

#[test]
fn a_timeout_ends_the_whole_group() {
    let directory = tempfile::tempdir().unwrap();
    let note = directory.path().join("pid");
    let script = format!("sleep 600 & echo $! > '{}'; wait", note.display());
    let finished = shell(&script).timeout(Duration::from_secs(1)).run().unwrap();
    assert!(finished.timed_out);
    assert_eq!((finished.code, finished.signal), (None, Some(15)));
    assert!(finished.duration < Duration::from_secs(20));
    let child: u32 = std::fs::read_to_string(note).unwrap().trim().parse().unwrap();
    eventually("the grandchild is gone", || identity(child).is_none_or(|id| !is_alive(id)));
}

#[test]
fn a_timeout_ends_one_that_does_not_listen() {
    let finished = shell("trap '' TERM; while :; do sleep 0.1; done").timeout(Duration::from_secs(1)).run().unwrap();
    assert!(finished.timed_out);
    assert_eq!((finished.code, finished.signal), (None, Some(9)));
    assert!(finished.duration < Duration::from_secs(20));
}

/// Orphans in sessions of their own are out of reach of a signal to the group.
#[test]
fn a_timeout_of_a_guarded_program_ends_what_left_its_group() {
    let directory = tempfile::tempdir().unwrap();
    let note = directory.path().join("pid");
    let script = format!("setsid sh -c 'echo $$ > \"{}\"; exec sleep 600' & wait", note.display());
    let guarded = Program::new(env!("CARGO_BIN_EXE_qd")).args(["guard", "--", "/bin/sh", "-c", &script]);
    let finished = guarded.timeout(Duration::from_secs(2)).run().unwrap();
    assert!(finished.timed_out);
    assert!(finished.duration < Duration::from_secs(20));
    let child: u32 = std::fs::read_to_string(note).unwrap().trim().parse().unwrap();
    eventually("the one in a session of its own is gone", || identity(child).is_none_or(|id| !is_alive(id)));
}

#[test]
fn something_left_behind_with_the_pipe_does_not_hold_us() {
    let started = Instant::now();
    let finished = shell("sleep 30 & echo done").run().unwrap();
    assert_eq!(finished.stdout, b"done\n");
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn output_keeps_head_and_tail() {
    let finished = shell("echo first; yes middle | head -c 1000000; echo last").output_limit(1000).run().unwrap();
    assert!(finished.truncated);
    assert!(finished.stdout.len() < 1100);
    let text = String::from_utf8(finished.stdout).unwrap();
    assert!(text.starts_with("first\n") && text.ends_with("last\n") && text.contains("bytes left out"), "{text}");
}

#[test]
fn a_missing_program_says_where_it_was_looked_for() {
    let error = Program::new("no-such-agent").env("PATH", "/one:/two").run().unwrap_err();
    assert_eq!(error.to_string(), "`no-such-agent` was not found; looked in `/one`, `/two`");
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.hint().unwrap().contains("PATH"));
    assert!(matches!(shell("true").cwd("/no/such").run(), Err(ProcessError::NoDirectory { .. })));
}

#[test]
fn the_environment_is_what_was_said() {
    let finished = shell("echo $A-$B").env("A", "1").env("B", "2").remove_env("A").run().unwrap();
    assert_eq!(finished.stdout, b"-2\n");
}

#[test]
fn programs_are_found_only_where_they_can_run() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("tool"), "").unwrap();
    assert_eq!(find_program("tool", directory.path().as_os_str()), None);
    assert!(find_program("sh", OsStr::new("/nowhere:/bin:/usr/bin")).is_some());
    assert_eq!(find_program("/bin/sh", OsStr::new("")), Some(PathBuf::from("/bin/sh")));
}

#[test]
fn the_login_path_holds_the_present_one_and_comes_in_time() {
    let started = Instant::now();
    let all: Vec<_> = std::env::split_paths(&login_path()).collect();
    assert!(std::env::split_paths(&std::env::var_os("PATH").unwrap()).all(|path| all.contains(&path)));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn processes_are_told_apart_and_traced_home() {
    let me = identity(std::process::id()).unwrap();
    assert!(is_alive(me));
    let mut other = me;
    other.started_ticks += 1;
    assert!(!is_alive(other));
    assert_eq!(identity(u32::MAX), None);
    let line = ancestry(me.pid);
    assert_eq!(line.first(), Some(&me));
    assert!(line.len() >= 2);
}

#[test]
fn a_detached_program_leads_its_own_session_and_is_a_descendant() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut child = spawn_detached(Detached {
        argv: ["sh", "-c", "echo hello >&2; exec sleep 600"].map(OsString::from).to_vec(),
        env: Vec::new(),
        remove_env: Vec::new(),
        cwd: directory.path().to_path_buf(),
        log: Some(log.clone()),
    })
    .unwrap();
    let id = identity(child.id()).unwrap();
    eventually("it wrote to its log", || std::fs::read_to_string(&log).is_ok_and(|text| text == "hello\n"));
    assert!(descendants(std::process::id()).contains(&child.id()));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let session: u32 = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(3).unwrap().parse().unwrap();
    assert_eq!(session, child.id());
    child.kill().unwrap();
    eventually("a zombie is not alive", || !is_alive(id));
    child.wait().unwrap();
}
