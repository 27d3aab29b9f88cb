//! Command lines, environment and files of a start.

use std::path::Path;

use quarterdeck::agents::{LaunchContext, LaunchPlan, ProgramName};
use quarterdeck::model::{SessionId, SessionMode};
use serde_json::Value;

use super::agent;

const ID: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";

fn plan(name: &str, change: impl FnOnce(&mut LaunchContext<'_>)) -> LaunchPlan {
    let session = SessionId::parse(ID).unwrap();
    let mut context = LaunchContext {
        qd: Path::new("/opt/it's here/qd"),
        program: Path::new("/usr/bin/agent"),
        session: &session,
        session_directory: Path::new("/state/s"),
        worktree: Path::new("/work/tree"),
        mode: SessionMode::Interactive,
        prompt: "fix the bug",
        model: None,
        resume: None,
        run: None,
    };
    change(&mut context);
    agent(name).launch(&context)
}

#[test]
fn claude_full_screen() {
    let plan = plan("claude", |_| {});
    assert_eq!(plan.argv, ["/usr/bin/agent", "--session-id", ID, "--settings", "/state/s/claude-settings.json"]);
    assert_eq!(plan.conversation.as_deref(), Some(ID));
    assert!(!plan.delivers_prompt);
    assert!(plan.env.contains(&("DISABLE_AUTOUPDATER".to_owned(), "1".to_owned())));
    let (path, text) = &plan.files[0];
    assert_eq!(path, Path::new("/state/s/claude-settings.json"));
    let settings: Value = serde_json::from_str(text).unwrap();
    assert_eq!(settings["permissions"]["allow"][0], "Bash(qd report:*)");
    let command = settings["hooks"]["PermissionRequest"][0]["hooks"][0]["command"].as_str().unwrap();
    assert_eq!(command, r"'/opt/it'\''s here/qd' report hook PermissionRequest");
}

#[test]
fn claude_resumes_with_a_model() {
    let plan = plan("claude", |context| {
        context.resume = Some("old-one");
        context.model = Some("opus");
    });
    assert_eq!(
        plan.argv[1..],
        ["--resume", "old-one", "--settings", "/state/s/claude-settings.json", "--model", "opus"]
    );
    assert_eq!(plan.conversation.as_deref(), Some("old-one"));
}

#[test]
fn claude_headless() {
    let plan = plan("claude", |context| {
        context.mode = SessionMode::Autonomous;
        context.prompt = "/exit {model}";
    });
    let head =
        ["/opt/it's here/qd", "transcript", "--agent", "claude", "--", "/usr/bin/agent", "--session-id", ID, "-p"];
    assert_eq!(plan.argv[..9], head);
    assert_eq!(plan.argv.last().unwrap(), "Task: /exit {model}");
    assert!(!plan.argv.contains(&"--model".to_owned()));
    assert!(plan.argv.contains(&"Bash(qd report:*)".to_owned()));
    assert!(plan.delivers_prompt);
    assert!(!plan.files[0].1.contains("hooks"));
}

#[test]
fn a_prompt_too_long_for_an_argument_becomes_a_file() {
    let long = "word ".repeat(200_000);
    let plan = plan("claude", |context| {
        context.mode = SessionMode::Autonomous;
        context.prompt = Box::leak(long.clone().into_boxed_str());
    });
    assert!(plan.argv.iter().all(|argument| argument.len() < 100_001));
    let (path, text) = &plan.files[0];
    assert_eq!((path.as_path(), text.as_str()), (Path::new("/state/s/prompt.md"), long.trim()));
    assert!(plan.argv.last().unwrap().contains("/state/s/prompt.md"));
    assert!(plan.files[1].1.contains("Read(//state/s/prompt.md)"));
}

#[test]
fn the_shell_runs_the_persons_command() {
    let run = plan("shell", |context| context.run = Some("echo a && exit 3"));
    assert_eq!(run.argv, ["/bin/sh", "-c", "echo a && exit 3"]);
    assert!(run.delivers_prompt);
    assert_eq!(plan("shell", |_| {}).argv, ["/usr/bin/agent"]);
    assert_eq!(agent("shell").program(), ProgramName::UserShell);
}

#[test]
fn others_by_definition() {
    assert_eq!(plan("codex", |_| {}).argv, ["/usr/bin/agent", "--no-daemon"]);
    assert_eq!(
        plan("codex", |context| context.resume = Some("t1")).argv,
        ["/usr/bin/agent", "resume", "t1", "--no-daemon"]
    );
    assert_eq!(plan("demo", |_| {}).argv, ["/usr/bin/agent", "demo-agent"]);
    assert_eq!(agent("demo").program(), ProgramName::Own);
    // no headless mode is known: full screen, and the prompt is pasted
    let codex = plan("codex", |context| context.mode = SessionMode::Autonomous);
    assert!(!codex.delivers_prompt && !agent("codex").supports(SessionMode::Autonomous));
}
