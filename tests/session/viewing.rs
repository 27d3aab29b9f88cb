//! Viewers: echo, pace, size, history.

use std::time::{Duration, Instant};

use quarterdeck::protocol::pane::{FromHost, ToHost};
use quarterdeck::session::Found;

use crate::support::{Session, wait_for};

#[test]
fn typing_comes_back_as_screen_changes() {
    let session = Session::started("echo ready; read line; echo got:$line; read end");
    let mut viewer = session.view();
    viewer.wait_for_text("ready");
    viewer.type_in("hello\n");
    viewer.wait_for_text("got:hello");
    let last = viewer.last.as_ref().unwrap();
    assert_eq!((last.rows, last.cols, last.full), (24, 80, false));
    assert_eq!(session.find(), Found::Running(session.started.unwrap()));
}

#[test]
fn a_viewer_that_comes_later_sees_the_whole_screen() {
    let session = Session::started("printf 'one\\ntwo\\n'; read end");
    session.view().wait_for_text("two");
    let mut late = session.view();
    let update = late.until("a frame", |message| match message {
        FromHost::Screen(update) => Some(update.clone()),
        _ => None,
    });
    assert!(update.full);
    assert_eq!(late.text().trim_end(), "one\ntwo");
}

#[test]
fn a_viewer_that_does_not_read_slows_nobody() {
    let mut session = Session::new(
        "yes 0123456789012345678901234567890123456789012345678901234567890 | head -n 600000; echo over; read end",
    );
    session.launch.scrollback = 100;
    session.start().unwrap();
    let slow = session.view();
    let mut viewer = session.view();
    let from = Instant::now();
    viewer.wait_for_text("over");
    // one frame in 16 ms, and a few for the start and the end
    let most = from.elapsed().as_millis() / 16 + 5;
    assert!((viewer.frames as u128) < most, "{} frames, at most {most} expected", viewer.frames);
    drop(slow);
    assert!(session.file("stream.log").len() + session.file("stream.log.1").len() <= 64 * 1024);
}

#[test]
fn a_key_is_echoed_while_another_program_floods() {
    let session = Session::started(
        "stty -echo; (while :; do echo flood; done) & read line; kill $!; wait; echo; echo got:$line; read end",
    );
    let mut viewer = session.view();
    viewer.wait_for_text("flood");
    viewer.type_in("key\n");
    viewer.wait_for_text("got:key");
}

#[test]
fn the_viewer_who_was_active_last_decides_the_size() {
    let session = Session::started("trap 'stty size' WINCH; echo ready; while :; do read line && stty size; done");
    let mut first = session.view_sized(30, 100, true);
    first.wait_for_text("30 100");
    let mut second = session.view_sized(20, 60, true);
    second.wait_for_text("20 60");
    let mut looker = session.view_sized(5, 5, false);
    looker.wait_for_text("20 60");
    first.send(&ToHost::Resize { rows: 31, cols: 101 });
    first.wait_for_text("31 101");
    assert_eq!(
        looker.until("the new size", |message| match message {
            FromHost::Screen(update) if update.rows == 31 => Some(update.cols),
            _ => None,
        }),
        101
    );
    // a key counts as much as a new size, and whoever looks on decides nothing
    second.type_in("\n");
    second.until("the size of the one who types", |message| match message {
        FromHost::Screen(update) => ((update.rows, update.cols) == (20, 60)).then_some(()),
        _ => None,
    });
    first.type_in("\n");
    looker.until("the size of the other one", |message| match message {
        FromHost::Screen(update) => ((update.rows, update.cols) == (31, 101)).then_some(()),
        _ => None,
    });
    drop(first);
    second.wait_for_text("20 60\n");
    // every size is on record, so that an ended session is shown as it was
    let sizes = String::from_utf8(session.file("sizes.log")).unwrap();
    let sizes: Vec<&str> = sizes.lines().filter_map(|line| line.splitn(3, ' ').nth(2)).collect();
    assert!(sizes.len() > 5 && sizes[1..].starts_with(&["30 100", "20 60", "31 101"]), "{sizes:?}");
}

#[test]
fn history_comes_in_pages_and_as_text() {
    let session = Session::started("seq 1 100; read end");
    let mut viewer = session.view();
    viewer.wait_for_text("100");
    viewer.send(&ToHost::History { back: 10, count: 3 });
    let (lines, total) = viewer.until("a page", |message| match message {
        FromHost::History { lines, total, .. } => Some((lines.clone(), *total)),
        _ => None,
    });
    let text: Vec<&str> = lines.iter().map(|row| row.runs[0].text.as_str()).collect();
    assert_eq!((total, text), (77, vec!["65", "66", "67"]));
    viewer.send(&ToHost::Capture { ansi: false, history: true });
    let text = viewer.until("the text", |message| match message {
        FromHost::Captured(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(text.lines().count(), 100);
}

#[test]
fn a_half_drawn_frame_is_not_shown() {
    let script = "printf '\\033[?2026hhalf'; read go; printf '\\r\\033[Kwhole\\033[?2026l'; read end";
    let session = Session::started(script);
    let mut viewer = session.view();
    let from = Instant::now();
    // an update without an end is shown all the same, later
    viewer.wait_for_text("half");
    assert!(from.elapsed() < Duration::from_secs(5));
    viewer.type_in("\n");
    viewer.wait_for_text("whole");
}

#[test]
fn questions_are_answered_with_nobody_attached() {
    let script = "stty raw -echo; printf '\\033[6n\\033[c'; head -c 15 > answer; mv answer answered; sleep 1000";
    let session = Session::started(script);
    let answer = session.home.path().join("answered");
    wait_for("the answers", || answer.exists());
    assert_eq!(std::fs::read(answer).unwrap(), b"\x1b[1;1R\x1b[?62;22c");
}

#[test]
fn clipboard_bell_and_title_reach_the_viewer() {
    let session = Session::started("read go; printf '\\033]52;c;aGVsbG8=\\007\\033]2;a title\\007\\007'; read end");
    let mut viewer = session.view();
    viewer.type_in("\n");
    let text = viewer.until("the clipboard", |message| match message {
        FromHost::Clipboard(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(text, "hello");
    viewer.until("the bell", |message| matches!(message, FromHost::Alert(text) if text.is_empty()).then_some(()));
    viewer.wait_for_text("");
    assert_eq!(
        viewer.until("the title", |message| match message {
            FromHost::Screen(update) if !update.title.is_empty() => Some(update.title.clone()),
            _ => None,
        }),
        "a title"
    );
}

#[test]
fn an_idle_host_does_nothing_and_is_small() {
    let session = Session::started("echo ready; exec sleep 1000");
    let mut viewer = session.view();
    viewer.wait_for_text("ready");
    let mut watcher = session.watch();
    watcher.observed("settled", |observation| observation.quiet_ms >= 500);
    let host = session.started.unwrap().host.pid;
    let switches = || -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{host}/task")).unwrap();
        let of = |status: String| {
            status
                .lines()
                .filter(|line| line.contains("ctxt_switches"))
                .filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok())
                .sum::<u64>()
        };
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok()).map(of).sum()
    };
    // a wait that is about nothing happening; the first second may still see threads go to sleep
    wait_for("a second without a context switch", || {
        let before = switches();
        std::thread::sleep(Duration::from_secs(1));
        switches() == before
    });
    let rollup = std::fs::read_to_string(format!("/proc/{host}/smaps_rollup")).unwrap();
    let kilobytes = |name: &str| -> u64 {
        let line = rollup.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    // the program's text is shared by all hosts; this is what each one adds
    assert!(kilobytes("Anonymous:") < 3 * 1024, "{rollup}");
}

#[test]
fn a_shell_at_its_prompt_has_the_terminal_and_one_with_a_job_has_not() {
    let mut session = Session::running(&["sh"]);
    session.start().unwrap();
    let mut watcher = session.watch();
    watcher.observed("the prompt", |seen| seen.own_foreground);
    let mut viewer = session.view();
    viewer.type_in("sleep 1000\r");
    watcher.observed("the job", |seen| !seen.own_foreground);
    viewer.type_in("\u{3}");
    watcher.observed("the prompt again", |seen| seen.own_foreground);
}
