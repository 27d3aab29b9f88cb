//! What was seen to work with which real agent: told by the stories that ran, kept in a file, shown in `docs/agents.md`.
//!
//! ```text
//! QD_RECORD_RESULTS=1 QD_TEST_KIMI=… cargo test --test agents --test e2e kimi
//! QD_WRITE_DOCS=1 cargo test --test agents table
//! ```

#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::process::Command;

use nix::fcntl::{Flock, FlockArg};

/// The file: agent, then what worked, then the version of the program that it worked with.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/agents/results.toml");

/// Agent → what → version.
pub type Results = BTreeMap<String, BTreeMap<String, String>>;

/// Keeps that this worked just now, when results are to be recorded.
pub fn worked(agent: &str, what: &str, program: &Path, path_first: Option<&Path>) {
    if std::env::var_os("QD_RECORD_RESULTS").is_none() {
        return;
    }
    let usual = std::env::var("PATH").unwrap_or_default();
    let path = path_first.map_or(usual.clone(), |first| format!("{}:{usual}", first.display()));
    let said = Command::new(program).arg("--version").env("PATH", path).output().expect("it says its version");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let number = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.');
    let version = said.split([' ', '\n', ',']).find(number).expect("a version number").trim_end_matches('.').to_owned();
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(FILE).expect("the file");
    let mut file = Flock::lock(file, FlockArg::LockExclusive).expect("one at a time");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("text");
    let mut results: Results = toml::from_str(&text).expect("results as they were written");
    results.entry(agent.to_owned()).or_default().insert(what.to_owned(), version);
    let text =
        format!("# Written by tests, see `tests/support/results.rs`.\n\n{}", toml::to_string(&results).expect("TOML"));
    file.rewind().expect("its beginning");
    file.set_len(0).expect("its end");
    file.write_all(text.as_bytes()).expect("written");
}

/// What was recorded.
pub fn recorded() -> Results {
    toml::from_str(&std::fs::read_to_string(FILE).unwrap_or_default()).expect("results as they were written")
}
