//! A handoff: replacing a session by a fresh one that continues from a written brief, in five steps.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{HandoffId, ProjectId, SessionId, TaskId, Timestamp, WorkerNumber};

/// The five steps, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoffStep {
    /// 1: write the document.
    Brief,
    /// 2: commit in the worktree, after the turn's end.
    Commit,
    /// 3: push, if configured or said so.
    Push,
    /// 4: park the old session (idle, input locked).
    Park,
    /// 5: start the fresh one and see that it has begun.
    Start,
}

impl HandoffStep {
    /// All five.
    pub const ALL: [HandoffStep; 5] =
        [HandoffStep::Brief, HandoffStep::Commit, HandoffStep::Push, HandoffStep::Park, HandoffStep::Start];

    /// The one after this.
    pub fn next(self) -> Option<HandoffStep> {
        let place = Self::ALL.iter().position(|step| *step == self)?;
        Self::ALL.get(place + 1).copied()
    }

    /// Its name on the stepper.
    pub fn word(self) -> &'static str {
        match self {
            HandoffStep::Brief => "Brief",
            HandoffStep::Commit => "Commit",
            HandoffStep::Push => "Push",
            HandoffStep::Park => "Stop",
            HandoffStep::Start => "Start",
        }
    }
}

/// Where one step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// Under way.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// Done.
    Done {
        /// What it made: a path, a commit.
        detail: String,
    },
    /// Left out.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Went wrong; the old session works on.
    Failed {
        /// Why.
        reason: String,
    },
}

/// Whether the fresh session has said the next step back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Restating {
    /// It has not begun yet.
    #[default]
    Unasked,
    /// It was asked and has not answered.
    Asked {
        /// When the step counts as failed.
        until: Timestamp,
    },
    /// It said it.
    Said {
        /// The next step, in its words: one line.
        next: String,
    },
    /// This agent has no way to say it.
    Unable,
}

/// One handoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handoff {
    /// Its id.
    pub id: HandoffId,
    /// Whose it is.
    pub project: ProjectId,
    /// Which worker.
    pub worker: WorkerNumber,
    /// The task that goes on.
    pub task: TaskId,
    /// The session that is replaced.
    pub from: SessionId,
    /// The fresh one, from step 5.
    pub to: Option<SessionId>,
    /// Where each step stands.
    pub steps: [StepState; 5],
    /// The agent that goes on with it, when it is not the same one.
    #[serde(default)]
    pub agent: Option<String>,
    /// The model that the task was to use before, for when it comes back.
    #[serde(default)]
    pub model: Option<String>,
    /// Whether step 3 pushes.
    pub push: bool,
    /// Whether a person's yes is waited for before step 4, and not yet given.
    #[serde(default)]
    pub held: bool,
    /// Whether the fresh session has understood.
    #[serde(default)]
    pub restating: Restating,
    /// The document, once written.
    pub document: Option<PathBuf>,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// When it was over, done or cancelled.
    pub ended_at: Option<Timestamp>,
}

impl Handoff {
    /// The step that is running or has failed.
    pub fn current(&self) -> Option<HandoffStep> {
        HandoffStep::ALL
            .into_iter()
            .find(|step| matches!(self.step(*step), StepState::Running { .. } | StepState::Failed { .. }))
    }

    /// Whether it waits for a yes before the old session is parked.
    pub fn waits_for_yes(&self) -> bool {
        let before = HandoffStep::ALL.into_iter().take_while(|step| *step != HandoffStep::Park);
        let over = |step| matches!(self.step(step), StepState::Done { .. } | StepState::Skipped { .. });
        self.held
            && self.ended_at.is_none()
            && before.into_iter().all(over)
            && *self.step(HandoffStep::Park) == StepState::Waiting
    }

    /// Where one step stands.
    pub fn step(&self, step: HandoffStep) -> &StepState {
        let [brief, commit, push, park, start] = &self.steps;
        match step {
            HandoffStep::Brief => brief,
            HandoffStep::Commit => commit,
            HandoffStep::Push => push,
            HandoffStep::Park => park,
            HandoffStep::Start => start,
        }
    }

    /// Where one step stands, to change it.
    pub fn step_mut(&mut self, step: HandoffStep) -> &mut StepState {
        let [brief, commit, push, park, start] = &mut self.steps;
        match step {
            HandoffStep::Brief => brief,
            HandoffStep::Commit => commit,
            HandoffStep::Push => push,
            HandoffStep::Park => park,
            HandoffStep::Start => start,
        }
    }
}

/// What the person can do with a handoff that waits or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoffControl {
    /// Try the failed step again.
    Retry,
    /// Leave the failed step out (Brief cannot be left out; of Start only the check that the next step was understood).
    Skip,
    /// Go on with step 4, before which it waits.
    Continue,
    /// Stop; the old session works on.
    Cancel,
}
