//! The decisions: what happens next, as a pure function.
//!
//! `step(&State, Input, &Moment)` answers with the events that the input causes; `apply` is the only
//! thing that changes a `State`, and it is only called with events that were committed. Effects (what
//! is to be done in the world) travel inside `Event::EffectRequested`, so that one transaction holds both.
//! Derived moves (a dependency landed, a worker is free, the merge queue is idle) are not made inside the
//! step that made them possible: the daemon feeds `Input::Schedule` until nothing more happens. Schedule is
//! level-triggered, so it is also what puts everything in motion again after a crash.
//!
//! No I/O, no clock, no await: the time and the randomness of a turn are in its `Moment`.

mod apply;
mod asked;
mod brief;
mod effect;
mod event;
mod input;
mod ledger;
mod needs;
mod queries;
mod queue;
mod refusal;
mod state;
mod step;
mod waits;
mod wake;

pub use apply::apply;
pub use effect::{Effect, EffectKind, EffectResult, Purpose};
pub use event::{ApprovalNews, BudgetNews, Event, HandoffNews, PlanNews, ProjectNews, SessionNews, TaskNews};
pub use input::{Asking, Command, Fact, Input, Submission};
pub use ledger::{
    Budget, BudgetRules, Calls, Ledger, Limit, Mark, Pace, ProviderRules, SessionRecord, Standing, UsageRow,
};
pub use refusal::Refusal;
pub use state::{Rules, State, Stop};
pub use step::{Outcome, mode, step};
pub use wake::{next_wake, outbox_after_restart};
