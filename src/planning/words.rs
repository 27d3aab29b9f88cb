//! The words that rules go by: verbs that open a request, what kind of work they mean, what sounds hard.

use crate::model::{Complexity, TaskType};

/// Verbs that open a request, with the kind of work. The first word of a clause decides; nouns only help.
#[rustfmt::skip] // a table reads better in rows
const VERBS: [(&str, TaskType); 96] = {
    use TaskType::{Bug, Chore, Documentation, Feature, Refactor, Research, Test};
    [
        ("fix", Bug), ("repair", Bug), ("debug", Bug), ("resolve", Bug), ("correct", Bug), ("patch", Bug), ("prevent", Bug),
        ("stop", Bug), ("handle", Bug), ("avoid", Bug), ("revert", Bug), ("solve", Bug),
        ("add", Feature), ("implement", Feature), ("create", Feature), ("build", Feature), ("make", Feature), ("support", Feature),
        ("introduce", Feature), ("allow", Feature), ("enable", Feature), ("let", Feature), ("show", Feature), ("provide", Feature),
        ("expose", Feature), ("write", Feature), ("generate", Feature), ("design", Feature), ("integrate", Feature), ("extend", Feature),
        ("improve", Feature), ("change", Feature), ("update", Feature), ("use", Feature), ("put", Feature), ("insert", Feature),
        ("append", Feature), ("include", Feature), ("display", Feature), ("print", Feature), ("validate", Feature), ("cache", Feature),
        ("optimize", Feature), ("optimise", Feature), ("speed", Feature), ("port", Feature), ("wire", Feature), ("hook", Feature),
        ("refactor", Refactor), ("rename", Refactor), ("simplify", Refactor), ("extract", Refactor), ("clean", Refactor),
        ("restructure", Refactor), ("reorganize", Refactor), ("reorganise", Refactor), ("move", Refactor), ("split", Refactor),
        ("merge", Refactor), ("inline", Refactor), ("deduplicate", Refactor), ("rewrite", Refactor), ("replace", Refactor),
        ("convert", Refactor), ("migrate", Refactor),
        ("test", Test), ("cover", Test), ("verify", Test),
        ("document", Documentation), ("describe", Documentation), ("comment", Documentation), ("translate", Documentation),
        ("research", Research), ("investigate", Research), ("explore", Research), ("analyze", Research), ("analyse", Research),
        ("find", Research), ("compare", Research), ("evaluate", Research), ("explain", Research), ("review", Research),
        ("check", Research), ("look", Research), ("figure", Research), ("audit", Research), ("profile", Research), ("measure", Research),
        ("bump", Chore), ("upgrade", Chore), ("install", Chore), ("remove", Chore), ("delete", Chore), ("run", Chore),
        ("set", Chore), ("configure", Chore),
    ]
};

/// More verbs that open a request and say nothing about its kind.
const OTHER_VERBS: [&str; 12] =
    ["drop", "format", "lint", "release", "publish", "deploy", "commit", "tag", "ensure", "do", "turn", "adjust"];

/// Words that open an object: after "and", a verb that is also a noun opens a request only when one of them follows.
const OBJECT_WORDS: [&str; 16] = [
    "the", "a", "an", "all", "it", "its", "them", "this", "that", "these", "those", "our", "my", "every", "some", "any",
];

/// As `OBJECT_WORDS`, for particles and adjectives.
const OBJECT_OPENINGS: [&str; 8] = ["up", "out", "for", "how", "why", "what", "tests", "new"];

/// Verbs that are as often nouns or adjectives: "the build **and test** scripts".
const AMBIGUOUS: [&str; 32] = [
    "test", "document", "comment", "cache", "support", "design", "profile", "format", "run", "set", "check", "build",
    "hook", "patch", "port", "print", "show", "use", "let", "change", "update", "review", "look", "speed", "release",
    "tag", "turn", "do", "stop", "replace", "find", "merge",
];

/// Words anywhere in the text that tell the kind when the verb does not.
#[rustfmt::skip] // a table reads better in rows
const NOUNS: [(&str, TaskType); 22] = {
    use TaskType::{Bug, Documentation, Refactor, Research, Test};
    [
        ("test", Test), ("tests", Test), ("coverage", Test),
        ("readme", Documentation), ("readme.md", Documentation), ("docs", Documentation), ("documentation", Documentation),
        ("changelog", Documentation), ("docstring", Documentation), ("docstrings", Documentation), ("comments", Documentation),
        ("bug", Bug), ("crash", Bug), ("crashes", Bug), ("broken", Bug), ("fails", Bug), ("error", Bug), ("regression", Bug),
        ("refactoring", Refactor), ("cleanup", Refactor), ("research", Research), ("why", Research),
    ]
};

/// Openings that are polite and say nothing.
#[rustfmt::skip] // a table reads better in rows
const OPENINGS: [&str; 26] = [
    "please ", "can you ", "could you ", "would you ", "will you ", "i want you to ", "i would like you to ", "i'd like you to ",
    "i need you to ", "we need to ", "you should ", "i want to ", "i'd like to ", "we should ", "let's ", "go ahead and ", "kindly ",
    "also ", "then ", "and ", "next ", "finally ", "first ", "now ", "just ", "to ",
];

/// The text's words, lowercase, without the marks around them.
pub(super) fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace().map(bare).filter(|word| !word.is_empty())
}

/// A word without the marks around it, lowercase.
pub(super) fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// The text without polite openings and ordering words.
pub(super) fn without_opening(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let found = OPENINGS
            .iter()
            .find(|opening| rest.get(..opening.len()).is_some_and(|start| start.eq_ignore_ascii_case(opening)));
        let comma = found.is_none().then(|| comma_opening(rest)).flatten();
        rest = match (found, comma) {
            (Some(opening), _) => rest.get(opening.len()..).unwrap_or_default().trim_start(),
            (None, Some(after)) => after,
            (None, None) => return rest,
        };
    }
}

/// `then, fix …`, `finally, fix …`
fn comma_opening(text: &str) -> Option<&str> {
    let (word, after) = text.split_once(',')?;
    let known = OPENINGS.iter().any(|opening| opening.trim_end().eq_ignore_ascii_case(word));
    known.then(|| after.trim_start())
}

/// Whether a clause that starts like this asks for something.
pub(super) fn is_request(text: &str) -> bool {
    verb(text).is_some()
}

/// The verb that a request opens with.
fn verb(text: &str) -> Option<String> {
    let rest = without_opening(text);
    let rest = rest
        .strip_prefix('@')
        .map_or(rest, |mention| mention.split_once(char::is_whitespace).map_or("", |(_, after)| after));
    let rest = without_opening(rest.trim_start_matches([',', ':', ' ']));
    if rest.starts_with(['`', '"', '“', '\'']) {
        return None; // a quotation asks for nothing
    }
    let first = split(rest).next()?;
    let first = match first.as_str() {
        // "use codex to fix", "ask opencode to add", "with claude, fix"
        "use" | "using" | "ask" | "with" | "have" | "let" => {
            let ahead: Vec<String> = split(rest).take(5).collect();
            let behind = ahead.iter().skip(2).find(|word| word.as_str() != "to" && is_verb(word));
            behind.cloned().unwrap_or(first)
        }
        _ => first,
    };
    is_verb(&first).then_some(first)
}

/// Whether a word is one of the verbs that open a request.
pub(super) fn is_verb(word: &str) -> bool {
    VERBS.iter().any(|(verb, _)| *verb == word) || OTHER_VERBS.contains(&word)
}

/// Whether text after "and" is a request of its own: a verb, and an object that is not just a noun phrase with it
/// ("fix the parser and lexer", "build and test scripts" stay whole).
pub(super) fn is_own_request(text: &str) -> bool {
    let rest = without_opening(text);
    if rest.starts_with('@') {
        return is_request(rest);
    }
    let mut words = split(rest);
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return false;
    };
    let has_object = || {
        OBJECT_WORDS.contains(&second.as_str()) || OBJECT_OPENINGS.contains(&second.as_str()) || second.contains('.')
    };
    is_verb(&first) && (!AMBIGUOUS.contains(&first.as_str()) || has_object())
}

/// The kind of work, and whether a verb or noun said so.
pub(super) fn task_type(title: &str, body: &str) -> (TaskType, bool) {
    let noun =
        |text: &str| split(text).find_map(|word| NOUNS.iter().find(|(noun, _)| *noun == word).map(|(_, kind)| *kind));
    let by_verb = verb(title).and_then(|verb| VERBS.iter().find(|(known, _)| *known == verb).map(|(_, kind)| *kind));
    match (by_verb, noun(title)) {
        // "add tests", "write docs", "update the readme": the object decides
        (Some(TaskType::Feature | TaskType::Chore), Some(kind @ (TaskType::Test | TaskType::Documentation))) => {
            (kind, true)
        }
        (Some(kind), _) | (None, Some(kind)) => (kind, true),
        (None, None) => noun(body).map_or((TaskType::Chore, false), |kind| (kind, true)),
    }
}

/// How hard it sounds: by length, and by words that make things large.
pub(super) fn complexity(body: &str) -> Complexity {
    const LARGE: [&str; 16] = [
        "architecture",
        "migrate",
        "migration",
        "redesign",
        "rewrite",
        "entire",
        "whole",
        "everywhere",
        "distributed",
        "concurrency",
        "security",
        "authentication",
        "database",
        "protocol",
        "across",
        "performance",
    ];
    const SMALL: [&str; 8] = ["typo", "rename", "bump", "comment", "spelling", "label", "line", "version"];
    let count = body.split_whitespace().count();
    let has = |list: &[&str]| split(body).filter(|word| list.contains(&word.as_str())).count();
    match (has(&LARGE), has(&SMALL)) {
        (large, _) if large >= 2 || count > 120 => Complexity::Complex,
        (1, _) => Complexity::Medium,
        (_, small) if small > 0 && count <= 25 => Complexity::Simple,
        _ if count <= 10 => Complexity::Simple,
        _ => Complexity::Medium,
    }
}

/// Whether the first word may get a capital letter: not a path, a command or code.
pub(super) fn is_plain_word(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| {
        word.trim_end_matches([',', ':', ';']).chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-')
    })
}
