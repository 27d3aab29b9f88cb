//! Output and peers that mean no good, and sizes that make no sense.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use quarterdeck::protocol::pane::ToHost;

use crate::support::Session;

#[test]
fn binary_output_and_invalid_text_harm_nothing() {
    let script =
        "head -c 300000 /dev/urandom; printf '\\033c\\033[2J\\033[H\\377\\376\\303( caf\\303\\251 done'; read end";
    let session = Session::started(script);
    let mut viewer = session.view();
    viewer.wait_for_text("café done");
    viewer.type_in("\n");
    assert!(viewer.ended().succeeded());
}

#[test]
fn absurd_sizes_work() {
    let session = Session::started(
        "while read line; do echo got:$line; seq 1 50; printf '中文🎉\\033[5;5Hx\\033[2J\\033[H'; done",
    );
    let mut viewer = session.view_sized(1, 1, true);
    for (rows, cols) in [(1, 1), (3, 10), (200, 500), (0, 0), (u16::MAX, u16::MAX), (2, 2), (24, 80)] {
        viewer.send(&ToHost::Resize { rows, cols });
        viewer.type_in("again\n");
    }
    viewer.type_in("end\n");
    viewer.send(&ToHost::Capture { ansi: true, history: true });
    viewer.until("the size", |message| match message {
        quarterdeck::protocol::pane::FromHost::Screen(update) if (update.rows, update.cols) == (24, 80) => Some(()),
        _ => None,
    });
    let mut fresh = session.view_sized(24, 80, true);
    fresh.type_in("echo\n");
    fresh
        .until("the echo", |message| matches!(message, quarterdeck::protocol::pane::FromHost::Screen(_)).then_some(()));
}

#[test]
fn garbage_on_the_socket_ends_only_that_connection() {
    let session = Session::started("echo ready; read end");
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0, 0, 0, 1, 0xc1], &[0, 0, 0, 0]] {
        let mut stream = UnixStream::connect(&session.launch.socket).unwrap();
        stream.write_all(garbage).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // reset or closed, both are fine
        let _ = stream.read_to_end(&mut answer);
    }
    session.view().wait_for_text("ready");
}
