//! A session: one agent in a PTY, owned by a small host process of its own (`qd host DIR`) that outlives
//! the daemon and every viewer. Here are both sides: what starts and finds hosts, and the host itself.
//!
//! A session's directory holds `launch.json`, `host.json`, `stream.log`, `journal.jsonl`, `reports.jsonl`
//! and, when the agent ended, `exit.json`. Where the agent runs is the executor's
//! (`executor`).

mod convert;
mod error;
pub mod executor;
mod files;
mod find;
mod host;
mod journal;
mod launch;
mod leftovers;
mod observe;
mod peer;
mod played;
mod recorded;
mod reports;
mod say;
mod sizes;
mod start;
mod stream_log;

pub use error::SessionError;
pub use find::find;
pub use host::run_host;
pub use launch::{Found, Launch, Started, arguments_of, fence_of, host_of, is_far, size_of};
pub use leftovers::end_by_force;
pub use observe::observation;
pub use played::Played;
pub use recorded::Recorded;
pub use reports::uncollected;
pub use start::{Adopted, adopt, start};
