//! The real Codex against the mock model: hooks of one session, trusted by their digests; sandbox, outbox, dialogs.
//! `QD_TEST_CODEX` names the program.

use std::fs;
use std::path::{Path, PathBuf};

use quarterdeck::agents::transcript::News;
use quarterdeck::model::{DialogKind, SessionMode, SessionState};

use super::world::{Run, Talk, World, headless, program};

#[test]
fn headless_edits_reports_and_goes_on() {
    let Some(codex) = program("codex") else { return };
    let world = World::new("codex", codex);
    let prompt = "/do [[mock:write hello.txt hello\\n]] [[mock:bash wc -c hello.txt]] [[mock:report it's done]]";
    let Run { shown, news, code, conversation } = headless(&world, prompt, None);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(conversation, None, "Codex chooses its own");
    let Some(News::Started { conversation: thread, .. }) = news.first() else { panic!("{news:?}") };
    assert_eq!(fs::read_to_string(world.path("repository/hello.txt")).unwrap(), "hello\n", "{shown}");
    assert!(shown.contains("6 hello.txt"), "{shown}");
    assert!(world.calls().contains("SAID report done --summary it's done"), "{}", world.calls());
    assert!(world.calls().contains("PostToolUse {"), "our hook ran: it is trusted\n{}", world.calls());
    let Some(News::Finished { succeeded: true, usage, .. }) = news.last() else { panic!("{news:?}") };
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.output_tokens), (240, 160, 80));
    assert!(world.model.prompts()[0].contains("Task: /do"));

    let again = headless(&world, "go on [[mock:error 400]]", Some(thread));
    assert_eq!(again.code, 1, "{}", again.shown);
    assert!(matches!(&again.news[0], News::Started { conversation, .. } if conversation == thread), "{:?}", again.news);
    assert!(again.shown.contains("mock error 400"), "{}", again.shown);
}

/// A file that its sandbox keeps from it: it may write below `/tmp`.
fn outside() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("outside-{}", uuid::Uuid::new_v4()));
    fs::create_dir_all(&directory).unwrap();
    directory.join("outside.txt")
}

#[test]
fn full_screen_from_trust_to_report() {
    let Some(codex) = program("codex") else { return };
    let world = World::new("codex", codex);
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    let outside = outside();
    // inside the worktree nothing is asked; outside it is
    talk.say(&format!(
        "#1 Do this.\nLine two.\n[[mock:write hello.txt hello\\n]] [[mock:write {} no\\n]] [[mock:report all done]]",
        outside.display()
    ));
    talk.until("the turn ends", |talk, _| talk.world.calls().lines().any(|line| line.starts_with("Stop ")));
    talk.until_state(SessionState::WaitingInput);
    let kinds: Vec<DialogKind> = talk.asked.iter().map(|dialog| dialog.kind).collect();
    assert_eq!(kinds, [DialogKind::Trust, DialogKind::Permission], "{:?}", talk.asked);
    assert!(talk.asked[1].text.contains("outside.txt"), "{:?}", talk.asked);
    assert_eq!(fs::read_to_string(world.path("repository/hello.txt")).unwrap(), "hello\n");
    assert_eq!(fs::read_to_string(outside).unwrap(), "no\n");
    let calls = world.calls();
    assert!(calls.contains("SAID report done --summary all done"), "{calls}");
    for event in ["SessionStart", "UserPromptSubmit", "PreToolUse", "PermissionRequest", "PostToolUse", "Stop"] {
        assert!(calls.lines().any(|line| line.starts_with(&format!("{event} {{"))), "{event}: {calls}");
    }
    let turns = world.model.turns();
    assert_eq!(turns.iter().filter(|turn| turn.starts_with("Task: #1 Do this.\nLine two.")).count(), 1, "{turns:?}");
    talk.end();
}

#[test]
fn a_refused_permission_writes_nothing_and_escape_ends_a_turn() {
    let Some(codex) = program("codex") else { return };
    let world = World::new("codex", codex);
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    talk.refuses = Some(DialogKind::Permission);
    let outside = outside();
    talk.say(&format!("[[mock:write {} no\\n]]", outside.display()));
    talk.until("it asked", |talk, _| talk.asked.iter().any(|dialog| dialog.kind == DialogKind::Permission));
    talk.until_state(SessionState::WaitingInput);
    assert!(!outside.exists());
    talk.say("[[mock:hang]]");
    talk.until_state(SessionState::Working);
    let asked = world.model.requests();
    talk.until("the model is asked", |talk, _| talk.world.model.requests() >= asked);
    let seen = talk.pane.look();
    for keys in talk.agent.interrupt(&seen.modes) {
        talk.pane.write(&keys);
    }
    talk.until_state(SessionState::WaitingInput);
    talk.end();
}
