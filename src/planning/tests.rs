//! What the rules make of messages, and that they lose nothing.

use proptest::prelude::*;

use super::rules::{PlanContext, plan};
use crate::model::{Complexity, Dependency, TaskDraft, TaskType};

fn context() -> PlanContext {
    let agents = ["claude", "codex", "gemini", "opencode", "shell"].map(str::to_owned).to_vec();
    PlanContext { agents, default_agent: "claude".to_owned(), split: true, ..PlanContext::default() }
}

fn drafts(text: &str) -> Vec<TaskDraft> {
    plan(text, &context())
}

fn titles(text: &str) -> Vec<String> {
    drafts(text).into_iter().map(|draft| draft.title).collect()
}

#[test]
fn one_request_is_one_task() {
    let drafts = drafts("fix the login bug");
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].title, "Fix the login bug");
    assert_eq!(drafts[0].body, "fix the login bug");
    assert_eq!(drafts[0].task_type, TaskType::Bug);
    assert_eq!(drafts[0].agent, "claude");
    assert_eq!(drafts[0].complexity, Complexity::Simple);
}

#[test]
fn and_joins_requests_but_not_objects() {
    assert_eq!(titles("fix the login bug and add a dark mode"), ["Fix the login bug", "Add a dark mode"]);
    assert_eq!(titles("Fix the parser and lexer"), ["Fix the parser and lexer"]);
    assert_eq!(titles("update the build and test scripts"), ["Update the build and test scripts"]);
    assert_eq!(
        titles("add a search and replace dialog").len(),
        2_usize.min(titles("add a search and replace dialog").len())
    );
    assert_eq!(titles("Fix the crash, and document it."), ["Fix the crash", "Document it"]);
}

#[test]
fn sentences_are_tasks_and_explanations_stay_with_theirs() {
    let drafts = drafts("Fix the date parser. It fails on leap years. Add tests for the calendar.");
    assert_eq!(drafts.len(), 2);
    assert!(drafts[0].body.contains("leap years"));
    assert_eq!(drafts[1].title, "Add tests for the calendar");
    assert_eq!(drafts[1].task_type, TaskType::Test);
}

#[test]
fn lists_are_tasks() {
    let text = "Please do these for the release:\n- fix typo in README\n- bump version to 2.0\n\n1. refactor `a and b` module\n   keep the API";
    let drafts = drafts(text);
    assert_eq!(drafts.len(), 3, "{drafts:#?}");
    assert_eq!(drafts[0].title, "Fix typo in README");
    assert_eq!(drafts[0].complexity, Complexity::Simple);
    assert_eq!(drafts[1].task_type, TaskType::Chore);
    assert!(drafts[2].body.contains("keep the API"));
    assert!(drafts.iter().all(|draft| draft.body.contains("for the release")));
}

#[test]
fn then_waits_for_what_came_before() {
    let drafts = drafts("add a config parser, then write docs for it and then release it");
    assert_eq!(
        drafts.iter().map(|draft| draft.title.as_str()).collect::<Vec<_>>(),
        ["Add a config parser", "Write docs for it", "Release it"]
    );
    assert_eq!(drafts[0].depends, []);
    assert_eq!(drafts[1].depends, [Dependency::Sibling(0)]);
    assert_eq!(drafts[2].depends, [Dependency::Sibling(1)]);
    assert_eq!(drafts[1].task_type, TaskType::Documentation);
}

#[test]
fn what_follows_a_group_waits_for_all_of_it() {
    let drafts = drafts("Fix the lexer and fix the parser. Once both are done, update the changelog.");
    assert_eq!(drafts.len(), 3, "{drafts:#?}");
    assert_eq!(drafts[2].title, "Update the changelog");
    assert_eq!(drafts[2].depends, [Dependency::Sibling(0), Dependency::Sibling(1)]);
}

#[test]
fn parallel_is_said_and_heard() {
    let drafts = drafts("fix the lexer and in parallel write docs for the parser");
    assert_eq!(drafts.len(), 2);
    assert!(drafts.iter().all(|draft| draft.depends.is_empty()));
    assert_eq!(drafts[1].title, "Write docs for the parser");
}

#[test]
fn agents_are_mentioned() {
    let agent = |text: &str| drafts(text).into_iter().map(|draft| (draft.agent, draft.title)).next().unwrap();
    let fix = || "Fix the tests".to_owned();
    assert_eq!(agent("@codex fix the tests"), ("codex".to_owned(), fix()));
    assert_eq!(agent("fix the tests with gemini"), ("gemini".to_owned(), fix()));
    assert_eq!(agent("ask opencode to fix the tests"), ("opencode".to_owned(), fix()));
    assert_eq!(agent("Using codex, fix the tests"), ("codex".to_owned(), fix()));
    assert_eq!(agent("fix the tests with care").0, "claude");
    assert_eq!(agent("mention `@codex` in the README").0, "claude");
    assert_eq!(agent("mail @nobody about the tests").0, "claude");
    let two = drafts("@codex fix the lexer and @gemini add docs for the parser");
    assert_eq!(two.iter().map(|draft| draft.agent.as_str()).collect::<Vec<_>>(), ["codex", "gemini"], "{two:#?}");
}

#[test]
fn shell_only_when_asked_for() {
    let draft = drafts("@shell `cargo fmt && git commit -am fmt`").remove(0);
    assert_eq!((draft.agent.as_str(), draft.run.as_deref()), ("shell", Some("cargo fmt && git commit -am fmt")));
    let draft = drafts("run `cargo fmt`").remove(0);
    assert_eq!((draft.agent.as_str(), draft.run.as_deref()), ("claude", None));
    let given = PlanContext { run: Some("true".to_owned()), split: false, ..context() };
    let draft = plan("touch nothing", &given).remove(0);
    assert_eq!((draft.agent.as_str(), draft.run.as_deref()), ("shell", Some("true")));
}

#[test]
fn quotes_and_code_are_not_cut() {
    assert_eq!(titles("rename \"add user and delete user. Then fix it\" in the menu").len(), 1);
    assert_eq!(titles("fix this:\n```\nadd a.\n\n- fix b and add c\nthen delete d\n```").len(), 1);
    assert_eq!(titles("replace `foo and add the bar` by `baz`").len(), 1);
}

#[test]
fn without_split_it_is_one_task() {
    let whole = PlanContext { split: false, ..context() };
    let text = "fix a. add b. then delete c.\n- and d";
    let drafts = plan(text, &whole);
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].body, text);
}

#[test]
fn titles_are_short_and_plain() {
    let long = format!("could you please fix {}", "a very long explanation ".repeat(20));
    let title = &titles(&long)[0];
    assert!(title.chars().count() <= 72 && title.ends_with('…') && title.starts_with("Fix a very"), "{title}");
    assert_eq!(titles("src/main.rs: fix the panic")[0], "src/main.rs: fix the panic");
    assert!(plan(" \n\t ...", &context()).is_empty());
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_word_is_lost(pieces in prop::collection::vec(prop::sample::select(vec![
        "fix", "the", "parser", "and", "then", "add", "tests.", ",", "\n", "\n- ", "\n2. ", "\n\n", "`a b`", "\"x. Then y\"", "```", "Once", "done,",
        "after that", "in parallel", "@codex", "with claude", "it's", "Ünïcödé", "e.g.", "please", "'", "; ", "write docs", "?", "🙂", "@shell", "ask gemini to",
    ]), 0..40), split: bool) {
        let text = pieces.join(" ");
        let drafts = plan(&text, &PlanContext { split, ..context() });
        let kept: Vec<String> = drafts.iter().flat_map(|draft| words(&draft.body)).collect();
        if text.chars().any(char::is_alphanumeric) {
            prop_assert!(split || drafts.len() == 1);
            for word in words(&text) {
                prop_assert!(kept.contains(&word), "{word} of {text:?} in {drafts:#?}");
            }
        }
        for (place, draft) in drafts.iter().enumerate() {
            prop_assert!(!draft.title.is_empty() && draft.title.chars().count() <= 72 && !draft.title.contains('\n'));
            prop_assert!((0.0..=1.0).contains(&draft.confidence));
            let backwards = draft.depends.iter().all(|depends| matches!(depends, Dependency::Sibling(at) if *at < place));
            prop_assert!(backwards);
        }
    }

    #[test]
    fn anything_is_survived(text in any::<String>()) {
        let drafts = plan(&text, &context());
        let kept: Vec<String> = drafts.iter().flat_map(|draft| words(&draft.body)).collect();
        if !drafts.is_empty() {
            prop_assert!(words(&text).iter().all(|word| kept.contains(word)));
        }
    }
}
