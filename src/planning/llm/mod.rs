//! Planning with a model: what it is asked, the schema of its answer, and what of the answer is believed. The answer is
//! text by a stranger: every field is checked, nothing in it becomes a command, and the person's own words go with
//! every task.

mod answer;
mod problem;
mod prompt;
pub mod route;
#[cfg(test)]
mod tests;

pub use answer::read;
pub use problem::Problem;
pub use prompt::{Facts, ask, repair, schema};
