//! The real Gemini CLI against the mock model: its title tells the state, its policy file lets the report through.
//! `QD_TEST_GEMINI` names the program.

use std::fs;

use quarterdeck::agents::transcript::News;
use quarterdeck::model::{DialogKind, SessionMode, SessionState};

use super::homes;
use super::world::{Run, Talk, World, headless, program};

#[test]
fn headless_edits_reports_and_goes_on() {
    let Some(gemini) = program("gemini") else { return };
    let world = World::new("gemini", gemini);
    let prompt = "/do [[mock:write hello.txt hello\\n]] [[mock:bash git status --short]] [[mock:report it's done]]";
    let Run { shown, news, code, conversation } = headless(&world, prompt, None);
    assert_eq!(code, 0, "{shown}");
    let conversation = conversation.unwrap();
    assert!(matches!(&news[0], News::Started { conversation: named, .. } if *named == conversation), "{news:?}");
    assert_eq!(fs::read_to_string(world.path("repository/hello.txt")).unwrap(), "hello\n", "{shown}");
    assert!(world.calls().contains("SAID report done --summary it's done"), "{shown}\n{}", world.calls());
    let Some(News::Finished { succeeded: true, usage, text }) = news.last() else { panic!("{news:?}") };
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.output_tokens), (240, 160, 80));
    assert_eq!(text, "Done, as the mock was told.");
    assert!(world.model.prompts()[0].contains("Task: /do"), "{:?}", world.model.prompts());

    let again = headless(&world, "go on [[mock:error 400]]", Some(&conversation));
    assert_ne!(again.code, 0, "{}", again.shown);
    assert_eq!(again.conversation, Some(conversation));
}

#[test]
fn full_screen_from_trust_to_report() {
    let Some(gemini) = program("gemini") else { return };
    let world = World::new("gemini", gemini);
    homes::gemini(&world, true);
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    talk.say("#1 Do this.\nLine two.\n[[mock:write hello.txt hello\\n]] [[mock:report all done]]");
    talk.until("it reports", |talk, _| talk.world.calls().contains("SAID report done --summary all done"));
    talk.until_state(SessionState::WaitingInput);
    let kinds: Vec<DialogKind> = talk.asked.iter().map(|dialog| dialog.kind).collect();
    assert_eq!(kinds, [DialogKind::Trust, DialogKind::Permission], "{:?}", talk.asked);
    assert!(talk.asked[1].text.contains("hello.txt"), "{:?}", talk.asked);
    assert_eq!(fs::read_to_string(world.path("repository/hello.txt")).unwrap(), "hello\n");
    let turns = world.model.turns();
    assert_eq!(turns.iter().filter(|turn| turn.starts_with("Task: #1 Do this.\nLine two.")).count(), 1, "{turns:?}");
    talk.end();
}

#[test]
fn a_refused_permission_writes_nothing_and_escape_ends_a_turn() {
    let Some(gemini) = program("gemini") else { return };
    let world = World::new("gemini", gemini);
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    talk.refuses = Some(DialogKind::Permission);
    talk.say("[[mock:write hello.txt hello\\n]]");
    talk.until("it asked", |talk, _| talk.asked.iter().any(|dialog| dialog.kind == DialogKind::Permission));
    talk.until_state(SessionState::WaitingInput);
    assert!(!world.path("repository/hello.txt").exists());
    talk.say("[[mock:hang]]");
    talk.until_state(SessionState::Working);
    let seen = talk.pane.look();
    for keys in talk.agent.interrupt(&seen.modes) {
        talk.pane.write(&keys);
    }
    talk.until_state(SessionState::WaitingInput);
    talk.end();
}
