//! Agents against what the real CLIs put out: recorded screens and streams, hooks, and (where it is installed) the
//! real agents against a mock model on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unnecessary_wraps,
    reason = "test data is small, and helpers have the shape that the call needs"
)]

mod asking;
mod corpus;
mod definitions;
mod delivering;
mod delivery_proof;
#[path = "../support/homes.rs"]
mod homes;
mod in_the_way;
mod launching;
#[path = "../support/mock_model.rs"]
mod mock_model;
mod real;
mod real_claude;
mod replay;
#[path = "../support/results.rs"]
mod results;
mod signalling;
mod states;
mod table;
mod transcripts;
mod usage;
mod world;

use quarterdeck::agents::{Agent, Catalogue};
use quarterdeck::config::AgentDefinition;

/// A shipped agent.
fn agent(name: &str) -> Agent {
    Catalogue::new(AgentDefinition::shipped().unwrap()).get(name).unwrap().clone()
}

/// The text of a fixture.
fn fixture(path: &str) -> String {
    let path = format!("{}/tests/fixtures/agents/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
