//! The one loop: terminal events, notices of the daemon, screens of visible panes, answers and timers in;
//! frames and commands out. It draws only when something visible changed, at most 60 times a second, and
//! at once after a key. When nothing happens it sleeps.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::client::Client;
use crate::config::Settings;
use crate::config::keymap::Keymap;
use crate::config::theme::Theme;
use crate::model::{Explain as _, SessionId, Timestamp};
use crate::protocol::ProjectView;
use crate::protocol::control::{Failure, Notice, Request, Response};
use crate::protocol::pane::FromHost;
use crate::term::input::Sent;

use super::editor;
use super::error::TuiError;
use super::input;
use super::keyboard::{Heard, Keyboard};
use super::layout_file::Layout;
use super::message::{Cmd, Msg};
use super::outside::{Attach, Outside, Records};
use super::skin::Skin;
use super::state::{Abilities, State};
use super::terminal::{Screen, TerminalEnvironment};
use super::update::{awaits_screens, next_tick, settle, step};
use super::view::Whose;
use super::wire::{News, Reconnect, Wire};

/// The shortest time between two frames: 60 a second.
const FRAME: Duration = Duration::from_micros(16_667);

/// How long the first frame waits for the screens of its panes.
const FIRST_SCREENS: Duration = Duration::from_millis(12);

/// How long leaving waits for the calls that were just made (stopping workers).
const LAST_CALLS: Duration = Duration::from_secs(2);

/// Messages that may wait for the loop; hosts are read no faster than it takes them.
const INBOX: usize = 256;

/// What a cockpit needs to open.
pub struct Cockpit {
    /// The daemon.
    pub client: Client,
    /// The way back to it when it goes; `None` when there is none (a daemon in this process).
    pub reconnect: Option<Reconnect>,
    /// What sessions wrote whose hosts are gone.
    pub records: Records,
    /// The project, as the daemon tells it.
    pub project: ProjectView,
    /// The person's settings.
    pub settings: Settings,
    /// The person's keymap: file name and text.
    pub keymap_text: Option<(String, String)>,
    /// The person's theme: file name and text.
    pub theme_text: Option<(String, String)>,
    /// Where the layout is remembered.
    pub layout_file: PathBuf,
    /// The terminal, as the environment describes it.
    pub environment: TerminalEnvironment,
}

/// How the cockpit was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Sessions that run on.
    pub running: usize,
}

/// Opens the cockpit and stays until the person leaves, the terminal goes, or SIGTERM or SIGHUP comes.
/// Workers run on in every case.
pub async fn run(cockpit: Cockpit) -> Result<Left, TuiError> {
    let Cockpit { client, reconnect, records, project, settings, keymap_text, theme_text, layout_file, environment } =
        cockpit;
    let own_keys = keymap_text.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
    let (keymap, mut problems) = Keymap::load(own_keys, settings.leader.as_deref());
    let own_theme = theme_text.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
    let (theme, of_theme) = Theme::load(&settings.theme, own_theme);
    problems.extend(of_theme);
    let skin = Skin { theme, depth: environment.depth() };
    let abilities = Abilities { erase_is_ctrl_h: environment.erase_is_ctrl_h, ..Abilities::default() };
    let modifies_keys = environment.modifies_keys();
    let project_id = project.id;
    let wire = Wire::new(&client, reconnect.clone());
    let layout = std::fs::read_to_string(&layout_file).map(|text| Layout::parse(&text)).unwrap_or_default();

    let screen = Screen::open(settings.mouse, &environment)?;
    let mut state = State::new(project, settings, keymap, abilities, clock());
    state.size = screen.size()?;
    state.returns = reconnect.is_some();
    state.restore(layout);
    state.report(&problems);
    let (inbox, mut messages) = mpsc::channel(INBOX);
    let outside = Outside::new(client, inbox, layout_file, environment.surroundings, records);
    // on the heap: a future that is moved about should be small
    let mut turn = Box::new(Turn {
        state,
        skin,
        screen,
        outside,
        wire,
        drawn_at: Instant::now(),
        urgent: true,
        leaving: false,
        to_edit: None,
        stopping: false,
        modifies_keys,
        calls: Vec::new(),
    });
    turn.take(Msg::Tick)?;
    let watched = turn.outside.call(Request::Watch { project: project_id }, super::message::Purpose::Watch);
    turn.calls.push(watched);
    turn.first_screens(&mut messages).await?;
    turn.draw_if_due()?;
    // the terminal is asked only now: the first frame is out
    turn.screen.ask_keyboard()?;
    if modifies_keys {
        turn.screen.modify_keys()?;
    }
    if environment.tmux {
        turn.outside.ask_tmux();
    }
    let ended = turn.until_left(messages).await;
    let left = turn.finish().await;
    ended.map(|()| left)
}

/// The loop's own state.
struct Turn {
    state: State,
    skin: Skin,
    screen: Screen,
    outside: Outside,
    wire: Wire,
    drawn_at: Instant,
    /// A key was pressed since the last frame: the next change is drawn at once.
    urgent: bool,
    leaving: bool,
    /// A text that the person's editor is to open.
    to_edit: Option<String>,
    /// The last call stops a worker: leaving after it means to stop them all.
    stopping: bool,
    /// The terminal was asked for modified keys in xterm's way.
    modifies_keys: bool,
    calls: Vec<tokio::task::JoinHandle<()>>,
}

impl Turn {
    /// Takes what hosts say of the visible panes, for a moment: they answer within a few milliseconds, and the
    /// first frame is whole then instead of being drawn twice.
    async fn first_screens(&mut self, messages: &mut mpsc::Receiver<Msg>) -> Result<(), TuiError> {
        let end = Instant::now() + FIRST_SCREENS;
        while awaits_screens(&self.state) {
            let Ok(message) = tokio::time::timeout_at(end.into(), messages.recv()).await else { break };
            let Some(message) = message else { break };
            self.take(message)?;
        }
        self.state.dirty = true;
        Ok(())
    }

    async fn until_left(&mut self, mut messages: mpsc::Receiver<Msg>) -> Result<(), TuiError> {
        let mut keyboard = Keyboard::new()?;
        let mut ends = Ends::new()?;
        while !self.leaving {
            let draw = self.next_draw();
            let tick = next_tick(&self.state).map(instant);
            let resize = self.outside.next_resize();
            tokio::select! {
                biased;
                () = ends.come() => self.leaving = true,
                heard = keyboard.next() => match heard {
                    Some(heard) => self.heard(heard)?,
                    // the terminal is gone: leave, as if the window was closed
                    None => self.leaving = true,
                },
                () = at(draw) => {}
                message = messages.recv() => if let Some(message) = message {
                    self.urgent |= is_first_screen(&message);
                    self.take(message)?;
                },
                news = self.wire.next() => self.news(news)?,
                () = at(resize) => self.outside.resize_due(),
                () = at(tick) => self.take(Msg::Tick)?,
            }
            if let Some(text) = self.to_edit.take() {
                // nothing reads the keyboard meanwhile: all keys are the editor's
                self.edit(&text, &mut ends).await?;
                ends = Ends::new()?;
            }
            self.draw_if_due()?;
        }
        Ok(())
    }

    /// Gives the terminal to the person's editor, and takes it back when that is closed.
    async fn edit(&mut self, text: &str, ends: &mut Ends) -> Result<(), TuiError> {
        let file = match editor::write_new(&self.outside.copies(), "history", text) {
            Ok(file) => file,
            Err(error) => return self.take(Msg::Edited(Some(format!("the history was not written: {error}")))),
        };
        self.screen.suspend();
        let edited = file.clone();
        let editor = tokio::task::spawn_blocking(move || editor::edit(&edited));
        let why = tokio::select! {
            why = editor => why.unwrap_or_else(|_| Some("the editor could not be waited for".to_owned())),
            () = ends.come_for_good() => {
                self.leaving = true;
                return Ok(());
            }
        };
        // what was saved elsewhere is the person's; this file was only there to be read
        let _ = std::fs::remove_file(&file);
        self.screen.resume(self.state.abilities.enhanced_keyboard, self.modifies_keys)?;
        let (columns, rows) = self.screen.size()?;
        self.take(Msg::Resized(columns, rows))?;
        self.take(Msg::Edited(why))
    }

    fn heard(&mut self, heard: Heard) -> Result<(), TuiError> {
        let Heard::Sent(piece) = heard else {
            let (columns, rows) = self.screen.size()?;
            return self.take(Msg::Resized(columns, rows));
        };
        let abilities = &mut self.state.abilities;
        if piece.sent == Sent::KeyboardFlags && !abilities.enhanced_keyboard {
            abilities.enhanced_keyboard = true;
            self.state.dirty = true;
            return self.screen.enhance_keyboard();
        }
        if piece.extended && !abilities.modified_keys {
            abilities.modified_keys = true;
            self.state.dirty = true;
        }
        let Some(message) = input::message(piece.sent) else { return Ok(()) };
        self.urgent |= matches!(message, Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_));
        self.take(message)
    }

    fn news(&mut self, news: News) -> Result<(), TuiError> {
        match news {
            News::Said(Notice::Project(view)) if view.id == self.state.project.id => self.take(Msg::Project(view)),
            News::Said(Notice::Project(_)) => Ok(()),
            News::Said(Notice::Toast { kind, text }) => self.take(Msg::Said(kind, text)),
            News::Said(Notice::Stopping) => self.take(Msg::Stopped),
            News::Gone => self.take(Msg::Lost),
            News::Failed(error) => self.take(Msg::StillLost(Failure::of(&error))),
            News::Back(client) => {
                self.outside.over(client);
                self.take(Msg::Back)
            }
        }
    }

    /// One message through `step` and `settle`, as `update` does it, and its commands out.
    fn take(&mut self, message: Msg) -> Result<(), TuiError> {
        let message = match message {
            Msg::Answered(super::message::Purpose::Watch, Ok(Response::Project(view))) => Msg::Project(view),
            other => other,
        };
        let (commands, decides) = step(&mut self.state, message, clock());
        commands.into_iter().try_for_each(|command| self.carry_out(command))?;
        if decides {
            settle(&mut self.state).into_iter().try_for_each(|command| self.carry_out(command))?;
        }
        Ok(())
    }

    fn carry_out(&mut self, command: Cmd) -> Result<(), TuiError> {
        match command {
            Cmd::Call(request, purpose) => {
                self.stopping = matches!(request, Request::StopWorker { .. });
                self.calls.retain(|call| !call.is_finished());
                self.calls.push(self.outside.call(request, purpose));
            }
            Cmd::ToPane(session, message) => {
                if let Err(error) = self.outside.send(&session, message) {
                    self.take(Msg::Said(Some(error.kind()), error.to_string()))?;
                }
            }
            Cmd::ResizePane(session, rows, cols) => self.outside.resize(session, rows, cols),
            Cmd::Attach { session, socket, rows, cols, after_ms, over, last } => {
                let after = Duration::from_millis(after_ms);
                self.outside.attach(Attach { session, socket, rows, cols, after, over, last });
            }
            Cmd::Detach(session) => self.outside.detach(&session),
            Cmd::Copy { text, what } => self.outside.copy(text, what),
            Cmd::CopyToTerminal(text) => self.screen.copy(&text)?,
            Cmd::Write(text) => self.outside.write(text),
            Cmd::Edit(text) => self.to_edit = Some(text),
            Cmd::OpenLink(uri) => self.outside.open_link(uri),
            Cmd::Recall(session) => self.outside.recall(session),
            Cmd::SearchPanes { id, pattern, places } => self.outside.search(id, &pattern, places),
            Cmd::Bell => self.screen.bell()?,
            Cmd::Title(title) => self.screen.title(&title)?,
            Cmd::SaveLayout(layout) => self.outside.save(&layout),
            Cmd::Reconnect { after_ms, start } => self.wire.again(Duration::from_millis(after_ms), start),
            Cmd::Leave => self.leaving = true,
        }
        Ok(())
    }

    /// When something may be drawn next; `None` while nothing changed.
    fn next_draw(&self) -> Option<Instant> {
        let anything = self.state.dirty || !self.state.damaged.is_empty();
        anything.then(|| if self.answers_a_key() { self.drawn_at } else { self.drawn_at + FRAME })
    }

    /// Whether what changed may be the answer to the last key: then it does not wait for its turn.
    fn answers_a_key(&self) -> bool {
        self.urgent && (self.state.dirty || self.active_damage().is_some())
    }

    /// The session of the active pane, if rows of it wait to be drawn.
    fn active_damage(&self) -> Option<SessionId> {
        let id = &self.state.session(self.state.worker)?.id;
        self.state.damaged.contains_key(id).then(|| id.clone())
    }

    fn draw_if_due(&mut self) -> Result<(), TuiError> {
        let now = Instant::now();
        if self.next_draw().is_none_or(|due| due > now) {
            return Ok(());
        }
        let active = self.active_damage();
        let echo = active.clone().filter(|_| self.urgent && !self.state.dirty);
        // a frame of other panes does not use up the turn of the key's echo
        self.urgent &= !self.state.dirty && active.is_none();
        if let Some(session) = echo.filter(|_| now < self.drawn_at + FRAME)
            && self.screen.patch(&self.state, &self.skin, Whose::Active)?
        {
            // the other panes keep their pace
            self.state.damaged.remove(&session);
            return Ok(());
        }
        if self.state.dirty || !self.screen.patch(&self.state, &self.skin, Whose::All)? {
            self.screen.draw(&self.state, &self.skin)?;
        }
        self.state.dirty = false;
        self.state.damaged.clear();
        self.drawn_at = Instant::now();
        Ok(())
    }

    /// Gives the terminal back, then lets the last calls reach the daemon.
    async fn finish(self) -> Left {
        let Turn { screen, calls, state, stopping, .. } = self;
        drop(screen);
        let all = futures_util::future::join_all(calls);
        // a daemon that does not answer must not keep the person's shell waiting
        let _ = tokio::time::timeout(LAST_CALLS, all).await;
        let live = state.project.sessions.iter().filter(|session| !session.state.is_over()).count();
        Left { running: if stopping { 0 } else { live } }
    }
}

/// Signals that mean: leave.
struct Ends {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
}

impl Ends {
    fn new() -> Result<Self, TuiError> {
        let on = |kind| signal(kind).map_err(|source| TuiError::Signals { source });
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            hang_up: on(SignalKind::hangup())?,
            interrupt: on(SignalKind::interrupt())?,
        })
    }

    /// Ctrl+C is not among them: it is the editor's.
    async fn come_for_good(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }

    async fn come(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Whether a pane gets a whole screen: it was just opened, or has a new size, and is blank or wrong until drawn.
fn is_first_screen(message: &Msg) -> bool {
    matches!(message, Msg::Pane(_, FromHost::Screen(screen)) if screen.full)
}

/// Waits until then; forever for `None`.
pub(super) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A time on our clock as an instant.
fn instant(at: Timestamp) -> Instant {
    Instant::now() + at.since(clock())
}
