//! What the cockpit is told, and what it wants done. Both carry ids and model types, never widgets.

use std::path::PathBuf;

use crate::config::keymap::Chord;
use crate::model::{ApprovalId, HandoffId, Kind, PlanId, SessionId, TaskId, WorkerNumber};
use crate::protocol::ProjectView;
use crate::protocol::control::{Failure, Request, Response};
use crate::protocol::pane::{FromHost, ToHost};

/// Something happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed.
    Key(Chord),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has a new size: columns and rows.
    Resized(u16, u16),
    /// The terminal's window got or lost the focus.
    Focused(bool),
    /// The project changed.
    Project(Box<ProjectView>),
    /// The daemon says something.
    Said(Option<Kind>, String),
    /// The daemon ends, or the connection to it is gone.
    Lost,
    /// The daemon says that it was told to end.
    Stopped,
    /// A try to get it back failed.
    StillLost(Failure),
    /// It is back: a new connection stands.
    Back,
    /// A call was answered.
    Answered(Purpose, Result<Response, Failure>),
    /// A host said something.
    Pane(SessionId, FromHost),
    /// A host's connection opened.
    PaneOpen(SessionId),
    /// A session's host is gone; its record answers in its place.
    PaneRecord(SessionId),
    /// A host's connection could not be made, or is gone.
    PaneLost(SessionId, String),
    /// A text was copied, or not.
    Copied(super::clipboard::Copied),
    /// A text was written to this file, or why not.
    Written(Result<PathBuf, String>),
    /// The person's editor is closed; why it could not be used.
    Edited(Option<String>),
    /// What was looked for in all panes was found in one; the number is the question's.
    FoundIn(u32, Vec<super::dialog::Hit>),
    /// What a session showed last, or why it is not to be had.
    Recalled(SessionId, Result<String, String>),
    /// A link could not be opened here, and why.
    NotOpened(String, String),
    /// The tmux around us keeps modified keys to itself; the person was not told of it yet.
    TmuxKeepsKeys {
        /// Tell them.
        tell: bool,
    },
    /// A moment that was waited for has come.
    Tick,
}

/// What to do with a call's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Show its line.
    Tell,
    /// A chat message was sent: this was its text, given back if it failed.
    Chat(String),
    /// The diff for the review of a task.
    Diff(TaskId),
    /// Why a worker counts as what it does.
    Explain(WorkerNumber),
    /// An answer to a question.
    Answer(ApprovalId),
    /// A plan's start or end.
    Plan(PlanId),
    /// A handoff started for the stepper that is open.
    Handoff,
    /// The project is watched from now on.
    Watch,
    /// What can be taken back.
    Undos,
    /// A handoff was steered.
    Steer(HandoffId),
}

/// What the mouse did, where (zero-based, from the top left).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// What.
    pub what: MouseKind,
    /// Shift is held.
    pub shift: bool,
    /// Alt is held.
    pub alt: bool,
    /// Control is held.
    pub ctrl: bool,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// A button went down: 0 left, 1 middle, 2 right.
    Down(u8),
    /// It came up.
    Up(u8),
    /// It moved while the button was down.
    Drag(u8),
    /// The wheel turned away from the person.
    WheelUp,
    /// The wheel turned towards the person.
    WheelDown,
}

/// A session to look for text in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPlace {
    /// Whose pane.
    pub worker: WorkerNumber,
    /// The session.
    pub session: SessionId,
    /// Its host's socket.
    pub socket: PathBuf,
    /// It is over: its record will do when the host is gone.
    pub over: bool,
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Cmd {
    /// Ask the daemon.
    Call(Request, Purpose),
    /// Say something to a session's host.
    ToPane(SessionId, ToHost),
    /// Give a pane's PTY this size (rows, columns), after it was stable for a moment.
    ResizePane(SessionId, u16, u16),
    /// Connect to a session's host.
    Attach {
        /// Which.
        session: SessionId,
        /// Its socket.
        socket: PathBuf,
        /// Rows that can be shown.
        rows: u16,
        /// Columns that can be shown.
        cols: u16,
        /// Try this many milliseconds later (an earlier try failed).
        after_ms: u64,
        /// It is over: its record will do when the host is gone.
        over: bool,
        /// The size that its screen had last (rows, columns), where that is known.
        last: Option<(u16, u16)>,
    },
    /// Let a session's host go: it is not visible any more.
    Detach(SessionId),
    /// Copy text, in the best way that there is; `what` it is, in words.
    Copy {
        /// The text.
        text: String,
        /// What is said of it: `12 lines`.
        what: String,
    },
    /// Hand text to the terminal's clipboard (OSC 52).
    CopyToTerminal(String),
    /// Write text to a file of its own.
    Write(String),
    /// Open text in the person's editor, in this terminal.
    Edit(String),
    /// Give an address to the desktop's browser.
    OpenLink(String),
    /// Read what a session showed last from its record.
    Recall(SessionId),
    /// Look for text in sessions that need not be on screen.
    SearchPanes {
        /// Comes back with the answers.
        id: u32,
        /// What to look for.
        pattern: String,
        /// Where.
        places: Vec<SearchPlace>,
    },
    /// Ring the terminal's bell.
    Bell,
    /// Set the terminal's title.
    Title(String),
    /// Remember what is shown.
    SaveLayout(super::layout_file::Layout),
    /// Connect to the daemon again, that many milliseconds later.
    Reconnect {
        /// The pause before the try.
        after_ms: u64,
        /// Start a daemon when there is none.
        start: bool,
    },
    /// Leave; workers keep running.
    Leave,
}
