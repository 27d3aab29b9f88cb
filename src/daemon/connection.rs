//! One client: JSON lines in, replies and notices out. Calls run beside each other; a watched project is
//! sent again whenever it changed, at most every `NOTICE_PAUSE`, and always its latest state.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Mutex, Semaphore, broadcast, mpsc};

use crate::model::{Kind, ProjectId};
use crate::protocol::control::{Call, Failure, Frame, MAX_LINE, Notice, Request, Response};

use super::authority::Authority;
use super::{Daemon, handle, projects, refused};

/// The shortest time between two notices to one client.
const NOTICE_PAUSE: Duration = Duration::from_millis(30);
/// Frames that may wait for a client that does not read; then its calls wait too.
const UNREAD_FRAMES: usize = 1_024;
/// Calls of one client that may be under way; further lines are read when one of them is answered.
const CALLS_AT_ONCE: usize = 256;

/// Serves one client until it goes away.
pub(super) async fn serve<S>(daemon: Arc<Daemon>, stream: S, authority: Authority)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (read, write) = tokio::io::split(stream);
    let (frames, outgoing) = mpsc::channel(UNREAD_FRAMES);
    let writer = tokio::spawn(write_frames(write, outgoing));
    let watching: Arc<Mutex<Option<tokio::task::JoinHandle<()>>>> = Arc::default();
    let mut toasts = daemon.toasts();
    let forward = {
        let frames = frames.clone();
        tokio::spawn(async move {
            loop {
                let sent = match toasts.recv().await {
                    Ok(notice) => frames.send(Frame::Notice(notice)).await.is_ok(),
                    Err(broadcast::error::RecvError::Lagged(_)) => true,
                    Err(broadcast::error::RecvError::Closed) => false,
                };
                if !sent {
                    return;
                }
            }
        })
    };
    let calls = Arc::new(Semaphore::new(CALLS_AT_ONCE));
    let mut lines = BufReader::new(read);
    let mut line = Vec::new();
    while let Ok(Some(())) = next_line(&mut lines, &mut line).await {
        let call: Call = match serde_json::from_slice(&line) {
            Ok(call) => call,
            Err(error) => {
                let failure = not_understood(&error);
                if frames.send(Frame::Reply { id: 0, outcome: Err(failure) }).await.is_err() {
                    break;
                }
                continue;
            }
        };
        let (daemon, frames, authority, watching) =
            (Arc::clone(&daemon), frames.clone(), authority.clone(), Arc::clone(&watching));
        let Ok(under_way) = Arc::clone(&calls).acquire_owned().await else { break };
        tokio::spawn(async move {
            let _under_way = under_way;
            let outcome = answer(&daemon, &authority, &call.request, &frames, &watching).await;
            let _ = frames.send(Frame::Reply { id: call.id, outcome }).await;
        });
    }
    forward.abort();
    if let Some(task) = watching.lock().await.take() {
        task.abort();
    }
    drop(frames);
    let _ = writer.await;
}

/// Reads one line, of at most `MAX_LINE` bytes; `None` at the end.
async fn next_line<R: AsyncRead + Unpin>(lines: &mut BufReader<R>, line: &mut Vec<u8>) -> std::io::Result<Option<()>> {
    line.clear();
    loop {
        let available = lines.fill_buf().await?;
        if available.is_empty() {
            return Ok(None);
        }
        let (taken, ended) = match available.iter().position(|byte| *byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (available.len(), false),
        };
        line.extend_from_slice(available.get(..taken).unwrap_or_default());
        lines.consume(taken);
        if ended {
            return Ok(Some(()));
        }
        if line.len() > MAX_LINE {
            return Err(std::io::Error::other("line too long"));
        }
    }
}

async fn write_frames<W: AsyncWrite + Unpin>(mut write: W, mut frames: mpsc::Receiver<Frame>) {
    while let Some(frame) = frames.recv().await {
        let Ok(mut line) = serde_json::to_vec(&frame) else { continue };
        line.push(b'\n');
        if write.write_all(&line).await.is_err() || write.flush().await.is_err() {
            return;
        }
    }
}

fn not_understood(error: &serde_json::Error) -> Failure {
    Failure {
        kind: Kind::Invalid,
        message: format!("the request was not understood: {error}"),
        hint: Some("client and daemon may have different versions: `qd daemon stop`, then try again".to_owned()),
    }
}

/// Answers one call, after looking whether this peer may ask it.
async fn answer(
    daemon: &Arc<Daemon>,
    authority: &Authority,
    request: &Request,
    frames: &mpsc::Sender<Frame>,
    watching: &Mutex<Option<tokio::task::JoinHandle<()>>>,
) -> Result<Response, Failure> {
    match (authority, request) {
        (Authority::Person, _) => {}
        (Authority::Session(_), Request::OpenProject { path }) => return projects::known(daemon, path).await,
        (_, request) if request.allowed_to_sessions() => {}
        (Authority::Session(session), _) => return Err(refused::refuse_session(daemon, session, request).await),
        (Authority::Unknown, _) => return Err(refused::refuse_unknown(daemon, request)),
    }
    let response = handle::handle(daemon, request).await?;
    if let Request::Watch { project } = request {
        let task = tokio::spawn(watch(Arc::clone(daemon), *project, frames.clone()));
        if let Some(earlier) = watching.lock().await.replace(task) {
            earlier.abort();
        }
    }
    Ok(response)
}

/// Sends the project's view whenever it changed.
async fn watch(daemon: Arc<Daemon>, project: ProjectId, frames: mpsc::Sender<Frame>) {
    let mut version = daemon.core.version();
    let mut sent = None;
    while version.changed().await.is_ok() {
        let Ok(view) = projects::view(&daemon, project).await else { return };
        let mut same = view.clone();
        same.now = crate::model::Timestamp::default();
        if sent.as_ref() != Some(&same) {
            sent = Some(same);
            if frames.send(Frame::Notice(Notice::Project(Box::new(view)))).await.is_err() {
                return;
            }
            tokio::time::sleep(NOTICE_PAUSE).await;
        }
    }
}
