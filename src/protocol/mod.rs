//! Wire types: `control` between clients and the daemon (JSON lines), `pane` between viewers (or the
//! daemon) and a session host (length-prefixed `MessagePack`), and the views that both faces show.
//! Types and codecs only; sockets are opened elsewhere.

pub mod control;
mod explained;
pub mod pane;
mod usage;
mod view;

pub use usage::{BudgetView, SessionUsageView, TodayView, UsageBy, UsageLine, UsageReport};
pub use view::{
    AgentView, ApprovalView, ExplanationView, HandoffView, LogLine, MissionView, PlanView, ProjectView, QueueEntry,
    QueueView, SessionView, TaskView, UndoView, WorkerView,
};
