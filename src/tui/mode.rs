//! Who has the keyboard. One value: routing, the words in the bottom-left corner and the double frame
//! are all derived from it.

use tui_textarea::TextArea;

use crate::config::keymap::Context;
use crate::model::{SessionId, Timestamp, WorkerNumber};

use super::dialog::Dialog;
use super::motion::Point;

/// Who has the keyboard.
#[derive(Debug, Clone)]
pub enum Mode {
    /// The active worker's agent.
    Agent,
    /// Keys are commands.
    Cockpit,
    /// The chat's text field.
    Chat,
    /// The active pane's history.
    Scroll(Scroll),
    /// A dialog over what was there before.
    Dialog {
        /// Which.
        dialog: Box<Dialog>,
        /// Keys before this are ignored: it opened under the person's fingers.
        deaf_until: Timestamp,
        /// What it covers.
        under: Box<Mode>,
    },
    /// One key decides.
    Leader {
        /// When the leader key was pressed.
        since: Timestamp,
        /// What it interrupts.
        under: Box<Mode>,
    },
    /// The active worker's agent, with every key but the leader.
    Locked,
}

/// Reading a pane's history: the cursor in it, and what keys do.
#[derive(Debug, Clone)]
pub struct Scroll {
    /// The cursor.
    pub cursor: Point,
    /// The column that it goes back to on lines that are long enough.
    pub column: u16,
    /// What keys do.
    pub what: Scrolling,
    /// What had the keyboard when the wheel began this; it gets it back. `None` when a key did.
    pub under: Option<Box<Mode>>,
}

/// What keys do while a pane's history is read.
#[derive(Debug, Clone)]
pub enum Scrolling {
    /// They move.
    Moving,
    /// They move the end of what is marked.
    Marking,
    /// They are a text to look for.
    Typing {
        /// The text.
        field: Box<TextArea<'static>>,
        /// Look towards older lines.
        backward: bool,
    },
}

/// Where the next byte goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// To a session's PTY.
    Pane(WorkerNumber, SessionId),
    /// To the cockpit.
    Cockpit,
    /// To the chat field.
    Chat,
    /// To a pane's history.
    History(WorkerNumber),
    /// To a dialog, called this.
    Dialog(String),
    /// To the leader's table.
    Leader,
}

impl Mode {
    /// The word for the bottom-left corner.
    pub fn word(&self) -> &'static str {
        match self {
            Mode::Agent => "AGENT",
            Mode::Cockpit => "COCKPIT",
            Mode::Chat => "CHAT",
            Mode::Scroll(_) => "SCROLL",
            Mode::Dialog { .. } => "DIALOG",
            Mode::Leader { .. } => "LEADER",
            Mode::Locked => "LOCKED",
        }
    }

    /// The table of the keymap that holds here; `None` where keys go to an agent.
    pub fn context(&self) -> Option<Context> {
        match self {
            Mode::Agent | Mode::Locked => None,
            Mode::Cockpit => Some(Context::Cockpit),
            Mode::Chat => Some(Context::Chat),
            Mode::Scroll(scroll) => Some(scroll.context()),
            Mode::Dialog { dialog, .. } => Some(dialog.context()),
            Mode::Leader { .. } => Some(Context::Leader),
        }
    }

    /// Reading a history, if that is what is on top.
    pub fn scroll(&self) -> Option<&Scroll> {
        match self {
            Mode::Scroll(scroll) => Some(scroll),
            _ => None,
        }
    }

    /// Reading a history, to change it.
    pub fn scroll_mut(&mut self) -> Option<&mut Scroll> {
        match self {
            Mode::Scroll(scroll) => Some(scroll),
            _ => None,
        }
    }

    /// The dialog on top, if one is.
    pub fn dialog(&self) -> Option<&Dialog> {
        match self {
            Mode::Dialog { dialog, .. } => Some(dialog),
            Mode::Leader { under, .. } => under.dialog(),
            _ => None,
        }
    }

    /// The dialog on top, to change it.
    pub fn dialog_mut(&mut self) -> Option<&mut Dialog> {
        match self {
            Mode::Dialog { dialog, .. } => Some(dialog),
            Mode::Leader { under, .. } => under.dialog_mut(),
            _ => None,
        }
    }

    /// What is below all dialogs and the leader.
    pub fn ground(&self) -> &Mode {
        match self {
            Mode::Dialog { under, .. } | Mode::Leader { under, .. } => under.ground(),
            other => other,
        }
    }
}

impl Scroll {
    /// The table of the keymap that holds.
    fn context(&self) -> Context {
        match self.what {
            Scrolling::Moving => Context::Scroll,
            Scrolling::Marking => Context::Select,
            Scrolling::Typing { .. } => Context::Search,
        }
    }
}
