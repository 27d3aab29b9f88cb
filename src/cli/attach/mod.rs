//! `qd attach`: one pane, full screen, in this terminal. It draws the host's rows itself, mirrors the
//! modes that the inner program asked for (so that keys and mouse arrive as it expects them), and gives
//! the terminal back as it was, whatever happens.

mod draw;
mod keys;
mod terminal;
mod view;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Args;

use crate::client::pane::{self, PaneSender};
use crate::model::{Exit, Kind};
use crate::protocol::SessionView;
use crate::protocol::pane::{FromHost, ToHost, VERSION};

use super::pick::{self, Target};
use super::{Context, Done, Stop, Where};
use keys::Keys;
use terminal::{Event, Terminal};
use view::View;

/// Rows and columns of a viewer that shows nothing and resizes nothing.
pub(super) const SMALLEST: (u16, u16) = (24, 80);

/// `qd attach`.
#[derive(Debug, Args)]
pub struct Attach {
    /// A worker (`2`), a task (`#7`) or a session (the beginning of its id)
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) place: Where,
}

/// Why the viewer was left.
enum Left {
    Detached,
    Ended(Exit),
    Gone(Option<String>),
    Refused(String),
    Signalled,
}

impl Attach {
    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Err(Stop::new(Kind::Invalid, "attaching needs a terminal")
                .hint("`qd session capture` and `qd task stream` print text"));
        }
        let settings = context.settings()?;
        let client = context.connect().await?;
        let session = pick::session_of(&client, context, &self.place, &self.target).await?;
        if session.state.is_over() {
            return Err(Stop::new(Kind::Conflict, format!("session {} is over", session.id.short()))
                .hint("`qd session list` shows those that run"));
        }
        drop(client);
        let left = look(&session, Keys::new(settings.leader.as_deref())).await?;
        farewell(context, &session, left)
    }
}

/// Shows the pane until the person leaves or it ends. The terminal is restored when this returns.
async fn look(session: &SessionView, keys: Keys) -> Result<Left, Stop> {
    let mut terminal = Terminal::open().map_err(|error| Stop::system("the terminal cannot be used", &error))?;
    let size = Terminal::size();
    let mut view = View::new(title(session), keys, size);
    let (rows, cols) = view.pane_size();
    let first = ToHost::View { version: VERSION, rows, cols, resize: true };
    let (sender, mut receiver) = pane::connect(&session.socket, first).await?;
    Terminal::write(&view.begin())?;
    loop {
        tokio::select! {
            biased;
            event = terminal.event() => match event {
                Event::Gone => return Ok(Left::Signalled),
                Event::Input(bytes) => {
                    let taken = view.keys(&bytes);
                    pass_on(&sender, taken.bytes).await?;
                    if taken.detach {
                        return Ok(Left::Detached);
                    }
                    Terminal::write(&view.status())?;
                }
                Event::Resized => {
                    let (rows, cols) = view.resize(Terminal::size());
                    sender.send(ToHost::Resize { rows, cols })?;
                    Terminal::write(&view.whole())?;
                }
            },
            message = receiver.next() => match message {
                None => return Ok(Left::Gone(receiver.broken().map(ToString::to_string))),
                Some(FromHost::Screen(update)) => Terminal::write(&view.show(update))?,
                Some(FromHost::Ended(exit)) => return Ok(Left::Ended(exit)),
                Some(FromHost::Refused(reason)) if view.is_empty() => return Ok(Left::Refused(reason)),
                Some(FromHost::Refused(reason)) => Terminal::write(&view.tell(reason))?,
                Some(FromHost::Clipboard(text)) => Terminal::write(&draw::clipboard(&text))?,
                Some(FromHost::Alert(_)) => Terminal::write("\x07")?,
                Some(_) => {}
            },
        }
    }
}

/// Gives input to the inner program; waits when it does not take what it was given before.
async fn pass_on(sender: &PaneSender, bytes: Vec<u8>) -> Result<(), Stop> {
    if bytes.is_empty() {
        return Ok(());
    }
    sender.room().await;
    Ok(sender.send(ToHost::Input(bytes))?)
}

/// `worker 2 · claude · #7`
fn title(session: &SessionView) -> String {
    let task = session.task.map(|task| format!(" · #{task}")).unwrap_or_default();
    format!("worker {} · {}{task}", session.worker, session.agent)
}

/// What is said on the restored terminal.
fn farewell(context: &Context, session: &SessionView, left: Left) -> Done {
    let id = session.id.short();
    match left {
        Left::Detached => context.output.line(format!("detached; session {id} runs on"))?,
        Left::Ended(exit) => context.output.line(format!("session {id} ended: {exit}"))?,
        Left::Signalled => {}
        Left::Gone(None) => context.output.line(format!("session {id} is gone"))?,
        Left::Gone(Some(why)) => {
            return Err(Stop::new(Kind::Unavailable, format!("the connection to session {id} was lost: {why}"))
                .hint("the agent may run on: attach again"));
        }
        Left::Refused(reason) => return Err(Stop::new(Kind::Conflict, format!("session {id} refuses: {reason}"))),
    }
    Ok(ExitCode::SUCCESS)
}
