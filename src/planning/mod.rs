//! A message becomes task drafts: by rules (deterministic, no network, always there), or by a model that is asked with a
//! schema and whose answer is validated. `router` then says who gets each, with which model, and why. Pure: whoever calls a model sits elsewhere.

mod clauses;
mod labels;
pub mod llm;
mod mention;
mod question;
pub mod router;
pub mod rules;
pub mod screening;
mod spoken;
mod stack;
pub mod team;
mod words;

pub use labels::{Labels, labels};
pub use mention::named;
pub use question::{StateQuestion, question};
pub use spoken::{Assent, Spoken, assent, spoken};
pub use stack::stack;

#[cfg(test)]
mod tests;
