//! One story's world: a home, a place for Quarterdeck, a repository, and `qd` run in them. What was started in it
//! ends with it; when the story failed, the logs are shown first.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// As long as one command may take, agents included.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Its output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The entries of its output, when it succeeded and is a list.
    #[allow(dead_code, reason = "not every tier that shares this file asks for a list")]
    pub fn json_or_nothing(&self) -> Vec<Value> {
        let list = serde_json::from_str::<Value>(&self.stdout).ok().filter(|_| self.code == Some(0));
        list.and_then(|list| list.as_array().cloned()).unwrap_or_default()
    }

    /// The same, if it succeeded.
    pub fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "it should have succeeded: {self:?}");
        self
    }
}

pub struct World {
    directory: tempfile::TempDir,
    /// More of the environment, for this story.
    pub environment: Vec<(String, String)>,
    /// Directories before the usual PATH.
    pub path_first: Vec<PathBuf>,
    /// Its files are removed by a process of their own: for worlds of very many.
    pub swept_beside: bool,
}

impl World {
    /// A world with a repository of one commit.
    pub fn new() -> Self {
        Self::new_in(&std::env::temp_dir())
    }

    /// The same below some directory.
    pub fn new_in(place: &Path) -> Self {
        let world = Self::bare(place);
        fs::create_dir_all(world.repository()).unwrap();
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world.write("README.md", "# A project\n");
        world.write("greeting.txt", "hello\n");
        world.commit("Begin");
        world
    }

    /// A world with nothing in it.
    pub fn without_repository() -> Self {
        Self::bare(&std::env::temp_dir())
    }

    fn bare(place: &Path) -> Self {
        let directory = tempfile::Builder::new().prefix("qd-e2e-").tempdir_in(place).unwrap();
        let world = Self { directory, environment: Vec::new(), path_first: Vec::new(), swept_beside: false };
        fs::create_dir_all(world.path("home")).unwrap();
        fs::write(
            world.path("home/.gitconfig"),
            "[user]\nname = Somebody\nemail = somebody@example.invalid\n[init]\ndefaultBranch = main\n[commit]\ngpgSign = false\n",
        )
        .unwrap();
        // no story asks a model to plan unless it says so
        world.configure("");
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn repository(&self) -> PathBuf {
        self.path("project")
    }

    /// The whole environment of everything that runs here.
    pub fn variables(&self) -> Vec<(String, String)> {
        let usual = std::env::var("PATH").unwrap();
        let first = self.path_first.iter().map(|path| format!("{}:", path.display())).collect::<String>();
        let mut variables: Vec<(String, String)> = [
            ("HOME", self.path("home").display().to_string()),
            ("QD_HOME", self.path("qd").display().to_string()),
            ("PATH", format!("{first}{usual}")),
            ("SHELL", "/bin/sh".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("COLORTERM", "truecolor".to_owned()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("TMPDIR", self.directory.path().display().to_string()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        variables.extend(self.environment.iter().cloned());
        variables
    }

    /// The person's settings.
    pub fn configure(&self, text: &str) {
        fs::create_dir_all(self.path("qd/config")).unwrap();
        let rules = if text.contains("[planner]") { "" } else { "\n[planner]\nbackend = \"rules\"\n" };
        fs::write(self.path("qd/config/config.toml"), format!("{text}{rules}")).unwrap();
    }

    /// `qd` in the repository.
    pub fn qd(&self, arguments: &[&str]) -> Ended {
        self.qd_in(&self.repository(), arguments, b"")
    }

    /// `qd` in a directory, with something on its standard input.
    pub fn qd_in(&self, directory: &Path, arguments: &[&str], input: &[u8]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.args(arguments).current_dir(directory).env_clear().envs(self.variables());
        run(command, input)
    }

    /// The same where nobody minds how it ends: when a story is over.
    pub fn try_qd(&self, arguments: &[&str]) -> Result<Ended, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.args(arguments).current_dir("/").env_clear().envs(self.variables());
        finish(command, b"", Duration::from_secs(15))
    }

    /// A shell task with autonomy full; waits for its end.
    pub fn shell_task(&self, title: &str, command: &str) -> Ended {
        self.qd(&["task", "add", title, "--run", command, "--agent", "shell", "--autonomy", "full", "--wait", "--json"])
    }

    /// A shell task with autonomy full; returns its number at once.
    pub fn start_shell_task(&self, title: &str, command: &str) -> u64 {
        let added = self
            .qd(&["task", "add", title, "--run", command, "--agent", "shell", "--autonomy", "full", "--json"])
            .good()
            .json();
        added["id"].as_u64().unwrap_or_else(|| panic!("a task has a number: {added}"))
    }

    /// One task as JSON.
    pub fn task(&self, id: u64) -> Value {
        self.qd(&["task", "get", &id.to_string(), "--json"]).good().json()
    }

    /// Waits until a task has a status.
    pub fn until_status(&self, id: u64, status: &str, limit: Duration) -> Value {
        until(&format!("task #{id} is {status}"), limit, || {
            let task = self.task(id);
            (task["status"] == status).then_some(task)
        })
    }

    /// All sessions, ended ones too.
    pub fn sessions(&self) -> Vec<Value> {
        self.qd(&["session", "list", "--all", "--json"]).good().json().as_array().cloned().unwrap_or_default()
    }

    /// The session of a task, once its agent has a process.
    pub fn running_session(&self, task: u64) -> Value {
        until(&format!("the agent of task #{task} runs"), Duration::from_secs(30), || {
            self.sessions()
                .into_iter()
                .find(|session| session["task"] == task && session["pid"].is_u64() && session["ended_at"].is_null())
        })
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.repository(), arguments)
    }

    pub fn git_in(&self, directory: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(directory).env_clear().envs(self.variables());
        let ended = run(command, b"").good();
        ended.stdout
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.repository().join(name), text).unwrap();
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// What the main branch holds of a file.
    pub fn landed(&self, file: &str) -> String {
        self.git(&["show", &format!("main:{file}")])
    }

    /// How many commits that are no merges brought this file in.
    pub fn arrivals(&self, file: &str) -> usize {
        self.git(&["log", "--format=%H", "--no-merges", "--diff-filter=A", "main", "--", file]).lines().count()
    }

    fn show_logs(&self) {
        let mut directories = vec![self.path("qd/state/logs")];
        directories
            .extend(fs::read_dir(self.path("qd/state/sessions")).into_iter().flatten().flatten().map(|d| d.path()));
        for directory in directories {
            for file in fs::read_dir(&directory).into_iter().flatten().flatten().map(|file| file.path()) {
                let text = String::from_utf8_lossy(&fs::read(&file).unwrap_or_default()).into_owned();
                let skip = text.lines().count().saturating_sub(30);
                let tail: Vec<&str> = text.lines().skip(skip).collect();
                eprintln!("--- {}\n{}", file.display(), tail.join("\n"));
            }
        }
    }

    /// Daemon and hosts as they wrote themselves down.
    fn processes(&self) -> Vec<i32> {
        let sessions = fs::read_dir(self.path("qd/state/sessions")).into_iter().flatten().flatten();
        let hosts = sessions.filter_map(|session| {
            let record: Value = serde_json::from_slice(&fs::read(session.path().join("host.json")).ok()?).ok()?;
            let pid = i32::try_from(record["pid"].as_u64()?).ok()?;
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains("host").then_some(pid)
        });
        hosts.collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.show_logs();
        }
        let _ = self.try_qd(&["daemon", "stop"]);
        // what runs below a host outlives it: hang-ups can be ignored
        let hosts = self.processes();
        let below = |host: &i32| u32::try_from(*host).map(quarterdeck::process::descendants).unwrap_or_default();
        let left: Vec<u32> = hosts.iter().flat_map(below).collect();
        for pid in hosts.into_iter().chain(left.into_iter().filter_map(|pid| i32::try_from(pid).ok())) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        if self.swept_beside {
            let mut sweep = Command::new("setsid");
            sweep.args(["nice", "rm", "-rf", "--"]).arg(self.directory.path()).stdout(Stdio::null());
            self.directory.disable_cleanup(sweep.spawn().is_ok());
        }
    }
}

/// Waits until something is there. The name says what was missing when the time is over.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain until {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Kills a process at once.
pub fn kill_now(pid: &Value) {
    let pid = i32::try_from(pid.as_u64().expect("a process number")).unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

/// Whether a process runs (a zombie does not).
pub fn runs(pid: &Value) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit(") ").next().and_then(|rest| rest.chars().next()).is_some_and(|state| state != 'Z')
}

fn run(command: Command, input: &[u8]) -> Ended {
    finish(command, input, COMMAND_LIMIT).unwrap_or_else(|what| panic!("{what}"))
}

/// Runs to the end or to the limit. Output goes through files, so that a child that keeps it open delays nothing.
fn finish(mut command: Command, input: &[u8], limit: Duration) -> Result<Ended, String> {
    let mut files = [tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap()];
    let [out, err] = [files[0].try_clone().unwrap(), files[1].try_clone().unwrap()];
    let mut child = command.stdin(Stdio::piped()).stdout(out).stderr(err).spawn().map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let end = Instant::now() + limit;
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status.code());
        }
        if Instant::now() > end {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    writer.join().unwrap();
    let [stdout, stderr] = files.each_mut().map(|file| {
        let mut bytes = Vec::new();
        std::io::Seek::rewind(file).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let code = code.ok_or_else(|| format!("{command:?} took longer than {limit:?}\n{stdout}\n{stderr}"))?;
    Ok(Ended { code, stdout, stderr })
}

/// Says loudly that a story is not told here; a failure where nothing may be missing.
pub fn skip(what: &str) {
    assert!(std::env::var_os("QD_REQUIRE_E2E").is_none(), "QD_REQUIRE_E2E is set, but {what}");
    eprintln!("\n*** SKIPPED: {what}; this story was not told ***\n");
}
