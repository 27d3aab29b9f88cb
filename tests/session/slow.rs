//! A viewer behind a slow link: it sees the screen of now, its keys arrive, and nobody else notices it.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quarterdeck::protocol::pane::{ToHost, encode};

use super::support::{Session, wait_for};

/// 10 kB/s.
const PIECE: usize = 500;
const EVERY: Duration = Duration::from_millis(50);

/// Floods until its first line of input, and writes down all of them.
const FLOOD: &str =
    "stty -echo; yes 0123456789012345678901234567890123456789 & while read line; do echo $line >> heard; done";

#[test]
fn a_viewer_behind_a_slow_link_delays_nobody_and_loses_no_key() {
    let session = Session::started(FLOOD);
    let host = session.started.unwrap().host.pid;
    let mut quick = session.view();
    quick.wait_for_text("0123456789");
    let mut slow = session.view();
    let (mut link, over) = (slow.stream.try_clone().unwrap(), Arc::new(AtomicBool::new(false)));
    let until = Arc::clone(&over);
    let reader = std::thread::spawn(move || {
        let mut piece = [0; PIECE];
        while !until.load(Ordering::Relaxed) && link.read(&mut piece).is_ok_and(|count| count > 0) {
            std::thread::sleep(EVERY);
        }
    });
    let before = memory(host);
    let (frames, began) = (quick.frames, Instant::now());
    while began.elapsed() < Duration::from_secs(3) {
        quick.next().expect("the host is there");
    }
    // sixty a second at most; a busy machine still gives a third of them
    assert!(quick.frames - frames > 60, "only {} frames in three seconds", quick.frames - frames);
    for n in 0..200 {
        let line = format!("line{n}\n").into_bytes();
        std::io::Write::write_all(&mut slow.stream, &encode(&ToHost::Input(line)).unwrap()).unwrap();
    }
    let heard = || std::fs::read_to_string(session.home.path().join("heard")).unwrap_or_default();
    wait_for("all keys from the slow side", || heard().lines().count() == 200);
    assert!(heard().lines().enumerate().all(|(n, line)| line == format!("line{n}")), "in their order");
    let grown = memory(host).saturating_sub(before);
    assert!(grown < 2048, "the host took {grown} kB more");
    over.store(true, Ordering::Relaxed);
    drop(slow);
    reader.join().unwrap();
}

/// Resident memory in kilobytes.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
