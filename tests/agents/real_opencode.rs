//! The real OpenCode against the mock model: a plugin for one session tells the state. `QD_TEST_OPENCODE` names the
//! program.

use std::fs;

use quarterdeck::agents::transcript::News;
use quarterdeck::model::{DialogKind, SessionMode, SessionState};

use super::world::{Run, Talk, World, headless, program};

#[test]
fn headless_edits_reports_and_goes_on() {
    let Some(opencode) = program("opencode") else { return };
    let world = World::new("opencode", opencode);
    let prompt = "/do [[mock:bash printf 'hello\\n' > hello.txt]] [[mock:report it's done]]";
    let Run { shown, news, code, .. } = headless(&world, prompt, None);
    assert_eq!(code, 0, "{shown}");
    let Some(News::Started { conversation, .. }) = news.first() else { panic!("{news:?}") };
    assert_eq!(fs::read_to_string(world.path("repository/hello.txt")).unwrap(), "hello\n", "{shown}");
    assert!(world.calls().contains("SAID report done --summary it's done"), "{shown}\n{}", world.calls());
    let Some(News::Finished { succeeded: true, usage, .. }) = news.last() else { panic!("{news:?}") };
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.output_tokens), (180, 120, 60));
    assert!(usage.cost_usd > 0.0);
    assert!(world.model.prompts()[0].contains("Task: /do"), "{:?}", world.model.prompts());

    // what the person wants to be asked about is refused where nobody can be asked, and that is no success
    let again = headless(&world, "go on [[mock:write no.txt no]]", Some(conversation));
    assert_ne!(again.code, 0, "{}", again.shown);
    assert!(matches!(&again.news[0], News::Started { conversation: named, .. } if named == conversation));
    assert!(!world.path("repository/no.txt").exists());
}

#[test]
fn full_screen_to_report() {
    let Some(opencode) = program("opencode") else { return };
    let world = World::new("opencode", opencode);
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    talk.say("#1 Do this.\nLine two.\n[[mock:write hello.txt hello\\n]] [[mock:report all done]]");
    talk.until("it reports", |talk, _| talk.world.calls().contains("SAID report done --summary all done"));
    talk.until("the turn ends", |talk, _| talk.world.calls().lines().any(|line| line.starts_with("session.idle ")));
    talk.until_state(SessionState::WaitingInput);
    let kinds: Vec<DialogKind> = talk.asked.iter().map(|dialog| dialog.kind).collect();
    assert_eq!(kinds, [DialogKind::Permission], "{:?}", talk.asked);
    assert!(talk.asked[0].text.contains("hello.txt"), "{:?}", talk.asked);
    assert_eq!(fs::read_to_string(world.path("repository/hello.txt")).unwrap(), "hello\n");
    let calls = world.calls();
    for event in ["session.created", "session.status", "permission.asked", "permission.replied", "tool.before"] {
        assert!(calls.lines().any(|line| line.starts_with(&format!("{event} {{"))), "{event}: {calls}");
    }
    let turns = world.model.turns();
    assert_eq!(turns.iter().filter(|turn| turn.starts_with("Task: #1 Do this.\nLine two.")).count(), 1, "{turns:?}");
    talk.end();
}

#[test]
fn a_refused_permission_writes_nothing_and_escape_ends_a_turn() {
    let Some(opencode) = program("opencode") else { return };
    let world = World::new("opencode", opencode);
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
        talk.pane.look();
    }
    talk.until_state(SessionState::WaitingInput);
    talk.end();
}
