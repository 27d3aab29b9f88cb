//! Delivery against a small model of a composer, and against recorded screens.

use std::time::Duration;

use quarterdeck::agents::delivery::{Delivery, DeliveryAction, DeliveryEvent};
use quarterdeck::model::Timestamp;
use quarterdeck::protocol::pane::{Modes, Observation, WriteFate};

use super::agent;
use super::replay::Replay;

pub(super) fn at(milliseconds: u64) -> Timestamp {
    Timestamp(1_000_000).after(Duration::from_millis(milliseconds))
}

/// Claude Code's screen with this in its composer.
fn screen(title: &str, composer: &str, footer: &str) -> Observation {
    let rule = "─".repeat(80);
    let mut rows = vec!["● earlier output".to_owned(), String::new(), rule.clone()];
    rows.extend(format!("❯ {composer}").lines().map(str::to_owned));
    rows.extend([rule, format!("  {footer}")]);
    Observation {
        title: title.to_owned(),
        screen: rows,
        modes: Modes { bracketed_paste: true, ..Modes::default() },
        quiet_ms: 400,
        ..Observation::default()
    }
}

pub(super) fn idle(composer: &str) -> Observation {
    screen("✳ Claude Code", composer, "? for shortcuts")
}

pub(super) fn working() -> Observation {
    screen("◐ Claude Code", "", "esc to interrupt")
}

pub(super) fn write(actions: &[DeliveryAction]) -> Option<(&str, &[u8], bool)> {
    actions.iter().find_map(|action| match action {
        DeliveryAction::Write { key, bytes, paste, .. } => Some((key.as_str(), bytes.as_slice(), *paste)),
        _ => None,
    })
}

/// The write that the journal is asked for.
pub(super) fn recalled(actions: &[DeliveryAction]) -> Option<&str> {
    actions.iter().find_map(|action| match action {
        DeliveryAction::Recall { key } => Some(key.as_str()),
        _ => None,
    })
}

pub(super) fn failure(actions: &[DeliveryAction]) -> Option<&str> {
    actions.iter().find_map(|action| match action {
        DeliveryAction::Failed { detail } => Some(detail.as_str()),
        _ => None,
    })
}

pub(super) fn delivered(actions: &[DeliveryAction]) -> bool {
    actions.contains(&DeliveryAction::Delivered)
}

pub(super) fn wrote(key: &str) -> DeliveryEvent<'_> {
    DeliveryEvent::Wrote { key, fate: WriteFate::Written }
}

/// Up to the Enter that was written.
fn entered(text: &str, shown: &str) -> Delivery {
    let mut delivery = Delivery::new("e7", text, &agent("claude"));
    let actions = delivery.step(DeliveryEvent::Saw(&idle("")), at(0));
    let (key, _, paste) = write(&actions).unwrap();
    assert_eq!((key, paste), ("e7.paste", true));
    delivery.step(wrote("e7.paste"), at(10));
    let early = delivery.step(DeliveryEvent::Saw(&idle(shown)), at(200));
    assert!(write(&early).is_none(), "Enter comes later than the paste");
    let actions = delivery.step(DeliveryEvent::Tick, at(520));
    assert_eq!(write(&actions), Some(("e7.enter", &b"\r"[..], false)));
    delivery.step(wrote("e7.enter"), at(530));
    delivery
}

#[test]
fn paste_see_enter_see() {
    let mut delivery = entered("fix the bug", "fix the bug");
    assert!(!delivered(&delivery.step(DeliveryEvent::Saw(&idle("fix the bug")), at(600))));
    assert!(delivered(&delivery.step(DeliveryEvent::Saw(&working()), at(700))));
    assert!(delivery.is_over());
    assert!(delivery.step(DeliveryEvent::Saw(&idle("")), at(9_000)).is_empty());
}

/// The conversation shows this, the composer is empty.
pub(super) fn said(text: &str) -> Observation {
    let mut seen = idle("");
    seen.screen.insert(0, format!("❯ {text}"));
    seen
}

#[test]
fn the_hook_that_tells_the_text_is_enough_and_another_text_is_not() {
    let told =
        |prompt: Option<&str>| entered("fix it", "fix it").step(DeliveryEvent::HookTurnStarted { prompt }, at(600));
    assert!(delivered(&told(Some("fix it"))));
    assert!(delivered(&told(None)), "nothing else was under way");
    assert!(!delivered(&told(Some("what somebody else typed"))));
}

#[test]
fn an_empty_composer_alone_proves_nothing() {
    let mut delivery = entered("fix the bug", "fix the bug");
    assert!(!delivered(&delivery.step(DeliveryEvent::Saw(&idle("")), at(600))));
    let failed = delivery.step(DeliveryEvent::Tick, at(31_000));
    assert!(failure(&failed).unwrap().contains("no turn was seen to start"));
    // with the text in the conversation it does
    assert!(delivered(&entered("fix the bug", "fix the bug").step(DeliveryEvent::Saw(&said("fix the bug")), at(600))));
    // or with work that was seen before
    let mut delivery = entered("fix the bug", "fix the bug");
    let busy = screen("◐ Claude Code", "fix the bug", "esc to interrupt");
    assert!(!delivered(&delivery.step(DeliveryEvent::Saw(&busy), at(550))));
    assert!(delivered(&delivery.step(DeliveryEvent::Saw(&idle("")), at(600))));
}

#[test]
fn a_text_that_stood_there_before_proves_nothing() {
    let mut delivery = Delivery::new("e7", "go on", &agent("claude"));
    delivery.step(DeliveryEvent::Saw(&said("go on")), at(0));
    delivery.step(wrote("e7.paste"), at(10));
    delivery.step(DeliveryEvent::Saw(&idle("go on")), at(600));
    delivery.step(wrote("e7.enter"), at(610));
    assert!(!delivered(&delivery.step(DeliveryEvent::Saw(&said("go on")), at(700))));
    assert!(delivered(&delivery.step(DeliveryEvent::HookTurnStarted { prompt: Some("go on") }, at(800))));
}

#[test]
fn a_long_text_is_handed_over_as_a_file() {
    let claude = agent("claude");
    let place = std::path::Path::new("/s");
    let long = format!("/fix @this `now`\nall of it {}", "word ".repeat(10_000));
    let handing = claude.hand("e7", &long, place);
    let (path, text) = handing.file.unwrap();
    assert_eq!(path, place.join("prompts/e7.md"));
    assert!(text.starts_with("Task: /fix @this") && text.ends_with("word"));
    assert_eq!(handing.text.lines().count(), 1);
    let begins =
        "Read all of the file /s/prompts/e7.md (50032 bytes, 2 lines) and do what it says. It begins: /fix this now";
    assert!(handing.text.starts_with(begins), "{}", handing.text);
    assert_eq!(claude.hand("e7", &long, place).text, handing.text, "the same again after a crash");
    let short = claude.hand("e8", "x".repeat(32 * 1024).as_str(), place);
    assert!(short.file.is_none() && short.text.len() == 32 * 1024);
    assert!(agent("shell").hand("e9", &long, place).file.is_none(), "a shell reads no files by itself");
}

#[test]
fn a_long_text_is_known_by_its_placeholder() {
    let long = "line of text\n".repeat(80_000);
    assert!(long.len() > 1_000_000);
    entered(&long, "[Pasted text #1 +79999 lines]");
    entered("wrapped over\nsome rows of the composer", "wrapped over\n  some rows of the\n  composer");
    entered("x", "x");
    // as a screen shows it: the joined emoji lost its parts, the letter and its accent became one
    entered("p0007 ümlaut 日本 👨\u{200d}👩\u{200d}👧 עברית e\u{301}", "p0007 ümlaut 日本 👨\u{200d} עברית é");
}

#[test]
fn enter_is_pressed_once_more_and_then_it_fails() {
    let mut delivery = entered("fix it", "fix it");
    let again = delivery.step(DeliveryEvent::Saw(&idle("fix it")), at(4_000));
    assert_eq!(write(&again).unwrap().0, "e7.enter-again");
    delivery.step(wrote("e7.enter-again"), at(4_010));
    assert!(write(&delivery.step(DeliveryEvent::Saw(&idle("fix it")), at(9_000))).is_none());
    let failed = delivery.step(DeliveryEvent::Tick, at(40_000));
    assert!(failure(&failed).unwrap().contains("Enter did not start a turn"));
}

#[test]
fn it_waits_for_a_composer_that_is_there_still_and_empty() {
    let mut delivery = Delivery::new("k", "fix it", &agent("claude"));
    let mut raw = idle("");
    raw.modes.bracketed_paste = false;
    assert!(write(&delivery.step(DeliveryEvent::Saw(&raw), at(0))).is_none());
    let mut moving = idle("");
    moving.quiet_ms = 0;
    assert!(write(&delivery.step(DeliveryEvent::Saw(&moving), at(2_000))).is_none());
    assert!(write(&delivery.step(DeliveryEvent::Tick, at(2_100))).is_none());
    assert!(write(&delivery.step(DeliveryEvent::Tick, at(2_300))).is_some());
}

#[test]
fn it_fails_in_words_when_it_cannot_begin() {
    let mut delivery = Delivery::new("k", "fix it", &agent("claude"));
    let mut raw = idle("");
    raw.modes.bracketed_paste = false;
    delivery.step(DeliveryEvent::Saw(&raw), at(0));
    let failed = delivery.step(DeliveryEvent::Tick, at(60_001));
    assert_eq!(failure(&failed), Some("the prompt did not reach Claude Code: it did not show its input box"));
    let empty = Delivery::new("k", " \u{1b} ", &agent("claude")).step(DeliveryEvent::Tick, at(0));
    assert!(failure(&empty).unwrap().contains("empty"));
    let mut never = Delivery::new("k", "fix it", &agent("claude"));
    never.step(DeliveryEvent::Tick, at(0));
    assert!(failure(&never.step(DeliveryEvent::Tick, at(60_000))).is_some());
}

#[test]
fn a_dialog_stops_the_clock() {
    let claude = agent("claude");
    let trust = Replay::new("claude_full").at(2.0);
    let mut delivery = Delivery::new("k", "fix it", &claude);
    delivery.step(DeliveryEvent::Saw(&trust), at(0));
    for minute in 1..30 {
        let actions = delivery.step(DeliveryEvent::Tick, at(minute * 59_000));
        assert!(failure(&actions).is_none() && write(&actions).is_none());
    }
    assert!(write(&delivery.step(DeliveryEvent::Saw(&idle("")), at(1_800_000))).is_some());
}

#[test]
fn the_recorded_composers_are_seen() {
    for (name, recording, ready, pasted, text) in [
        (
            "claude",
            "claude_full",
            10.1,
            10.7,
            "Create FILE:/home/dev/project/qd/work/claude_tui/hello.txt and\nRUN:wc -c hello.txt~ MOCK:slow",
        ),
        ("codex", "codex_approval", 2.5, 3.0, "Create FILE:ask.txt and RUN:touch ask2.txt~"),
        (
            "gemini",
            "gemini_start",
            6.5,
            7.2,
            "Create FILE:/home/dev/project/qd/work/gemini_tui/hello.txt and\nRUN:wc -c hello.txt~",
        ),
        (
            "opencode",
            "opencode_full",
            14.4,
            15.3,
            "Create FILE:/home/dev/project/qd/work/opencode_tui/hello.txt and\nRUN:wc -c hello.txt~",
        ),
    ] {
        let mut replay = Replay::new(recording);
        let mut delivery = Delivery::new("k", text, &agent(name));
        let mut seen = replay.at(ready);
        seen.quiet_ms = 500;
        assert!(
            write(&delivery.step(DeliveryEvent::Saw(&seen), at(0))).is_some(),
            "{name} is ready:\n{}",
            seen.screen.join("\n")
        );
        delivery.step(wrote("k.paste"), at(1));
        let seen = replay.at(pasted);
        let actions = delivery.step(DeliveryEvent::Saw(&seen), at(2_000));
        assert!(write(&actions).is_some(), "{name} shows the text:\n{}", seen.screen.join("\n"));
        delivery.step(wrote("k.enter"), at(2_001));
        let seen = replay.at(pasted + 2.0);
        assert!(
            delivered(&delivery.step(DeliveryEvent::Saw(&seen), at(3_000))),
            "{name} works:\n{}",
            seen.screen.join("\n")
        );
    }
}

/// After a crash of the daemon the same delivery begins again with the same key.
#[test]
fn a_crash_delivers_once() {
    let again = |fate, composer: &Observation| {
        let mut delivery = Delivery::new("e7", "fix the bug", &agent("claude"));
        delivery.step(DeliveryEvent::Saw(composer), at(0));
        delivery.step(DeliveryEvent::Wrote { key: "e7.paste", fate }, at(10));
        delivery.step(DeliveryEvent::Saw(composer), at(20));
        let actions = delivery.step(DeliveryEvent::Tick, at(600));
        (delivery, actions)
    };
    // pasted, not entered: goes on with Enter
    let (_, actions) = again(WriteFate::AlreadyWritten, &idle("fix the bug"));
    assert_eq!(write(&actions).unwrap().0, "e7.enter");
    // entered: the journal of Enter says so
    let (mut delivery, actions) = again(WriteFate::AlreadyWritten, &idle(""));
    assert_eq!(recalled(&actions), Some("e7.enter"));
    let done = delivery.step(DeliveryEvent::Wrote { key: "e7.enter", fate: WriteFate::AlreadyWritten }, at(700));
    assert!(delivered(&done));
    // nobody knows, and the screen says nothing: words, not a second prompt
    let (mut delivery, actions) = again(WriteFate::Unknown, &idle(""));
    assert_eq!(recalled(&actions), Some("e7.enter"));
    delivery.step(DeliveryEvent::Wrote { key: "e7.enter", fate: WriteFate::Mismatch }, at(700));
    assert!(failure(&delivery.step(DeliveryEvent::Tick, at(60_000))).unwrap().contains("may have been typed"));
    // the conversation shows it, which may be of an earlier prompt: the journal of Enter decides
    let mut taken = idle("");
    taken.screen.insert(0, "❯ fix the bug".to_owned());
    let (mut delivery, actions) = again(WriteFate::AlreadyWritten, &taken);
    assert_eq!(recalled(&actions), Some("e7.enter"));
    let done = delivery.step(DeliveryEvent::Wrote { key: "e7.enter", fate: WriteFate::AlreadyWritten }, at(700));
    assert!(delivered(&done));
    // the agent is gone
    let (_, actions) = again(WriteFate::Over, &idle(""));
    assert!(write(&actions).is_none());
}

#[test]
fn the_demo_agent_takes_prompts() {
    let look = |title: &str, rows: &[&str]| Observation {
        title: title.to_owned(),
        screen: rows.iter().map(|row| (*row).to_owned()).collect(),
        ..idle("")
    };
    let mut delivery = Delivery::new("k", "fix it", &agent("demo"));
    assert!(write(&delivery.step(DeliveryEvent::Saw(&look("demo: ready", &["demo>"])), at(0))).is_some());
    delivery.step(wrote("k.paste"), at(1));
    delivery.step(DeliveryEvent::Saw(&look("demo: ready", &["demo> fix it"])), at(100));
    assert!(write(&delivery.step(DeliveryEvent::Tick, at(200))).is_some());
    delivery.step(wrote("k.enter"), at(201));
    assert!(delivered(
        &delivery.step(DeliveryEvent::Saw(&look("demo: working", &["> fix it", "* working …"])), at(300))
    ));
}
