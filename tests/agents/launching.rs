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
        forks: false,
        run: None,
        trusted: false,
        checkout: None,
        hides_checkout: false,
        bypass: false,
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
fn a_fork_is_a_conversation_of_its_own() {
    let forked = |name: &str| {
        plan(name, |context| {
            context.resume = Some("old-one");
            context.forks = true;
        })
    };
    let claude = forked("claude");
    assert_eq!(claude.argv[1..6], ["--resume", "old-one", "--fork-session", "--session-id", ID]);
    assert_eq!(claude.conversation.as_deref(), Some(ID), "never the one that it was made from");
    let codex = forked("codex");
    assert_eq!(codex.conversation, None, "it chooses the name itself");
    let elsewhere = ["fork", "old-one", "-C", "/work/tree"];
    assert!(codex.argv.windows(4).any(|words| words == elsewhere), "{:?}", codex.argv);
    // one that cannot begins anew
    assert!(!forked("gemini").argv.contains(&"old-one".to_owned()));
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
    assert_eq!(plan("demo", |_| {}).argv, ["/usr/bin/agent", "demo-agent"]);
    assert_eq!(agent("demo").program(), ProgramName::Own);
    // no headless mode is known: full screen, and the prompt is pasted
    let demo = plan("demo", |context| context.mode = SessionMode::Autonomous);
    assert!(!demo.delivers_prompt && !agent("demo").supports(SessionMode::Autonomous));
}

fn has(plan: &LaunchPlan, sequence: &[&str]) -> bool {
    plan.argv.windows(sequence.len()).any(|window| window == sequence)
}

#[test]
fn codex_with_hooks_of_its_own() {
    let full = plan("codex", |_| {});
    assert!(
        has(&full, &["--no-daemon", "-c", "allow_login_shell=false", "--sandbox", "workspace-write"]),
        "{:?}",
        full.argv
    );
    assert!(has(&full, &["--add-dir", "/state/s/outbox"]), "{:?}", full.argv);
    assert!(full.files.iter().any(|(path, _)| path.starts_with("/state/s/outbox")));
    assert!(full.env.contains(&("QD_SESSION_OUTBOX".to_owned(), "/state/s/outbox".to_owned())));
    let hook = full.argv.iter().find(|argument| argument.starts_with("hooks.Stop=")).unwrap();
    let value: toml::Table = hook.parse().unwrap();
    let command = value["hooks"]["Stop"][0]["hooks"][0]["command"].as_str().unwrap();
    assert_eq!(command, r"'/opt/it'\''s here/qd' report hook Stop");
    let state = full.argv.iter().find(|argument| argument.starts_with("hooks.state=")).unwrap();
    let trusted: toml::Table = state.parse().unwrap();
    assert_eq!(trusted["hooks"]["state"].as_table().unwrap().len(), 8);
    assert!(!full.argv.iter().any(|argument| argument.contains("bypass") || argument.contains("notify")));

    assert!(has(&plan("codex", |context| context.resume = Some("t1")), &["resume", "t1", "--no-daemon"]));
    let mut headless = plan("codex", |context| context.mode = SessionMode::Autonomous);
    assert_eq!(headless.argv[..5], ["/opt/it's here/qd", "transcript", "--agent", "codex", "--"]);
    assert!(has(&headless, &["exec", "--json"]), "{:?}", headless.argv);
    assert_eq!(headless.argv.split_off(headless.argv.len() - 2), ["--", "fix the bug"]);
    let again = plan("codex", |context| {
        context.mode = SessionMode::Autonomous;
        context.resume = Some("t1");
    });
    assert!(has(&again, &["resume", "t1", "--", "fix the bug"]), "{:?}", again.argv);
    assert_eq!(again.conversation.as_deref(), Some("t1"));
}

#[test]
fn gemini_with_a_policy() {
    let full = plan("gemini", |_| {});
    let places = ["--policy", "/state/s/gemini-policy.toml"];
    assert_eq!(full.argv, [&["/usr/bin/agent", "--session-id", ID][..], &places].concat());
    assert_eq!(full.conversation.as_deref(), Some(ID));
    assert!(
        full.files.last().unwrap().1.parse::<toml::Table>().unwrap()["rule"][0]["commandPrefix"]
            .as_array()
            .unwrap()
            .len()
            == 1
    );
    assert!(has(
        &plan("gemini", |context| context.trusted = true),
        &["/usr/bin/agent", "--skip-trust", "--session-id"]
    ));
    assert!(has(&plan("gemini", |context| context.trusted = true), &["--include-directories", "/state/s/prompts"]));
    assert!(!full.argv.contains(&"--skip-trust".to_owned()), "only where the person agreed");
    let headless = plan("gemini", |context| context.mode = SessionMode::Autonomous);
    assert!(has(&headless, &["--prompt", "fix the bug"]), "{:?}", headless.argv);
    assert!(headless.env.iter().any(|(name, _)| name == "GEMINI_CLI_NO_RELAUNCH"));
}

#[test]
fn opencode_with_a_plugin() {
    let full = plan("opencode", |_| {});
    assert_eq!(full.argv, ["/usr/bin/agent"]);
    let (_, content) = full.env.iter().find(|(name, _)| name == "OPENCODE_CONFIG_CONTENT").unwrap();
    let content: Value = serde_json::from_str(content).unwrap();
    assert_eq!(content["plugin"][0], "file:///state/s/opencode-plugin.js");
    assert!(full.files[0].1.contains(r#"const QD = "/opt/it's here/qd""#), "{}", full.files[0].1);
    let headless = plan("opencode", |context| {
        context.mode = SessionMode::Autonomous;
        context.resume = Some("ses_1");
    });
    assert!(has(&headless, &["run", "--format", "json", "--session", "ses_1", "--", "fix the bug"]));
}

#[test]
fn the_persons_checkout_is_out_of_bounds() {
    let checkout = Path::new("/home/me/shop");
    let settings = |name: &str, hides: bool| {
        let plan = plan(name, |context| {
            context.checkout = Some(checkout);
            context.hides_checkout = hides;
        });
        (plan.files.last().map(|(_, text)| text.clone()).unwrap_or_default(), plan.env)
    };
    let claude: Value = serde_json::from_str(&settings("claude", false).0).unwrap();
    let denied: Vec<&str> =
        claude["permissions"]["deny"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(denied.contains(&"Edit(//home/me/shop/**)") && denied.contains(&"Bash(*/home/me/shop/*)"), "{denied:?}");
    assert!(!denied.iter().any(|rule| rule.starts_with("Read")), "{denied:?}");
    assert!(settings("claude", true).0.contains("Read(//home/me/shop/**)"));
    let policy: toml::Value = toml::from_str(&settings("gemini", false).0).unwrap();
    let rules = policy["rule"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["decision"].as_str() == Some("deny")
        && rule["toolName"].as_str() == Some("write_file")
        && rule["argsPattern"].as_str().is_some_and(|pattern| pattern.contains("/home/me/shop"))));
    let (_, environment) = settings("opencode", false);
    let (_, opencode) = environment.iter().find(|(name, _)| name == "OPENCODE_CONFIG_CONTENT").unwrap();
    assert!(opencode.contains(r#""/home/me/shop/*":"deny""#), "{opencode}");
    let codex = plan("codex", |context| context.checkout = Some(checkout)).argv.join(" ");
    assert!(codex.contains("--sandbox workspace-write") && !codex.contains("/home/me/shop"), "{codex}");
    // a plain pane in the checkout itself is the person's
    let inside = plan("claude", |context| {
        context.checkout = Some(checkout);
        context.worktree = Path::new("/home/me/shop");
    });
    assert!(inside.files.last().unwrap().1.contains(r#""deny":[]"#));
}

#[test]
fn permissions_are_bypassed_only_when_that_is_configured() {
    for (agent, flag) in [
        ("claude", "--dangerously-skip-permissions"),
        ("codex", "--dangerously-bypass-approvals-and-sandbox"),
        ("gemini", "yolo"),
    ] {
        let usual = plan(agent, |context| context.mode = SessionMode::Autonomous);
        assert!(!usual.argv.iter().any(|argument| argument == flag), "{usual:?}");
        let wanted = plan(agent, |context| {
            context.mode = SessionMode::Autonomous;
            context.bypass = true;
        });
        assert!(wanted.argv.iter().any(|argument| argument == flag), "{wanted:?}");
        for dropped in ["acceptEdits", "workspace-write", "auto_edit"] {
            assert!(!wanted.argv.iter().any(|argument| argument == dropped), "{wanted:?}");
        }
    }
}
