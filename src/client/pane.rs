//! The viewer's side of the pane protocol. Input is queued in order and never dropped silently: what is
//! accepted is written, what cannot be accepted is refused to the caller.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc};

use crate::protocol::pane::{self, FromHost, MAX_MESSAGE, ToHost};

use super::ClientError;
use super::connect::trusted;

/// Bytes that may wait for a host that does not read: a large paste fits, a runaway sender does not.
const WAITING_LIMIT: usize = 8 * 1024 * 1024;

/// Bytes of the first read: the greeting and a whole screen come in one.
const FIRST_READ: usize = 16 * 1024;

/// Connects to a session's host and sends the first message, which says who connects.
pub async fn connect(socket: &Path, first: ToHost) -> Result<(PaneSender, PaneReceiver), ClientError> {
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|source| ClientError::Connect { socket: socket.to_owned(), source })?;
    let (from, to) = trusted(stream, socket)?.into_split();
    let (queue, waiting) = mpsc::unbounded_channel();
    let (load, to) = (Arc::new(Load::default()), Arc::new(to));
    tokio::spawn(write_queue(Arc::clone(&to), waiting, Arc::clone(&load)));
    let sender = PaneSender { queue, load, direct: Arc::new(Mutex::new(Arc::downgrade(&to))) };
    sender.send(first)?;
    Ok((sender, PaneReceiver { from, buffer: Vec::with_capacity(FIRST_READ), broken: None }))
}

/// How much waits to be written.
#[derive(Debug, Default)]
struct Load {
    bytes: AtomicUsize,
    lighter: Notify,
}

/// The way to a host; clones share it and keep one order. The connection's sending half closes when the
/// last clone is dropped and everything accepted was written.
#[derive(Debug, Clone)]
pub struct PaneSender {
    queue: mpsc::UnboundedSender<Vec<u8>>,
    load: Arc<Load>,
    /// The stream, while it is open; locked by who writes to it or lengthens the queue.
    direct: Arc<Mutex<Weak<OwnedWriteHalf>>>,
}

impl PaneSender {
    /// Writes a message if the stream takes it now and nothing else waits, else queues it; returns at once. `Congested` when too much waits already, `Closed` when the
    /// host is gone; nothing of the message was taken then.
    #[expect(clippy::needless_pass_by_value, reason = "a message that was sent is given away, for the caller too")]
    pub fn send(&self, message: ToHost) -> Result<(), ClientError> {
        let mut bytes = encode(&message)?;
        let direct = self.direct.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = self.load.bytes.load(Ordering::Acquire);
        if waiting == 0 && !self.queue.is_closed() {
            // one task less between a key and the agent; what fails here fails again there
            let written = direct.upgrade().and_then(|stream| stream.try_write(&bytes).ok()).unwrap_or(0);
            bytes.drain(..written);
            if bytes.is_empty() {
                return Ok(());
            }
        }
        if waiting > 0 && waiting + bytes.len() > WAITING_LIMIT {
            return Err(ClientError::Congested { waiting });
        }
        self.load.bytes.fetch_add(bytes.len(), Ordering::AcqRel);
        self.queue.send(bytes).map_err(|_| ClientError::Closed)
    }

    /// Waits until at most half of the limit waits: for senders that can hold back.
    pub async fn room(&self) {
        loop {
            let lighter = self.load.lighter.notified();
            if self.load.bytes.load(Ordering::Acquire) <= WAITING_LIMIT / 2 || self.queue.is_closed() {
                return;
            }
            lighter.await;
        }
    }

    /// Whether the host is gone.
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

/// Writes in order until there is no sender left or the host is gone.
async fn write_queue(to: Arc<OwnedWriteHalf>, mut waiting: mpsc::UnboundedReceiver<Vec<u8>>, load: Arc<Load>) {
    while let Some(bytes) = waiting.recv().await {
        let written = write_all(&to, &bytes).await;
        load.bytes.fetch_sub(bytes.len(), Ordering::AcqRel);
        load.lighter.notify_waiters();
        if written.is_err() {
            break;
        }
    }
    waiting.close();
    load.lighter.notify_waiters();
}

async fn write_all(to: &OwnedWriteHalf, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The way back from a host.
#[derive(Debug)]
pub struct PaneReceiver {
    from: OwnedReadHalf,
    buffer: Vec<u8>,
    broken: Option<ClientError>,
}

impl PaneReceiver {
    /// The next message; `None` when the host has closed the connection or it broke (see `broken`).
    /// Nothing is lost when the future is dropped and called again.
    pub async fn next(&mut self) -> Option<FromHost> {
        loop {
            match take_message(&mut self.buffer) {
                Ok(Some(message)) => return Some(message),
                Ok(None) => {}
                Err(error) => return self.fail(error),
            }
            match self.from.read_buf(&mut self.buffer).await {
                Ok(0) if self.buffer.is_empty() => return None,
                Ok(0) => return self.fail(ClientError::Closed),
                Ok(_) => {}
                Err(source) => return self.fail(ClientError::Broken { source }),
            }
        }
    }

    /// Why the stream ended, when it was not a clean end.
    pub fn broken(&self) -> Option<&ClientError> {
        self.broken.as_ref()
    }

    fn fail(&mut self, error: ClientError) -> Option<FromHost> {
        self.buffer.clear();
        self.broken = Some(error);
        None
    }
}

/// Takes the first whole message out of what was read.
fn take_message(buffer: &mut Vec<u8>) -> Result<Option<FromHost>, ClientError> {
    let Some((length, rest)) = buffer.split_first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if length > MAX_MESSAGE {
        return Err(ClientError::TooLong { bytes: length, limit: MAX_MESSAGE });
    }
    let Some(body) = rest.get(..length) else { return Ok(None) };
    let message = pane::decode(body).map_err(|error| ClientError::Garbled { detail: error.to_string() });
    buffer.drain(..length + 4);
    message.map(Some)
}

fn encode(message: &ToHost) -> Result<Vec<u8>, ClientError> {
    pane::encode(message).map_err(|error| ClientError::Garbled { detail: error.to_string() })
}

/// One question to a host and its answer, without a runtime: for `qd report`, which must be quick.
pub fn call_blocking(socket: &Path, message: &ToHost, timeout: Duration) -> Result<FromHost, ClientError> {
    BlockingPane::connect(socket, timeout)?.call(message)
}

/// A connection to a host for one question after the other, without a runtime.
#[derive(Debug)]
pub struct BlockingPane {
    stream: std::os::unix::net::UnixStream,
    timeout: Duration,
}

impl BlockingPane {
    /// Connects; every answer must come within `timeout`.
    pub fn connect(socket: &Path, timeout: Duration) -> Result<Self, ClientError> {
        let failed = |source| ClientError::Connect { socket: socket.to_owned(), source };
        let stream = std::os::unix::net::UnixStream::connect(socket).map_err(failed)?;
        let peer = nix::sys::socket::getsockopt(&stream, nix::sys::socket::sockopt::PeerCredentials)
            .map_err(|error| failed(error.into()))?;
        if peer.uid() != nix::unistd::geteuid().as_raw() {
            return Err(ClientError::OtherUser { socket: socket.to_owned(), uid: peer.uid() });
        }
        Ok(Self { stream, timeout })
    }

    /// Sends a message and reads its answer. What a host says by itself (who it is, its screen) is skipped.
    pub fn call(&mut self, message: &ToHost) -> Result<FromHost, ClientError> {
        let deadline = Instant::now() + self.timeout;
        let bytes = encode(message)?;
        self.allow_until(deadline)?;
        self.stream.write_all(&bytes).map_err(|error| self.explain(error))?;
        loop {
            self.allow_until(deadline)?;
            match pane::read_from(&mut self.stream).map_err(|error| self.explain(error))? {
                None => return Err(ClientError::Closed),
                Some(FromHost::Hello { .. } | FromHost::Screen(_)) => {}
                Some(FromHost::Refused(reason)) => return Err(ClientError::Refused { reason }),
                Some(answer) => return Ok(answer),
            }
        }
    }

    /// Lets the next read and write take no longer than what is left.
    fn allow_until(&self, deadline: Instant) -> Result<(), ClientError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ClientError::TimedOut { after: self.timeout });
        }
        let set = self.stream.set_read_timeout(Some(left)).and_then(|()| self.stream.set_write_timeout(Some(left)));
        set.map_err(|source| ClientError::Broken { source })
    }

    fn explain(&self, error: io::Error) -> ClientError {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ClientError::TimedOut { after: self.timeout },
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
                ClientError::Closed
            }
            io::ErrorKind::InvalidData => ClientError::Garbled { detail: error.to_string() },
            _ => ClientError::Broken { source: error },
        }
    }
}
