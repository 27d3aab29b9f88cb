//! The real Claude Code against the mock model: launch plan, settings file, dialogs, delivery, hooks, report.
//! `QD_TEST_CLAUDE` names the program, else it is looked for in PATH; without one these tests say loudly that they did nothing.

use std::fs;

use quarterdeck::agents::transcript::News;
use quarterdeck::model::{DialogKind, SessionMode, SessionState};
use serde_json::json;

use super::world::{Run, Talk, World, headless, program};

#[test]
fn headless_edits_commits_and_reports() {
    let Some(claude) = program("claude") else { return };
    let world = World::new("claude", claude);
    let file = world.path("repository/hello.txt");
    let prompt = format!(
        "/do [[mock:write {} hello\\n]] [[mock:bash git add hello.txt && git commit -qm hello]] [[mock:report it's done]]",
        file.display()
    );
    let Run { shown, news, code, conversation } = headless(&world, &prompt, None);
    let conversation = conversation.unwrap();
    assert_eq!(code, 0, "{shown}");
    assert!(matches!(&news[0], News::Started { conversation: named, .. } if *named == conversation), "{news:?}");
    assert_eq!(fs::read_to_string(file).unwrap(), "hello\n", "{shown}");
    assert!(world.git(&["log", "--oneline"]).contains("hello"), "{shown}");
    assert!(world.calls().contains("SAID report done --summary it's done"), "{shown}\n{}", world.calls());
    assert!(world.model.prompts()[0].contains("Task: /do"));

    // the same conversation goes on, and an error of the model is a failure whatever the result event calls it
    let run = headless(&world, "go on [[mock:error 400]]", Some(&conversation));
    assert_eq!((run.code, run.conversation), (1, Some(conversation)), "{}", run.shown);
}

#[test]
fn headless_with_a_prompt_that_no_argument_holds() {
    let Some(claude) = program("claude") else { return };
    let world = World::new("claude", claude);
    let prompt = format!("{}\nthe end", "a long request ".repeat(40_000));
    let Run { shown, code, .. } = headless(&world, &prompt, None);
    assert_eq!(code, 0, "{shown}");
    let sentence = &world.model.prompts()[0];
    assert!(sentence.contains("prompt.md") && sentence.len() < 500, "{sentence}");
}

#[test]
fn full_screen_from_trust_to_report() {
    let Some(claude) = program("claude") else { return };
    let world = World::new("claude", claude);
    // whatever the person's default is: here every edit and every command is asked about, except the report
    world.home(false).configure_claude(&json!({ "permissions": { "defaultMode": "default" } }));
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    let file = world.path("repository/hello.txt");
    talk.say(&format!("#1 Do this.\nLine two.\n[[mock:write {} hello\\n]] [[mock:report all done]]", file.display()));
    talk.until("the turn ends", |talk, _| talk.world.calls().lines().any(|line| line.starts_with("Stop ")));
    talk.until_state(SessionState::WaitingInput);
    let kinds: Vec<DialogKind> = talk.asked.iter().map(|dialog| dialog.kind).collect();
    assert_eq!(kinds, [DialogKind::Trust, DialogKind::Permission], "{:?}", talk.asked);
    assert!(talk.asked.last().unwrap().text.contains("hello.txt"));
    assert_eq!(fs::read_to_string(file).unwrap(), "hello\n");
    let calls = world.calls();
    assert!(calls.contains("SAID report done --summary all done"), "{calls}");
    for event in ["SessionStart", "UserPromptSubmit", "PreToolUse", "PermissionRequest", "PostToolUse", "Stop"] {
        assert!(calls.lines().any(|line| line.starts_with(&format!("{event} {{"))), "{event}: {calls}");
    }
    let prompts = world.model.prompts();
    assert!(prompts.iter().any(|prompt| prompt.contains("Task: #1 Do this.\nLine two.")), "{prompts:?}");
    talk.end();
}

#[test]
fn a_trusted_repository_is_not_asked_about_again_and_escape_ends_a_turn() {
    let Some(claude) = program("claude") else { return };
    let world = World::new("claude", claude);
    world.home(false).trust_for_claude(&world.path("repository"));
    let tree = world.path("tree").display().to_string();
    world.git(&["worktree", "add", "-q", "-b", "task", &tree]);
    let plan = world.plan("tree", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "tree", &plan);
    talk.until_state(SessionState::Idle);
    talk.say("[[mock:hang]]");
    talk.until_state(SessionState::Working);
    talk.until("the model is asked", |talk, _| talk.world.model.requests() > 0);
    talk.pane.write(b"\x1b");
    talk.until_state(SessionState::WaitingInput);
    assert!(!world.calls().lines().any(|line| line.starts_with("Stop ")), "Esc fires no hook: {}", world.calls());
    assert!(talk.asked.is_empty(), "{:?}", talk.asked);
    talk.end();
}

/// Longer texts are handed over as a file, which is read.
const PASTED: usize = 32 * 1024;

#[test]
fn long_prompts_arrive_whole() {
    let Some(claude) = program("claude") else { return };
    let world = World::new("claude", claude);
    world.home(false).trust_for_claude(&world.path("repository"));
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    for text in ["x".to_owned(), "one long line ".repeat(600), "a line of text\n".repeat(70_000)] {
        let asked = world.model.prompts().len();
        talk.say(&text);
        talk.until("the model got it", |talk, _| {
            talk.world
                .model
                .prompts()
                .get(asked..)
                .unwrap_or_default()
                .iter()
                .any(|prompt| prompt.contains(text.trim()) || (text.len() > PASTED && prompt.contains("/prompts/")))
        });
        talk.until_state(SessionState::WaitingInput);
        assert!(text.len() <= PASTED || talk.world.model.told().contains("a line of text"), "the file was read");
    }
    talk.end();
}

#[test]
fn the_persons_checkout_cannot_be_written_to() {
    let Some(claude) = program("claude") else { return };
    let world = World::new("claude", claude);
    let tree = world.path("tree").display().to_string();
    world.git(&["worktree", "add", "-q", "-b", "task", &tree]);
    let (mine, theirs, by_shell) =
        (world.path("tree/a.txt"), world.path("repository/b.txt"), world.path("repository/c.txt"));
    let elsewhere = world.path("elsewhere.txt");
    let prompt = format!(
        "[[mock:bash echo free > {}]] [[mock:write {} good\\n]] [[mock:write {} bad\\n]] [[mock:bash git status && echo bad > {}]]",
        elsewhere.display(),
        mine.display(),
        theirs.display(),
        by_shell.display()
    );
    for bypass in [false, true] {
        let mut plan = world.plan("tree", SessionMode::Autonomous, &prompt, None);
        let outside = world.path("elsewhere.txt");
        if bypass {
            let plain = |word: &String| word != "--permission-mode" && word != "acceptEdits";
            plan.argv.retain(plain);
            // what `bypass` starts it with: refusals hold there too
            plan.argv.insert(6, "--dangerously-skip-permissions".to_owned());
            plan.env.push(("IS_SANDBOX".to_owned(), "1".to_owned()));
        }
        let output = world.run_in("tree", &plan);
        let shown = String::from_utf8_lossy(&output.stdout);
        assert_eq!(fs::read_to_string(&mine).unwrap(), "good\n", "{shown}");
        assert!(!theirs.exists() && !by_shell.exists(), "{shown}");
        assert_eq!(outside.exists(), bypass, "the bypass is one, and our rules hold in it: {shown}");
        fs::remove_file(&mine).unwrap();
    }
}
