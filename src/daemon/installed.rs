//! The agents of the catalogue as they are on this machine: found through the PATH of the person's login
//! shell, asked for their version at most once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::agents::{Agent, Catalogue, ProgramName};
use crate::model::{Kind, SessionMode, one_line};
use crate::process::{self, Program};
use crate::protocol::AgentView;
use crate::protocol::control::Failure;

use super::sign_in;

/// How long an agent may take to say its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// The catalogue with what the machine has of it.
pub(super) struct Agents {
    catalogue: Catalogue,
    qd: PathBuf,
    path: OnceCell<OsString>,
}

impl Agents {
    /// Looks at nothing yet.
    pub(super) fn new(catalogue: Catalogue, qd: PathBuf) -> Self {
        Self { catalogue, qd, path: OnceCell::new() }
    }

    /// An agent by name.
    pub(super) fn get(&self, name: &str) -> Option<&Agent> {
        self.catalogue.get(name)
    }

    /// All names, preferred first.
    pub(super) fn names(&self) -> Vec<String> {
        self.catalogue.names().into_iter().map(ToString::to_string).collect()
    }

    /// The mode of an agent that has only one: the shell ends by itself, and some have no headless mode.
    pub(super) fn only_mode(&self, name: &str) -> Option<SessionMode> {
        let agent = self.catalogue.get(name)?;
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
        for name in self.names() {
            if let Some(agent) = self.catalogue.get(&name)
                && self.program(agent).await.is_some()
                && !self.is_unused_face(agent)
            {
                found.push(name);
            }
        }
        found
    }

    /// Whether it is another agent's program with a key of its own, and there is no such key: nobody means to use it.
    fn is_unused_face(&self, agent: &Agent) -> bool {
        let command = &agent.definition().command;
        let first = self.catalogue.iter().find(|other| other.definition().command == *command);
        first.is_some_and(|first| first.name() != agent.name())
            && sign_in::known(&agent.definition().sign_in) == Some(false)
    }

    /// All agents with version and advice.
    pub(super) async fn survey(&self) -> Vec<AgentView> {
        let mut views = BTreeMap::new();
        let mut asked = tokio::task::JoinSet::new();
        for (place, name) in self.names().into_iter().enumerate() {
            let Some(agent) = self.catalogue.get(&name) else { continue };
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
                (false, _) => agent.definition().install.as_ref().map(|install| format!("not found: {install}")),
                (true, Some(false)) => agent.definition().sign_in.hint.clone(),
                _ => None,
            };
            let arguments = agent.version_args().to_vec();
            views.insert(place, view);
            if let (Some(program), false) = (program, arguments.is_empty()) {
                asked.spawn_blocking(move || (place, version(&program, &arguments)));
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

/// The first line that the program prints about its version.
fn version(program: &std::path::Path, arguments: &[String]) -> Result<String, String> {
    let finished = Program::new(program.as_os_str()).args(arguments).timeout(VERSION_TIMEOUT).run();
    match finished {
        Ok(finished) if finished.code == Some(0) => {
            Ok(one_line(String::from_utf8_lossy(&finished.stdout).lines().next().unwrap_or_default()))
        }
        Ok(finished) => {
            let said = String::from_utf8_lossy(&finished.stderr).lines().last().map(one_line).unwrap_or_default();
            Err(format!("it is installed but does not start: {said}"))
        }
        Err(error) => Err(format!("it is installed but does not start: {error}")),
    }
}
