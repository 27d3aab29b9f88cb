//! One stream to the daemon, any number of calls under way. A reader task hands replies to their callers
//! by number and notices to everybody who listens; a writer task keeps lines whole and in order.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::AbortHandle;

use crate::protocol::control::{Call, Failure, Frame, MAX_LINE, Notice, Request, Response, VERSION};

use super::ClientError;
use super::lines::read_line;

/// Notices a slow listener may lag behind; then it misses the oldest, which the newest replace anyway.
const NOTICES_KEPT: usize = 64;

/// Lines waiting to be written; a caller beyond that waits.
const LINES_WAITING: usize = 16;

type Outcome = Result<Response, Failure>;

/// A connection to the daemon; clones share it. It closes when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    next: AtomicU64,
    lines: mpsc::Sender<Vec<u8>>,
    shared: Arc<Shared>,
    reader: AbortHandle,
}

/// What the callers and the reader task share.
#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    notices: broadcast::Sender<Notice>,
    closed: watch::Sender<bool>,
}

/// Callers by the number of their call; nobody is let in any more once the stream is closed.
#[derive(Debug, Default)]
struct Waiting {
    callers: HashMap<u64, oneshot::Sender<Outcome>>,
    over: bool,
}

impl Client {
    /// A client over a stream that is already open: a socket, or one end of an in-memory pipe.
    /// Must be called within a tokio runtime.
    pub fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Client {
        let (from, to) = tokio::io::split(stream);
        let (lines, queue) = mpsc::channel(LINES_WAITING);
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            notices: broadcast::Sender::new(NOTICES_KEPT),
            closed: watch::Sender::new(false),
        });
        tokio::spawn(write_lines(to, queue, shared.closed.subscribe()));
        let reader = tokio::spawn(read_frames(from, Arc::clone(&shared))).abort_handle();
        Client { inner: Arc::new(Inner { next: AtomicU64::new(1), lines, shared, reader }) }
    }

    /// Sends a request and waits for its answer. Dropping the future gives up on the answer, not on what
    /// was asked for.
    pub async fn call(&self, request: Request) -> Result<Response, ClientError> {
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let line = encode(&Call { id, request })?;
        let (caller, answer) = oneshot::channel();
        let _place = Place::take(&self.inner.shared, id, caller)?;
        self.inner.lines.send(line).await.map_err(|_| ClientError::Closed)?;
        answer.await.map_err(|_| ClientError::Closed)?.map_err(ClientError::Failure)
    }

    /// Says hello and refuses a daemon of another protocol version.
    pub async fn hello(&self) -> Result<(), ClientError> {
        match self.call(Request::Hello { version: VERSION }).await? {
            Response::Hello { version: VERSION, .. } => Ok(()),
            Response::Hello { version, program, .. } => Err(ClientError::VersionDiffers { version, program }),
            _ => Err(ClientError::Garbled { detail: "hello was not answered by hello".to_owned() }),
        }
    }

    /// What the daemon says by itself, from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.inner.shared.notices.subscribe()
    }

    /// Ends when the connection does.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut closed = self.inner.shared.closed.subscribe();
        async move {
            // an error means that the other half is gone, which is as closed as can be
            let _ = closed.wait_for(|closed| *closed).await;
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.reader.abort();
        self.shared.closed.send_replace(true);
    }
}

impl Shared {
    /// The callers; a panic elsewhere while they were locked leaves nothing half-done.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out one frame.
    fn deliver(&self, frame: Frame) {
        match frame {
            Frame::Reply { id, outcome } => {
                let caller = self.waiting().callers.remove(&id);
                if let Some(caller) = caller {
                    // a caller that gave up meanwhile is no error
                    let _ = caller.send(outcome);
                }
            }
            Frame::Notice(notice) => {
                // nobody listening is no error
                let _ = self.notices.send(notice);
            }
        }
    }

    /// Nobody is answered any more.
    fn close(&self) {
        let mut waiting = self.waiting();
        waiting.over = true;
        waiting.callers.clear();
        drop(waiting);
        self.closed.send_replace(true);
    }
}

/// A caller's place among those who wait, given back however the call ends.
struct Place<'a> {
    shared: &'a Shared,
    id: u64,
}

impl<'a> Place<'a> {
    fn take(shared: &'a Shared, id: u64, caller: oneshot::Sender<Outcome>) -> Result<Self, ClientError> {
        let mut waiting = shared.waiting();
        if waiting.over {
            return Err(ClientError::Closed);
        }
        waiting.callers.insert(id, caller);
        Ok(Self { shared, id })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.waiting().callers.remove(&self.id);
    }
}

/// A call as one line with its newline.
fn encode(call: &Call) -> Result<Vec<u8>, ClientError> {
    let mut line = serde_json::to_vec(call).map_err(|error| ClientError::Garbled { detail: error.to_string() })?;
    line.push(b'\n');
    if line.len() > MAX_LINE {
        return Err(ClientError::TooLong { bytes: line.len(), limit: MAX_LINE });
    }
    Ok(line)
}

/// Writes until there is nobody left who could call, or the stream is closed.
async fn write_lines(
    mut to: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Vec<u8>>,
    mut closed: watch::Receiver<bool>,
) {
    loop {
        let line = tokio::select! {
            line = queue.recv() => line,
            _ = closed.wait_for(|closed| *closed) => None,
        };
        let Some(line) = line else { break };
        if to.write_all(&line).await.is_err() || to.flush().await.is_err() {
            break;
        }
    }
    // the reader sees the same end
    let _ = to.shutdown().await;
}

/// Reads until the stream ends or says something that is not the protocol.
async fn read_frames(from: impl AsyncRead + Unpin, shared: Arc<Shared>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        match read_line(&mut from, &mut line, MAX_LINE).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(%error, "the daemon's stream broke");
                break;
            }
        }
        match serde_json::from_slice(&line) {
            Ok(frame) => shared.deliver(frame),
            Err(error) => {
                tracing::warn!(%error, "the daemon's line is not understood");
                if !skip(&shared, &line) {
                    break;
                }
            }
        }
    }
    shared.close();
}

/// A line that cannot be read whole: if it is a reply, its caller must not wait forever. `false` when it
/// is not even JSON, which means that the stream is out of step.
fn skip(shared: &Shared, line: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) else { return false };
    if let Some(id) = value.pointer("/reply/id").and_then(serde_json::Value::as_u64) {
        shared.waiting().callers.remove(&id);
    }
    true
}
