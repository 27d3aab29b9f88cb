//! An approval: a question that waits for the person.

use serde::{Deserialize, Serialize};

use super::{Amount, ApprovalId, BudgetScope, EffectId, PlanId, ProjectId, SessionId, TaskId, Timestamp, WorkerNumber};

/// What an agent's dialog is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialogKind {
    /// "Do you trust the files in this folder?"
    Trust,
    /// May it run this command, make this edit?
    Permission,
    /// Sign-in, key, onboarding, update, model choice: only the person can answer, in the pane.
    Other,
}

/// A question that an agent's screen shows, with the keys that answer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// What it is about.
    pub kind: DialogKind,
    /// What is asked, sanitized; compared again before an answer is sent.
    pub text: String,
    /// Key writes that say yes, one PTY write each; empty when only the person can answer in the pane.
    pub yes: Vec<String>,
    /// Key writes that say no; empty as above.
    pub no: Vec<String>,
    /// What exactly is asked for, in the words of the agent's hook; `None` when only the screen tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<Exact>,
    /// The answer that holds for more than this once, where the agent offers one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always: Option<Always>,
}

impl Dialog {
    /// What it says, without more being known: nothing that can be answered by keys.
    pub fn told(kind: DialogKind, text: &str) -> Self {
        Self { kind, text: text.to_owned(), yes: Vec::new(), no: Vec::new(), exact: None, always: None }
    }

    /// The key writes of an answer; `None` when the agent does not offer it, or only in its pane.
    pub fn keys(&self, answer: AnswerKind) -> Option<&[String]> {
        let keys = match answer {
            AnswerKind::Yes => &self.yes,
            AnswerKind::No => &self.no,
            AnswerKind::Always => &self.always.as_ref()?.keys,
        };
        (!keys.is_empty()).then_some(keys)
    }
}

/// A command or a change, whole, however little of it fits on the agent's screen. Sanitized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exact {
    /// One line: ``run `cargo add serde`?``
    pub title: String,
    /// All of it.
    pub text: String,
}

/// An answer that holds for more than one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Always {
    /// For what, in the agent's own words.
    pub scope: String,
    /// Key writes that give it.
    pub keys: Vec<String>,
}

/// What the question is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum Subject {
    /// A plan waits for a yes.
    Plan {
        /// Which.
        plan: PlanId,
    },
    /// A green result waits to land.
    Landing {
        /// Which task.
        task: TaskId,
    },
    /// An agent's own question on its screen.
    Dialog {
        /// Whose screen.
        session: SessionId,
        /// What it shows.
        dialog: Dialog,
    },
    /// A text for an agent that does not go out because the person is in the way: a draft stands in its input box.
    Held {
        /// Whose input box.
        session: SessionId,
        /// The delivery that waits.
        effect: EffectId,
    },
    /// An agent asked by `qd report ask`, or ended its turn without a report.
    Question {
        /// Which task.
        task: TaskId,
        /// Which session.
        session: SessionId,
    },
    /// A task needs review, and no other question says so: yes tries it again, no leaves it as it is.
    Review {
        /// Which task.
        task: TaskId,
    },
    /// Several sessions were lost together (a reboot): yes resumes all of them.
    Resume {
        /// The sessions.
        sessions: Vec<SessionId>,
    },
    /// A worker failed too often in a row and takes no more tasks: yes resets it.
    Offline {
        /// Which.
        worker: WorkerNumber,
    },
    /// A budget is nearly or wholly used up: yes raises it by half.
    Budget {
        /// Which.
        scope: BudgetScope,
        /// Its limit.
        limit: Amount,
        /// Nothing is left.
        reached: bool,
    },
    /// A session changed files in the person's own checkout, and was stopped: yes puts them back, no lets them be.
    Touched {
        /// Which.
        session: SessionId,
        /// The undo record that keeps what they were and what they became.
        record: String,
        /// Which files.
        files: Vec<String>,
    },
    /// Commands from the repository's own configuration want to run for the first time.
    Commands {
        /// SHA-256 of the list (hex): the yes is for exactly these.
        hash: String,
        /// As they would run.
        commands: Vec<String>,
    },
}

impl Subject {
    /// The question on an agent's screen, if it is one.
    pub fn dialog(&self) -> Option<&Dialog> {
        match self {
            Subject::Dialog { dialog, .. } => Some(dialog),
            _ => None,
        }
    }
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// Yes, this once (for trust: for this project).
    Yes,
    /// No.
    No,
    /// Yes, and for more than this once: only where an agent offers it, for what it says there.
    Always,
}

/// An answer with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What.
    pub kind: AnswerKind,
    /// Words that go with it: for a question, the reply.
    pub text: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A question that waits for the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Whose it is.
    pub project: ProjectId,
    /// What it is about.
    pub subject: Subject,
    /// The task it holds up, if one.
    pub task: Option<TaskId>,
    /// One line: what is asked.
    pub title: String,
    /// Everything a person needs to decide.
    pub detail: String,
    /// Since when.
    pub asked_at: Timestamp,
    /// The answer, once given; `None` while it waits.
    pub answer: Option<Answer>,
    /// It went away without an answer (the agent moved on, the task ended).
    pub withdrawn: bool,
}

impl Approval {
    /// Whether the person is still asked.
    pub fn is_open(&self) -> bool {
        self.answer.is_none() && !self.withdrawn
    }
}
