//! The words of Quarterdeck as types: ids, tasks, sessions, workers, approvals, handoffs, and the
//! legal transitions of their state machines. Nothing here does I/O or knows what time it is.

mod approval;
mod chat;
mod error;
mod executor;
mod handoff;
mod ids;
mod planning;
mod project;
mod reset;
mod routing;
mod session;
mod task;
mod text;
mod time;
mod usage;
mod wildcard;
mod worker;

pub use approval::{Always, Answer, AnswerKind, Approval, Dialog, DialogKind, Exact, Subject};
pub use chat::{ChatLine, Speaker};
pub use error::{Explain, Kind};
pub use executor::{
    DefaultExecutor, DockerSettings, ExecutorKind, ExecutorSettings, Network, SandboxSettings, SshSettings,
    TmuxSettings,
};
pub use handoff::{Handoff, HandoffControl, HandoffStep, Restating, StepState};
pub use ids::{
    ApprovalId, DelegationId, EffectId, EventId, HandoffId, NotANumber, PlanId, ProjectId, SessionId, TaskId,
};
pub use planning::{ModelCalls, NotAsked, Wishes};
pub use project::{Check, Plan, PlanStatus, Project};
pub use reset::{limit_told, reset_at};
pub use routing::{Choice, Models, Route, RoutedBy};
pub use session::{
    Delegation, DelegationStatus, Exit, HostIdentity, Reading, Report, Session, SessionMode, SessionState, StateSource,
    Verdict,
};
pub use task::{
    AttemptFailure, Autonomy, CheckRun, Complexity, Dependency, Forecast, Fork, Priority, StatusReason, Task,
    TaskDraft, TaskStatus, TaskType, WaitsFor,
};
pub use text::{one_line, sanitize, slug, truncate};
pub use time::{Moment, Timestamp, spoken};
pub use usage::{
    Amount, BudgetScope, ContextFill, OnBudget, SessionUse, Tokens, Usage, count as token_count, dollars, micros, money,
};
pub use wildcard::fits_wildcard;
pub use worker::{Worker, WorkerNumber};
