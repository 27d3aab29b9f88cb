//! The agents of the catalogue as they are on this machine: found through the PATH of the person's login
//! shell, asked for their version at most once. The person's own definitions are read again when their files changed: the
//! next launch uses them. What cannot be read any more stays as it was, and `qd agents` says so.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::agents::{Agent, Catalogue, ProgramName};
use crate::config::{AgentDefinition, Paths, SettingsError};
use crate::model::{Kind, SessionMode, one_line, truncate};
use crate::process::{self, Program};
use crate::protocol::AgentView;
use crate::protocol::control::Failure;

use super::catalogues::{self, Stamp};
use super::sign_in;

/// How long an agent may take to say its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// The catalogue with what the machine has of it.
pub(super) struct Agents {
    known: Mutex<Known>,
    paths: Paths,
    qd: PathBuf,
    path: OnceCell<OsString>,
}

/// The definitions as they were read last.
#[derive(Default)]
struct Known {
    catalogue: Arc<Catalogue>,
    /// Files that are not used, with the reason.
    broken: Vec<SettingsError>,
    /// What the files were then.
    stamp: Stamp,
}

impl Agents {
    /// Reads the definitions.
    pub(super) fn new(paths: Paths, qd: PathBuf) -> Self {
        let agents = Self { known: Mutex::default(), paths, qd, path: OnceCell::new() };
        agents.read_changed();
        agents
    }

    /// Reads the definitions again if their files changed.
    pub(super) async fn refresh(self: &Arc<Self>) {
        let agents = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || agents.read_changed()).await;
        if let Err(error) = read {
            tracing::warn!(%error, "the agents' definitions were not read again");
        }
    }

    fn read_changed(&self) {
        let stamp = Stamp::of(&self.paths);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.stamp == stamp {
            return;
        }
        let (catalogue, broken) = catalogues::agents_again(&self.paths, &known.catalogue);
        *known = Known { catalogue: Arc::new(catalogue), broken, stamp };
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner).catalogue)
    }

    /// Why the person's own definition of an agent is not used, if that is so.
    fn broken(&self, name: &str) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let file = known.broken.iter().find(|error| catalogues::stem(&error.file) == Some(name))?;
        let kept = known.catalogue.get(name).is_some();
        let instead = if kept { "the one before is used" } else { "it is not used" };
        Some(format!("{file}; {instead}"))
    }

    /// An agent by name.
    pub(super) fn get(&self, name: &str) -> Option<Agent> {
        self.catalogue().get(name).cloned()
    }

    /// All names, preferred first.
    pub(super) fn names(&self) -> Vec<String> {
        self.catalogue().names().into_iter().map(ToString::to_string).collect()
    }

    /// The mode of an agent that has only one: the shell ends by itself, and some have no headless mode.
    pub(super) fn only_mode(&self, name: &str) -> Option<SessionMode> {
        let agent = self.get(name)?;
        if !agent.takes_prompts() {
            Some(SessionMode::Autonomous)
        } else if agent.supports(SessionMode::Autonomous) {
            None
        } else {
            Some(SessionMode::Interactive)
        }
    }

    /// The error for a name that is not in the catalogue.
    pub(super) fn unknown(&self, name: &str) -> Failure {
        Failure {
            kind: Kind::NotFound,
            message: format!("there is no agent `{}`", one_line(name)),
            hint: Some(format!("agents: {}", self.names().join(", "))),
        }
    }

    /// The PATH of the person's login shell.
    pub(super) async fn path(&self) -> &OsString {
        self.path
            .get_or_init(|| async { tokio::task::spawn_blocking(process::login_path).await.unwrap_or_default() })
            .await
    }

    /// Where an agent's program is, if it is installed.
    pub(super) async fn program(&self, agent: &Agent) -> Option<PathBuf> {
        match agent.program() {
            ProgramName::Own => Some(self.qd.clone()),
            ProgramName::UserShell => {
                let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
                process::find_program(&shell, self.path().await)
            }
            ProgramName::Named(name) => process::find_program(name, self.path().await),
        }
    }

    /// Names of the installed agents, preferred first.
    pub(super) async fn installed(&self) -> Vec<String> {
        let mut found = Vec::new();
        for agent in self.catalogue().iter() {
            if self.program(agent).await.is_some() && !self.is_unused_face(agent) {
                found.push(agent.name().to_owned());
            }
        }
        found
    }

    /// Whether it is another agent's program with a key of its own, and there is no such key: nobody means to use it.
    fn is_unused_face(&self, agent: &Agent) -> bool {
        let command = &agent.definition().command;
        let catalogue = self.catalogue();
        let first = catalogue.iter().find(|other| other.definition().command == *command);
        first.is_some_and(|first| first.name() != agent.name())
            && sign_in::known(&agent.definition().sign_in) == Some(false)
    }

    /// All agents with version and advice.
    pub(super) async fn survey(&self) -> Vec<AgentView> {
        let mut views = BTreeMap::new();
        let mut asked = tokio::task::JoinSet::new();
        for (place, agent) in self.catalogue().iter().enumerate() {
            let name = agent.name().to_owned();
            let program = self.program(agent).await;
            let mut view = AgentView {
                title: agent.definition().title.clone(),
                installed: program.is_some(),
                path: program.clone(),
                version: None,
                signed_in: program.is_some().then(|| sign_in::known(&agent.definition().sign_in)).flatten(),
                source: agent.definition().source.clone(),
                hint: None,
                name,
            };
            view.hint = match (program.is_some(), view.signed_in) {
                (false, _) => not_found(agent.definition()),
                (true, Some(false)) => agent.definition().sign_in.hint.clone(),
                _ => None,
            };
            if let Some(broken) = self.broken(&view.name) {
                view.hint = Some(broken);
            }
            let arguments = agent.version_args().to_vec();
            let requires = agent.definition().requires.clone();
            views.insert(place, view);
            if let (Some(program), false) = (program, arguments.is_empty()) {
                let needs = requires.map(|requires| format!(" (it needs {requires})")).unwrap_or_default();
                let version = move || version(&program, &arguments).map_err(|why| format!("{why}{needs}"));
                asked.spawn_blocking(move || (place, version()));
            }
        }
        while let Some(Ok((place, version))) = asked.join_next().await {
            if let Some(view) = views.get_mut(&place) {
                match version {
                    Ok(version) => view.version = Some(version),
                    // what does not start cannot be signed in
                    Err(why) => (view.hint, view.signed_in) = (Some(why), None),
                }
            }
        }
        views.into_values().collect()
    }
}

/// What to do where no program of that name is in the PATH.
fn not_found(definition: &AgentDefinition) -> Option<String> {
    let install = definition.install.as_ref()?;
    let needs = definition.requires.as_ref().map(|requires| format!(" (needs {requires})")).unwrap_or_default();
    Some(format!("not found in your login shell's PATH: {install}{needs}"))
}

/// The longest version that is shown, in characters.
const VERSION_SHOWN: usize = 60;

/// The first line with a number in it that the program prints about its version; else what is wrong, and what to do.
fn version(program: &Path, arguments: &[String]) -> Result<String, String> {
    let finished = Program::new(program.as_os_str()).args(arguments).timeout(VERSION_TIMEOUT).run();
    let command = format!("`{} {}`", program.display(), arguments.join(" "));
    let finished = finished.map_err(|error| format!("it is installed but does not start: {}", with_source(&error)))?;
    let out = String::from_utf8_lossy(&finished.stdout).into_owned();
    // megabytes are no version, and a line of ours stands in the middle of them
    let lines = out.lines().filter(|_| !finished.truncated).map(one_line);
    let line = lines.into_iter().find(|line| line.chars().any(|letter| letter.is_ascii_digit()));
    match (finished.code, line) {
        _ if finished.timed_out => Err(format!(
            "it is installed but hangs: {command} said nothing for {} s; try it in a terminal, or install it again",
            VERSION_TIMEOUT.as_secs()
        )),
        (Some(0), Some(line)) => Ok(truncate(&line, VERSION_SHOWN)),
        (Some(0), None) => Err(format!(
            "{command} printed no version: is it the agent's program? `command` in its definition names another"
        )),
        (code, _) => {
            let how = code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
            let why = trouble(&String::from_utf8_lossy(&finished.stderr)).or_else(|| trouble(&out)).unwrap_or(how);
            Err(format!("it is installed but does not start: {why}"))
        }
    }
}

/// The line of an output that says what went wrong: the first that names an error (what follows is where), else the last.
fn trouble(output: &str) -> Option<String> {
    let lines: Vec<String> = output.lines().map(one_line).filter(|line| !line.is_empty()).collect();
    let named = lines.iter().find(|line| line.contains("Error") || line.contains("error:"));
    named.or(lines.last()).map(|line| truncate(line, 200))
}

/// An error with what is behind it.
fn with_source(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
