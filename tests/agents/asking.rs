//! What exactly is asked for: the hook's words tied to the question on the screen, and what "always" would mean.

use quarterdeck::agents::Requests;
use quarterdeck::config::AgentDefinition;
use quarterdeck::model::Dialog;
use quarterdeck::protocol::pane::{Modes, Observation};
use serde_json::Value;

use super::replay::Replay;
use super::{agent, fixture};

/// The payloads of an event in recorded hooks.
fn payloads(name: &str, event: &str) -> Vec<String> {
    let lines = fixture(&format!("hooks/{name}.jsonl"));
    let records = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.filter(|record| record["argv"][0] == event).map(|record| record["stdin"].to_string()).collect()
}

fn dialog(name: &str, seen: &Observation) -> Dialog {
    agent(name).read(seen).and_then(|reading| reading.dialog).unwrap_or_else(|| panic!("{}", seen.screen.join("\n")))
}

/// What a pane of so few rows shows of a screen.
fn low(seen: &Observation, rows: usize) -> Observation {
    let last = seen.screen.iter().rposition(|row| !row.trim().is_empty()).unwrap() + 1;
    Observation { screen: seen.screen[last.saturating_sub(rows)..last].to_vec(), ..seen.clone() }
}

#[test]
fn claudes_hooks_tell_the_command_that_a_low_pane_does_not_show() {
    let claude = agent("claude");
    let mut replay = Replay::new("claude_hooks_manual");
    let (write, bash) = (replay.at(13.8), replay.at(16.8));
    let requested = payloads("claude_tui", "PermissionRequest");
    let mut requests = Requests::default();
    assert!(requests.heard(&claude.hook("PermissionRequest", &requested[0])));
    for seen in [write.clone(), low(&write, 6)] {
        let exact = requests.of(&dialog("claude", &seen)).unwrap();
        assert!(exact.title.starts_with("write `/home/dev") && exact.title.ends_with("/hello.txt`?"), "{exact:?}");
        assert!(exact.text.ends_with("\n+hello from the mock model\n+second line"), "{exact:?}");
    }
    let ran = requested[0].replace("\"PermissionRequest\"", "\"PostToolUse\"");
    assert!(requests.heard(&claude.hook("PostToolUse", &ran)));
    assert_eq!(requests.of(&dialog("claude", &write)), None);
    requests.heard(&claude.hook("PermissionRequest", &requested[1]));
    for seen in [bash.clone(), low(&bash, 7)] {
        let exact = requests.of(&dialog("claude", &seen)).unwrap();
        assert_eq!(exact.title, "run `touch sub.txt`?");
        assert_eq!(exact.text, "$ touch sub.txt\n\n(Run: touch sub.txt)");
    }
    // of two that wait, only the one that is shown
    requests.heard(&claude.hook("PermissionRequest", &requested[0]));
    assert_eq!(requests.of(&dialog("claude", &bash)).unwrap().title, "run `touch sub.txt`?");
    assert_eq!(requests.of(&dialog("claude", &low(&bash, 7))), None, "it may be either");
    // Esc fires no hook; the next prompt says that nothing waits any more
    requests.heard(&claude.hook("UserPromptSubmit", "{}"));
    assert_eq!(requests.of(&dialog("claude", &bash)), None);
}

#[test]
fn codexs_patch_is_told_whole() {
    let codex = agent("codex");
    let requested = payloads("codex_approval", "PermissionRequest");
    let mut requests = Requests::default();
    requests.heard(&codex.hook("PermissionRequest", &requested[0]));
    let seen = Replay::new("codex_approval").at(11.4);
    let exact = requests.of(&dialog("codex", &seen)).unwrap();
    assert_eq!(exact.title, "edit `ask.txt`?");
    assert!(exact.text.contains("+hello from the mock model\n+second line\n*** End Patch"), "{exact:?}");
    let ran = codex.hook("PostToolUse", &payloads("codex_approval", "PreToolUse")[0]);
    assert!(requests.heard(&ran), "the same patch, whatever stands at its end");
}

#[test]
fn opencodes_diff_is_told_whole() {
    let opencode = agent("opencode");
    let mut requests = Requests::default();
    let payload = r#"{"permission":"edit","patterns":["hello.txt"],"metadata":{"filepath":"/p/hello.txt",
        "diff":"--- /p/hello.txt\n+++ /p/hello.txt\n@@ -0,0 +1 @@\n+hello\n"}}"#;
    requests.heard(&opencode.hook("permission.asked", payload));
    let asked = Dialog::told(quarterdeck::model::DialogKind::Permission, "△ Permission required\n→ Edit hello.txt");
    let exact = requests.of(&asked).unwrap();
    assert_eq!(exact.title, "edit `/p/hello.txt`?");
    assert!(exact.text.ends_with("@@ -0,0 +1 @@\n+hello\n"), "{exact:?}");
    requests.heard(&opencode.hook("permission.asked", r#"{"permission":"bash","metadata":{"command":"wc -c a"}}"#));
    assert_eq!(requests.of(&Dialog { text: "# Shell command\n$ wc -c a".into(), ..asked }).unwrap().text, "$ wc -c a");
    requests.heard(&opencode.hook("permission.replied", "{}"));
    assert_eq!(requests.of(&Dialog::told(quarterdeck::model::DialogKind::Permission, "Allow once")), None);
}

#[test]
fn always_is_offered_in_the_agents_own_words_and_only_where_it_is() {
    let mut replay = Replay::new("claude_hooks_manual");
    let always = dialog("claude", &replay.at(13.8)).always.unwrap();
    let words = "Yes, and switch to accept edits (auto-approve file edits and common file commands) for this session (shift+tab)";
    assert_eq!((always.scope.as_str(), always.keys.as_slice()), (words, &["2".to_owned()][..]));
    let bash = replay.at(16.8);
    let always = dialog("claude", &bash).always.unwrap();
    let words = "Yes, and always allow access to /home/dev/project/qd/work/claude_hooks from this project";
    assert_eq!(always.scope, words);
    let mut without = bash.clone();
    without.screen.retain(|row| !row.contains("2. Yes, and"));
    assert_eq!(dialog("claude", &without).always, None);
    assert_eq!(dialog("claude", &Replay::new("claude_full").at(2.0)).always, None, "trust is for the project anyway");
    // wrapped in a narrow pane
    let look = |rows: &[&str]| Observation {
        screen: rows.iter().map(|row| (*row).to_owned()).collect(),
        modes: Modes { bracketed_paste: true, ..Modes::default() },
        ..bash.clone()
    };
    let narrow = look(&[
        "────────────",
        " Do you want to proceed?",
        " ❯ 1. Yes",
        "   2. Yes, and always allow",
        "      access to /p from this",
        "      project",
        "   3. No",
        " Esc to cancel",
    ]);
    let always = dialog("claude", &narrow).always.unwrap();
    assert_eq!(always.scope, "Yes, and always allow access to /p from this project");
    let gemini = look(&[
        "╭────────╮",
        "│ Apply this change? │",
        "│ ● 1. Allow once │",
        "│   2. Allow for this session │",
        "│   4. No, suggest changes (esc) │",
        "╰────────╯",
    ]);
    let always = dialog("gemini", &gemini).always.unwrap();
    assert_eq!((always.scope.as_str(), always.keys.len()), ("Allow for this session", 2));
}

#[test]
fn an_answer_always_needs_a_row_and_keys() {
    let text = include_str!("../../agents/gemini.toml");
    for wrong in ["{ row = \"\", keys = [\"2\"] }", "{ row = \"x\", keys = [] }", "{ row = \"x\", keys = [\"NoKey\"] }"]
    {
        let wrong = text.replace("{ row = \"2. Allow for this session\", keys = [\"Down\", \"Enter\"] }", wrong);
        assert!(AgentDefinition::parse(&wrong, "gemini.toml").is_err(), "{wrong}");
    }
}
