//! `qd attach`: one pane full screen, or several side by side, in this terminal. It draws the hosts' rows
//! itself, takes its own keys from the cockpit's keymap and gives all others to the inner program in the form that it
//! asked for, and gives the terminal back as it was, whatever happens.

mod draw;
mod help;
mod keys;
mod layout;
mod pane;
mod terminal;
mod view;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Args;
use tokio::sync::mpsc;

use crate::client::pane::{PaneReceiver, PaneSender, connect};
use crate::config::keymap::Keymap;
use crate::model::{Exit, Kind};
use crate::protocol::SessionView;
use crate::protocol::pane::{FromHost, Row, ToHost, VERSION};

use super::context::named_text;
use super::pick::{self, Target};
use super::{Context, Done, Stop, Where};
use keys::Keys;
use layout::Layout;
use terminal::{Event, Terminal};
use view::{Deed, Title, View};

/// More than these nobody can read at once.
const MOST_PANES: usize = 9;

/// Messages of hosts that may wait until they are drawn; then the hosts send less.
const MESSAGES_WAITING: usize = 32;

/// `qd attach`.
#[derive(Debug, Args)]
pub struct Attach {
    /// Workers (`2`), tasks (`#7`) or sessions (the beginning of an id); several share the screen
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<Target>,
    /// How several share the screen (default: rows, from four on a grid)
    #[arg(long, value_enum)]
    layout: Option<Layout>,
    #[command(flatten)]
    place: Where,
}

/// Why the viewer was left.
enum Left {
    Detached,
    Ended,
    Signalled,
}

/// What a host says, or that it is gone.
enum Heard {
    Message(FromHost),
    Gone(Option<String>),
}

/// One session that is shown, and how it stands.
struct Shown {
    session: SessionView,
    sender: PaneSender,
    fate: Option<Fate>,
}

/// How a session left the screen before the person did.
enum Fate {
    Ended(Exit),
    Gone(Option<String>),
    Refused(String),
}

impl Attach {
    /// The panes of some targets, wherever they are.
    pub(super) fn to(targets: Vec<Target>) -> Self {
        Self { targets, layout: None, place: Where::default() }
    }

    /// Does it.
    pub(super) async fn run(self, context: &Context) -> Done {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Err(Stop::new(Kind::Invalid, "attaching needs a terminal")
                .hint("`qd session capture` and `qd stream` print text"));
        }
        let settings = context.settings()?;
        let sessions = self.sessions(context).await?;
        let own_keys = named_text(&context.paths.config.join("keymaps.toml"))?;
        let own_keys = own_keys.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
        let (keymap, problems) = Keymap::load(own_keys, settings.leader.as_deref());
        let titles = sessions.iter().map(title).collect();
        let size = Terminal::size();
        let mut view = View::new(titles, Keys::new(keymap), size, self.layout, settings.mouse)
            .ok_or_else(|| too_small(sessions.len(), size))?;
        if let Some(problem) = problems.first() {
            view.refuse(0, problem.to_string());
        }
        let mut wall = Wall::connect(sessions, &view).await?;
        let left = wall.look(&mut view).await?;
        wall.farewell(context, &left)
    }

    /// The sessions that are meant, each once; all of them run.
    async fn sessions(&self, context: &Context) -> Result<Vec<SessionView>, Stop> {
        let client = context.connect().await?;
        let inside = std::env::var("QD_SESSION").unwrap_or_default();
        let mut sessions: Vec<SessionView> = Vec::new();
        for target in &self.targets {
            let session = pick::started(&client, context, &self.place, target).await?;
            if session.state.is_over() {
                return Err(Stop::new(Kind::Conflict, format!("session {} is over", session.id.short()))
                    .hint(format!("`qd session capture {}` shows what it left", session.id.short())));
            }
            if session.id.as_str() == inside {
                return Err(Stop::new(Kind::Conflict, "this terminal is that session: it cannot show itself"));
            }
            if !sessions.iter().any(|other| other.id == session.id) {
                sessions.push(session);
            }
        }
        if sessions.len() > MOST_PANES {
            return Err(Stop::new(Kind::Invalid, format!("at most {MOST_PANES} panes can be shown at once")));
        }
        Ok(sessions)
    }
}

fn too_small(count: usize, (rows, cols): (u16, u16)) -> Stop {
    Stop::new(Kind::Invalid, format!("{count} panes do not fit on a terminal of {cols}x{rows}"))
        .hint("attach to fewer, or make the terminal larger")
}

/// The sessions that are shown together.
struct Wall {
    shown: Vec<Shown>,
    heard: mpsc::Receiver<(usize, Heard)>,
}

impl Wall {
    /// Connects to every session's host.
    async fn connect(sessions: Vec<SessionView>, view: &View) -> Result<Self, Stop> {
        let (to, heard) = mpsc::channel(MESSAGES_WAITING);
        let mut shown = Vec::new();
        for (number, (session, (rows, cols))) in sessions.into_iter().zip(view.sizes()).enumerate() {
            let first = ToHost::View { version: VERSION, rows, cols, resize: true };
            let (sender, receiver) = connect(&session.socket, first).await?;
            tokio::spawn(listen(number, receiver, to.clone()));
            shown.push(Shown { session, sender, fate: None });
        }
        Ok(Self { shown, heard })
    }

    /// Shows the panes until the person leaves or all ended. The terminal is restored when this returns.
    async fn look(&mut self, view: &mut View) -> Result<Left, Stop> {
        let mut terminal = Terminal::open().map_err(|error| Stop::system("the terminal cannot be used", &error))?;
        Terminal::write(&view.begin())?;
        loop {
            tokio::select! {
                biased;
                event = terminal.event() => match event {
                    Event::Gone => return Ok(Left::Signalled),
                    Event::Input(pieces) => {
                        let (text, deeds) = view.input(pieces);
                        Terminal::write(&text)?;
                        for deed in deeds {
                            if !self.act(deed, view).await? {
                                return Ok(Left::Detached);
                            }
                        }
                    }
                    Event::Resized => {
                        view.resize(Terminal::size());
                        self.tell_sizes(view);
                        Terminal::write(&view.whole())?;
                    }
                },
                heard = self.heard.recv() => {
                    let Some((number, heard)) = heard else { return Ok(Left::Ended) };
                    self.hear(view, number, heard).await?;
                    if view.is_over() {
                        return Ok(Left::Ended);
                    }
                }
            }
        }
    }

    /// Does what some input asks for; `false` to leave. A host that is gone is said by its own end.
    async fn act(&self, deed: Deed, view: &View) -> Result<bool, Stop> {
        let (number, message) = match deed {
            Deed::Detach => return Ok(false),
            Deed::Sizes => {
                self.tell_sizes(view);
                return Ok(true);
            }
            Deed::Say(number, message) => (number, message),
        };
        if let Some(shown) = self.shown.get(number).filter(|shown| shown.fate.is_none()) {
            // waits when the host does not take what it was given before
            shown.sender.room().await;
            if !shown.sender.is_closed() {
                shown.sender.send(message)?;
            }
        }
        Ok(true)
    }

    fn tell_sizes(&self, view: &View) {
        for (shown, (rows, cols)) in self.shown.iter().zip(view.sizes()) {
            // a host that is gone has no size
            let _ = shown.sender.send(ToHost::Resize { rows, cols });
        }
    }

    /// Draws what a host says.
    async fn hear(&mut self, view: &mut View, number: usize, heard: Heard) -> Result<(), Stop> {
        let Some(shown) = self.shown.get_mut(number) else { return Ok(()) };
        let text = match heard {
            _ if shown.fate.is_some() => return Ok(()),
            Heard::Message(FromHost::Screen(update)) => view.show(number, update),
            Heard::Message(FromHost::Hello { version, .. }) => {
                view.speaks(number, version);
                return Ok(());
            }
            Heard::Message(FromHost::Lines { first, lines, dropped, .. }) => {
                return self.fill(view, number, (first, &lines, dropped)).await;
            }
            Heard::Message(FromHost::History { lines, back, total }) => {
                let count = u64::try_from(lines.len()).unwrap_or(0);
                let first = u64::from(total).saturating_sub(u64::from(back)).saturating_sub(count);
                return self.fill(view, number, (first, &lines, 0)).await;
            }
            Heard::Message(FromHost::Ended(exit)) => {
                let text = view.end(number, format!("ended: {exit}"));
                shown.fate = Some(Fate::Ended(exit));
                text
            }
            Heard::Message(FromHost::Refused(reason)) if view.is_empty(number) => {
                let text = view.end(number, format!("refused: {reason}"));
                shown.fate = Some(Fate::Refused(reason));
                text
            }
            Heard::Message(FromHost::Refused(reason)) => view.refuse(number, reason),
            Heard::Message(FromHost::Clipboard(text)) => draw::clipboard(&text),
            Heard::Message(FromHost::Alert(_)) => "\x07".to_owned(),
            Heard::Message(_) => return Ok(()),
            Heard::Gone(why) => {
                shown.fate = Some(Fate::Gone(why));
                view.end(number, "the session is gone".to_owned())
            }
        };
        Terminal::write(&text)
    }

    /// Lines of a pane's history came.
    async fn fill(
        &self,
        view: &mut View,
        number: usize,
        (first, lines, oldest): (u64, &[Row], u64),
    ) -> Result<(), Stop> {
        let (text, more) = view.fill(number, first, lines, oldest);
        Terminal::write(&text)?;
        if let Some(deed) = more {
            self.act(deed, view).await?;
        }
        Ok(())
    }

    /// What is said on the restored terminal.
    fn farewell(self, context: &Context, left: &Left) -> Done {
        let mut worst = None;
        let running = self.shown.iter().filter(|shown| shown.fate.is_none()).count();
        if matches!(left, Left::Detached) && running > 1 {
            context.output.line(format!("detached; {running} sessions run on"))?;
        }
        for shown in self.shown {
            let id = shown.session.id.short();
            match shown.fate {
                None if matches!(left, Left::Detached) && running == 1 => {
                    context.output.line(format!("detached; session {id} runs on"))?;
                }
                None => {}
                Some(Fate::Ended(exit)) => context.output.line(format!("session {id} ended: {exit}"))?,
                Some(Fate::Gone(None)) => context.output.line(format!("session {id} is gone"))?,
                Some(Fate::Gone(Some(why))) => {
                    let what = format!("the connection to session {id} was lost: {why}");
                    worst = Some(Stop::new(Kind::Unavailable, what).hint("the agent may run on: attach again"));
                }
                Some(Fate::Refused(reason)) => {
                    worst = Some(Stop::new(Kind::Conflict, format!("session {id} refuses: {reason}")));
                }
            }
        }
        worst.map_or(Ok(ExitCode::SUCCESS), Err)
    }
}

/// Passes on what a host says until it is gone.
async fn listen(number: usize, mut receiver: PaneReceiver, to: mpsc::Sender<(usize, Heard)>) {
    while let Some(message) = receiver.next().await {
        if to.send((number, Heard::Message(message))).await.is_err() {
            return;
        }
    }
    // nobody listens any more when the person has left
    let _ = to.send((number, Heard::Gone(receiver.broken().map(ToString::to_string)))).await;
}

/// `worker 2 · claude · #7`
fn title(session: &SessionView) -> Title {
    let task = session.task.map(|task| format!(" · #{task}")).unwrap_or_default();
    Title { text: format!("worker {} · {}{task}", session.worker, session.agent), worker: session.worker }
}
