//! Quarterdeck beside tmux, in one run, as a Markdown table on standard output and in `docs/benchmarks.md`, row by row:
//!
//! ```text
//! cargo bench --bench rivals                 everything; takes some minutes and wants a quiet machine
//! cargo bench --bench rivals -- --quick      everything with fewer rounds, in less than four minutes
//! cargo bench --bench rivals -- cat echo     these rows only; the others stay in the file as they were
//! cargo bench --bench rivals -- --list       the names of the rows
//! ```
//!
//! The real `qd` runs (cockpit in an outer terminal of 200x60 that this program reads, real daemon, real
//! session hosts), and the real tmux in the same terminal, in turns, so that what else the machine does
//! meets both. A figure is the median with the fastest and the slowest. Without tmux its column is empty,
//! and that is said.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "../../tests/ui/support.rs"]
mod deck;
#[path = "../../tests/engine/world.rs"]
mod engine_world;
#[path = "../support/figures.rs"]
mod figures;
#[path = "../../tests/engine/invariants.rs"]
mod invariants;
#[path = "../support/outer.rs"]
mod outer;
#[path = "../support/processes.rs"]
mod processes;
#[path = "../support/confirm.rs"]
mod support_confirm;
#[path = "../../tests/e2e/world.rs"]
mod world;

mod attach;
mod control;
mod document;
mod echo;
mod effort;
mod frame;
mod idle;
mod many;
mod operations;
mod scene;
mod slow;
mod start;
mod steps;
mod table;
mod throughput;

use std::time::Instant;

use document::Document;
use table::Row;

/// A name and what measures its rows.
type Group = (&'static str, fn() -> Vec<Row>);

/// The groups of rows, in the order of the table.
const GROUPS: [Group; 15] = [
    ("cat", throughput::cat),
    ("seq", throughput::seq),
    ("echo", echo::idle),
    ("flood", echo::flooded),
    ("idle", idle::measure),
    ("history", attach::history),
    ("attach", attach::attach),
    ("frame", frame::measure),
    ("cold", start::cold),
    ("session", start::session),
    ("operations", operations::measure),
    ("steps", steps::measure),
    ("many", many::measure),
    ("slow", slow::measure),
    ("confirm", start::confirm),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.first().map(String::as_str) {
        Some("noise") => return many::noise(words.get(1).and_then(|bytes| bytes.parse().ok()).unwrap_or(1000)),
        Some("--list") => return GROUPS.iter().for_each(|(name, _)| println!("{name}")),
        _ => {}
    }
    let (options, names): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| word.starts_with("--"));
    let unknown = names.iter().find(|word| GROUPS.iter().all(|(name, _)| name != word));
    let unknown = unknown.or_else(|| options.iter().find(|option| *option != "--quick"));
    if let Some(unknown) = unknown {
        eprintln!("there is no row `{unknown}`; `--list` names them");
        #[expect(clippy::disallowed_methods, reason = "nothing is open yet")]
        std::process::exit(2);
    }
    effort::set(!options.is_empty());
    if scene::tmux_version().is_none() {
        eprintln!("\n*** tmux is not installed: its column is empty, and nothing is held against it ***\n");
    }
    let mut document = Document::open(!names.is_empty());
    print!("{}", table::HEADING);
    for (name, measure) in GROUPS.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|word| word == name)) {
        let began = Instant::now();
        for row in &measure() {
            document.add(row);
        }
        eprintln!("  ({name}: {:.0} s)", began.elapsed().as_secs_f64());
    }
}
