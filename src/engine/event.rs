//! What happened. Events are written down and never rewritten; the state is nothing but what they add
//! up to. An event names what it is about once, outside, so that a log can be filtered without knowing
//! what each kind of news holds; the news itself is nested by area. Changing the state is `apply`'s part.

mod describe;
mod news;

use serde::{Deserialize, Serialize};

use crate::model::{ApprovalId, BudgetScope, EffectId, HandoffId, PlanId, ProjectId, SessionId, Speaker, TaskId};

use super::{Effect, EffectKind, Rules};

pub use news::{ApprovalNews, BudgetNews, HandoffNews, PlanNews, ProjectNews, SessionNews, TaskNews};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The limits were changed.
    RulesSet {
        /// The new ones.
        rules: Rules,
    },
    /// Something about a project.
    Project {
        /// Which.
        project: ProjectId,
        /// What.
        news: ProjectNews,
    },
    /// Something about a plan.
    Plan {
        /// Whose.
        project: ProjectId,
        /// Which.
        plan: PlanId,
        /// What.
        news: PlanNews,
    },
    /// Something about a task or its attempt.
    Task {
        /// Whose.
        project: ProjectId,
        /// Which.
        task: TaskId,
        /// What.
        news: TaskNews,
    },
    /// Something about a session.
    Session {
        /// Whose.
        project: ProjectId,
        /// Its task, if it has one.
        task: Option<TaskId>,
        /// Which.
        session: SessionId,
        /// What.
        news: SessionNews,
    },
    /// Something about a question to the person.
    Approval {
        /// Whose.
        project: ProjectId,
        /// The task it holds up, if one.
        task: Option<TaskId>,
        /// Which.
        approval: ApprovalId,
        /// What.
        news: ApprovalNews,
    },
    /// Something about a handoff.
    Handoff {
        /// Whose.
        project: ProjectId,
        /// The task that goes on.
        task: TaskId,
        /// Which.
        handoff: HandoffId,
        /// What.
        news: HandoffNews,
    },
    /// Something about a budget.
    Budget {
        /// Whose; `None` for what is no project's alone.
        project: Option<ProjectId>,
        /// Which.
        scope: BudgetScope,
        /// What.
        news: BudgetNews,
    },
    /// Something is to be done in the world: a row of the outbox.
    EffectRequested {
        /// What.
        effect: Effect,
        /// Whose.
        project: Option<ProjectId>,
        /// For which task.
        task: Option<TaskId>,
    },
    /// An effect is over, whatever came of it.
    EffectSettled {
        /// Which.
        effect: EffectId,
        /// Whose.
        project: Option<ProjectId>,
        /// For which task.
        task: Option<TaskId>,
        /// Why it did not work, when it did not.
        failure: Option<String>,
    },
}

impl Event {
    /// The task it is about.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Event::Task { task, .. } | Event::Handoff { task, .. } => Some(*task),
            Event::Session { task, .. }
            | Event::Approval { task, .. }
            | Event::EffectRequested { task, .. }
            | Event::EffectSettled { task, .. } => *task,
            Event::Budget { scope: BudgetScope::Task { task }, .. } => Some(*task),
            Event::RulesSet { .. } | Event::Project { .. } | Event::Plan { .. } | Event::Budget { .. } => None,
        }
    }

    /// The session it is about.
    pub fn session(&self) -> Option<&SessionId> {
        match self {
            Event::Session { session, .. } => Some(session),
            Event::EffectRequested { effect, .. } => effect.kind.session(),
            _ => None,
        }
    }

    /// The project it is about.
    pub fn project(&self) -> Option<ProjectId> {
        match self {
            Event::Project { project, .. }
            | Event::Plan { project, .. }
            | Event::Task { project, .. }
            | Event::Session { project, .. }
            | Event::Approval { project, .. }
            | Event::Handoff { project, .. } => Some(*project),
            Event::EffectRequested { project, .. }
            | Event::EffectSettled { project, .. }
            | Event::Budget { project, .. } => *project,
            Event::RulesSet { .. } => None,
        }
    }

    /// Whether it only keeps the books: such events are no lines of the activity log. Failures always are.
    pub fn is_bookkeeping(&self) -> bool {
        match self {
            Event::EffectSettled { failure, .. } => failure.is_none(),
            Event::EffectRequested { .. } | Event::RulesSet { .. } => true,
            Event::Project { news, .. } => match news {
                // what the person said stands in the chat; what the orchestrator said by itself is news
                ProjectNews::ChatSaid { line } => line.who == Speaker::You || line.plan.is_some(),
                ProjectNews::SeatAdded { .. } | ProjectNews::SeatRetired { .. } => true,
                ProjectNews::ModelAnswered { well, .. } => *well,
                _ => false,
            },
            Event::Task { news, .. } => {
                matches!(
                    news,
                    TaskNews::DelegationMoved { .. }
                        | TaskNews::ResumePlanned { .. }
                        | TaskNews::HeadSeen { .. }
                        | TaskNews::WorkerFreed { .. }
                        | TaskNews::RestartPlanned { .. }
                )
            }
            Event::Session { news, .. } => matches!(
                news,
                SessionNews::Created { .. }
                    | SessionNews::ConversationNamed { .. }
                    | SessionNews::ExitNoted { .. }
                    | SessionNews::Dismissed { .. }
                    | SessionNews::Archived
                    | SessionNews::Used { .. }
            ),
            Event::Plan { .. } | Event::Approval { .. } | Event::Handoff { .. } | Event::Budget { .. } => false,
        }
    }
}

impl EffectKind {
    /// The session it is for, when it is for one.
    pub fn session(&self) -> Option<&SessionId> {
        match self {
            EffectKind::StartSession { session, .. }
            | EffectKind::DeliverPrompt { session, .. }
            | EffectKind::AnswerDialog { session, .. }
            | EffectKind::StopSession { session, .. }
            | EffectKind::LockInput { session, .. }
            | EffectKind::PauseSession { session }
            | EffectKind::ArchiveSession { session } => Some(session),
            _ => None,
        }
    }
}
