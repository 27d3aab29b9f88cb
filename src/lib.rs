//! Quarterdeck (`qd`): a full-screen terminal command center for AI coding agents.
//!
//! A person types what they want; the orchestrator plans it, gives each task its own git worktree and a
//! real agent CLI in a live terminal pane, watches, hands off, checks, and lands what is green.
//!
//! # Bird's-eye view
//!
//! ```text
//!    terminal                                              any other terminal, script, agent
//!  ┌──────────┐  control socket (JSON lines)  ┌───────────────┐   the CLI, over the same requests
//!  │  qd TUI  ├──────────────────────────────►│   qd daemon   │◄──────────────────────────────────
//!  └────┬─────┘                               │ engine, store │
//!       │ pane stream (MessagePack)           └──────┬────────┘
//!       │ visible panes only                         │ starts, links, finds again
//!       ▼                                            ▼
//!  ┌───────────────────────────────────────────────────────┐
//!  │ session host: one small process per session           │   PTY, screen, history, bounded log,
//!  │   └─ agent CLI                                        │   journal of writes, exit record
//!  └───────────────────────────────────────────────────────┘
//! ```
//!
//! # Two data paths
//!
//! A decision: request → [`daemon`] → [`engine::step`] → one `SQLite` transaction (events and outbox) →
//! [`engine::apply`] → effects → their results are inputs again → notices to watching clients.
//!
//! A screen: agent → PTY → host (parse once, log) → changed rows to each viewer at its own pace → TUI.
//!
//! # Code map, by layer (held by `tests/tidy.rs`)
//!
//! | layer | modules | is |
//! |---|---|---|
//! | L4 faces | [`tui`], [`cli`] | what people see; no powers of their own |
//! | L3 doors | [`daemon`], [`client`] | the one loop and the sockets around it |
//! | L2 world | [`process`], [`session`], [`git`], [`store`], [`agents`], [`llm`] | one outside system each |
//! | L1 decisions | [`engine`], [`planning`], [`protocol`], [`config`] | pure: no I/O, no clock, no await |
//! | L0 words | [`model`], [`term`] | the vocabulary, and the terminal |
//!
//! # Invariants
//!
//! 1. The engine never awaits, never reads a clock, never does I/O; the state changes only by applying
//!    committed events.
//! 2. The TUI, the daemon, a host and the machine can die at any instant: no prompt, commit, file, task or
//!    event is lost; nothing happens twice.
//! 3. Only [`git`] writes refs or worktrees; it writes an undo record first; it removes only what
//!    Quarterdeck created; the user's checkout is never changed while dirty.
//! 4. Agent output is hostile text: sanitized wherever it is shown outside its pane, never executed, never
//!    trusted as a path.
//! 5. Commands are argument vectors; data never becomes shell text.
//! 6. Every state shown carries its source and age.
//! 7. No model is called for supervision.
//! 8. Faces have no powers: whatever the TUI can do, `qd` can do with the same request.

pub mod agents;
pub mod cli;
pub mod client;
pub mod config;
pub mod daemon;
pub mod engine;
pub mod git;
pub mod llm;
pub mod model;
pub mod planning;
pub mod process;
pub mod protocol;
pub mod session;
pub mod store;
pub mod term;
pub mod tui;
