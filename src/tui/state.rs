//! All that the cockpit knows. Changed only by `update`; views read it.

use std::collections::{BTreeMap, BTreeSet};

use tui_textarea::TextArea;

use crate::config::Settings;
use crate::config::keymap::{Context, Keymap, Problem};
use crate::model::{
    ApprovalId, PlanId, PlanStatus, SessionId, Speaker, Subject, TaskId, TaskStatus, Timestamp, WaitsFor, WorkerNumber,
};
use crate::protocol::{ApprovalView, HandoffView, PlanView, ProjectView, SessionView, TaskView, WorkerView};

use super::dialog::Hit;
use super::layout_file::Layout;
use super::mode::{Mode, Owner};
use super::pane::Pane;

/// What the terminal can do: asked once at the start, and seen from what it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of the terminal")]
pub struct Abilities {
    /// It answered to the enhanced keyboard protocol.
    pub enhanced_keyboard: bool,
    /// A key with modifiers came in a form that old terminals do not have.
    pub modified_keys: bool,
    /// The tmux around us keeps modified keys (Shift+Enter) to itself.
    pub tmux_keeps_keys: bool,
    /// The tty's erase character is ^H.
    pub erase_is_ctrl_h: bool,
}

impl Abilities {
    /// Whether digits with Control arrive.
    pub fn tells_digits(self) -> bool {
        self.enhanced_keyboard || self.modified_keys
    }
}

/// What Ctrl+H is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CtrlH {
    /// Starts the handoff at once.
    Handoff,
    /// Opens the stepper, which asks first.
    Ask,
    /// Is Backspace.
    Backspace,
}

/// One pane, or the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The active worker's pane.
    Tab,
    /// Four panes at a time.
    Grid,
}

/// The chat field.
#[derive(Debug, Clone, Default)]
pub struct ChatField {
    /// What is being typed.
    pub draft: TextArea<'static>,
    /// The place in the history of what was sent, counted from the latest.
    pub recalled: Option<usize>,
    /// Lines scrolled up.
    pub scroll: u16,
}

/// A short message over the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// One line.
    pub text: String,
    /// Good news or bad.
    pub bad: bool,
    /// When it goes.
    pub until: Timestamp,
}

/// The connection to the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Daemon {
    /// It stands, and what is shown is true.
    Here,
    /// It is gone; what is shown is as old as `since`. Tried again by itself.
    Away {
        /// Since when.
        since: Timestamp,
        /// Tries that failed.
        tries: u32,
        /// Why the last one failed, and what can be done.
        why: Option<String>,
        /// It was told to end: only the person's key starts it again.
        stopped: bool,
    },
    /// It is gone, and there is no way back from here.
    Gone {
        /// Since when.
        since: Timestamp,
    },
}

/// A click, to know whether the next one belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clicked {
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// When.
    pub at: Timestamp,
    /// Which click in a row it was, 1 to 3.
    pub count: u8,
}

/// A place that `back` returns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The worker.
    pub worker: WorkerNumber,
    /// The view.
    pub shown: Shown,
}

/// All that the cockpit knows.
#[derive(Debug, Clone)]
pub struct State {
    /// The project as the daemon last told it.
    pub project: ProjectView,
    /// When that was told, on our clock: ages go on from there.
    pub told_at: Timestamp,
    /// Now, on our clock.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Who has the keyboard.
    pub mode: Mode,
    /// One pane or the grid.
    pub shown: Shown,
    /// The active worker.
    pub worker: WorkerNumber,
    /// The active pane fills the grid's place.
    pub zoomed: bool,
    /// Panes that are one line.
    pub minimised: BTreeSet<WorkerNumber>,
    /// Places to go back to.
    pub back: Vec<Place>,
    /// Screens, by session.
    pub panes: BTreeMap<SessionId, Pane>,
    /// The chat field.
    pub chat: ChatField,
    /// The request shown in the queue, and since when it can be read.
    pub request: Option<(ApprovalId, Timestamp)>,
    /// Messages over the panes.
    pub toasts: Vec<Toast>,
    /// Keys.
    pub keymap: Keymap,
    /// The person's settings.
    pub settings: Settings,
    /// What the terminal can do.
    pub abilities: Abilities,
    /// The connection to the daemon.
    pub daemon: Daemon,
    /// There is a way back to the daemon when it goes.
    pub returns: bool,
    /// Plans that were put before the person, by opening them or in words.
    pub offered: BTreeSet<PlanId>,
    /// What was copied last.
    pub copied: Option<String>,
    /// The last click.
    pub clicked: Option<Clicked>,
    /// The pane in which the mouse is marking followed its screen before.
    pub held: bool,
    /// Tasks that the person just said yes to: the first that begins is shown.
    pub awaited: BTreeSet<TaskId>,
    /// When the person last pressed a key.
    pub typed_at: Option<Timestamp>,
    /// The session of this worker ended under the person's fingers: keys do nothing until they notice.
    pub ended_under: Option<WorkerNumber>,
    /// What had the keyboard when the window became too small for anything.
    pub before_small: Option<Mode>,
    /// The terminal's window has the focus.
    pub focused: bool,
    /// Something that can be seen changed since the last frame.
    pub dirty: bool,
    /// Rows of sessions' screens that changed since they were drawn, while nothing else of them did.
    pub damaged: BTreeMap<SessionId, BTreeSet<u16>>,
    /// A place that was found in a pane whose screen is not there yet, and what was looked for.
    pub jump: Option<(Hit, String)>,
    /// The title that the terminal was given.
    pub title: String,
    /// The layout that was saved.
    pub saved: Layout,
}

impl State {
    /// The cockpit as it opens: in the chat, so that what a person types first is never taken for commands
    /// or sent to an agent.
    pub fn new(project: ProjectView, settings: Settings, keymap: Keymap, abilities: Abilities, now: Timestamp) -> Self {
        let worker = project.workers.first().map_or(WorkerNumber(1), |worker| worker.number);
        let mut state = Self {
            project,
            told_at: now,
            now,
            size: (80, 24),
            mode: Mode::Chat,
            shown: Shown::Tab,
            worker,
            zoomed: false,
            minimised: BTreeSet::new(),
            back: Vec::new(),
            panes: BTreeMap::new(),
            chat: ChatField::default(),
            request: None,
            toasts: Vec::new(),
            keymap,
            settings,
            abilities,
            daemon: Daemon::Here,
            returns: false,
            offered: BTreeSet::new(),
            copied: None,
            clicked: None,
            held: false,
            awaited: BTreeSet::new(),
            typed_at: None,
            ended_under: None,
            before_small: None,
            focused: true,
            dirty: true,
            damaged: BTreeMap::new(),
            jump: None,
            title: String::new(),
            saved: Layout::default(),
        };
        super::fields::dress(&mut state.chat.draft);
        state
    }

    /// Takes over what was remembered of the last cockpit.
    pub fn restore(&mut self, layout: Layout) {
        if let Some(worker) = layout.worker.filter(|number| self.seat(*number).is_some()) {
            self.worker = worker;
        }
        self.shown = if layout.grid { Shown::Grid } else { Shown::Tab };
        self.minimised = layout.minimised.iter().copied().filter(|number| self.seat(*number).is_some()).collect();
        self.saved = self.layout();
    }

    /// Tells the person what could not be used of their files.
    pub fn report(&mut self, problems: &[Problem]) {
        if let Some(first) = problems.first() {
            let more = problems.len() - 1;
            let text = if more == 0 { first.to_string() } else { format!("{first} (and {more} more)") };
            self.toast(&text, true);
        }
    }

    /// What is worth remembering.
    pub fn layout(&self) -> Layout {
        Layout { worker: Some(self.worker), grid: self.shown == Shown::Grid, minimised: self.minimised.clone() }
    }

    /// Where the keyboard belongs when nothing is open: to the agent of the shown tab, to the cockpit in
    /// the grid, to the chat while nothing runs.
    pub fn resting_mode(&self) -> Mode {
        let anything = self.project.workers.iter().any(|worker| worker.session.is_some());
        match self.shown {
            _ if !anything => Mode::Chat,
            Shown::Grid => Mode::Cockpit,
            Shown::Tab if self.can_type() => Mode::Agent,
            Shown::Tab => Mode::Cockpit,
        }
    }

    /// Where the next byte goes.
    pub fn owner(&self) -> Owner {
        match &self.mode {
            Mode::Agent | Mode::Locked => match self.live_session(self.worker) {
                Some(session) => Owner::Pane(self.worker, session.id.clone()),
                None => Owner::Cockpit,
            },
            Mode::Cockpit => Owner::Cockpit,
            Mode::Chat => Owner::Chat,
            Mode::Scroll(_) => Owner::History(self.worker),
            Mode::Dialog { dialog, .. } => Owner::Dialog(dialog.word()),
            Mode::Leader { .. } => Owner::Leader,
        }
    }

    /// Whether the active worker's pane takes keys.
    pub fn can_type(&self) -> bool {
        self.live_session(self.worker).is_some()
    }

    /// Whether a question stands on the screen of a session that lives.
    pub fn is_asked_in_pane(&self, approval: &ApprovalView) -> bool {
        let (Subject::Dialog { session, .. } | Subject::Held { session, .. }) = &approval.subject else { return false };
        self.project.sessions.iter().any(|one| one.id == *session && !one.state.is_over())
    }

    /// A seat.
    pub fn seat(&self, number: WorkerNumber) -> Option<&WorkerView> {
        self.project.workers.iter().find(|worker| worker.number == number)
    }

    /// The session that a seat shows.
    pub fn session(&self, number: WorkerNumber) -> Option<&SessionView> {
        let id = self.seat(number)?.session.as_ref()?;
        self.project.sessions.iter().find(|session| session.id == *id)
    }

    /// The session of a seat, if it takes keys.
    pub fn live_session(&self, number: WorkerNumber) -> Option<&SessionView> {
        self.session(number).filter(|session| !session.state.is_over())
    }

    /// The screen that a seat shows.
    pub fn pane(&self, number: WorkerNumber) -> Option<&Pane> {
        self.panes.get(&self.session(number)?.id)
    }

    /// The screen that a seat shows, to change it.
    pub fn pane_mut(&mut self, number: WorkerNumber) -> Option<&mut Pane> {
        let id = self.session(number)?.id.clone();
        self.panes.get_mut(&id)
    }

    /// A task.
    pub fn task(&self, id: TaskId) -> Option<&TaskView> {
        self.project.tasks.iter().find(|task| task.id == id)
    }

    /// A plan's tasks.
    pub fn plan_tasks(&self, plan: &PlanView) -> Vec<&TaskView> {
        plan.tasks.iter().filter_map(|id| self.task(*id)).collect()
    }

    /// A question that waits.
    pub fn approval(&self, id: ApprovalId) -> Option<&ApprovalView> {
        self.project.approvals.iter().find(|approval| approval.id == id)
    }

    /// Tasks that need the person although no question waits for them: they could not start, a merge conflicts.
    pub fn stuck(&self) -> impl Iterator<Item = &TaskView> {
        let asked = |task: &TaskView| self.project.approvals.iter().any(|approval| approval.task == Some(task.id));
        self.project.tasks.iter().filter(move |task| {
            task.status == TaskStatus::NeedsReview && task.waits_on != Some(WaitsFor::You) && !asked(task)
        })
    }

    /// How many things need the person.
    pub fn waiting(&self) -> usize {
        self.project.approvals.len() + self.stuck().count()
    }

    /// The request shown in the queue.
    pub fn shown_request(&self) -> Option<&ApprovalView> {
        self.request.and_then(|(id, _)| self.approval(id)).or_else(|| self.project.approvals.first())
    }

    /// The handoff that matters for a worker: the one under way, else the latest.
    pub fn handoff(&self, worker: WorkerNumber) -> Option<&HandoffView> {
        let of = || self.project.handoffs.iter().filter(|handoff| handoff.worker == worker);
        of().find(|handoff| !handoff.ended).or_else(|| of().max_by_key(|handoff| handoff.id))
    }

    /// What a worker is called: its number and its name, else its task's.
    pub fn called(&self, number: WorkerNumber) -> String {
        let name = self.seat(number).and_then(|seat| seat.name.clone().or_else(|| seat.title.clone()));
        match name {
            Some(name) => format!("{number} {}", crate::model::one_line(&name)),
            None => format!("{number}"),
        }
    }

    /// The seat that still holds what a request is about: a seat goes on to other tasks while one of its earlier ones asks.
    pub fn asks_in(&self, approval: &ApprovalView) -> Option<WorkerNumber> {
        let number = approval.worker?;
        let (seat, shown) = (self.seat(number)?, self.session(number));
        let asking = match &approval.subject {
            Subject::Dialog { session, .. }
            | Subject::Held { session, .. }
            | Subject::Question { session, .. }
            | Subject::Touched { session, .. } => Some(session),
            _ => None,
        };
        let its_session = asking.is_some() && seat.session.as_ref() == asking;
        let its_task = approval.task.is_some()
            && (seat.task == approval.task
                || (seat.task.is_none() && shown.is_some_and(|one| one.task == approval.task)));
        let of_nothing_else = asking.is_none() && approval.task.is_none();
        (its_session || its_task || of_nothing_else).then_some(number)
    }

    /// Who asks: the task, else the seat; nothing where neither is known.
    pub fn asker(&self, approval: &ApprovalView) -> Option<String> {
        let task = approval.task.map(|id| match self.task(id) {
            Some(task) => format!("#{id} {}", crate::model::one_line(&task.title)),
            None => format!("#{id}"),
        });
        task.or_else(|| self.asks_in(approval).map(|worker| self.called(worker)))
    }

    /// Since when what is shown is no longer kept true by the daemon.
    pub fn stale_since(&self) -> Option<Timestamp> {
        match self.daemon {
            Daemon::Here => None,
            Daemon::Away { since, .. } | Daemon::Gone { since } => Some(since),
        }
    }

    /// How long ago something was on the daemon's clock.
    pub fn age(&self, at: Timestamp) -> String {
        let since_told = self.now.since(self.told_at);
        let seconds = self.project.now.since(at).saturating_add(since_told).as_secs();
        if seconds < 60 {
            "<1m".to_owned()
        } else if seconds < 3600 {
            format!("{}m", seconds / 60)
        } else {
            crate::model::spoken(std::time::Duration::from_secs(seconds))
        }
    }

    /// Whether ages on screen go on: something runs or waits.
    pub fn is_moving(&self) -> bool {
        let runs =
            |session: &SessionView| !session.state.is_over() && session.state != crate::model::SessionState::Idle;
        !self.project.approvals.is_empty() || self.project.sessions.iter().any(runs)
    }

    /// What Ctrl+H is here.
    pub fn ctrl_h(&self) -> CtrlH {
        match self.settings.ctrl_h.as_str() {
            "key" => CtrlH::Handoff,
            "backspace" => CtrlH::Backspace,
            _ if self.abilities.enhanced_keyboard => CtrlH::Handoff,
            _ if self.abilities.erase_is_ctrl_h => CtrlH::Backspace,
            _ => CtrlH::Ask,
        }
    }

    /// The plan that a planner is at.
    pub fn planning(&self) -> Option<&PlanView> {
        self.project.plans.iter().rev().find(|plan| plan.status == PlanStatus::Planning)
    }

    /// What was sent in the chat, the latest first.
    pub fn sent(&self) -> Vec<&str> {
        let own = self.project.chat.iter().rev().filter(|line| line.who == Speaker::You);
        own.map(|line| line.text.as_str()).collect()
    }

    /// Shows a message; at most two stay.
    pub fn toast(&mut self, text: &str, bad: bool) {
        let stay = std::time::Duration::from_secs(if bad { 8 } else { 4 });
        let text = crate::model::one_line(text);
        self.toasts.retain(|toast| toast.text != text);
        if self.toasts.len() >= 2 {
            self.toasts.remove(0);
        }
        self.toasts.push(Toast { text, bad, until: self.now.after(stay) });
        self.dirty = true;
    }

    /// The leader key as people read it.
    pub fn leader(&self) -> String {
        self.keymap.shown(Context::Direct, crate::config::keymap::Action::AppLeader)
    }
}
