//! The output of one session, told to whoever prints it: live from its host, or from its record when it
//! is over.

use std::path::PathBuf;

use tokio::sync::mpsc;

use crate::client::pane::{PaneReceiver, PaneSender, connect};
use crate::model::Kind;
use crate::protocol::SessionView;
use crate::protocol::pane::{FromHost, ToHost, VERSION};
use crate::session::Recorded;

use super::super::Stop;
use super::super::recorded::PlainLines;
use super::lines::Lines;

/// Rows and columns of a viewer that shows nothing and resizes nothing.
const NO_SCREEN: (u16, u16) = (24, 80);

/// What a session's output says.
#[derive(Debug)]
pub(in crate::cli) enum Said {
    /// A line that is final.
    Line(String),
    /// It is a full-screen program, which has no such lines.
    FullScreen,
    /// It is over, with how when that is known. Nothing follows.
    Ended(Option<String>),
    /// Its output cannot be had. Nothing follows.
    Failed(Stop),
}

/// Tells everything that a session says, with the number it is known by, until it is over.
pub(in crate::cli) async fn follow(
    number: usize,
    directory: PathBuf,
    session: SessionView,
    to: mpsc::Sender<(usize, Said)>,
) {
    let teller = Teller { number, to };
    let last = match feed(&teller, directory, session).await {
        Ok(exit) => Said::Ended(exit),
        Err(stop) => Said::Failed(stop),
    };
    teller.tell(last).await;
}

/// Who is told. When nobody listens any more, telling does nothing.
struct Teller {
    number: usize,
    to: mpsc::Sender<(usize, Said)>,
}

impl Teller {
    async fn tell(&self, said: Said) {
        let _ = self.to.send((self.number, said)).await;
    }
}

async fn feed(teller: &Teller, directory: PathBuf, session: SessionView) -> Result<Option<String>, Stop> {
    if !session.state.is_over() {
        let (rows, cols) = NO_SCREEN;
        let first = ToHost::View { version: VERSION, rows, cols, resize: false };
        if let Ok((sender, receiver)) = connect(&session.socket, first).await {
            return live(teller, sender, receiver).await;
        }
    }
    let unreadable = |error: &std::io::Error| {
        let short = session.id.short();
        Stop::system(format!("the record of session {short} cannot be read (`{}`)", directory.display()), error)
    };
    let mut log = Recorded::open(&directory).map_err(|error| unreadable(&error))?;
    let mut lines = PlainLines::default();
    loop {
        let piece = log.more().map_err(|error| unreadable(&error))?;
        let done = piece.is_empty();
        for line in lines.feed(&piece).into_iter().chain(if done { lines.rest() } else { None }) {
            teller.tell(Said::Line(line)).await;
        }
        if done {
            return Ok(session.exit);
        }
    }
}

/// Tells lines until the agent ends.
async fn live(teller: &Teller, sender: PaneSender, mut receiver: PaneReceiver) -> Result<Option<String>, Stop> {
    let mut lines = Lines::default();
    let mut full_screen = false;
    let mut exit = None;
    while let Some(message) = receiver.next().await {
        match message {
            FromHost::Screen(update) => {
                if update.modes.alternate_screen && !full_screen {
                    full_screen = true;
                    teller.tell(Said::FullScreen).await;
                }
                lines.see(update);
            }
            FromHost::History { lines: page, back, total } => lines.fill(&page, back, total),
            FromHost::Ended(how) => {
                lines.end();
                exit = Some(how.to_string());
            }
            FromHost::Refused(reason) => return Err(Stop::new(Kind::Conflict, reason)),
            _ => {}
        }
        for line in lines.take_ready() {
            teller.tell(Said::Line(line)).await;
        }
        if exit.is_some() {
            return Ok(exit);
        }
        if let Some(request) = lines.missing() {
            sender.send(request)?;
        }
    }
    match receiver.broken() {
        Some(error) => Err(Stop::new(Kind::Unavailable, error.to_string())),
        None => Ok(None),
    }
}
