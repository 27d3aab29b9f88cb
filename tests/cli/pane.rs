//! Viewer and host: order, limits, ends.

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use quarterdeck::client::ClientError;
use quarterdeck::client::pane;
use quarterdeck::model::{Explain, Kind};
use quarterdeck::protocol::pane::{FromHost, ToHost, VERSION, encode, read_from};

fn view() -> ToHost {
    ToHost::View { version: VERSION, rows: 24, cols: 80, resize: false }
}

fn hello() -> FromHost {
    FromHost::Hello { version: VERSION, session: "s".to_owned(), pid: 2, host_pid: 1 }
}

/// A host that does what the test says with its one viewer.
fn host(behave: impl FnOnce(UnixStream) + Send + 'static) -> (tempfile::TempDir, PathBuf, std::thread::JoinHandle<()>) {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("s.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let thread = std::thread::spawn(move || behave(listener.accept().unwrap().0));
    (directory, socket, thread)
}

#[tokio::test]
async fn input_arrives_whole_and_in_order() {
    let (_directory, socket, thread) = host(|mut stream| {
        assert_eq!(read_from::<ToHost>(&mut stream).unwrap(), Some(view()));
        let mut typed = Vec::new();
        while let Some(message) = read_from::<ToHost>(&mut stream).unwrap() {
            let ToHost::Input(bytes) = message else { panic!("{message:?}") };
            typed.extend(bytes);
        }
        let expected: Vec<u8> = (0..2_000u32).flat_map(u32::to_be_bytes).collect();
        assert_eq!(typed, expected);
    });
    let (sender, _receiver) = pane::connect(&socket, view()).await.unwrap();
    let other = sender.clone();
    for number in 0..2_000u32 {
        let sender = if number % 2 == 0 { &sender } else { &other };
        sender.send(ToHost::Input(number.to_be_bytes().to_vec())).unwrap();
    }
    drop((sender, other));
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_host_that_does_not_read_is_reported_and_nothing_accepted_is_lost() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (_directory, socket, thread) = host(move |mut stream| {
        released.recv().unwrap();
        read_from::<ToHost>(&mut stream).unwrap();
        let mut count = 0;
        while read_from::<ToHost>(&mut stream).unwrap().is_some() {
            count += 1;
        }
        assert!(count >= 8, "{count}");
    });
    let (sender, _receiver) = pane::connect(&socket, view()).await.unwrap();
    let mut accepted = 0;
    let refused = loop {
        match sender.send(ToHost::Input(vec![b'x'; 1024 * 1024])) {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
        assert!(accepted < 100, "there is a limit");
    };
    assert!(matches!(refused, ClientError::Congested { .. }));
    assert_eq!(refused.kind(), Kind::Busy);
    release.send(()).unwrap();
    sender.room().await;
    sender.send(ToHost::Input(b"and on".to_vec())).unwrap();
    drop(sender);
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
}

#[tokio::test]
async fn messages_come_whole_however_they_are_cut_and_a_clean_end_is_one() {
    let (_directory, socket, _thread) = host(|mut stream| {
        read_from::<ToHost>(&mut stream).unwrap();
        let bytes = [encode(&hello()).unwrap(), encode(&FromHost::Captured("text".to_owned())).unwrap()].concat();
        for byte in bytes {
            stream.write_all(&[byte]).unwrap();
        }
    });
    let (_sender, mut receiver) = pane::connect(&socket, view()).await.unwrap();
    // a caller that gives up in between, as often as it likes, loses nothing
    let mut messages = Vec::new();
    loop {
        match tokio::time::timeout(Duration::ZERO, receiver.next()).await {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert_eq!(messages, [hello(), FromHost::Captured("text".to_owned())]);
    assert!(receiver.broken().is_none());
}

#[tokio::test]
async fn an_end_in_the_middle_of_a_message_is_not_clean() {
    let (_directory, socket, _thread) = host(|mut stream| {
        read_from::<ToHost>(&mut stream).unwrap();
        let bytes = encode(&hello()).unwrap();
        stream.write_all(&bytes[..bytes.len() - 1]).unwrap();
    });
    let (_sender, mut receiver) = pane::connect(&socket, view()).await.unwrap();
    assert_eq!(receiver.next().await, None);
    assert!(matches!(receiver.broken(), Some(ClientError::Closed)));
}

#[tokio::test]
async fn a_length_that_cannot_be_is_refused_without_the_memory_for_it() {
    let (_directory, socket, _thread) = host(|mut stream| stream.write_all(&[0xff; 8]).unwrap());
    let (_sender, mut receiver) = pane::connect(&socket, view()).await.unwrap();
    assert_eq!(receiver.next().await, None);
    assert!(matches!(receiver.broken(), Some(ClientError::TooLong { .. })));
}

#[test]
fn a_blocking_question_skips_what_the_host_says_by_itself() {
    let (_directory, socket, _thread) = host(|mut stream| {
        stream.write_all(&encode(&hello()).unwrap()).unwrap();
        read_from::<ToHost>(&mut stream).unwrap();
        stream.write_all(&encode(&FromHost::Noted).unwrap()).unwrap();
    });
    assert_eq!(pane::call_blocking(&socket, &view(), Duration::from_secs(5)).unwrap(), FromHost::Noted);
}

#[test]
fn a_silent_host_costs_the_limit_and_no_more() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (_directory, socket, _thread) = host(move |_stream| released.recv().unwrap_or_default());
    let error = pane::call_blocking(&socket, &view(), Duration::from_millis(50)).unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error}");
    drop(release);
}
