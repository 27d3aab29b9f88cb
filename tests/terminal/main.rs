//! The terminal against the outside: recordings of agent CLIs and a suite of escape sequences, compared with a
//! real tmux, and the list of what passes in `docs/terminal.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod cases;
mod programs;
mod recordings;
mod reference;
mod suite;
