//! Dialogs as data: what is open and how far the person got in it. What they show of the project is
//! read from the project when it is drawn, except a question's text: an answer is tied to what was read.

use std::collections::BTreeSet;

use tui_textarea::TextArea;

use crate::config::keymap::Context;
use crate::model::{ApprovalId, HandoffId, PlanId, SessionId, TaskId, WorkerNumber};
use crate::protocol::UndoView;
use crate::protocol::pane::Found;

/// A dialog.
#[derive(Debug, Clone)]
pub enum Dialog {
    /// A plan that waits.
    Plan(PlanCard),
    /// A question that waits.
    Approval(ApprovalCard),
    /// A change that waits to land.
    Review(Review),
    /// A handoff.
    Handoff(Stepper),
    /// The task list.
    Tasks(TaskList),
    /// Links in sight.
    Links(LinkList),
    /// What can be taken back.
    Undo(UndoList),
    /// What was found in all panes.
    Everywhere(Everywhere),
    /// What a session showed last.
    Output(Output),
    /// Help, scrolled down by this many lines.
    Help(u16),
    /// Why a worker counts as what it does.
    Explained(Explained),
    /// All commands.
    Palette(Palette),
    /// A question of the cockpit.
    Ask(Ask),
}

/// A plan that waits.
#[derive(Debug, Clone)]
pub struct PlanCard {
    /// Which.
    pub plan: PlanId,
    /// The row under the cursor.
    pub row: usize,
    /// Tasks that are switched off.
    pub off: BTreeSet<TaskId>,
    /// A title that is being edited.
    pub editing: Option<(TaskId, TextArea<'static>)>,
}

/// A question that waits, as it was when it opened.
#[derive(Debug, Clone)]
pub struct ApprovalCard {
    /// Which.
    pub approval: ApprovalId,
    /// Its one line.
    pub title: String,
    /// Its text, sanitized.
    pub detail: String,
    /// First line shown.
    pub scroll: u16,
    /// The last line was on screen.
    pub seen: bool,
    /// The reply being written to a question.
    pub reply: Option<TextArea<'static>>,
}

/// A change that waits to land.
#[derive(Debug, Clone)]
pub struct Review {
    /// The task.
    pub task: TaskId,
    /// Its approval, when one is open.
    pub approval: Option<ApprovalId>,
    /// What the task was when the diff was asked for: when that changes, it must be read again.
    pub version: String,
    /// The diff.
    pub text: ReviewText,
    /// The diff in lines of `width` cells, as drawn.
    pub shown: Vec<String>,
    /// The width that `shown` was made for.
    pub width: u16,
    /// First line shown.
    pub scroll: u16,
    /// The last line was on screen.
    pub seen: bool,
}

/// The diff of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewText {
    /// Asked for.
    Loading,
    /// Its lines, sanitized.
    Lines(Vec<String>),
    /// Not to be had.
    Failed(String),
}

/// Why a worker counts as what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The worker.
    pub worker: WorkerNumber,
    /// The verdict with all that it rests on.
    pub text: ReviewText,
    /// First line shown.
    pub scroll: u16,
}

/// The handoff stepper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stepper {
    /// The worker.
    pub worker: WorkerNumber,
    /// Its handoff, once it runs.
    pub handoff: Option<HandoffId>,
    /// The daemon was asked to start it.
    pub asked: bool,
}

/// The task list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskList {
    /// The row under the cursor.
    pub row: usize,
}

/// Links in sight, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkList {
    /// Their addresses, safe to show and to pass on.
    pub links: Vec<String>,
    /// The row under the cursor.
    pub row: usize,
}

/// What can be taken back, the latest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UndoList {
    /// The list, or why there is none; `None` while it is waited for.
    pub undos: Option<Result<Vec<UndoView>, String>>,
    /// The row under the cursor.
    pub row: usize,
}

/// A search in all panes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Everywhere {
    /// What was typed.
    pub query: String,
    /// What was asked for last.
    pub asked: String,
    /// Counts the questions: an answer to an older one is none.
    pub id: u32,
    /// Panes that have not answered.
    pub waiting: usize,
    /// What was found, by pane, the latest of each first.
    pub hits: Vec<Hit>,
    /// The row under the cursor.
    pub row: usize,
}

/// A place where a text was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Whose pane.
    pub worker: WorkerNumber,
    /// Which session.
    pub session: SessionId,
    /// Where, and which of all in that pane.
    pub found: Found,
    /// The line.
    pub text: String,
}

/// What a session showed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its task.
    pub task: TaskId,
    /// The session.
    pub session: SessionId,
    /// Its screen and history as text.
    pub text: ReviewText,
    /// First line shown; `None` shows the end.
    pub scroll: Option<u16>,
}

/// All commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Palette {
    /// What was typed.
    pub query: String,
    /// The row under the cursor.
    pub row: usize,
}

/// A question of the cockpit: the safe answer has the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What is asked about.
    pub about: AskAbout,
    /// The choice that has the focus; 0 is the safe one.
    pub choice: usize,
}

/// What the cockpit asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskAbout {
    /// Leaving.
    Quit,
    /// Stopping a worker's session.
    Stop(WorkerNumber),
    /// Cancelling a task.
    CancelTask(TaskId),
    /// Taking something back.
    Undo {
        /// Its hidden ref.
        id: String,
        /// What was done.
        what: String,
    },
}

impl AskAbout {
    /// The choices, the safe one first.
    pub fn choices(&self) -> &'static [&'static str] {
        match self {
            AskAbout::Quit => &["cancel", "leave, workers keep running", "stop all workers and leave"],
            AskAbout::Stop(_) => &["keep it", "stop it"],
            AskAbout::CancelTask(_) => &["keep it", "cancel the task"],
            AskAbout::Undo { .. } => &["leave it as it is", "take it back"],
        }
    }
}

impl Dialog {
    /// The table of the keymap that holds here.
    pub fn context(&self) -> Context {
        match self {
            Dialog::Plan(_) => Context::Plan,
            Dialog::Approval(_) => Context::Approval,
            Dialog::Review(_) => Context::Review,
            Dialog::Handoff(_) => Context::Handoff,
            Dialog::Tasks(_) => Context::Tasks,
            Dialog::Help(_) | Dialog::Explained(_) | Dialog::Output(_) => Context::Help,
            Dialog::Links(_) | Dialog::Undo(_) => Context::List,
            Dialog::Palette(_) | Dialog::Everywhere(_) => Context::Palette,
            Dialog::Ask(_) => Context::Ask,
        }
    }

    /// What it is called in the bottom-left corner.
    pub fn word(&self) -> String {
        match self {
            Dialog::Plan(card) if card.editing.is_some() => "title".to_owned(),
            Dialog::Plan(_) => "plan".to_owned(),
            Dialog::Approval(card) if card.reply.is_some() => "reply".to_owned(),
            Dialog::Approval(_) => "request".to_owned(),
            Dialog::Review(review) => format!("review #{}", review.task),
            Dialog::Handoff(_) => "handoff".to_owned(),
            Dialog::Tasks(_) => "tasks".to_owned(),
            Dialog::Links(_) => "links".to_owned(),
            Dialog::Undo(_) => "undo".to_owned(),
            Dialog::Everywhere(_) => "search".to_owned(),
            Dialog::Output(output) => format!("output of #{}", output.task),
            Dialog::Help(_) => "help".to_owned(),
            Dialog::Explained(_) => "why".to_owned(),
            Dialog::Palette(_) => "commands".to_owned(),
            Dialog::Ask(_) => "question".to_owned(),
        }
    }

    /// Whether plain characters are text here.
    pub fn takes_text(&self) -> bool {
        match self {
            Dialog::Plan(card) => card.editing.is_some(),
            Dialog::Approval(card) => card.reply.is_some(),
            Dialog::Palette(_) | Dialog::Everywhere(_) => true,
            _ => false,
        }
    }
}
