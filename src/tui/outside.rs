//! Carries out commands: calls to the daemon, connections to hosts, the layout file. Whatever takes
//! time runs beside the loop and comes back as a message.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::client::pane::{self, PaneSender};
use crate::client::{Client, ClientError};
use crate::model::{Kind, SessionId};
use crate::protocol::control::{Failure, Request};
use crate::protocol::pane::{FromHost, ToHost, VERSION};

use super::clipboard::{self, Surroundings, Turns};
use super::editor;
use super::elsewhere;
use super::layout_file::Layout;
use super::message::{Msg, Purpose, SearchPlace};
use super::tmux;

/// How long a size must be stable before a PTY gets it.
const STABLE_FOR: Duration = Duration::from_millis(100);

/// What a session without a host has written: its screen first (`None` is asked), then answers to questions.
pub type Record = Box<dyn FnMut(Option<ToHost>) -> Option<FromHost> + Send>;

/// Finds a session's record and plays it, for a screen of this size where that is known. It blocks meanwhile.
pub type Records = Arc<dyn Fn(&SessionId, Option<(u16, u16)>) -> std::io::Result<Record> + Send + Sync>;

/// The world as the cockpit reaches it.
pub(super) struct Outside {
    client: Client,
    inbox: mpsc::Sender<Msg>,
    links: HashMap<SessionId, Link>,
    sizes: HashMap<SessionId, (u16, u16, Instant)>,
    layout_file: PathBuf,
    surroundings: Surroundings,
    records: Records,
    turns: Turns,
}

/// A connection to a host; ends when dropped.
struct Link {
    way: Way,
    task: JoinHandle<()>,
}

/// How messages get to a host. Shared with the task that makes the connection, which knows when it stands.
type Way = Arc<Mutex<Stage>>;

/// How far a connection is.
enum Stage {
    /// It is being made: what is said meanwhile waits.
    Making(Vec<ToHost>),
    /// It stands: a key goes to the host from the loop itself, and not through a task.
    Host(PaneSender),
    /// The session's record answers.
    Record(mpsc::UnboundedSender<ToHost>),
}

impl Stage {
    fn send(&mut self, message: ToHost) -> Result<(), ClientError> {
        match self {
            Self::Making(waiting) => waiting.push(message),
            Self::Host(sender) => return sender.send(message),
            // a record that is read no more has told so by its own message
            Self::Record(questions) => drop(questions.send(message)),
        }
        Ok(())
    }

    /// The connection stands: what waited goes first.
    fn open(way: &Way, mut next: Self) -> Result<(), ClientError> {
        let mut stage = lock(way);
        let sent = match &mut *stage {
            Self::Making(waiting) => waiting.drain(..).try_for_each(|message| next.send(message)),
            Self::Host(_) | Self::Record(_) => Ok(()),
        };
        *stage = next;
        sent
    }
}

fn lock(way: &Way) -> MutexGuard<'_, Stage> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where and how to connect.
pub(super) struct Attach {
    pub(super) session: SessionId,
    pub(super) socket: PathBuf,
    pub(super) rows: u16,
    pub(super) cols: u16,
    pub(super) after: Duration,
    pub(super) over: bool,
    pub(super) last: Option<(u16, u16)>,
}

impl Outside {
    pub(super) fn new(
        client: Client,
        inbox: mpsc::Sender<Msg>,
        layout_file: PathBuf,
        surroundings: Surroundings,
        records: Records,
    ) -> Self {
        let turns = Turns::default();
        Self { client, inbox, links: HashMap::new(), sizes: HashMap::new(), layout_file, surroundings, records, turns }
    }

    /// Copies text; what became of it comes as a message. While one is copied only the newest waits.
    pub(super) fn copy(&self, text: String, what: String) {
        let Some(first) = self.turns.begin((text, what)) else { return };
        let (surroundings, inbox, turns) = (self.surroundings, self.inbox.clone(), self.turns.clone());
        tokio::task::spawn_blocking(move || {
            let mut turn = Some(first);
            while let Some((text, what)) = turn {
                let copied = clipboard::copy(surroundings, text, what);
                // the loop may be over: then nobody waits for this
                let _ = inbox.blocking_send(Msg::Copied(copied));
                turn = turns.next();
            }
        });
    }

    /// Writes text to a new file; which one comes as a message.
    pub(super) fn write(&self, text: String) {
        let (directory, inbox) = (self.copies(), self.inbox.clone());
        tokio::task::spawn_blocking(move || {
            let written = editor::write_new(&directory, "copy", &text).map_err(|error| error.to_string());
            let _ = inbox.blocking_send(Msg::Written(written));
        });
    }

    /// Where texts are written to.
    pub(super) fn copies(&self) -> PathBuf {
        let state = self.layout_file.parent().and_then(Path::parent).unwrap_or(Path::new("."));
        state.join("copies")
    }

    /// From now on the daemon is asked over this client.
    pub(super) fn over(&mut self, client: Client) {
        self.client = client;
    }

    /// Asks the daemon; the answer comes as a message. The task is answered for callers that must wait.
    pub(super) fn call(&self, request: Request, purpose: Purpose) -> JoinHandle<()> {
        let (client, inbox) = (self.client.clone(), self.inbox.clone());
        tokio::spawn(async move {
            let outcome = client.call(request).await.map_err(|error| Failure::of(&error));
            // the loop may be over: then nobody waits for this
            let _ = inbox.send(Msg::Answered(purpose, outcome)).await;
        })
    }

    /// Connects to a host.
    pub(super) fn attach(&mut self, attach: Attach) {
        let way = Arc::new(Mutex::new(Stage::Making(Vec::new())));
        let session = attach.session.clone();
        let task = tokio::spawn(follow(attach, Arc::clone(&way), self.inbox.clone(), Arc::clone(&self.records)));
        self.sizes.remove(&session);
        self.links.insert(session, Link { way, task });
    }

    /// Lets a host go.
    pub(super) fn detach(&mut self, session: &SessionId) {
        self.links.remove(session);
        self.sizes.remove(session);
    }

    /// Says something to a host. An error says that it was refused; a link that ended tells so by its own message.
    pub(super) fn send(&self, session: &SessionId, message: ToHost) -> Result<(), ClientError> {
        match self.links.get(session).map(|link| lock(&link.way).send(message)) {
            None | Some(Ok(()) | Err(ClientError::Closed)) => Ok(()),
            Some(refused) => refused,
        }
    }

    /// Notes the size that a PTY shall get.
    pub(super) fn resize(&mut self, session: SessionId, rows: u16, cols: u16) {
        self.sizes.insert(session, (rows, cols, Instant::now() + STABLE_FOR));
    }

    /// When the next noted size is due.
    pub(super) fn next_resize(&self) -> Option<Instant> {
        self.sizes.values().map(|(_, _, due)| *due).min()
    }

    /// Gives PTYs the sizes that are due.
    pub(super) fn resize_due(&mut self) {
        let now = Instant::now();
        let due: Vec<_> =
            self.sizes.iter().filter(|(_, (_, _, due))| *due <= now).map(|(id, size)| (id.clone(), *size)).collect();
        for (session, (rows, cols, _)) in due {
            self.sizes.remove(&session);
            if self.send(&session, ToHost::Resize { rows, cols }).is_err() {
                // too much waits for the host: a little later
                self.resize(session, rows, cols);
            }
        }
    }

    /// Asks the tmux around us whether it passes modified keys on; the person is told once if it does not.
    pub(super) fn ask_tmux(&self) {
        let (inbox, state) = (self.inbox.clone(), self.layout_file.parent().and_then(Path::parent).map(Path::to_owned));
        tokio::task::spawn_blocking(move || {
            if tmux::passes_keys() != Some(false) {
                return;
            }
            let told = state.map(|state| state.join("told").join("tmux-keys"));
            // where it cannot be remembered it is better said again than never
            let tell = told.as_deref().is_none_or(|file| !file.exists());
            if let Some(file) = told.filter(|_| tell)
                && let Err(error) = write_whole(&file, "")
            {
                tracing::warn!(%error, file = %file.display(), "what was said is not remembered");
            }
            // the loop may be over: then nobody waits for this
            let _ = inbox.blocking_send(Msg::TmuxKeepsKeys { tell });
        });
    }

    /// Gives an address to the desktop's browser.
    pub(super) fn open_link(&self, uri: String) {
        let (surroundings, inbox) = (self.surroundings, self.inbox.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(why) = clipboard::open(surroundings, &uri) {
                // the loop may be over: then nobody waits for this
                let _ = inbox.blocking_send(Msg::NotOpened(uri, why));
            }
        });
    }

    /// Reads what a session showed last from its record.
    pub(super) fn recall(&self, session: SessionId) {
        let (records, inbox) = (Arc::clone(&self.records), self.inbox.clone());
        tokio::task::spawn_blocking(move || {
            let text = elsewhere::recall(&session, &records);
            let _ = inbox.blocking_send(Msg::Recalled(session, text));
        });
    }

    /// Looks for text in sessions, each beside the others.
    pub(super) fn search(&self, id: u32, pattern: &str, places: Vec<SearchPlace>) {
        for place in places {
            let (records, inbox, pattern) = (Arc::clone(&self.records), self.inbox.clone(), pattern.to_owned());
            tokio::spawn(async move {
                let hits = elsewhere::search(place, pattern, records).await;
                let _ = inbox.send(Msg::FoundIn(id, hits)).await;
            });
        }
    }

    /// Remembers the layout.
    pub(super) fn save(&self, layout: &Layout) {
        let (file, text) = (self.layout_file.clone(), layout.text());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = write_whole(&file, &text) {
                tracing::warn!(%error, file = %file.display(), "the layout was not saved");
            }
        });
    }
}

/// Writes a file so that it is either the old one or the new one.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let beside = file.with_extension("new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, file)
}

/// One connection to a host, from its making to its end.
async fn follow(attach: Attach, way: Way, inbox: mpsc::Sender<Msg>, records: Records) {
    let Attach { session, socket, rows, cols, after, over, last } = attach;
    tokio::time::sleep(after).await;
    let first = ToHost::View { version: VERSION, rows, cols, resize: true };
    let (sender, mut receiver) = match pane::connect(&socket, first).await {
        Ok(both) => both,
        Err(_) if over => {
            let (questions, queue) = mpsc::unbounded_channel();
            // nothing refuses what a record is asked
            let _ = Stage::open(&way, Stage::Record(questions));
            // reading, playing and searching a long record takes a while: not in the way of anybody else
            tokio::task::spawn_blocking(move || answer_from_record(session, last, queue, &inbox, &records));
            return;
        }
        Err(error) => {
            let _ = inbox.send(Msg::PaneLost(session, error.to_string())).await;
            return;
        }
    };
    if inbox.send(Msg::PaneOpen(session.clone())).await.is_err() {
        return;
    }
    if let Err(error) = Stage::open(&way, Stage::Host(sender)) {
        let _ = inbox.send(Msg::Said(Some(Kind::Busy), error.to_string())).await;
    }
    while let Some(said) = receiver.next().await {
        if inbox.send(Msg::Pane(session.clone(), said)).await.is_err() {
            return;
        }
    }
    let _ = inbox.send(Msg::PaneLost(session, "the host closed the connection".to_owned())).await;
}

/// Answers in the place of a host that is gone, until nobody asks any more.
fn answer_from_record(
    session: SessionId,
    last: Option<(u16, u16)>,
    mut queue: mpsc::UnboundedReceiver<ToHost>,
    inbox: &mpsc::Sender<Msg>,
    records: &Records,
) {
    let mut record = match records(&session, last) {
        Ok(record) => record,
        Err(error) => {
            // the loop may be over: then nobody waits for this
            let _ = inbox.blocking_send(Msg::PaneLost(session, format!("its record cannot be read: {error}")));
            return;
        }
    };
    if inbox.blocking_send(Msg::PaneRecord(session.clone())).is_err() {
        return;
    }
    let mut question = None;
    loop {
        if let Some(answer) = record(question)
            && inbox.blocking_send(Msg::Pane(session.clone(), answer)).is_err()
        {
            return;
        }
        question = queue.blocking_recv();
        if question.is_none() {
            return;
        }
    }
}
