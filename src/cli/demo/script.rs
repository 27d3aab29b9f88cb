//! What the demo agent does for which prompt. Pure: a prompt and the look of the worktree in, steps out. It
//! understands nothing; it knows four requests by their marker words, and writes any other one down.

use crate::model::slug;

const TRIM: &str = include_str!("inkwell/edits/trim.sh");
const TRIM_TEST: &str = include_str!("inkwell/edits/trim_test.sh");
const TITLE_FIRST: &str = include_str!("inkwell/edits/title_first.sh");
const TITLE_FIXED: &str = include_str!("inkwell/edits/title_fixed.sh");
const TITLE_TEST: &str = include_str!("inkwell/edits/title_test.sh");
const COMMAND: &str = include_str!("inkwell/edits/inkwell");
const VERSION_TEST: &str = include_str!("inkwell/edits/version_test.sh");
const FUNCTIONS: &str = include_str!("inkwell/edits/functions.md");

/// The file in which the deliberate mistake is made.
pub(super) const TITLE_FILE: &str = "lib/title.sh";

/// One of the parts that it can play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Repair `trim`.
    Trim,
    /// Add `title_case`, with a mistake in the first attempt.
    Title,
    /// Add `--version`, asking to run it.
    Version,
    /// Write the list of functions.
    Functions,
    /// Anything else: write it down in this file.
    Note {
        /// Where.
        file: String,
    },
}

/// One thing that it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A thought, said aloud.
    Say(&'static str),
    /// Look at a file.
    Read(&'static str),
    /// Write a whole file.
    Write {
        /// Where, relative to the worktree.
        file: String,
        /// What.
        text: String,
    },
    /// Run the project's check and show what it says.
    Check,
    /// Ask to be allowed to run this, then run it.
    Ask(&'static [&'static str]),
    /// Commit everything with this message.
    Commit(&'static str),
    /// `qd report progress` with the next step, as a session that takes over is asked to.
    Restate(&'static str),
    /// `qd report done`.
    Report(String),
}

/// The words by which each part is known.
const MARKERS: [(&str, Part); 4] = [
    ("`trim`", Part::Trim),
    ("title_case", Part::Title),
    ("--version", Part::Version),
    ("docs/functions.md", Part::Functions),
];

/// The part that a first prompt asks for: the marker that comes first, since titles come before details.
pub(super) fn part(prompt: &str) -> Part {
    MARKERS
        .into_iter()
        .filter_map(|(marker, part)| Some((prompt.find(marker)?, part)))
        .min_by_key(|(place, _)| *place)
        .map_or_else(|| note(prompt), |(_, part)| part)
}

/// A part for a request that it does not know.
fn note(prompt: &str) -> Part {
    let first = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("note");
    Part::Note { file: format!("notes/{}.md", slug(first)) }
}

/// Whether a later prompt wants work (a failed check, a conflict, a reminder), and not just to be heard.
pub(super) fn wants_work(prompt: &str) -> bool {
    let prompt = prompt.to_lowercase();
    ["fail", "conflict", "qd report", "again", "check"].iter().any(|word| prompt.contains(word))
}

/// The steps of a part. `title` is the content of `TITLE_FILE`, if it exists: the mistake is repaired only when
/// it was made.
pub(super) fn steps(part: &Part, prompt: &str, title: Option<&str>) -> Vec<Step> {
    let restated = prompt.starts_with("You take over task").then(|| Step::Restate(next(part)));
    restated.into_iter().chain(play(part, prompt, title)).collect()
}

/// The next step of a part that another session began.
fn next(part: &Part) -> &'static str {
    match part {
        Part::Trim => "a test that shows the tabs, then the repair of trim",
        Part::Title => "title_case with its test, then the check",
        Part::Version => "the --version flag, then one look at it",
        Part::Functions => "one line for every function in docs/functions.md",
        Part::Note { .. } => "the request is written down",
    }
}

fn play(part: &Part, prompt: &str, title: Option<&str>) -> Vec<Step> {
    match part {
        Part::Trim => trim(),
        Part::Title if title.is_some() => title_repaired(),
        Part::Title => title_with_mistake(),
        Part::Version => version(),
        Part::Functions => functions(),
        Part::Note { file } => written_down(file, prompt),
    }
}

fn write(file: &str, text: &str) -> Step {
    Step::Write { file: file.to_owned(), text: text.to_owned() }
}

fn report(summary: &str) -> Step {
    Step::Report(summary.to_owned())
}

fn trim() -> Vec<Step> {
    vec![
        Step::Say("First a test that shows it."),
        Step::Read("tests/trim.sh"),
        write("tests/trim.sh", TRIM_TEST),
        Step::Check,
        Step::Say("There it is: sed removes spaces only. A character class covers tabs too."),
        Step::Read("lib/trim.sh"),
        write("lib/trim.sh", TRIM),
        Step::Check,
        Step::Commit("Trim tabs as well as spaces"),
        report("trim now removes every kind of white space; a test covers tabs"),
    ]
}

fn title_with_mistake() -> Vec<Step> {
    vec![
        Step::Read("lib/text.sh"),
        Step::Say("A loop over the words, with the first letter raised."),
        write(TITLE_FILE, TITLE_FIRST),
        write("tests/title.sh", TITLE_TEST),
        Step::Say("That looks right. I shall not run the tests this time (this demo wants a failed check)."),
        report("title_case added, with a test"),
    ]
}

fn title_repaired() -> Vec<Step> {
    vec![
        Step::Say("The check is right: the words are joined without a space."),
        Step::Read(TITLE_FILE),
        write(TITLE_FILE, TITLE_FIXED),
        write("tests/title.sh", TITLE_TEST),
        Step::Check,
        report("title_case keeps the spaces between words; its test passes"),
    ]
}

fn version() -> Vec<Step> {
    vec![
        Step::Read("bin/inkwell"),
        write("bin/inkwell", COMMAND),
        write("tests/version.sh", VERSION_TEST),
        Step::Say("I would like to see it once with my own eyes."),
        Step::Ask(&["sh", "bin/inkwell", "--version"]),
        Step::Check,
        Step::Commit("Add a --version flag"),
        report("inkwell --version prints the version"),
    ]
}

fn functions() -> Vec<Step> {
    vec![
        Step::Read("lib/text.sh"),
        Step::Read("lib/trim.sh"),
        Step::Say("Four functions. One line each is enough."),
        write("docs/functions.md", FUNCTIONS),
        Step::Check,
        report("docs/functions.md lists every function with its file"),
    ]
}

fn written_down(file: &str, prompt: &str) -> Vec<Step> {
    vec![
        Step::Say("I am a demo agent: I know four requests and this is none of them. I write it down."),
        Step::Write { file: file.to_owned(), text: format!("# A request\n\n{}\n", prompt.trim()) },
        Step::Check,
        Step::Report(format!("the request is written down in {file}; a real agent would carry it out")),
    ]
}
