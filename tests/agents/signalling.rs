//! Hooks and screens together.

use std::time::Duration;

use quarterdeck::agents::signals::{LAG, SETTLE, Signals};
use quarterdeck::model::{Dialog, DialogKind, Reading, SessionState, StateSource, Timestamp};
use serde_json::Value;

use super::replay::Replay;
use super::{agent, fixture};

use SessionState::{Idle, Limited, Unknown, WaitingInput, WaitingPermission, Working};

fn hooks(name: &str) -> Vec<(f64, String, String)> {
    fixture(&format!("hooks/{name}.jsonl"))
        .lines()
        .map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            (record["t"].as_f64().unwrap(), record["argv"][0].as_str().unwrap().to_owned(), record["stdin"].to_string())
        })
        .collect()
}

#[test]
fn claude_hooks_say_states() {
    let claude = agent("claude");
    let states: Vec<(String, Option<SessionState>)> = hooks("claude_tui")
        .into_iter()
        .map(|(_, event, payload)| (event.clone(), claude.hook(&event, &payload).reading.map(|reading| reading.state)))
        .collect();
    let of = |event: &str| states.iter().find(|(name, _)| name == event).unwrap().1;
    assert_eq!(of("SessionStart"), None);
    assert_eq!(of("UserPromptSubmit"), Some(Working));
    assert_eq!(of("PermissionRequest"), Some(WaitingPermission));
    assert_eq!(of("Notification"), Some(WaitingPermission));
    assert_eq!(of("Stop"), Some(WaitingInput));
    assert_eq!(of("StopFailure"), Some(WaitingInput));
    assert_eq!(of("SessionEnd"), None);

    let asks = claude.hook(
        "PermissionRequest",
        r#"{"session_id":"s","tool_name":"Bash","tool_input":{"command":"rm -rf \u001b[31mx","description":"d"}}"#,
    );
    assert_eq!(asks.reading.unwrap().evidence, "Bash: rm -rf x");
    assert_eq!(asks.conversation.as_deref(), Some("s"));
    assert!(claude.hook("UserPromptSubmit", "{}").turn_started);
    let pasted = r#"{"prompt":"\n<pasted_content id=\"24b2\">\na\nb\n</pasted_content id=\"24b2\">\n"}"#;
    assert_eq!(claude.hook("UserPromptSubmit", pasted).prompt.unwrap().trim(), "a\nb");
    let background = claude.hook("Stop", r#"{"background_tasks":[{"id":1}]}"#);
    assert_eq!(background.reading.unwrap().state, Working);
    let limited =
        claude.hook("StopFailure", r#"{"error":"rate_limit","last_assistant_message":"You've hit your limit"}"#);
    assert_eq!(limited.reading.unwrap().state, Limited);
    assert_eq!(claude.hook("Whatever", "not json").reading, None);
    assert_eq!(agent("gemini").hook("Stop", "{}").reading, None);
}

fn seen(state: SessionState) -> Option<Reading> {
    Some(Reading { state, source: StateSource::Screen, evidence: String::new(), dialog: None })
}

fn hooked(state: SessionState) -> Reading {
    Reading { source: StateSource::Hook, ..seen(state).unwrap() }
}

fn at(milliseconds: u64) -> Timestamp {
    Timestamp(0).after(Duration::from_millis(milliseconds))
}

#[test]
fn rest_must_stand_to_be_believed() {
    let mut signals = Signals::new();
    assert_eq!(signals.observed(seen(Working), at(0)).unwrap().state, Working);
    assert_eq!(signals.observed(seen(Idle), at(1_000)), None);
    assert_eq!(signals.observed(seen(Working), at(1_200)), None, "it was between two tools");
    assert_eq!(signals.due(), None);
    assert_eq!(signals.observed(seen(Idle), at(2_000)), None);
    let due = signals.due().unwrap();
    assert_eq!(due, at(2_000).after(SETTLE));
    assert_eq!(signals.tick(due).unwrap().state, WaitingInput, "a turn was seen: not idle");
}

#[test]
fn the_screen_lags_behind_a_hook() {
    let mut signals = Signals::new();
    signals.observed(seen(Working), at(0));
    assert_eq!(signals.hook(hooked(WaitingInput), at(1_000)).unwrap().state, WaitingInput);
    assert_eq!(signals.observed(seen(Working), at(1_100)), None);
    assert_eq!(signals.observed(seen(Idle), at(1_300)), None);
    assert_eq!(signals.tick(at(60_000)), None);
    assert_eq!(signals.verdict().unwrap().state, WaitingInput);
    // the person types in the pane, and the hook is lost
    assert_eq!(signals.observed(seen(Working), at(1_000).after(LAG)).unwrap().state, Working);
}

#[test]
fn escape_fires_no_hook_and_still_ends_the_turn() {
    let mut signals = Signals::new();
    signals.hook(hooked(Working), at(0));
    signals.observed(seen(Working), at(500));
    assert_eq!(signals.observed(seen(Idle), at(5_000)), None);
    assert_eq!(signals.tick(signals.due().unwrap()).unwrap().state, WaitingInput);
}

#[test]
fn a_first_look_is_idle_and_an_unknown_one_says_nothing() {
    let mut signals = Signals::new();
    assert_eq!(signals.observed(None, at(0)), None);
    assert_eq!(signals.observed(seen(Idle), at(100)), None);
    assert_eq!(signals.tick(at(5_000)).unwrap().state, Idle);
    assert_eq!(signals.observed(None, at(6_000)), None);
    assert_eq!(signals.verdict().unwrap().state, Idle);
}

#[test]
fn a_question_joins_the_words_of_the_hook() {
    let claude = agent("claude");
    let mut replay = Replay::new("claude_hooks_manual");
    let mut signals = Signals::new();
    signals.hook(Reading { evidence: "Write: hello.txt".to_owned(), ..hooked(WaitingPermission) }, at(5_000));
    let joined = signals.observed(claude.read(&replay.at(5.8)), at(5_200)).unwrap();
    assert_eq!((joined.source, joined.evidence.as_str()), (StateSource::Hook, "Write: hello.txt"));
    assert_eq!(joined.dialog.unwrap().yes, ["1"]);
    assert_eq!(signals.hook(hooked(WaitingPermission), at(11_000)), None, "the reminder says nothing new");
    assert_eq!(signals.observed(claude.read(&replay.at(6.5)), at(12_000)), None);
    assert_eq!(signals.observed(claude.read(&replay.at(14.5)), at(14_500)).unwrap().state, Working);
}

#[test]
fn a_question_that_is_gone_leaves_unknown() {
    let mut signals = Signals::new();
    let question = agent("claude").read(&Replay::new("claude_full").at(2.0));
    assert_eq!(signals.observed(question, at(0)).unwrap().state, WaitingPermission);
    assert_eq!(signals.observed(None, at(1_000)), None);
    assert_eq!(signals.tick(signals.due().unwrap()).unwrap().state, Unknown);
}

/// The whole recorded session with the hooks that it fired, every 100 ms.
#[test]
fn a_recorded_session_with_its_hooks() {
    let claude = agent("claude");
    let mut replay = Replay::new("claude_full");
    let mut signals = Signals::new();
    let mut changes = Vec::new();
    for tenth in 0..540_u32 {
        let now = at(u64::from(tenth) * 100);
        let reading = claude.read(&replay.at(f64::from(tenth) / 10.0));
        changes.extend(signals.observed(reading, now).map(|reading| reading.state));
        changes.extend(signals.tick(now).map(|reading| reading.state));
    }
    changes.dedup();
    assert_eq!(changes, [WaitingPermission, Idle, Working, WaitingInput, Working, WaitingInput]);
}

#[test]
fn a_shell_at_its_prompt_is_idle_again_and_again() {
    let shell = agent("shell");
    let seen = |own_foreground| quarterdeck::protocol::pane::Observation { own_foreground, ..Default::default() };
    assert_eq!(agent("claude").at_prompt(&seen(true)), None);
    let mut signals = Signals::new();
    let mut now = Timestamp(0);
    for _ in 0..2 {
        let working = signals.observed(shell.at_prompt(&seen(false)).or_else(|| shell.read(&seen(false))), now);
        assert_eq!(working.unwrap().state, Working);
        now = now.after(SETTLE);
        assert_eq!(signals.observed(shell.at_prompt(&seen(true)), now), None, "it has to stand for a while");
        now = now.after(SETTLE);
        assert_eq!(signals.tick(now).unwrap().state, Idle);
    }
}

#[test]
fn rest_after_a_permission_is_the_end_of_a_turn() {
    let asked = |kind| {
        let dialog = Dialog { yes: vec!["1".to_owned()], ..Dialog::told(kind, "Run it?") };
        Some(Reading { dialog: Some(dialog), ..seen(WaitingPermission).unwrap() })
    };
    for (kind, then) in [(DialogKind::Permission, WaitingInput), (DialogKind::Trust, Idle)] {
        let mut signals = Signals::new();
        let start = Timestamp(0);
        signals.observed(asked(kind), start);
        // its tools and its answer were over in an instant: no work was seen
        signals.observed(seen(Idle), start.after(LAG));
        signals.tick(start.after(LAG + SETTLE));
        assert_eq!(signals.verdict().unwrap().state, then, "{kind:?}");
    }
}

#[test]
fn qwen_goes_on_after_a_tool_and_begins_no_turn_with_it() {
    let qwen = agent("qwen");
    let begins = qwen.hook("UserPromptSubmit", r#"{"session_id":"s","prompt":"do it"}"#);
    assert!(begins.turn_started && begins.prompt.as_deref() == Some("do it"));
    let goes_on = qwen.hook("UserPromptSubmit", r#"{"session_id":"s","prompt":""}"#);
    assert!(!goes_on.turn_started && goes_on.prompt.is_none());
    assert_eq!(goes_on.reading.unwrap().state, Working);
}
