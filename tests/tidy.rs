//! What the design promises and a machine can hold: directions between layers, fences around dependencies,
//! documented files of bearable length, no left-overs, and data files that parse. Part of plain `cargo test`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use quarterdeck::config::catalog::{Missions, Roles};

/// Which module may use which: the table of the design. A module that is not here may not exist.
const LAYERS: &[(&str, &[&str])] = &[
    // L0: words
    ("model", &[]),
    ("term", &["model"]),
    // L1: decisions, pure
    ("engine", &["model"]),
    ("planning", &["model"]),
    ("knowledge", &["model"]),
    ("protocol", &["model"]),
    ("config", &["model", "term"]),
    // L2: one outside system each; starting programs is `process`'s
    ("process", &["model"]),
    ("session", &["model", "term", "protocol", "process"]),
    ("git", &["model", "process"]),
    ("store", &["model"]),
    ("agents", &["model", "term", "protocol", "config", "process"]),
    ("llm", &["model", "config", "process"]),
    ("github", &["model", "process"]),
    ("notify", &["model", "process"]),
    // L3: doors
    ("client", &["model", "protocol", "config", "process"]),
    (
        "daemon",
        &[
            "model",
            "term",
            "engine",
            "planning",
            "knowledge",
            "protocol",
            "config",
            "process",
            "session",
            "git",
            "store",
            "agents",
            "llm",
            "github",
            "notify",
            "client",
        ],
    ),
    ("http", &["model", "protocol", "daemon"]),
    ("mcp", &["model", "protocol", "daemon", "client"]),
    // L4: faces
    ("tui", &["model", "term", "protocol", "config", "process", "client"]),
    ("cli", &["model", "term", "protocol", "config", "process", "session", "agents", "git", "client", "daemon", "tui"]),
];

/// Crates that only one module may name.
const FENCES: &[(&str, &str)] = &[
    ("git2", "git"),
    ("rusqlite", "store"),
    ("ureq", "llm"),
    ("portable_pty", "session"),
    ("vt100", "term"),
    ("ratatui", "tui"),
    ("crossterm", "tui"),
    ("tui_textarea", "tui"),
    ("axum", "http"),
    ("rmcp", "mcp"),
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("clap_mangen", "cli"),
];

/// Names that say nothing about what is inside.
const BANNED_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "misc", "manager", "service", "processor"];

/// A source file is split before it is this long (tests not counted).
const LONGEST_FILE: usize = 700;

/// From here on a file's length is mentioned.
const LONG_FILE: usize = 400;

/// One Rust file.
struct Source {
    /// Relative to the package.
    path: PathBuf,
    text: String,
    /// The text without comments, and without what stands in literals.
    code: String,
}

impl Source {
    /// The module right below the crate's root that it belongs to; `None` for the roots themselves.
    fn module(&self) -> Option<String> {
        let first = self.path.strip_prefix("src").ok()?.components().next()?;
        let name = first.as_os_str().to_str()?.trim_end_matches(".rs");
        (name != "lib" && name != "main").then(|| name.to_owned())
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests")
            || self.path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
    }
}

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(directory: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn sources(directories: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    for directory in directories {
        files_below(&package().join(directory), &mut paths);
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    assert!(!paths.is_empty(), "no sources in {directories:?}");
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            Source { code: code_of(&text), path: path.strip_prefix(package()).unwrap().to_path_buf(), text }
        })
        .collect()
}

/// Files of one kind in a directory of the package, with their texts; empty when there is no such directory.
fn data(directory: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    files_below(&package().join(directory), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Blanks comments and the insides of string and character literals, keeping lines.
fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match (chars[i], chars.get(i + 1)) {
            ('/', Some('/')) => find(&chars, i, |at| chars[at] == '\n'),
            ('/', Some('*')) => find(&chars, i + 2, |at| chars[at] == '/' && chars[at - 1] == '*') + 1,
            ('r', Some('"' | '#')) if !chars.get(i.wrapping_sub(1)).is_some_and(|c| is_word(*c)) => {
                raw_string_end(&chars, i)
            }
            ('"', _) => string_end(&chars, i),
            ('\'', Some('\\')) => find(&chars, i + 3, |at| chars[at] == '\'') + 1,
            ('\'', Some(_)) if chars.get(i + 2) == Some(&'\'') => i + 3,
            _ => i,
        };
        if end == i {
            code.push(chars[i]);
            i += 1;
        } else {
            code.extend(chars[i..end.min(chars.len())].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            i = end;
        }
    }
    code
}

fn find(chars: &[char], from: usize, is: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|at| is(*at)).unwrap_or(chars.len())
}

fn string_end(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of `r"…"` or `r#"…"#`; the start itself for a raw identifier.
fn raw_string_end(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(start + 1 + hashes) != Some(&'"') {
        return start;
    }
    let closes =
        |at: usize| chars[at] == '"' && chars[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    find(chars, start + 2 + hashes, closes) + 1 + hashes
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The identifiers that directly follow `path` in the code, those of a `{…}` group included.
fn used_from(code: &str, path: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices(path) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| is_word(c) || c == ':') {
            continue;
        }
        let rest = code[at + path.len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => used.extend(group_members(group)),
            None => {
                used.insert(rest.chars().take_while(|c| is_word(*c)).collect());
            }
        }
    }
    used.remove("");
    used
}

/// The first identifiers of the members of a group, after its `{`.
fn group_members(group: &str) -> Vec<String> {
    let mut members = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            c if depth == 0 => members.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    members.iter().map(|member| member.trim().chars().take_while(|c| is_word(*c)).collect()).collect()
}

/// Whether a whole word occurs in the code.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(is_word)
            && !code[at + word.len()..].chars().next().is_some_and(is_word)
    })
}

fn none_of(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn the_reader_of_sources_sees_code_and_nothing_else() {
    let code = code_of("use a; // crate::x\n\"crate::y \\\" \" r#\"git2\"# '\"' /* b */ fn f<'a>(c: char) {}");
    assert!(names(&code, "a") && names(&code, "f") && !code.contains("crate") && !names(&code, "git2"));
    assert!(!names(&code, "b") && code.contains("<'a>") && code.contains("{}"));
    let used = used_from("use crate::{a, b::{c, d},\n e as f}; crate::g::h(); $crate::i::j", "crate::");
    assert_eq!(used.into_iter().collect::<Vec<_>>(), ["a", "b", "e", "g", "i"]);
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut problems = Vec::new();
    for source in sources(&["src"]) {
        let Some(module) = source.module() else { continue };
        let Some(allowed) = layers.get(module.as_str()) else {
            problems.push(format!("{}: `{module}` is not in the table of layers", source.path.display()));
            continue;
        };
        for used in used_from(&source.code, "crate::") {
            let known = layers.contains_key(used.as_str());
            if known && used != module && !allowed.contains(&used.as_str()) {
                problems.push(format!("{}: `{module}` may not use `{used}`", source.path.display()));
            }
        }
    }
    none_of(&problems);
}

#[test]
fn the_table_of_layers_has_no_circle() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while done.len() < layers.len() {
        let next = layers.iter().find(|(name, below)| !done.contains(*name) && below.iter().all(|b| done.contains(b)));
        let (name, _) = next.unwrap_or_else(|| {
            panic!("a circle among {:?}", layers.keys().filter(|n| !done.contains(*n)).collect::<Vec<_>>())
        });
        done.insert(name);
    }
}

#[test]
fn dependencies_stay_behind_their_fences() {
    let mut problems = Vec::new();
    for source in sources(&["src"]) {
        let module = source.module().unwrap_or_default();
        for (dependency, owner) in FENCES {
            if module != *owner && !source.is_test() && names(&source.code, dependency) {
                problems.push(format!("{}: `{dependency}` belongs to `{owner}`", source.path.display()));
            }
        }
        let starts =
            ["std::process::", "tokio::process::"].iter().any(|path| used_from(&source.code, path).contains("Command"))
                || names(&source.code, "process::Command");
        if starts && !matches!(module.as_str(), "process" | "session") && !source.is_test() {
            problems.push(format!(
                "{}: programs are started in `process` (a session's own child in `session`)",
                source.path.display()
            ));
        }
    }
    none_of(&problems);
}

/// Zero model calls for supervision: only the planner, which counts each call before it is made, can make one.
#[test]
fn only_the_planner_calls_models() {
    let calls = |source: &&Source| names(&source.code, "crate::llm") || names(&source.code, "quarterdeck::llm");
    let problems: Vec<String> = sources(&["src"])
        .iter()
        .filter(calls)
        .filter(|source| !source.path.starts_with("src/daemon/planner") && !source.path.starts_with("src/llm"))
        .map(|source| format!("{}: models are called in `daemon::planner`", source.path.display()))
        .collect();
    none_of(&problems);
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = sources(&["src", "tests", "benches"])
        .iter()
        .filter(|source| !source.text.trim_start_matches("#!/usr/bin/env rust-script\n").starts_with("//! "))
        .map(|source| format!("{}: does not open with `//!`", source.path.display()))
        .collect();
    none_of(&silent);
}

#[test]
fn files_stay_readable() {
    let mut problems = Vec::new();
    for source in sources(&["src"]).iter().filter(|source| !source.is_test()) {
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            problems.push(format!("{}: {lines} lines, the limit is {LONGEST_FILE}", source.path.display()));
        } else if lines > LONG_FILE {
            eprintln!("{}: {lines} lines, think about splitting it", source.path.display());
        }
    }
    none_of(&problems);
}

#[test]
fn nothing_is_left_over() {
    // put together here, so that this file does not find itself
    let left_over = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let macros = [concat!("to", "do!"), concat!("unimpl", "emented!"), concat!("db", "g!")];
    let mut problems = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        let in_text = left_over.iter().filter(|word| names(&source.text, word));
        let in_code = macros.iter().filter(|word| {
            source.code.match_indices(**word).any(|(at, _)| !source.code[..at].chars().next_back().is_some_and(is_word))
        });
        problems.extend(in_text.chain(in_code).map(|word| format!("{}: `{word}`", source.path.display())));
    }
    none_of(&problems);
}

#[test]
fn names_say_what_is_inside() {
    let mut problems = Vec::new();
    for source in sources(&["src"]) {
        for part in source.path.iter().filter_map(|part| part.to_str()) {
            if BANNED_NAMES.contains(&part.trim_end_matches(".rs")) {
                problems.push(format!("{}: `{part}` says nothing", source.path.display()));
            }
        }
    }
    none_of(&problems);
}

#[test]
fn roles_and_missions_parse_and_all_files_are_shipped() {
    let roles = Roles::parse(&[]).unwrap();
    let missions = Missions::parse(&[], &roles).unwrap();
    let stems = |directory: &str, extension: &str| -> Vec<String> {
        data(directory, extension)
            .iter()
            .map(|(path, _)| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    let files: Vec<String> = stems("roles", "md").into_iter().filter(|stem| stem != "_rules").collect();
    assert_eq!(files, roles.names().collect::<Vec<_>>());
    assert_eq!(stems("missions", "toml"), missions.names().collect::<Vec<_>>());
}

#[test]
fn agent_definitions_parse_and_are_named_like_their_files() {
    for (path, text) in data("agents", "toml") {
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(table["name"].as_str(), path.file_stem().unwrap().to_str(), "{}", path.display());
    }
}

#[test]
fn every_theme_defines_every_role() {
    let themes: Vec<(PathBuf, BTreeSet<String>)> = data("themes", "toml")
        .into_iter()
        .map(|(path, text)| {
            let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut roles = BTreeSet::new();
            for (area, value) in &table {
                roles.extend(value.as_table().into_iter().flatten().map(|(role, _)| format!("{area}.{role}")));
            }
            (path, roles)
        })
        .collect();
    let all: BTreeSet<&String> = themes.iter().flat_map(|(_, roles)| roles).collect();
    let mut problems = Vec::new();
    for (path, roles) in &themes {
        let missing = all.iter().filter(|role| !roles.contains(**role));
        problems.extend(missing.map(|role| format!("{}: `{role}` is missing", path.display())));
    }
    none_of(&problems);
}

#[test]
fn the_keymap_parses_and_binds_no_key_twice_in_a_mode() {
    let Ok(text) = fs::read_to_string(package().join("keymaps.toml")) else { return };
    let table: toml::Table = text.parse().unwrap();
    let mut problems = Vec::new();
    for (mode, actions) in table.iter().filter_map(|(mode, value)| Some((mode, value.as_table()?))) {
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        for (action, keys) in actions {
            for key in keys.as_array().into_iter().flatten().filter_map(toml::Value::as_str) {
                if let Some(other) = taken.insert(key, action) {
                    problems.push(format!("keymaps.toml: in `{mode}`, `{key}` is both `{other}` and `{action}`"));
                }
            }
        }
    }
    none_of(&problems);
}

#[test]
fn the_readme_sets_up_in_two_commands() {
    let readme = fs::read_to_string(package().join("README.md")).unwrap();
    let blocks: Vec<&str> = readme.split("```").skip(1).step_by(2).take(2).collect();
    let commands: Vec<&str> =
        blocks.iter().flat_map(|block| block.lines().skip(1)).map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(commands, ["cargo run -- demo", "cargo test"]);
    for (at, _) in readme.match_indices("](") {
        let target: String = readme[at + 2..].chars().take_while(|c| *c != ')').collect();
        let is_local = !target.contains("://") && !target.starts_with('#');
        assert!(!is_local || package().join(&target).exists(), "README.md points to `{target}`, which does not exist");
    }
}
