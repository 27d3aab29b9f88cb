//! Everything the engine knows. Changed only by `apply`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{
    Approval, ApprovalId, ChatLine, Delegation, DelegationId, EffectId, Handoff, HandoffId, ModelCalls, Plan, PlanId,
    Project, ProjectId, Session, SessionId, Task, TaskId, Timestamp,
};

use super::{BudgetRules, Effect, Ledger, ProviderRules};

/// Limits and habits, from the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Engine-started sessions at once, over all projects.
    pub slots: u16,
    /// Seats that a project has from the start; ready tasks use them in order.
    pub seats: u16,
    /// Attempts at one task before a person must look.
    pub max_attempts: u32,
    /// Reminders to report that are sent after a silent stop.
    pub reminders: u32,
    /// Whether green results land without a yes; `None` follows each task's autonomy.
    pub lands_alone: Option<bool>,
    /// Milliseconds between tries to land on a busy checkout.
    pub landing_retry_ms: u64,
    /// Milliseconds that a parked session is kept after a handoff, for taking it back.
    pub take_back_ms: u64,
    /// Seats that a project may grow to by itself while tasks wait for one.
    pub max_seats: u16,
    /// Milliseconds after which a seat that was added by itself goes again.
    pub retire_ms: u64,
    /// Session requests that may wait for a slot; tasks wait without limit.
    pub requests: u16,
    /// Restarts by itself after a crash or a loss, within one attempt.
    pub restarts: u32,
    /// Milliseconds before the first of them; doubled each time, up to a minute.
    pub restart_after_ms: u64,
    /// Failures of a worker's sessions in a row that take it offline.
    pub worker_failures: u32,
    /// Milliseconds after which a session that has nothing to do is ended; 0 is never.
    pub idle_ms: u64,
    /// Whether sessions that were lost while nobody watched (a reboot) are resumed without a yes.
    pub resumes_alone: bool,
    /// Milliseconds in which the fresh session of a handoff must say the next step back; 0 asks for nothing.
    pub restate_ms: u64,
    /// What agents may use.
    pub budget: BudgetRules,
    /// How fast agents may begin and use tokens, by provider.
    pub providers: BTreeMap<String, ProviderRules>,
    /// The agent that takes over when another one's provider stops it for long.
    pub fallback_agent: Option<String>,
    /// Milliseconds of a provider's limit from which on the fallback takes over.
    pub fallback_after_ms: u64,
    /// Milliseconds after which an agent is tried again whose provider named no time.
    pub limit_retry_ms: u64,
    /// How far the person's clock is ahead of UTC, in seconds: their days and times of day.
    pub utc_offset_s: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            slots: 4,
            seats: 4,
            max_attempts: 10,
            reminders: 1,
            lands_alone: None,
            landing_retry_ms: 5_000,
            take_back_ms: 600_000,
            max_seats: 4,
            retire_ms: 60_000,
            requests: 10,
            restarts: 2,
            restart_after_ms: 1_000,
            worker_failures: 3,
            idle_ms: 0,
            resumes_alone: false,
            restate_ms: 120_000,
            budget: BudgetRules::default(),
            providers: BTreeMap::new(),
            fallback_agent: None,
            fallback_after_ms: 600_000,
            limit_retry_ms: 900_000,
            utc_offset_s: 0,
        }
    }
}

/// Where the end of a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Stop {
    /// It is to be asked for.
    Due {
        /// By force.
        now: bool,
    },
    /// It was asked for.
    Asked,
    /// Force did not help; it is tried again.
    Again {
        /// When.
        at: Timestamp,
    },
}

/// The state. Serializable whole: the store keeps a snapshot so that a start does not replay all of history.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct State {
    /// Limits.
    pub rules: Rules,
    /// Projects.
    pub projects: BTreeMap<ProjectId, Project>,
    /// All tasks, final ones too.
    pub tasks: BTreeMap<TaskId, Task>,
    /// Tasks that are not final: what scheduling looks at, so that its cost does not grow with history.
    pub open_tasks: BTreeSet<TaskId>,
    /// The short names of all tasks, so that a new one is known to be new without a look at each.
    #[serde(default)]
    pub shorts: BTreeSet<String>,
    /// Attempts of open tasks, and the last ones of the others.
    pub delegations: BTreeMap<DelegationId, Delegation>,
    /// All sessions.
    pub sessions: BTreeMap<SessionId, Session>,
    /// Sessions that may still have a process.
    pub live_sessions: BTreeSet<SessionId>,
    /// Plans.
    pub plans: BTreeMap<PlanId, Plan>,
    /// Approvals.
    pub approvals: BTreeMap<ApprovalId, Approval>,
    /// Approvals that still wait.
    pub open_approvals: BTreeSet<ApprovalId>,
    /// Handoffs.
    pub handoffs: BTreeMap<HandoffId, Handoff>,
    /// Handoffs under way.
    #[serde(default)]
    pub open_handoffs: BTreeSet<HandoffId>,
    /// The handoffs of sessions, oldest first.
    #[serde(default)]
    pub handed_over: BTreeMap<SessionId, Vec<HandoffId>>,
    /// Effects that were asked for and have not ended: the outbox.
    pub outbox: BTreeMap<EffectId, Effect>,
    /// The last lines of each project's chat (at most 200).
    pub chat: BTreeMap<ProjectId, Vec<ChatLine>>,
    /// When a task may try to land again.
    pub landing_after: BTreeMap<TaskId, Timestamp>,
    /// Since when tasks are in the merge queue: its order.
    #[serde(default)]
    pub merging_since: BTreeMap<TaskId, Timestamp>,
    /// Tasks that are verified again because they changed after they were checked.
    #[serde(default)]
    pub changed: BTreeSet<TaskId>,
    /// Tasks that need review and that the person said to leave as they are.
    #[serde(default)]
    pub dismissed: BTreeSet<TaskId>,
    /// Final tasks whose worktree is still to be removed.
    #[serde(default)]
    pub closing: BTreeSet<TaskId>,
    /// Conversations that the next start of a task goes on with.
    #[serde(default)]
    pub resumes: BTreeMap<TaskId, String>,
    /// Tasks of these whose session was lost: they are told so instead of being given their brief again.
    #[serde(default)]
    pub after_loss: BTreeSet<TaskId>,
    /// When a lost or crashed session of an executing task is started again.
    #[serde(default)]
    pub restart_after: BTreeMap<TaskId, Timestamp>,
    /// Since when tasks are ready: their order in the queue, after the priority.
    #[serde(default)]
    pub ready_since: BTreeMap<TaskId, Timestamp>,
    /// Waiting tasks whose session somebody asked for by name.
    #[serde(default)]
    pub requested: BTreeSet<TaskId>,
    /// Live sessions that are started again when they have ended.
    #[serde(default)]
    pub restarting: BTreeSet<SessionId>,
    /// Ended sessions that are not archived yet.
    #[serde(default)]
    pub archiving: BTreeSet<SessionId>,
    /// Tasks whose next start is from the target as it is then: what their worktree holds is kept aside.
    #[serde(default)]
    pub fresh: BTreeSet<TaskId>,
    /// How often the running attempt of a task was restarted by itself after a loss.
    #[serde(default)]
    pub restarts: BTreeMap<TaskId, u32>,
    /// Live sessions that are to end, and whether that was asked for already.
    #[serde(default)]
    pub stops: BTreeMap<SessionId, Stop>,
    /// Trust dialogs of live sessions that were answered by themselves: each only once.
    #[serde(default)]
    pub trust_given: BTreeMap<SessionId, BTreeSet<String>>,
    /// Command lines of plain shell panes.
    #[serde(default)]
    pub pane_runs: BTreeMap<SessionId, String>,
    /// What was used and may be used.
    #[serde(default)]
    pub ledger: Ledger,
    /// How often each project's models were called to plan.
    #[serde(default)]
    pub model_calls: BTreeMap<ProjectId, ModelCalls>,
    /// The last task number handed out: tasks count 1, 2, 3 for people.
    pub last_task: u64,
    /// The last number handed out for everything else (projects, plans, delegations, approvals, handoffs, effects).
    pub last_id: u64,
}

impl State {
    /// Makes the indexes anew that a snapshot of an older version does not have.
    #[must_use]
    pub fn indexed(mut self) -> Self {
        self.shorts = self.tasks.values().map(|task| task.short.clone()).collect();
        self.open_handoffs =
            self.handoffs.values().filter(|handoff| handoff.ended_at.is_none()).map(|handoff| handoff.id).collect();
        self.handed_over = BTreeMap::new();
        for handoff in self.handoffs.values() {
            self.handed_over.entry(handoff.from.clone()).or_default().push(handoff.id);
        }
        self
    }
}
