//! The script plays its parts, the keys are understood, the project is sound, and the person says yes once.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::repository;
use super::script::{Part, Step, part, steps, wants_work};
use super::terminal::{Key, Keys};
use super::{REQUEST, TASKS};
use crate::process::Program;

#[test]
fn every_requested_task_has_its_own_part() {
    let parts: Vec<Part> = REQUEST.lines().map(part).collect();
    assert_eq!(parts, [Part::Trim, Part::Title, Part::Version, Part::Functions]);
    assert_eq!(parts.len(), TASKS);
}

#[test]
fn an_unknown_request_is_written_down() {
    let unknown = part("Make it faster\n\nPlease.");
    assert_eq!(unknown, Part::Note { file: "notes/make-it-faster.md".to_owned() });
    assert!(matches!(steps(&unknown, "Make it faster", None).last(), Some(Step::Report(_))));
}

#[test]
fn feedback_wants_work_and_small_talk_does_not() {
    assert!(wants_work("The check `sh test.sh` failed:\nFAIL tests/title.sh"));
    assert!(wants_work("Please run qd report done when you have finished."));
    assert!(!wants_work("nice colours"));
}

#[test]
fn keys_may_arrive_in_pieces() {
    let mut keys = Keys::default();
    assert_eq!(keys.feed(b"a\xc3"), [Key::Typed('a')]);
    assert_eq!(keys.feed(b"\xa4\x1b[20"), [Key::Typed('ä')]);
    assert_eq!(keys.feed(b"0~one\r\ntwo\x1b[201"), []);
    assert_eq!(keys.feed(b"~\r"), [Key::Pasted("one\ntwo".to_owned()), Key::Enter]);
    assert_eq!(keys.feed(b"\x1b"), [Key::Escape]);
    assert_eq!(keys.feed(b"\x1b[A\x7f\x03\x04"), [Key::Backspace, Key::Interrupt, Key::EndOfInput]);
}

/// What the check says in a directory.
fn check(root: &Path) -> (bool, String) {
    let finished = Program::new("sh").args(["test.sh"]).cwd(root).run().unwrap();
    (finished.code == Some(0), String::from_utf8(finished.stdout).unwrap())
}

/// Writes what a part writes, up to its first question or report.
fn perform(root: &Path, part: &Part) {
    let title = fs::read_to_string(root.join(super::script::TITLE_FILE)).ok();
    for step in steps(part, "", title.as_deref()) {
        if let Step::Write { file, text } = step {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

#[test]
fn the_project_is_green_fails_once_and_is_green_in_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("inkwell");
    repository::create(&root).unwrap();
    assert!(check(&root).0, "the project starts green");
    let log = Program::new("git").args(["log", "--oneline"]).cwd(&root).run().unwrap();
    assert_eq!(String::from_utf8(log.stdout).unwrap().lines().count(), 5);
    assert!(repository::contains(&root, "main", "main~2"));
    assert!(!repository::contains(&root, "main~2", "main"));

    perform(&root, &Part::Title);
    let (green, log) = check(&root);
    assert!(!green && log.contains("got 'TheQuickFox'"), "{log}");
    perform(&root, &Part::Title);
    for part in [Part::Trim, Part::Version, Part::Functions] {
        perform(&root, &part);
        assert!(check(&root).0, "{part:?} ends green");
    }
}
