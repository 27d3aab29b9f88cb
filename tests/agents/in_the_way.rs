//! What stands between a prompt and its agent: a draft of the person, a question that comes late, a screen that changes
//! under a write. Nothing of the person's is ever sent with a prompt, and no Enter goes into a question.

use quarterdeck::agents::delivery::{Delivery, DeliveryAction, DeliveryEvent, Hold};
use quarterdeck::protocol::pane::{Modes, Observation, WriteFate};

use super::agent;
use super::delivering::{at, delivered, failure, idle, recalled, said, working, write, wrote};
use super::replay::Replay;

/// What the person is told of a hold.
#[derive(Debug, PartialEq)]
enum Told {
    Nothing,
    Over,
    Held(Hold),
}

fn told(actions: &[DeliveryAction]) -> Told {
    let told = actions.iter().find_map(|action| match action {
        DeliveryAction::Held(hold) => Some(hold.map_or(Told::Over, Told::Held)),
        _ => None,
    });
    told.unwrap_or(Told::Nothing)
}

fn only_if(actions: &[DeliveryAction]) -> &str {
    let guard = actions.iter().find_map(|action| match action {
        DeliveryAction::Write { only_if, .. } => Some(only_if.as_str()),
        _ => None,
    });
    guard.unwrap()
}

fn answered(key: &str, fate: WriteFate) -> DeliveryEvent<'_> {
    DeliveryEvent::Wrote { key, fate }
}

/// The trust question, as it was recorded.
fn question() -> Observation {
    Replay::new("claude_full").at(2.0)
}

/// Up to the paste that was written.
fn pasted(text: &str) -> Delivery {
    let mut delivery = Delivery::new("e7", text, &agent("claude"));
    assert!(write(&delivery.step(DeliveryEvent::Saw(&idle("")), at(0))).is_some());
    delivery.step(wrote("e7.paste"), at(10));
    delivery
}

#[test]
fn a_draft_is_never_sent_with_a_prompt_and_the_prompt_goes_out_when_it_is_gone() {
    for draft in ["please", "fix the bug in main", "and fix the bug", "[Pasted text #1 +3 lines] and more"] {
        let mut delivery = Delivery::new("e7", "fix the bug", &agent("claude"));
        for second in 0..600 {
            let actions = delivery.step(DeliveryEvent::Saw(&idle(draft)), at(second * 1_000));
            assert!(write(&actions).is_none() && failure(&actions).is_none(), "{draft} at {second} s: {actions:?}");
            assert_eq!(
                told(&actions),
                if second == 2 { Told::Held(Hold::Draft) } else { Told::Nothing },
                "{draft}, told once: {second}"
            );
        }
        let actions = delivery.step(DeliveryEvent::Saw(&idle("")), at(600_000));
        assert_eq!(told(&actions), Told::Over, "{draft}");
        assert_eq!(write(&actions).unwrap().0, "e7.paste", "{draft}");
    }
}

#[test]
fn the_same_words_are_a_draft_too_unless_the_journal_knows_of_our_paste() {
    for (stands, text) in [("fix the bug", "fix the bug"), ("[Pasted text #1 +600 lines]", "line\n\n\nline")] {
        let mut delivery = Delivery::new("e7", text, &agent("claude"));
        let actions = delivery.step(DeliveryEvent::Saw(&idle(stands)), at(0));
        assert!(write(&actions).is_none());
        assert_eq!(recalled(&actions), Some("e7.paste"));
        delivery.step(answered("e7.paste", WriteFate::Mismatch), at(10));
        let actions = delivery.step(DeliveryEvent::Saw(&idle(stands)), at(3_000));
        assert!(write(&actions).is_none() && recalled(&actions).is_none(), "{actions:?}");
        assert_eq!(told(&actions), Told::Held(Hold::Draft));
        let actions = delivery.step(DeliveryEvent::Saw(&idle("")), at(4_000));
        assert_eq!(write(&actions).unwrap().0, "e7.paste");

        let mut delivery = Delivery::new("e7", text, &agent("claude"));
        delivery.step(DeliveryEvent::Saw(&idle(stands)), at(0));
        delivery.step(answered("e7.paste", WriteFate::AlreadyWritten), at(10));
        let actions = delivery.step(DeliveryEvent::Saw(&idle(stands)), at(600));
        assert_eq!(write(&actions).unwrap().0, "e7.enter");
    }
}

#[test]
fn what_stands_for_a_long_paste_is_the_persons_when_our_text_is_short() {
    let stands = idle("[Pasted text #1 +40 lines]");
    let mut waiting = Delivery::new("e7", "fix the bug", &agent("claude"));
    let actions = waiting.step(DeliveryEvent::Saw(&stands), at(0));
    assert!(write(&actions).is_none() && recalled(&actions).is_none(), "{actions:?}");
    let actions = waiting.step(DeliveryEvent::Saw(&stands), at(3_000));
    assert_eq!(told(&actions), Told::Held(Hold::Draft));
    let mut ours_is_gone = pasted("fix the bug");
    let actions = ours_is_gone.step(DeliveryEvent::Saw(&stands), at(1_000));
    assert!(write(&actions).is_none(), "{actions:?}");
    let long = "word ".repeat(170);
    assert_eq!(write(&pasted(&long).step(DeliveryEvent::Saw(&stands), at(1_000))).unwrap().0, "e7.enter");
    assert!(write(&pasted(&long[..700]).step(DeliveryEvent::Saw(&stands), at(1_000))).is_none());
}

#[test]
fn what_the_person_types_beside_a_pasted_prompt_is_not_sent() {
    let mut delivery = pasted("fix the bug");
    for second in 1..300 {
        let actions = delivery.step(DeliveryEvent::Saw(&idle("wait, fix the bug")), at(second * 1_000));
        assert!(write(&actions).is_none() && failure(&actions).is_none(), "{second}: {actions:?}");
        assert_eq!(told(&actions), if second == 3 { Told::Held(Hold::Beside) } else { Told::Nothing }, "{second}");
    }
    let mut taken_out = delivery.clone();
    let actions = taken_out.step(DeliveryEvent::Saw(&idle("fix the bug")), at(300_000));
    assert_eq!((write(&actions).unwrap().0, told(&actions)), ("e7.enter", Told::Over));
    let mut sent = delivery.clone();
    assert!(delivered(&sent.step(DeliveryEvent::HookTurnStarted { prompt: Some("wait, fix the bug") }, at(300_000))));
    assert!(delivered(&delivery.step(DeliveryEvent::Saw(&said("wait, fix the bug")), at(300_000))));
}

#[test]
fn a_question_between_paste_and_enter_gets_no_enter() {
    let mut delivery = pasted("fix the bug");
    for second in 1..120 {
        let actions = delivery.step(DeliveryEvent::Saw(&question()), at(second * 1_000));
        assert!(write(&actions).is_none() && failure(&actions).is_none(), "{second}: {actions:?}");
    }
    let mut kept = delivery.clone();
    assert_eq!(write(&kept.step(DeliveryEvent::Saw(&idle("fix the bug")), at(121_000))).unwrap().0, "e7.enter");
    // the question swallowed the paste: once more, under a name of its own
    assert!(write(&delivery.step(DeliveryEvent::Saw(&idle("")), at(121_000))).is_none(), "it may still come");
    let actions = delivery.step(DeliveryEvent::Saw(&idle("")), at(140_000));
    assert_eq!(write(&actions).unwrap().0, "e7.paste-again");
    delivery.step(wrote("e7.paste-again"), at(140_010));
    assert_eq!(write(&delivery.step(DeliveryEvent::Saw(&idle("fix the bug")), at(141_000))).unwrap().0, "e7.enter");
}

#[test]
fn a_paste_that_vanished_without_a_question_is_not_repeated() {
    let mut delivery = pasted("fix the bug");
    let actions = delivery.step(DeliveryEvent::Saw(&idle("")), at(40_000));
    assert!(failure(&actions).unwrap().contains("did not appear"), "{actions:?}");
}

#[test]
fn after_a_crash_a_paste_that_was_never_entered_and_is_gone_is_repeated() {
    let mut delivery = Delivery::new("e7", "fix the bug", &agent("claude"));
    delivery.step(DeliveryEvent::Saw(&idle("")), at(0));
    delivery.step(answered("e7.paste", WriteFate::AlreadyWritten), at(10));
    assert_eq!(recalled(&delivery.step(DeliveryEvent::Saw(&idle("")), at(600))), Some("e7.enter"));
    delivery.step(answered("e7.enter", WriteFate::Mismatch), at(610));
    let actions = delivery.step(DeliveryEvent::Saw(&idle("")), at(20_000));
    assert_eq!(write(&actions).unwrap().0, "e7.paste-again");
}

#[test]
fn after_a_crash_a_text_that_was_said_before_does_not_stand_for_the_one_that_was_dropped() {
    let mut delivery = Delivery::new("e7", "continue", &agent("claude"));
    delivery.step(DeliveryEvent::Saw(&said("continue")), at(0));
    delivery.step(answered("e7.paste", WriteFate::AlreadyWritten), at(10));
    let actions = delivery.step(DeliveryEvent::Saw(&said("continue")), at(600));
    assert!(!delivered(&actions));
    assert_eq!(recalled(&actions), Some("e7.enter"));
    let mut sent = delivery.clone();
    assert!(delivered(&sent.step(answered("e7.enter", WriteFate::AlreadyWritten), at(610))));
    delivery.step(answered("e7.enter", WriteFate::Mismatch), at(610));
    let actions = delivery.step(DeliveryEvent::Saw(&said("continue")), at(20_000));
    assert_eq!(write(&actions).unwrap().0, "e7.paste-again");
}

/// As a host looks for it.
fn on_screen(guard: &str, seen: &Observation) -> bool {
    let normal = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let screen = normal(&seen.screen.join(" "));
    guard.lines().all(|row| screen.contains(&normal(row)))
}

#[test]
fn paste_and_enter_are_written_only_into_the_composer_that_was_seen() {
    let mut delivery = Delivery::new("e7", "fix the bug", &agent("claude"));
    let actions = delivery.step(DeliveryEvent::Saw(&idle("")), at(0));
    let guard = only_if(&actions).to_owned();
    assert!(on_screen(&guard, &idle("")) && !on_screen(&guard, &question()) && !on_screen(&guard, &idle("a draft")));
    // the screen changed under the paste: nothing was written, and it is tried again
    delivery.step(answered("e7.paste", WriteFate::Mismatch), at(10));
    assert!(write(&delivery.step(DeliveryEvent::Saw(&idle("a draft")), at(20))).is_none());
    assert!(write(&delivery.step(DeliveryEvent::Saw(&idle("")), at(400))).is_some());
    delivery.step(wrote("e7.paste"), at(410));
    let actions = delivery.step(DeliveryEvent::Saw(&idle("fix the bug")), at(1_000));
    let guard = only_if(&actions).to_owned();
    assert!(on_screen(&guard, &idle("fix the bug")) && !on_screen(&guard, &question()));
    assert!(!on_screen(&guard, &idle("fix the bug and the draft")) && !on_screen(&guard, &said("fix the bug")));
    // under the Enter: it is looked at again, a moment later
    delivery.step(answered("e7.enter", WriteFate::Mismatch), at(1_010));
    assert!(write(&delivery.step(DeliveryEvent::Saw(&idle("fix the bug")), at(1_020))).is_none());
    assert_eq!(write(&delivery.step(DeliveryEvent::Tick, at(1_300))).unwrap().0, "e7.enter");
    delivery.step(wrote("e7.enter"), at(1_310));
    assert!(delivered(&delivery.step(DeliveryEvent::Saw(&working()), at(1_400))));
}

#[test]
fn a_screen_that_never_stands_still_ends_in_words() {
    let mut delivery = Delivery::new("e7", "fix the bug", &agent("claude"));
    let mut last = Vec::new();
    for second in 0..300 {
        last = delivery.step(DeliveryEvent::Saw(&idle("")), at(second * 1_000));
        if delivery.is_over() {
            break;
        }
        last.extend(delivery.step(answered("e7.paste", WriteFate::Mismatch), at(second * 1_000 + 1)));
        if delivery.is_over() {
            break;
        }
    }
    assert!(failure(&last).unwrap().contains("does not stand still"), "{last:?}");
}

#[test]
fn a_permission_of_an_earlier_turn_proves_nothing() {
    let mut permission = idle("");
    permission.screen = [
        "● Bash(rm a)",
        "────────",
        " Bash command",
        "   rm a",
        " Do you want to proceed?",
        " ❯ 1. Yes",
        "   2. No",
        " Esc to cancel",
    ]
    .map(str::to_owned)
    .to_vec();
    for (busy, proves) in [(false, true), (true, false)] {
        let mut delivery = Delivery::new("e7", "fix the bug", &agent("claude"));
        let before = if busy { working() } else { idle("") };
        delivery.step(DeliveryEvent::Saw(&before), at(0));
        delivery.step(DeliveryEvent::Saw(&before), at(500));
        delivery.step(wrote("e7.paste"), at(510));
        delivery.step(DeliveryEvent::Saw(&idle("fix the bug")), at(2_000));
        delivery.step(wrote("e7.enter"), at(2_010));
        assert_eq!(delivered(&delivery.step(DeliveryEvent::Saw(&permission), at(2_500))), proves, "busy: {busy}");
    }
}

#[test]
fn what_the_person_types_next_does_not_hide_that_the_prompt_was_taken() {
    let mut delivery = pasted("fix the bug");
    delivery.step(DeliveryEvent::Saw(&idle("fix the bug")), at(1_000));
    delivery.step(wrote("e7.enter"), at(1_010));
    let mut next = idle("and then");
    next.screen.insert(0, "❯ fix the bug".to_owned());
    assert!(delivered(&delivery.step(DeliveryEvent::Saw(&next), at(1_500))));
}

/// `OpenCode`'s box has no mark, stands on an edge, and another column may stand beside it.
#[test]
fn a_draft_in_opencodes_box_is_seen() {
    let look = |text: &str| Observation {
        title: "OpenCode".to_owned(),
        screen: [
            "  ┃".to_owned(),
            "  ┃  what was said before                    Context".to_owned(),
            "  ┃".to_owned(),
            "                                             1.3K tokens".to_owned(),
            "  ┃                                          12% used".to_owned(),
            format!("  ┃  {text:<40}~/project"),
            "  ┃".to_owned(),
            "  ┃  Build · Mock Model Mock                 • beside".to_owned(),
            format!("  ╹{}", "▀".repeat(40)),
            "   /p                     ctrl+p commands".to_owned(),
        ]
        .to_vec(),
        modes: Modes { bracketed_paste: true, ..Modes::default() },
        quiet_ms: 900,
        ..Observation::default()
    };
    let mut delivery = Delivery::new("e7", "fix the bug", &agent("opencode"));
    for (second, draft) in ["a draft", "fix the bug and", "日本語"].into_iter().enumerate() {
        let actions = delivery.step(DeliveryEvent::Saw(&look(draft)), at(second as u64 * 1_000));
        assert!(write(&actions).is_none(), "{draft}: {actions:?}");
    }
    for empty in ["", "Ask anything… \"Fix broken tests\""] {
        let mut delivery = delivery.clone();
        let actions = delivery.step(DeliveryEvent::Saw(&look(empty)), at(5_000));
        let guard = only_if(&actions);
        assert!(!guard.trim().is_empty() && on_screen(guard, &look(empty)), "{empty}: {guard}");
        assert!(!on_screen(guard, &look("a draft")) && !on_screen(guard, &question()), "{empty}: {guard}");
        delivery.step(wrote("e7.paste"), at(5_010));
        let beside = delivery.step(DeliveryEvent::Saw(&look("fix the bug or not")), at(6_000));
        assert!(write(&beside).is_none(), "{beside:?}");
        assert!(write(&delivery.step(DeliveryEvent::Saw(&look("fix the bug")), at(7_000))).is_some());
    }
}

/// Gemini CLI's turn is over before it was seen, and the text is longer than the screen: its log has it.
#[test]
fn a_turn_that_nobody_saw_is_proven_by_the_log() {
    let gemini = agent("gemini");
    let look = |composer: &str| Observation {
        title: "◇  Ready (p)".to_owned(),
        screen: ["✦ Done.", "", &format!(" > {composer}"), "▀▀▀▀▀▀▀▀▀▀"].map(str::to_owned).to_vec(),
        ..idle("")
    };
    let (text, empty) = ("a line\n".repeat(50), "  Type your message or @path/to/file");
    let mut delivery = Delivery::new("e7", &text, &gemini);
    delivery.step(DeliveryEvent::Saw(&look(empty)), at(0));
    delivery.step(wrote("e7.paste"), at(10));
    let actions = delivery.step(DeliveryEvent::Saw(&look("[Pasted Text: 50 lines]")), at(1_000));
    let order: Vec<bool> = actions.iter().map(|action| matches!(action, DeliveryAction::NoteLog)).collect();
    assert!(order.starts_with(&[true, false]), "noted before Enter: {actions:?}");
    delivery.step(wrote("e7.enter"), at(1_010));
    assert!(!delivered(&delivery.step(DeliveryEvent::Saw(&look(empty)), at(1_200))));
    let actions = delivery.step(DeliveryEvent::Tick, at(1_600));
    assert!(actions.contains(&DeliveryAction::ReadLog), "{actions:?}");
    let line = serde_json::json!({ "type": "user", "content": [{ "text": text.trim() }] }).to_string();
    let logged = gemini.logged_prompt(&line).unwrap();
    assert!(delivered(&delivery.step(DeliveryEvent::HookTurnStarted { prompt: Some(&logged) }, at(1_610))));
    for other in [r#"{"type":"gemini","content":"a"}"#, r#"{"$set":{"lastUpdated":"x"}}"#, "not json"] {
        assert_eq!(gemini.logged_prompt(other), None, "{other}");
    }
    let (place, end) = gemini.log_place(std::path::Path::new("/h"), "30937a97-7221-4888-8454-dfdbb9051f78").unwrap();
    assert_eq!((place.to_str().unwrap(), end.as_str()), ("/h/.gemini/tmp", "-30937a97.jsonl"));
    assert_eq!(gemini.log_place(std::path::Path::new("/h"), "../../x"), None);
}

#[test]
fn a_shell_of_agents_without_a_known_composer_is_as_before() {
    let mut aider = agent("aider").definition().clone();
    aider.screen.ready = vec!["^>".to_owned()];
    aider.composer.mark = String::new();
    let aider = quarterdeck::agents::Agent::new(aider);
    let look = |row: &str| Observation { title: String::new(), screen: vec![row.to_owned()], ..idle("") };
    let mut delivery = Delivery::new("e7", "fix the bug", &aider);
    assert_eq!(only_if(&delivery.step(DeliveryEvent::Saw(&look("> ")), at(0))), ">");
    delivery.step(wrote("e7.paste"), at(10));
    let actions = delivery.step(DeliveryEvent::Saw(&look("> fix the bug")), at(1_000));
    assert_eq!((write(&actions).unwrap().0, only_if(&actions)), ("e7.enter", "> fix the bug"));
}
