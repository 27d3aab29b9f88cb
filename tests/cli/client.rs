//! One stream, many calls; notices; ends; and finding the daemon.

use std::path::Path;
use std::time::Duration;

use quarterdeck::client::{AutoStart, Client, ClientError};
use quarterdeck::model::{Explain, Kind, TaskId};
use quarterdeck::protocol::control::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};

use crate::fake::{Fake, Home, hello, refusal};

/// The daemon's end of a pipe.
struct Far {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    to: WriteHalf<DuplexStream>,
}

impl Far {
    fn pair() -> (Client, Far) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (from, to) = tokio::io::split(far);
        (Client::over(near), Far { lines: BufReader::new(from).lines(), to })
    }

    async fn call(&mut self) -> Call {
        serde_json::from_str(&self.lines.next_line().await.unwrap().unwrap()).unwrap()
    }

    async fn say(&mut self, frame: &Frame) {
        self.line(&serde_json::to_string(frame).unwrap()).await;
    }

    async fn line(&mut self, line: &str) {
        self.to.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn reply(&mut self, id: u64, outcome: Result<Response, Failure>) {
        self.say(&Frame::Reply { id, outcome }).await;
    }
}

fn done(text: &str) -> Response {
    Response::Done(text.to_owned())
}

#[tokio::test]
async fn answers_find_their_callers_in_any_order() {
    let (client, mut far) = Far::pair();
    let one = tokio::spawn({
        let client = client.clone();
        async move { client.call(Request::Task { task: TaskId(1) }).await }
    });
    let first = far.call().await;
    let two = tokio::spawn({
        let client = client.clone();
        async move { client.call(Request::Task { task: TaskId(2) }).await }
    });
    let second = far.call().await;
    far.reply(second.id, Ok(done("two"))).await;
    assert_eq!(two.await.unwrap().unwrap(), done("two"));
    far.reply(first.id, Err(refusal(Kind::Busy, "later", "wait"))).await;
    let error = one.await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string(), error.hint()),
        (Kind::Busy, "later".to_owned(), Some("wait".to_owned()))
    );
}

#[tokio::test]
async fn a_caller_that_gave_up_disturbs_nobody() {
    let (client, mut far) = Far::pair();
    let abandoned = tokio::spawn({
        let client = client.clone();
        async move { client.call(Request::Status).await }
    });
    let first = far.call().await;
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    far.reply(first.id, Ok(done("too late"))).await;
    let (answer, ()) = tokio::join!(client.call(Request::Projects), async {
        let call = far.call().await;
        far.reply(call.id, Ok(done("in time"))).await;
    });
    assert_eq!(answer.unwrap(), done("in time"));
}

#[tokio::test]
async fn notices_reach_everybody_who_listens() {
    let (client, mut far) = Far::pair();
    let (mut one, mut two) = (client.notices(), client.clone().notices());
    let toast = Notice::Toast { kind: None, text: "landed".to_owned() };
    far.say(&Frame::Notice(toast.clone())).await;
    assert_eq!(one.recv().await.unwrap(), toast);
    assert_eq!(two.recv().await.unwrap(), toast);
}

#[tokio::test]
async fn a_daemon_that_goes_away_ends_all_calls_and_is_seen() {
    let (client, mut far) = Far::pair();
    let closed = client.closed();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.call(Request::Status).await }
    });
    far.call().await;
    drop(far);
    assert!(matches!(call.await.unwrap(), Err(ClientError::Closed)));
    closed.await;
    assert!(matches!(client.call(Request::Status).await, Err(ClientError::Closed)), "nobody is let in any more");
    client.closed().await;
}

#[tokio::test]
async fn the_last_client_closes_the_stream() {
    let (client, mut far) = Far::pair();
    let other = client.clone();
    drop(client);
    let closed = other.closed();
    drop(other);
    assert_eq!(far.lines.next_line().await.unwrap(), None);
    closed.await;
}

#[tokio::test]
async fn an_answer_that_is_not_understood_ends_its_call_and_no_other() {
    let (client, mut far) = Far::pair();
    let strange = tokio::spawn({
        let client = client.clone();
        async move { client.call(Request::Status).await }
    });
    let call = far.call().await;
    far.line(&format!(r#"{{"reply":{{"id":{},"outcome":{{"Ok":{{"from_the_future":1}}}}}}}}"#, call.id)).await;
    assert!(matches!(strange.await.unwrap(), Err(ClientError::Closed)));
    let (answer, ()) = tokio::join!(client.call(Request::Projects), async {
        let call = far.call().await;
        far.reply(call.id, Ok(done("fine"))).await;
    });
    assert_eq!(answer.unwrap(), done("fine"));
}

#[tokio::test]
async fn what_is_not_json_or_has_no_end_closes_the_stream() {
    for bytes in [b"this is not json\n".to_vec(), vec![b'x'; MAX_LINE + 2]] {
        let (client, mut far) = Far::pair();
        // the client may stop reading before all is written
        let _ = far.to.write_all(&bytes).await;
        client.closed().await;
    }
}

#[tokio::test]
async fn a_request_that_is_too_long_is_refused_before_it_is_sent() {
    let (client, _far) = Far::pair();
    let text = "x".repeat(MAX_LINE);
    let request = Request::Chat { project: quarterdeck::model::ProjectId(1), text };
    let error = client.call(request).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
}

#[tokio::test]
async fn another_protocol_version_is_refused_with_what_to_do() {
    let (client, mut far) = Far::pair();
    let (answer, ()) = tokio::join!(client.hello(), async {
        let call = far.call().await;
        assert_eq!(call.request, Request::Hello { version: VERSION });
        far.reply(call.id, Ok(hello(VERSION + 1))).await;
    });
    let error = answer.unwrap_err();
    assert!(matches!(error, ClientError::VersionDiffers { version, .. } if version == VERSION + 1));
    assert!(error.hint().unwrap().contains("qd daemon stop"));
}

#[tokio::test]
async fn the_lock_names_the_socket_wherever_it_is() {
    let home = Home::new();
    let elsewhere = home.path().join("elsewhere/c.sock");
    let _fake = Fake::at(&elsewhere, |_| Ok(Response::Projects(vec![])));
    let paths = home.paths();
    std::fs::create_dir_all(&paths.data).unwrap();
    std::fs::write(paths.lock(), format!("{}\n12345\n", elsewhere.display())).unwrap();
    let client = Client::connect(&paths, Path::new("/nonexistent/qd"), AutoStart::No).await.unwrap();
    assert_eq!(client.call(Request::Projects).await.unwrap(), Response::Projects(vec![]));
}

#[tokio::test]
async fn a_leftover_socket_and_lock_are_no_daemon() {
    let home = Home::new();
    let paths = home.paths();
    std::fs::create_dir_all(&paths.runtime).unwrap();
    std::fs::create_dir_all(&paths.data).unwrap();
    drop(std::os::unix::net::UnixListener::bind(paths.control_socket()).unwrap());
    std::fs::write(paths.lock(), paths.control_socket().as_os_str().as_encoded_bytes()).unwrap();
    let error = Client::connect(&paths, Path::new("/nonexistent/qd"), AutoStart::No).await.unwrap_err();
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error}");
    assert_eq!(error.kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_daemon_that_ends_at_once_is_reported_with_its_last_words() {
    let home = Home::new();
    let program = home.path().join("broken-qd");
    std::fs::write(&program, "#!/bin/sh\necho 'error: the disk is full' >&2\nexit 6\n").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let paths = home.paths();
    let limit = Duration::from_secs(9);
    for _ in 0..2 {
        let connected = tokio::time::timeout(limit, Client::connect(&paths, &program, AutoStart::Yes)).await.unwrap();
        let Err(ClientError::EndedAtOnce { said, .. }) = connected else { panic!("{connected:?}") };
        assert_eq!(said, "error: the disk is full", "only what this start said");
    }
}
