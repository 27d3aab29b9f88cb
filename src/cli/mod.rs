//! The command line: arguments, one file per command, one printer for errors, exit codes. It has no
//! powers of its own: every command is the same request that the cockpit would send.

mod agents;
mod approval;
mod arguments;
mod attach;
mod budget;
mod cockpit;
mod completions;
mod context;
mod daemon;
mod demo;
mod doctor;
mod environment;
mod host;
mod init;
mod input;
mod man;
mod output;
mod pick;
mod plan;
mod queue;
mod reading;
mod recorded;
mod report;
mod run;
mod serve;
mod session;
mod stop;
mod stream;
mod table;
mod task;
mod track;
mod transcript;
mod undo;
mod usage;
mod version;
mod watching;
mod words;
mod worker;

pub use arguments::Arguments;
pub use context::{Context, Where};
pub use output::{Output, Tone};
pub use run::run;
pub use stop::{Complaint, Done, Stop};
pub use table::Table;
