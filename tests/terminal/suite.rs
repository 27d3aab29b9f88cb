//! Runs the cases; holds `docs/terminal.md` to what they found; and shows them to tmux, so that the expectations
//! are not only ours.

use std::fmt::Write as _;
use std::path::PathBuf;

use quarterdeck::term::Terminal;

use super::cases::{CASES, COLS, Case, GAPS, ROWS, TMUX};
use super::reference::{Tmux, is_there};

/// In `docs/terminal.md`, what stands between these lines is written by this test.
const BEGIN: &str = "<!-- the list: written by `QD_BLESS=1 cargo test --test terminal` -->";
const END: &str = "<!-- end of the list -->";

fn expected(case: &Case) -> Vec<String> {
    let mut rows: Vec<String> = case.rows.split('|').map(|row| row.trim_end().to_owned()).collect();
    rows.resize(usize::from(ROWS), String::new());
    rows
}

/// What is different from what is expected, if anything.
fn difference(case: &Case, rows: &[String], cursor: (u16, u16)) -> Option<String> {
    let cursor = (cursor.0, cursor.1.min(COLS - 1));
    let wanted = expected(case);
    (rows != wanted || cursor != case.cursor).then(|| {
        format!(
            "{}: {:?}\n  got      {rows:?} {cursor:?}\n  expected {wanted:?} {:?}",
            case.name, case.input, case.cursor
        )
    })
}

fn ours(case: &Case) -> Option<String> {
    let mut whole = Terminal::new(ROWS, COLS, 100);
    whole.process(case.input.as_bytes());
    let mut bytewise = Terminal::new(ROWS, COLS, 100);
    case.input.as_bytes().iter().for_each(|byte| bytewise.process(&[*byte]));
    assert_eq!(whole.frame(), bytewise.frame(), "{}: in pieces it is otherwise", case.name);
    let rows: Vec<String> = whole.text().iter().map(|row| row.trim_end().to_owned()).collect();
    difference(case, &rows, whole.frame().position)
}

fn reason(list: &[(&'static str, &'static str)], case: &Case) -> Option<&'static str> {
    list.iter().find(|(name, _)| *name == case.name).map(|(_, reason)| *reason)
}

#[test]
fn every_case_passes_but_the_known_gaps() {
    let mut faults = String::new();
    for case in CASES {
        match (ours(case), reason(GAPS, case)) {
            (Some(difference), None) => writeln!(faults, "{difference}").unwrap(),
            (None, Some(_)) => writeln!(faults, "{}: passes now, strike it from the gaps", case.name).unwrap(),
            _ => {}
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn names_are_unique_and_exceptions_are_about_cases() {
    let mut names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a name is there twice");
    for (name, _) in GAPS.iter().chain(TMUX) {
        assert!(names.contains(name), "no case is called `{name}`");
    }
}

#[test]
fn tmux_agrees_but_for_known_reasons() {
    if !is_there() {
        return;
    }
    let mut tmux = Tmux::start(ROWS, COLS);
    let mut faults = String::new();
    for case in CASES {
        // hard reset; tab stops and saved cursor, which tmux keeps, by hand
        tmux.feed(
            format!("\x1b[!p\x1bc\x1b[H\x1b7\x1b[?1049h\x1b[?1049l\x1b[3g\x1b[9G\x1bH\x1b[H\x1b7{}", case.input)
                .as_bytes(),
        );
        let rows: Vec<String> = tmux.rows();
        match (difference(case, &rows, tmux.cursor()), reason(TMUX, case)) {
            (Some(difference), None) => writeln!(faults, "{difference}").unwrap(),
            (None, Some(_)) => writeln!(faults, "{}: tmux agrees now", case.name).unwrap(),
            _ => {}
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

fn list() -> String {
    let mut list = String::new();
    let mut chapter = "";
    for case in CASES {
        if case.chapter != chapter {
            chapter = case.chapter;
            let of_chapter = || CASES.iter().filter(|case| case.chapter == chapter);
            let passing = of_chapter().filter(|case| reason(GAPS, case).is_none()).count();
            write!(list, "\n### {chapter} ({passing} of {})\n\n", of_chapter().count()).unwrap();
        }
        match (reason(GAPS, case), reason(TMUX, case)) {
            (Some(why), _) => writeln!(list, "- **no**: {}: {why}", case.name).unwrap(),
            (None, Some(why)) => writeln!(list, "- yes: {} (tmux: {why})", case.name).unwrap(),
            (None, None) => writeln!(list, "- yes: {}", case.name).unwrap(),
        }
    }
    list
}

#[test]
fn the_list_in_the_documentation_is_what_the_cases_say() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/terminal.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let fresh = format!("{before}{BEGIN}\n{}\n{END}{after}", list());
    if std::env::var_os("QD_BLESS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    assert!(
        fresh == text || std::env::var_os("QD_BLESS").is_some(),
        "docs/terminal.md is stale: run QD_BLESS=1 cargo test --test terminal"
    );
}
