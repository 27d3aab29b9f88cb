//! `qd demo-agent`: a program that behaves in its terminal as the agents do that it stands for. It shows a
//! composer, takes a pasted prompt and Enter, works in its directory, asks before it runs a command, and calls
//! `qd report done`. It never uses the network.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::process::Program;

use super::script::{self, Part, Step, TITLE_FILE};
use super::terminal::{Key, Keys, Terminal, Title};

/// The variable that scales its delays: 1 is life-like, 0 is none.
pub(super) const PACE: &str = "QD_DEMO_PACE";

/// Every turn takes at least this long, so that it can be seen to have begun.
const SHORTEST_THOUGHT: Duration = Duration::from_millis(400);

/// As long as the project's check may take.
const CHECK_LIMIT: Duration = Duration::from_secs(60);

/// A paste longer than this, or of several lines, is shown as a placeholder.
const LONG_PASTE: usize = 60;

/// Runs until it is told to go.
pub fn run() -> ExitCode {
    match Terminal::open().and_then(|terminal| Agent::new(terminal).live()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the demo agent runs in a terminal: {error}");
            ExitCode::from(6)
        }
    }
}

/// Why a turn ended before its time.
enum Stop {
    /// Esc or Ctrl+C.
    Interrupted,
    /// The terminal is gone, or failed.
    Gone(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Gone(error)
    }
}

struct Agent {
    terminal: Terminal,
    keys: Keys,
    /// What stands in the composer.
    draft: String,
    /// What the composer shows instead of the draft after a long paste.
    placeholder: Option<String>,
    pastes: u32,
    part: Option<Part>,
    pace: f64,
}

impl Agent {
    fn new(terminal: Terminal) -> Self {
        let pace = std::env::var(PACE).ok().and_then(|pace| pace.parse().ok()).unwrap_or(1.0);
        Self {
            terminal,
            keys: Keys::default(),
            draft: String::new(),
            placeholder: None,
            pastes: 0,
            part: None,
            pace: if f64::is_finite(pace) { pace.clamp(0.0, 10.0) } else { 1.0 },
        }
    }

    /// Greets, then takes prompts until the end.
    fn live(&mut self) -> io::Result<()> {
        self.terminal.line("\x1b[1;35mDemo agent\x1b[0m \x1b[2m· scripted, no model, no network\x1b[0m")?;
        self.terminal.line("")?;
        self.terminal.title(Title::Ready)?;
        loop {
            let Some(prompt) = self.compose()? else { return Ok(()) };
            match self.turn(&prompt) {
                Ok(()) => self.terminal.title(Title::Done)?,
                Err(Stop::Interrupted) => {
                    self.terminal.line("\x1b[33m! interrupted\x1b[0m")?;
                    self.terminal.title(Title::Ready)?;
                }
                Err(Stop::Gone(error)) => return Err(error),
            }
        }
    }

    /// Lets a prompt be written; `None` when the agent is told to go.
    fn compose(&mut self) -> io::Result<Option<String>> {
        loop {
            self.terminal.composer(self.placeholder.as_deref().unwrap_or(&self.draft))?;
            let Some(bytes) = self.terminal.read(None)? else { continue };
            if bytes.is_empty() {
                return Ok(None);
            }
            for key in self.keys.feed(&bytes) {
                match key {
                    Key::Enter if !self.draft.trim().is_empty() => {
                        let prompt = std::mem::take(&mut self.draft);
                        let shown = self.placeholder.take().unwrap_or_else(|| prompt.clone());
                        if prompt.trim() == "/exit" {
                            return Ok(None);
                        }
                        self.terminal.line(&format!("\x1b[36m> {shown}\x1b[0m"))?;
                        return Ok(Some(prompt));
                    }
                    Key::EndOfInput => return Ok(None),
                    other => self.edit(other),
                }
            }
        }
    }

    /// A key in the composer.
    fn edit(&mut self, key: Key) {
        match key {
            Key::Typed(character) => self.draft.push(character),
            Key::Pasted(text) => {
                self.pastes += 1;
                self.draft.push_str(&text);
                if text.contains('\n') || text.chars().count() > LONG_PASTE {
                    let lines = text.lines().count();
                    self.placeholder = Some(format!("[Pasted text #{} +{lines} lines]", self.pastes));
                }
            }
            Key::Backspace => {
                self.draft.pop();
            }
            Key::Escape | Key::Interrupt => {
                self.draft.clear();
                self.placeholder = None;
            }
            Key::Enter | Key::EndOfInput => {}
        }
    }

    /// One turn: choose the part on the first prompt, then play it.
    fn turn(&mut self, prompt: &str) -> Result<(), Stop> {
        self.terminal.title(Title::Working)?;
        self.work_for("Thinking", SHORTEST_THOUGHT.max(self.scaled(1200)))?;
        let part = match self.part.take() {
            None => script::part(prompt),
            Some(part) if script::wants_work(prompt) => part,
            Some(part) => {
                self.part = Some(part);
                return Ok(self.say("I am a demo agent and can only play my part. A real one would answer this.")?);
            }
        };
        let title = fs::read_to_string(TITLE_FILE).ok();
        let steps = script::steps(&part, prompt, title.as_deref());
        self.part = Some(part);
        for step in steps {
            self.step(step)?;
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), Stop> {
        match step {
            Step::Say(text) => self.say(text)?,
            Step::Read(file) => self.read(file)?,
            Step::Write { file, text } => self.write(&file, &text)?,
            Step::Check => self.check()?,
            Step::Ask(argv) => self.ask(argv)?,
            Step::Commit(message) => self.commit(message)?,
            Step::Restate(next) => self.report(&["progress", &format!("next: {next}")])?,
            Step::Report(summary) => self.report(&["done", "--summary", &summary])?,
        }
        self.work_for("Thinking", self.scaled(500))
    }

    fn say(&self, text: &str) -> io::Result<()> {
        self.terminal.line(&format!("\x1b[37m• {text}\x1b[0m"))
    }

    fn read(&mut self, file: &str) -> Result<(), Stop> {
        self.work_for("Reading", self.scaled(600))?;
        let lines = fs::read_to_string(file).map_or(0, |text| text.lines().count());
        Ok(self.terminal.line(&format!("\x1b[34m• Read\x1b[0m {file} \x1b[2m({lines} lines)\x1b[0m"))?)
    }

    fn write(&mut self, file: &str, text: &str) -> Result<(), Stop> {
        self.work_for("Editing", self.scaled(900))?;
        let path = PathBuf::from(file);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, text)?;
        self.terminal.line(&format!("\x1b[34m• Edit\x1b[0m {file}"))?;
        for line in before.lines().filter(|line| !text.lines().any(|new| new == *line)) {
            self.terminal.line(&format!("  \x1b[31m- {line}\x1b[0m"))?;
        }
        for line in text.lines().filter(|line| !before.lines().any(|old| old == *line)) {
            self.terminal.line(&format!("  \x1b[32m+ {line}\x1b[0m"))?;
            self.work_for("Editing", self.scaled(60))?;
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), Stop> {
        self.work_for("Running the tests", self.scaled(800))?;
        self.execute("sh", &["test.sh"])
    }

    /// The question that waits for y or n.
    fn ask(&mut self, argv: &[&str]) -> Result<(), Stop> {
        self.terminal.title(Title::Asking)?;
        self.terminal.line(&format!("\x1b[1;33mAllow demo to run: {}\x1b[0m", argv.join(" ")))?;
        self.terminal.bottom("\x1b[33m[y] yes  [n] no\x1b[0m")?;
        let allowed = self.wait_for_answer()?;
        self.terminal.title(Title::Working)?;
        if !allowed {
            return Ok(self.say("Then I do without.")?);
        }
        self.terminal.line("\x1b[2mallowed\x1b[0m")?;
        match argv.split_first() {
            Some((program, arguments)) => self.execute(program, arguments),
            None => Ok(()),
        }
    }

    fn wait_for_answer(&mut self) -> Result<bool, Stop> {
        loop {
            let bytes = self.terminal.read(None)?.unwrap_or_default();
            if bytes.is_empty() {
                return Err(Stop::Gone(io::ErrorKind::UnexpectedEof.into()));
            }
            for key in self.keys.feed(&bytes) {
                match key {
                    Key::Typed('y' | 'Y') => return Ok(true),
                    Key::Typed('n' | 'N') => return Ok(false),
                    Key::Escape | Key::Interrupt => return Err(Stop::Interrupted),
                    _ => {}
                }
            }
        }
    }

    fn commit(&mut self, message: &str) -> Result<(), Stop> {
        self.execute("git", &["add", "--all"])?;
        self.execute("git", &["commit", "--quiet", "--message", message])
    }

    fn report(&mut self, what: &[&str]) -> Result<(), Stop> {
        let qd = std::env::current_exe()?;
        self.execute(&qd.to_string_lossy(), &[&["report"], what].concat())
    }

    /// Runs a program and shows what it says, indented.
    fn execute(&mut self, program: &str, arguments: &[&str]) -> Result<(), Stop> {
        let name = program.rsplit('/').next().unwrap_or(program);
        self.terminal.line(&format!("\x1b[34m• Run\x1b[0m {name} {}", arguments.join(" ")))?;
        match Program::new(program).args(arguments.iter().copied()).timeout(CHECK_LIMIT).run() {
            Ok(finished) => {
                let said = [finished.stdout, finished.stderr].concat();
                for line in String::from_utf8_lossy(&said).lines() {
                    let colour = if line.starts_with("FAIL") { "31" } else { "2" };
                    self.terminal.line(&format!("  \x1b[{colour}m{}\x1b[0m", crate::model::sanitize(line)))?;
                }
                if finished.code != Some(0) {
                    self.terminal.line("  \x1b[31mit did not succeed\x1b[0m")?;
                }
            }
            Err(error) => self.terminal.line(&format!("  \x1b[31m{error}\x1b[0m"))?,
        }
        Ok(())
    }

    fn scaled(&self, milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds).mul_f64(self.pace)
    }

    /// Shows that it works for a while, and listens: Esc and Ctrl+C stop it, other keys are kept for later.
    fn work_for(&mut self, what: &str, time: Duration) -> Result<(), Stop> {
        let until = Instant::now() + time;
        self.terminal.bottom(&format!("\x1b[35m* working … {what}\x1b[0m \x1b[2m(esc stops)\x1b[0m"))?;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.terminal.read(Some(left))? {
                None => return Ok(()),
                Some(bytes) if bytes.is_empty() => return Err(Stop::Gone(io::ErrorKind::UnexpectedEof.into())),
                Some(bytes) => {
                    for key in self.keys.feed(&bytes) {
                        match key {
                            Key::Escape | Key::Interrupt => return Err(Stop::Interrupted),
                            other => self.edit(other),
                        }
                    }
                }
            }
        }
    }
}
