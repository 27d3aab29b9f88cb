//! A message becomes task drafts: by rules (deterministic, no network, always there), or by a model that is asked with a
//! schema and whose answer is validated. Routing beyond an explicit mention is the caller's: its preferred agent comes first in the
//! context. Pure: whoever calls a model sits elsewhere.

mod clauses;
pub mod llm;
mod mention;
pub mod rules;
pub mod screening;
mod spoken;
mod stack;
mod words;

pub use spoken::{Assent, Spoken, assent, spoken};
pub use stack::stack;

#[cfg(test)]
mod tests;
