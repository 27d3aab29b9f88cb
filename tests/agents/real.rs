//! The real agents against the mock model, all by one story: headless (edit, report, resume), full screen (dialogs, prompt,
//! edit, report, the turn's end), a refused permission and an interrupted turn. What differs is a `Case`. Claude Code has
//! more of its own in `real_claude`. `QD_TEST_CODEX` and so on name the programs.

use std::fs;
use std::path::{Path, PathBuf};

use quarterdeck::agents::transcript::News;
use quarterdeck::model::{DialogKind, SessionMode, SessionState};

use super::homes;
use super::results::worked;
use super::world::{Run, Talk, World, headless, program};

use DialogKind::{Permission, Trust};

/// What differs from agent to agent.
struct Case {
    agent: &'static str,
    /// What its headless run is told to do before it reports.
    told: &'static str,
    /// Tokens that it says it used: without the cache, from the cache, written; zeros when it tells none.
    used: (u64, u64, u64),
    /// What its resumed run is told, and fails at.
    fails_at: &'static str,
    /// What it asks about full screen.
    asks_about: AsksAbout,
    /// The questions that it puts then.
    questions: &'static [DialogKind],
    /// What its hooks or its plugin report then.
    events: &'static [&'static str],
    /// The last of them.
    ends_with: Option<&'static str>,
}

/// What it does not do unasked.
#[derive(Clone, Copy)]
enum AsksAbout {
    /// An edit in its worktree.
    Edits,
    /// An edit outside of it.
    EditsOutside,
    /// A command.
    Commands,
}

const CODEX: Case = Case {
    agent: "codex",
    told: "[[mock:write hello.txt hello\\n]] [[mock:bash wc -c hello.txt]]",
    used: (240, 160, 80),
    fails_at: "[[mock:error 400]]",
    asks_about: AsksAbout::EditsOutside,
    questions: &[Trust, Permission],
    events: &["SessionStart", "UserPromptSubmit", "PreToolUse", "PermissionRequest", "PostToolUse", "Stop"],
    ends_with: Some("Stop"),
};

const GEMINI: Case = Case {
    agent: "gemini",
    told: "[[mock:write hello.txt hello\\n]] [[mock:bash git status --short]]",
    used: (240, 160, 80),
    fails_at: "[[mock:error 400]]",
    asks_about: AsksAbout::Edits,
    questions: &[Trust, Permission],
    events: &[],
    ends_with: None,
};

/// What the person wants to be asked about is refused where nobody can be asked, and that is no success.
const OPENCODE: Case = Case {
    agent: "opencode",
    told: "[[mock:bash printf 'hello\\n' > hello.txt]]",
    used: (180, 120, 60),
    fails_at: "[[mock:write no.txt no]]",
    asks_about: AsksAbout::Edits,
    questions: &[Permission],
    events: &["session.created", "session.status", "permission.asked", "permission.replied", "tool.before"],
    ends_with: Some("session.idle"),
};

/// Headless it does all that it is told; full screen it asks about commands. It tells no usage.
const KIMI: Case = Case {
    agent: "kimi",
    told: "[[mock:write hello.txt hello\\n]] [[mock:bash wc -c hello.txt]]",
    used: (0, 0, 0),
    fails_at: "[[mock:error 400]]",
    asks_about: AsksAbout::Commands,
    questions: &[Trust, Permission],
    events: &[],
    ends_with: None,
};

const QWEN: Case = Case {
    agent: "qwen",
    told: "[[mock:write hello.txt hello\\n]]",
    used: (180, 120, 60),
    fails_at: "[[mock:error 400]]",
    asks_about: AsksAbout::Edits,
    questions: &[Permission],
    events: &["UserPromptSubmit", "PreToolUse", "PermissionRequest", "PostToolUse", "Stop"],
    ends_with: Some("Stop"),
};

const COPILOT: Case = Case {
    agent: "copilot",
    told: "[[mock:bash git status --short]] [[mock:write hello.txt hello\\n]]",
    used: (0, 0, 0),
    fails_at: "[[mock:error 400]]",
    asks_about: AsksAbout::Commands,
    questions: &[Trust, Permission],
    events: &[],
    ends_with: None,
};

impl Case {
    fn world(&self, asks: bool) -> Option<World> {
        Some(World::asking(self.agent, program(self.agent)?, asks))
    }

    /// Keeps that this was seen to work.
    fn worked(&self, what: &str) {
        if let Some(program) = program(self.agent) {
            worked(self.agent, what, &program, homes::node().as_deref());
        }
    }

    /// A marker for what it asks about, and the file that it makes.
    fn asked_for(&self, world: &World) -> (String, PathBuf) {
        match self.asks_about {
            AsksAbout::Edits => ("[[mock:write hello.txt hello\\n]]".to_owned(), world.path("repository/hello.txt")),
            AsksAbout::Commands => {
                ("[[mock:bash printf 'hello\\n' > hello.txt]]".to_owned(), world.path("repository/hello.txt"))
            }
            AsksAbout::EditsOutside => {
                let outside = outside();
                (format!("[[mock:write {} hello\\n]]", outside.display()), outside)
            }
        }
    }
}

/// A file that Codex's sandbox keeps from it: it may write below `/tmp`.
fn outside() -> PathBuf {
    let built = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let place = if built.starts_with("/tmp") { Path::new("/var/tmp") } else { built };
    let directory = place.join(format!("qd-outside-{}", uuid::Uuid::new_v4()));
    fs::create_dir_all(&directory).unwrap();
    directory.join("hello.txt")
}

/// Headless it edits, reports, tells what it used, and goes on with its conversation.
fn works_headless(case: &Case) {
    let Some(world) = case.world(case.agent != "gemini") else { return };
    let prompt = format!("/do {} [[mock:report it's done]]", case.told);
    let Run { shown, news, code, conversation } = headless(&world, &prompt, None);
    assert_eq!(code, 0, "{shown}");
    let named = news.iter().find_map(|news| match news {
        News::Started { conversation, .. } => Some(conversation.clone()),
        _ => None,
    });
    let named = named.unwrap_or_else(|| panic!("the conversation has a name: {news:?}"));
    // where we choose its name, it is that
    assert!(conversation.is_none_or(|ours| ours == named), "{news:?}");
    assert_eq!(fs::read_to_string(world.path("repository/hello.txt")).unwrap(), "hello\n", "{shown}");
    assert!(world.calls().contains("SAID report done --summary it's done"), "{shown}\n{}", world.calls());
    match news.last() {
        Some(News::Finished { succeeded: true, usage, .. }) => {
            assert_eq!((usage.input_tokens, usage.cached_tokens, usage.output_tokens), case.used, "{shown}");
            assert_eq!(usage.cost_usd > 0.0, case.agent == "opencode", "{shown}");
        }
        last => assert_eq!(case.used, (0, 0, 0), "{last:?}"),
    }
    assert!(world.model.prompts()[0].contains("Task: /do"), "{:?}", world.model.prompts());
    if case.agent == "codex" {
        assert!(shown.contains("6 hello.txt"), "{shown}");
        assert!(world.calls().contains("PostToolUse {"), "our hook ran: it is trusted\n{}", world.calls());
    }

    let again = headless(&world, &format!("go on {}", case.fails_at), Some(&named));
    assert_ne!(again.code, 0, "{}", again.shown);
    assert!(!world.path("repository/no.txt").exists());
    assert!(world.model.knows("go on ", "/do"), "it goes on with what was said before");
    case.worked("headless");
    case.worked("resume");
}

/// Full screen: what it asks is recognised, the prompt arrives once, its work is done, and its turn is seen to end.
fn works_full_screen(case: &Case) {
    let Some(world) = case.world(true) else { return };
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    let (marker, file) = case.asked_for(&world);
    talk.say(&format!("#1 Do this.\nLine two.\n{marker} [[mock:report all done]]"));
    talk.until("it reports", |talk, _| talk.world.calls().contains("SAID report done --summary all done"));
    if let Some(last) = case.ends_with {
        let line = format!("{last} ");
        talk.until("the turn ends", |talk, _| talk.world.calls().lines().any(|told| told.starts_with(&line)));
    }
    talk.until_state(SessionState::WaitingInput);
    let kinds: Vec<DialogKind> = talk.asked.iter().map(|dialog| dialog.kind).collect();
    // an agent that asks about commands asks about the report too
    let kinds: Vec<DialogKind> = kinds.into_iter().take(case.questions.len()).collect();
    assert_eq!(kinds, case.questions, "{:?}", talk.asked);
    let about = talk.asked.iter().find(|dialog| dialog.kind == Permission);
    assert!(about.is_some_and(|dialog| dialog.text.contains("hello.txt")), "{:?}", talk.asked);
    assert_eq!(fs::read_to_string(file).unwrap(), "hello\n");
    let calls = world.calls();
    for event in case.events {
        assert!(calls.lines().any(|line| line.starts_with(&format!("{event} {{"))), "{event}: {calls}");
    }
    let turns = world.model.turns();
    assert_eq!(turns.iter().filter(|turn| turn.starts_with("Task: #1 Do this.\nLine two.")).count(), 1, "{turns:?}");
    talk.end();
    case.worked("full_screen");
}

/// A no writes nothing, and its own key ends a turn that hangs.
fn takes_a_no(case: &Case) {
    let Some(world) = case.world(case.agent != "gemini") else { return };
    let plan = world.plan("repository", SessionMode::Interactive, "", None);
    let mut talk = Talk::begin(&world, "repository", &plan);
    talk.refuses = Some(Permission);
    let (marker, file) = case.asked_for(&world);
    talk.say(&marker);
    talk.until("it asked", |talk, _| talk.asked.iter().any(|dialog| dialog.kind == Permission));
    talk.until_state(SessionState::WaitingInput);
    assert!(!file.exists());
    let asked = world.model.requests();
    talk.say("[[mock:hang]]");
    talk.until_state(SessionState::Working);
    talk.until("the model is asked", |talk, _| talk.world.model.requests() > asked);
    let seen = talk.pane.look();
    for keys in talk.agent.interrupt(&seen.modes) {
        talk.pane.write(&keys);
        talk.pane.look();
    }
    talk.until_state(SessionState::WaitingInput);
    talk.end();
    case.worked("no");
}

#[test]
fn codex_works_headless() {
    works_headless(&CODEX);
}

#[test]
fn codex_works_full_screen() {
    works_full_screen(&CODEX);
}

#[test]
fn codex_takes_a_no() {
    takes_a_no(&CODEX);
}

#[test]
fn gemini_works_headless() {
    works_headless(&GEMINI);
}

#[test]
fn gemini_works_full_screen() {
    works_full_screen(&GEMINI);
}

#[test]
fn gemini_takes_a_no() {
    takes_a_no(&GEMINI);
}

#[test]
fn opencode_works_headless() {
    works_headless(&OPENCODE);
}

#[test]
fn opencode_works_full_screen() {
    works_full_screen(&OPENCODE);
}

#[test]
fn opencode_takes_a_no() {
    takes_a_no(&OPENCODE);
}

#[test]
fn kimi_works_headless() {
    works_headless(&KIMI);
}

#[test]
fn kimi_works_full_screen() {
    works_full_screen(&KIMI);
}

#[test]
fn kimi_takes_a_no() {
    takes_a_no(&KIMI);
}

#[test]
fn qwen_works_headless() {
    works_headless(&QWEN);
}

#[test]
fn qwen_works_full_screen() {
    works_full_screen(&QWEN);
}

#[test]
fn qwen_takes_a_no() {
    takes_a_no(&QWEN);
}

#[test]
fn copilot_works_headless() {
    works_headless(&COPILOT);
}

#[test]
fn copilot_works_full_screen() {
    works_full_screen(&COPILOT);
}

#[test]
fn copilot_takes_a_no() {
    takes_a_no(&COPILOT);
}
