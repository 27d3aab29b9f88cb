//! What an agent's tool calls write, as far as they say so themselves: the files of editing tools, and what the words of
//! a shell command write. A call that only reads writes nothing here, and so does one of which nobody can tell (a
//! program that is run): this is evidence against a session, and a guess is none.

mod call;
mod programs;
mod shell;
mod step;
mod targets;
mod words;

pub use call::Call;
pub use step::Step;
pub use targets::Targets;
