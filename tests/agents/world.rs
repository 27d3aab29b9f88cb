//! A throw-away world for a real agent: a home, a repository, a mock model, a `qd` that writes down how it was
//! called, and a PTY that is looked at through vt100.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use quarterdeck::agents::delivery::{Delivery, DeliveryAction, DeliveryEvent};
use quarterdeck::agents::signals::Signals;
use quarterdeck::agents::transcript::News;
use quarterdeck::agents::{Agent, DIALOG_SETTLE, LaunchContext, LaunchPlan};
use quarterdeck::model::{Dialog, DialogKind, SessionId, SessionMode, SessionState, Timestamp};
use quarterdeck::protocol::pane::{Modes, Observation, WriteFate};

use quarterdeck::term::Terminal;

use super::agent;
use super::homes::{self, Home, Variables};
use super::mock_model::MockModel;

/// The agent's program: `QD_TEST_CODEX` and so on, else from PATH, else a loud note.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let in_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
    };
    match homes::program(name) {
        Ok(program) => Some(program),
        Err(why) => in_path().or_else(|| {
            let required = std::env::var_os("QD_REQUIRE_E2E").is_some() && !homes::is_optional(name);
            assert!(!required, "{why}");
            eprintln!("\n*** SKIPPED: {why}, and there is no `{name}` in PATH; nothing was tested ***\n");
            None
        }),
    }
}

/// See the file's first lines.
pub(super) struct World {
    directory: tempfile::TempDir,
    pub(super) model: MockModel,
    pub(super) name: &'static str,
    program: PathBuf,
    variables: Variables,
}

impl World {
    /// With the agent's home made: it knows the mock, and has no first-run questions besides that for trust. It asks before
    /// each edit where it can be told to (OpenCode, Qwen Code), and Gemini CLI does not ask for trust.
    pub(super) fn new(name: &'static str, program: PathBuf) -> Self {
        Self::asking(name, program, name != "gemini")
    }

    /// The same with a home that asks what it can, or not.
    pub(super) fn asking(name: &'static str, program: PathBuf, asks: bool) -> Self {
        let (directory, model) = (tempfile::tempdir().unwrap(), MockModel::start());
        let mut world = Self { directory, model, name, program, variables: Vec::new() };
        for name in ["home", "bin", "session", "repository", "tmp"] {
            fs::create_dir_all(world.path(name)).unwrap();
        }
        world.variables = world.home(asks).furnish(name);
        let script = "#!/bin/sh\nlog=$(dirname \"$0\")/../calls\nif [ \"$2\" = hook ]; then { printf '%s ' \"$3\"; tr -d '\\n'; echo; } >\"$log.$$\"; cat \"$log.$$\" >>\"$log\"; rm \"$log.$$\"; else echo \"SAID $*\" >>\"$log\"; fi\n";
        fs::write(world.path("bin/qd"), script).unwrap();
        fs::set_permissions(world.path("bin/qd"), fs::Permissions::from_mode(0o755)).unwrap();
        world.git(&["init", "-q", "-b", "main"]);
        world.git(&["config", "user.name", "T"]);
        world.git(&["config", "user.email", "t@t"]);
        world.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
        world
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Its home, to be furnished or changed.
    pub(super) fn home(&self, asks: bool) -> Home {
        Home { path: self.path("home"), url: self.model.url(), asks }
    }

    /// The log that Gemini CLI keeps of the only conversation here.
    fn log(&self) -> String {
        let below = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        let chats = below(self.path("home/.gemini/tmp")).map(|project| project.join("chats"));
        chats.flat_map(below).filter_map(|log| fs::read_to_string(log).ok()).collect()
    }

    pub(super) fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap_or_default()
    }

    /// Runs git in the repository.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).current_dir(self.path("repository")).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(super) fn plan(&self, place: &str, mode: SessionMode, prompt: &str, resume: Option<&str>) -> LaunchPlan {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let session = SessionId::from_entropy(now.as_nanos().to_le_bytes());
        let checkout = self.path("repository");
        let plan = agent(self.name).launch(&LaunchContext {
            qd: &self.path("bin/qd"),
            program: &self.program,
            session: &session,
            session_directory: &self.path("session"),
            worktree: &self.path(place),
            mode,
            prompt,
            model: None,
            resume,
            forks: false,
            run: None,
            trusted: false,
            checkout: (place == "tree").then_some(checkout.as_path()),
            hides_checkout: false,
            bypass: false,
        });
        for (path, text) in &plan.files {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        plan
    }

    /// Runs a headless plan without the filter in front of it.
    pub(super) fn run(&self, plan: &LaunchPlan) -> Output {
        self.run_in("repository", plan)
    }

    /// The same in another place.
    pub(super) fn run_in(&self, place: &str, plan: &LaunchPlan) -> Output {
        assert_eq!(plan.argv[1], "transcript");
        Command::new(&plan.argv[5])
            .args(&plan.argv[6..])
            .env_clear()
            .envs(self.environment(plan))
            .current_dir(self.path(place))
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    pub(super) fn environment(&self, plan: &LaunchPlan) -> Vec<(String, String)> {
        let node = homes::node().map(|node| format!("{}:", node.display())).unwrap_or_default();
        let path = format!("{}:{node}{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let mut own = vec![
            ("HOME", self.path("home").display().to_string()),
            ("PATH", path),
            ("TERM", "xterm-256color".to_owned()),
            ("COLORTERM", "truecolor".to_owned()),
            ("TMPDIR", self.path("tmp").display().to_string()),
        ];
        own.extend(self.variables.iter().cloned());
        own.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(plan.env.clone()).collect()
    }
}

/// What a headless run showed and told.
pub(super) struct Run {
    pub(super) shown: String,
    pub(super) news: Vec<News>,
    pub(super) code: i32,
    pub(super) conversation: Option<String>,
}

/// Runs headless.
pub(super) fn headless(world: &World, prompt: &str, resume: Option<&str>) -> Run {
    let plan = world.plan("repository", SessionMode::Autonomous, prompt, resume);
    let output = world.run(&plan);
    let mut transcript = agent(world.name).transcript();
    let (mut shown, mut news) = (String::new(), Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let rendered = transcript.line(line);
        shown.push_str(&rendered.text);
        news.extend(rendered.news);
    }
    shown.push_str(&String::from_utf8_lossy(&output.stderr));
    Run { shown, news, code: transcript.finish(output.status.code()).code, conversation: plan.conversation }
}

/// A program in a PTY, seen through vt100.
pub(super) struct Pane {
    parser: vt100::Parser<Title>,
    terminal: Terminal,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    pub(super) child: Box<dyn portable_pty::Child + Send + Sync>,
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
    pub(super) fn start(plan: &LaunchPlan, environment: Vec<(String, String)>, directory: &Path) -> Self {
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
        let terminal = Terminal::new(36, 120, 0);
        Self {
            parser,
            terminal,
            output,
            input,
            child,
            _master: pair.master,
            last_output: Instant::now(),
            began: Instant::now(),
        }
    }

    pub(super) fn look(&mut self) -> Observation {
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(30)) {
            self.parser.process(&bytes);
            // what it asks its terminal is answered, as a host does: some draw another screen without
            self.terminal.process(&bytes);
            let answers = self.terminal.take_answers();
            self.write(&answers);
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

    /// Whether the screen shows this, as a host looks for it.
    fn holds(&mut self, wanted: &str) -> bool {
        let normal = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let screen = normal(&self.look().screen.join(" "));
        wanted.lines().all(|row| screen.contains(&normal(row)))
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp(0).after(self.began.elapsed())
    }

    /// What is written to a program that has just ended is lost.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        let written = self.input.write_all(bytes).and_then(|()| self.input.flush());
        assert!(written.is_ok() || self.child.try_wait().unwrap().is_some(), "{written:?}");
    }
}

/// A conversation with the full-screen program, as the daemon holds it: signals, dialogs, deliveries.
pub(super) struct Talk<'w> {
    pub(super) world: &'w World,
    pub(super) agent: Agent,
    pub(super) pane: Pane,
    pub(super) signals: Signals,
    /// Every dialog that was answered.
    pub(super) asked: Vec<Dialog>,
    /// Dialogs of this kind are answered with no.
    pub(super) refuses: Option<DialogKind>,
    /// Bytes of the calls that were read.
    hooks_read: usize,
    /// What hooks told of prompts that were taken.
    taken: Vec<Option<String>>,
    said: usize,
}

impl<'w> Talk<'w> {
    pub(super) fn begin(world: &'w World, place: &str, plan: &LaunchPlan) -> Self {
        let pane = Pane::start(plan, world.environment(plan), &world.path(place));
        let (agent, signals) = (agent(world.name), Signals::new());
        Self { world, agent, pane, signals, asked: vec![], refuses: None, hooks_read: 0, taken: vec![], said: 0 }
    }

    /// Looks, reads the hooks, and answers a question that is new.
    pub(super) fn look(&mut self) -> Observation {
        let seen = self.pane.look();
        let now = self.pane.now();
        let calls = self.world.calls();
        let fresh = calls.get(self.hooks_read..).unwrap_or_default();
        let fresh = fresh.rfind('\n').map_or("", |end| &fresh[..=end]);
        self.hooks_read += fresh.len();
        for line in fresh.lines() {
            if let Some((event, payload)) = line.split_once(' ').filter(|(event, _)| *event != "SAID") {
                let news = self.agent.hook(event, payload);
                if news.turn_started {
                    self.taken.push(news.prompt);
                }
                news.reading.and_then(|reading| self.signals.hook(reading, now));
            }
        }
        let reading = self.agent.read(&seen);
        let settled = u128::from(seen.quiet_ms) >= DIALOG_SETTLE.as_millis();
        let dialog = reading.as_ref().and_then(|reading| reading.dialog.clone()).filter(|_| settled);
        self.signals.observed(reading, now);
        self.signals.tick(now);
        // what cannot be answered by keys is the person's: here one who keeps the mode that was configured
        if let Some(mode) = dialog.as_ref().filter(|dialog| dialog.text.contains("Make auto mode your default")) {
            self.pane.write(if mode.text.contains("❯ No") { b"\r" } else { b"\x1b[B" });
            return seen;
        }
        if let Some(dialog) = dialog.filter(|dialog| self.asked.last().is_none_or(|last| last.text != dialog.text)) {
            let keys = if self.refuses == Some(dialog.kind) { &dialog.no } else { &dialog.yes };
            assert!(!keys.is_empty(), "cannot be answered by keys: {}", dialog.text);
            for keys in keys {
                self.pane.write(keys.as_bytes());
                self.pane.look();
            }
            self.asked.push(dialog);
        }
        seen
    }

    /// Goes on until something holds.
    pub(super) fn until(&mut self, what: &str, mut holds: impl FnMut(&Self, &Observation) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let seen = self.look();
            if holds(self, &seen) {
                return;
            }
            let screen = seen.screen.join("\n");
            assert!(
                Instant::now() < deadline,
                "{what}: did not happen\n{}\n{screen}\n{}",
                seen.title,
                self.world.calls()
            );
        }
    }

    pub(super) fn until_state(&mut self, state: SessionState) {
        self.until(state.word(), |talk, _| talk.signals.verdict().is_some_and(|verdict| verdict.state == state));
    }

    /// Delivers a prompt. Returns what went into the composer.
    pub(super) fn say(&mut self, text: &str) -> String {
        self.said += 1;
        let key = format!("e{}", self.said);
        let handing = self.agent.hand(&key, text, &self.world.path("session"));
        if let Some((path, text)) = &handing.file {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut delivery = Delivery::new(&key, &handing.text, &self.agent.clone());
        let (mut told, mut noted) = (self.taken.len(), 0);
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let seen = self.look();
            assert!(Instant::now() < deadline, "not delivered:\n{}", seen.screen.join("\n"));
            let now = self.pane.now();
            let mut actions = delivery.step(DeliveryEvent::Saw(&seen), now);
            for prompt in &self.taken[told..] {
                actions.extend(delivery.step(DeliveryEvent::HookTurnStarted { prompt: prompt.as_deref() }, now));
            }
            told = self.taken.len();
            for action in actions {
                match action {
                    DeliveryAction::Write { key, bytes, paste, only_if } => {
                        let fate = if self.pane.holds(&only_if) { WriteFate::Written } else { WriteFate::Mismatch };
                        if fate == WriteFate::Written {
                            let marked = || [b"\x1b[200~", bytes.as_slice(), b"\x1b[201~"].concat();
                            self.pane.write(&if paste { marked() } else { bytes.clone() });
                        }
                        delivery.step(DeliveryEvent::Wrote { key: &key, fate }, now);
                    }
                    DeliveryAction::Recall { key } => {
                        delivery.step(DeliveryEvent::Wrote { key: &key, fate: WriteFate::Mismatch }, now);
                    }
                    DeliveryAction::Delivered => return handing.text,
                    DeliveryAction::Failed { detail } => panic!("{detail}\n{}", seen.screen.join("\n")),
                    DeliveryAction::Held(Some(hold)) => panic!("{}\n{}", hold.words(), seen.screen.join("\n")),
                    DeliveryAction::NoteLog => noted = self.world.log().len(),
                    DeliveryAction::ReadLog => {
                        let log = self.world.log();
                        let fresh = log.get(noted..).unwrap_or_default().lines();
                        self.taken.extend(fresh.filter_map(|line| self.agent.logged_prompt(line)).map(Some));
                    }
                    DeliveryAction::WakeAt(_) | DeliveryAction::Held(None) => {}
                }
            }
        }
    }

    /// Ends it politely, whatever it does.
    pub(super) fn end(mut self) {
        // one key after the other, as a host does it
        for key in self.agent.polite_exit().to_vec() {
            self.pane.write(&[key]);
            let pressed = Instant::now();
            while pressed.elapsed() < Duration::from_millis(200) && self.pane.child.try_wait().unwrap().is_none() {
                self.pane.look();
            }
            if self.pane.child.try_wait().unwrap().is_some() {
                return;
            }
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.pane.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "does not end:\n{}", self.pane.look().screen.join("\n"));
            self.pane.look();
        }
    }
}

impl Drop for Pane {
    /// With everything below it: some agents start themselves again as a child.
    fn drop(&mut self) {
        use quarterdeck::process;
        let below = self.child.process_id().map(|pid| {
            let members = process::members(pid).into_iter().map(|member| member.pid);
            members.chain(process::descendants(pid)).collect::<Vec<u32>>()
        });
        let _ = self.child.kill();
        for pid in below.into_iter().flatten() {
            process::send_signal(pid, nix::sys::signal::Signal::SIGKILL);
        }
    }
}
