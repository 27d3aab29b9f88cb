//! Planning without a model: a message becomes task drafts by rules. Deterministic, no network; also what is fallen
//! back to when a model planner is not there. Routing beyond an explicit mention is the caller's: its preferred agent
//! comes first in the context.

mod clauses;
mod mention;
pub mod rules;
mod spoken;
mod words;

pub use spoken::{Assent, Spoken, assent, spoken};

#[cfg(test)]
mod tests;
