//! The one place that starts programs: argument vectors, environment, process groups, time limits and
//! output limits; and what `/proc` says about processes. Never a shell with words of somebody else: the only one is
//! `lookup`'s, the person's login shell, which is asked for its `PATH` with a fixed question. A terminal only for `front`
//! (the PTY child of a session is `session/`'s own). Everything here blocks: call it from blocking threads.

mod detached;
mod error;
mod files;
mod front;
mod guard;
mod lookup;
mod overlay;
mod piped;
mod program;
mod pump;
mod ssh;
mod table;

pub use detached::{Detached, spawn_detached};
pub use error::ProcessError;
pub use files::find_program;
pub use front::{replace, run_for_keys, run_here, run_in_front};
pub use guard::guard;
pub use lookup::login_path;
pub use overlay::{lay_over, take_away};
pub use piped::{Piped, spawn_piped};
pub use program::{Finished, Program, STARTED_BY};
pub use ssh::{Ssh, SshError, answer, shell_line};
pub use table::{
    ancestry, being_written, carriers, descendants, identity, is_alive, may_be_open, may_work_in, members, send_signal,
    variable,
};
