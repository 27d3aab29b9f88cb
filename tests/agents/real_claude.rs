//! The real Claude Code against the mock model: launch plan, settings file, dialogs, delivery, hooks, report.
//! `QD_TEST_CLAUDE` names the program, else it is looked for in PATH; without one these tests say loudly that they did nothing.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use quarterdeck::agents::delivery::{Delivery, DeliveryAction, DeliveryEvent};
use quarterdeck::agents::transcript::{News, Transcript};
use quarterdeck::agents::{LaunchContext, LaunchPlan};
use quarterdeck::model::{DialogKind, SessionId, SessionMode, Timestamp};
use quarterdeck::protocol::pane::{Modes, Observation, WriteFate};
use serde_json::json;

use super::agent;
use super::mock_model::MockModel;

const KEY: &str = "sk-ant-dummy-000000000000";

fn program() -> Option<PathBuf> {
    let named = std::env::var_os("QD_TEST_CLAUDE").map(PathBuf::from);
    let found = named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|directory| directory.join("claude")).find(|file| file.is_file())
    });
    if found.is_none() {
        eprintln!(
            "\n*** SKIPPED: no Claude Code here (set QD_TEST_CLAUDE or put `claude` into PATH); nothing was tested ***\n"
        );
    }
    found
}

/// A home, a repository, and a `qd` that writes down how it was called.
struct World {
    directory: tempfile::TempDir,
    model: MockModel,
    claude: PathBuf,
}

impl World {
    fn new(claude: PathBuf) -> Self {
        let world = Self { directory: tempfile::tempdir().unwrap(), model: MockModel::start(), claude };
        for name in ["home/.claude", "bin", "session", "repository"] {
            fs::create_dir_all(world.path(name)).unwrap();
        }
        let known = json!({
            "hasCompletedOnboarding": true, "theme": "dark", "numStartups": 5,
            "customApiKeyResponses": { "approved": [&KEY[KEY.len() - 20..]], "rejected": [] },
        });
        fs::write(world.path("home/.claude/.claude.json"), known.to_string()).unwrap();
        let script = "#!/bin/sh\nlog=$(dirname \"$0\")/../calls\nif [ \"$2\" = hook ]; then { printf '%s ' \"$3\"; tr -d '\\n'; echo; } >>\"$log\"; else echo \"SAID $*\" >>\"$log\"; fi\n";
        fs::write(world.path("bin/qd"), script).unwrap();
        fs::set_permissions(world.path("bin/qd"), fs::Permissions::from_mode(0o755)).unwrap();
        for arguments in [
            &["init", "-q", "-b", "main"][..],
            &["config", "user.name", "T"],
            &["config", "user.email", "t@t"],
            &["commit", "-q", "--allow-empty", "-m", "first"],
        ] {
            assert!(
                Command::new("git").args(arguments).current_dir(world.path("repository")).status().unwrap().success()
            );
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap_or_default()
    }

    fn plan(&self, mode: SessionMode, prompt: &str) -> LaunchPlan {
        let session = SessionId::from_entropy(
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos().to_le_bytes(),
        );
        let plan = agent("claude").launch(&LaunchContext {
            qd: &self.path("bin/qd"),
            program: &self.claude,
            session: &session,
            session_directory: &self.path("session"),
            worktree: &self.path("repository"),
            mode,
            prompt,
            model: None,
            resume: None,
            run: None,
        });
        for (path, text) in &plan.files {
            fs::write(path, text).unwrap();
        }
        plan
    }

    fn environment(&self, plan: &LaunchPlan) -> Vec<(String, String)> {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let own = [
            ("HOME", self.path("home").display().to_string()),
            ("CLAUDE_CONFIG_DIR", self.path("home/.claude").display().to_string()),
            ("PATH", path),
            ("TERM", "xterm-256color".to_owned()),
            ("ANTHROPIC_BASE_URL", self.model.url()),
            ("ANTHROPIC_API_KEY", KEY.to_owned()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            ("CLAUDE_CODE_MAX_RETRIES", "1".to_owned()),
        ];
        own.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(plan.env.clone()).collect()
    }
}

#[test]
fn headless_edits_commits_and_reports() {
    let Some(claude) = program() else { return };
    let world = World::new(claude);
    let file = world.path("repository/hello.txt");
    let prompt = format!(
        "/do [[mock:write {} hello\\n]] [[mock:bash git add hello.txt && git commit -qm hello]] [[mock:report it's done]]",
        file.display()
    );
    let plan = world.plan(SessionMode::Autonomous, &prompt);
    assert_eq!(plan.argv[1], "transcript");
    let output = Command::new(&plan.argv[5])
        .args(&plan.argv[6..])
        .env_clear()
        .envs(world.environment(&plan))
        .current_dir(world.path("repository"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let mut transcript = Transcript::new("claude");
    let mut shown = String::new();
    let mut news = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let rendered = transcript.line(line);
        shown.push_str(&rendered.text);
        news.extend(rendered.news);
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(transcript.finish(output.status.code()).code, 0, "{shown}\n{errors}");
    let conversation = plan.conversation.unwrap();
    assert!(matches!(&news[0], News::Started { conversation: named, .. } if *named == conversation), "{news:?}");
    assert_eq!(fs::read_to_string(file).unwrap(), "hello\n", "{shown}");
    let log = Command::new("git").args(["log", "--oneline"]).current_dir(world.path("repository")).output().unwrap();
    assert!(String::from_utf8_lossy(&log.stdout).contains("hello"), "{shown}");
    assert!(world.calls().contains("SAID report done --summary it's done"), "{shown}\n{}", world.calls());
    assert!(world.model.prompts()[0].contains("Task: /do"));
}

/// A program in a PTY, seen through vt100.
struct Pane {
    parser: vt100::Parser<Title>,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
    last_output: Instant,
    began: Instant,
}

#[derive(Default)]
struct Title(String);

impl vt100::Callbacks for Title {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.0 = String::from_utf8_lossy(title).into_owned();
    }
}

impl Pane {
    fn start(plan: &LaunchPlan, environment: Vec<(String, String)>, directory: &Path) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(&plan.argv[0]);
        command.args(&plan.argv[1..]);
        command.cwd(directory);
        command.env_clear();
        for (key, value) in environment {
            command.env(key, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let input = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let parser =
            vt100::Parser::new_with_callbacks(36.try_into().unwrap(), 120.try_into().unwrap(), 0, Title::default());
        Self { parser, output, input, child, _master: pair.master, last_output: Instant::now(), began: Instant::now() }
    }

    fn look(&mut self) -> Observation {
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(30)) {
            self.parser.process(&bytes);
            self.last_output = Instant::now();
        }
        let screen = self.parser.screen();
        Observation {
            title: self.parser.callbacks().0.clone(),
            screen: screen.rows(0, 120).map(|row| row.trim_end().to_owned()).collect(),
            modes: Modes {
                bracketed_paste: screen.bracketed_paste(),
                application_cursor: screen.application_cursor(),
                ..Modes::default()
            },
            quiet_ms: self.last_output.elapsed().as_millis() as u64,
            ..Observation::default()
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(0).after(self.began.elapsed())
    }

    fn write(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).unwrap();
        self.input.flush().unwrap();
    }
}

#[test]
fn full_screen_from_trust_to_report() {
    let Some(claude) = program() else { return };
    let world = World::new(claude);
    let agent = agent("claude");
    let plan = world.plan(SessionMode::Interactive, "");
    let mut pane = Pane::start(&plan, world.environment(&plan), &world.path("repository"));
    let file = world.path("repository/hello.txt");
    let prompt = format!("#1 Do this.\nLine two.\n[[mock:write {} hello\\n]] [[mock:report all done]]", file.display());
    let mut delivery = Delivery::new("e1", &prompt, &agent);
    let (mut trusted, mut delivered, mut permissions, mut answered) = (false, false, 0, String::new());
    let deadline = Instant::now() + Duration::from_secs(90);
    let stopped = |world: &World| world.calls().lines().any(|line| line.starts_with("Stop "));
    while !(delivered && stopped(&world)) {
        let seen = pane.look();
        assert!(Instant::now() < deadline, "too slow:\n{}\n{}\n{}", seen.title, seen.screen.join("\n"), world.calls());
        if let Some(dialog) =
            agent.read(&seen).and_then(|reading| reading.dialog).filter(|dialog| dialog.text != answered)
        {
            assert_ne!(dialog.kind, DialogKind::Other, "{}", dialog.text);
            trusted |= dialog.kind == DialogKind::Trust;
            permissions += usize::from(dialog.kind == DialogKind::Permission);
            answered.clone_from(&dialog.text);
            for keys in &dialog.yes {
                pane.write(keys.as_bytes());
                pane.look();
            }
            continue;
        }
        let now = pane.now();
        for action in delivery.step(DeliveryEvent::Saw(&seen), now) {
            match action {
                DeliveryAction::Write { key, bytes, paste } => {
                    let bytes = if paste { [b"\x1b[200~", bytes.as_slice(), b"\x1b[201~"].concat() } else { bytes };
                    pane.write(&bytes);
                    delivery.step(DeliveryEvent::Wrote { key: &key, fate: WriteFate::Written }, now);
                }
                DeliveryAction::Delivered => delivered = true,
                DeliveryAction::Failed { detail } => panic!("{detail}\n{}", seen.screen.join("\n")),
                DeliveryAction::WakeAt(_) => {}
            }
        }
    }
    let calls = world.calls();
    assert!(trusted, "a new repository is asked about");
    assert_eq!(fs::read_to_string(file).unwrap(), "hello\n");
    assert!(calls.contains("SAID report done --summary all done"), "{calls}");
    assert!(permissions <= 1, "only the edit may be asked about, never the report: {calls}");
    for event in ["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop"] {
        assert!(calls.lines().any(|line| line.starts_with(&format!("{event} {{"))), "{event}: {calls}");
    }
    let prompts = world.model.prompts();
    assert!(prompts.iter().any(|prompt| prompt.contains("Task: #1 Do this.\nLine two.")), "{prompts:?}");
    let exit = String::from_utf8(agent.polite_exit().to_vec()).unwrap();
    pane.write(exit.trim_end().as_bytes());
    let typed = Instant::now();
    while typed.elapsed() < Duration::from_millis(600) {
        pane.look();
    }
    pane.write(b"\r");
    let deadline = Instant::now() + Duration::from_secs(20);
    while pane.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "does not end:\n{}", pane.look().screen.join("\n"));
        pane.look();
    }
}
